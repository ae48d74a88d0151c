/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/transcript/earlier.h"

#include <string.h>

#include "ceremony/transcript/reader.h"
#include "ceremony/transcript/verdict.h"

static const char production[] = "PRODUCTION";

/* @param ret_is_production  set by the header */
static pc_status read_next(pc_transcript_reader *reader, bool *ret_more, bool *ret_is_production, pc_error *err)
{
    PC_AUTO(pc_record) pc_record record = { .whole = NULL };

    PC_TRY(pc_transcript_reader_next(reader, &record, ret_more, err));
    if (*ret_more && record.seq == 1) {
        *ret_is_production = strcmp(pc_record_text(&record, "mode"), production) == 0;
    }
    return PC_OK;
}

pc_status pc_earlier_read(const pc_part *part, bool is_production, pc_sha256 *ret_head, pc_error *err)
{
    PC_AUTO(pc_transcript_reader) pc_transcript_reader *reader = NULL;
    bool was_production = false;
    bool more = true;

    PC_TRY(pc_transcript_reader_open(part, PC_TORN_REFUSED, &reader, err));
    while (more) {
        PC_TRY(read_next(reader, &more, &was_production, err));
    }
    if (!pc_transcript_reader_order(reader).is_closed) {
        return pc_fail(err, PC_E_INPUT, "the ceremony of \"%s\" is not finished", part->name);
    }
    if (is_production && !was_production) {
        (void)pc_fail(err, PC_E_REFUSED, "\"%s\" is the transcript of a rehearsal, which no production can follow",
                      part->name);
        return pc_hint(err, PC_E_REFUSED, "put the transcript of the previous production in its place");
    }
    *ret_head = pc_transcript_reader_head(reader);
    return PC_OK;
}

static pc_status judge_artefact(const pc_ceremony_source *source, const pc_gathered *gathered, const char *name,
                                bool *ret_is_earlier, pc_error *err)
{
    PC_AUTO(pc_descriptor) int fd = -1;
    pc_part part = { .fd = -1 };
    pc_sha256 head = { { 0 } };

    if (!pc_ceremony_source_has(source, name)) {
        return PC_OK; /* which has been judged */
    }
    PC_TRY(pc_ceremony_source_part(source, name, &fd, &part, err));
    PC_TRY(pc_part_last_line_digest(&part, &head, err));
    if (!pc_sha256_equal(&head, &gathered->earlier)) {
        return PC_OK;
    }
    *ret_is_earlier = true;
    return pc_earlier_read(&part, strcmp(gathered->mode, production) == 0, &head, err);
}

pc_status pc_judge_earlier(const pc_ceremony_source *source, const pc_gathered *gathered,
                           pc_ceremony_verify_result *verdict, pc_error *err)
{
    static const pc_sha256 none = { { 0 } };
    bool is_here = false;

    if (pc_sha256_equal(&none, &gathered->earlier)) {
        return PC_OK;
    }
    for (size_t i = 0; i < gathered->artefact_count; i++) {
        const char *name = gathered->artefacts[i].name;
        pc_status status = judge_artefact(source, gathered, name, &is_here, err);

        if (status != PC_OK) {
            PC_TRY(pc_verdict_add_error(verdict, status, name, err));
        }
    }
    return is_here
               ? PC_OK
               : pc_verdict_add(verdict, PC_JUDGED_FAIL, err, "chain",
                                "the transcript of the previous ceremony, which line 1 names, is not among the files");
}
