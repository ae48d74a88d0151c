/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/transcript/summary.h"

typedef struct {
    pc_record_visitor visitor;
    void *context;
    pc_transcript_summary *summary;
    pc_arena *arena;
} walk;

static pc_status take_header(const walk *taken, const pc_record *record, pc_error *err)
{
    taken->summary->head.mode = pc_arena_string(taken->arena, pc_record_text(record, "mode"));
    taken->summary->title = pc_arena_string(taken->arena, pc_record_text(record, "title"));
    return taken->summary->head.mode && taken->summary->title ? PC_OK : pc_fail_memory(err);
}

static pc_status take_all(pc_transcript_reader *reader, const walk *taken, pc_error *err)
{
    for (;;) {
        PC_AUTO(pc_record) pc_record record = { .whole = NULL };
        bool more = false;

        PC_TRY(pc_transcript_reader_next(reader, &record, &more, err));
        if (!more) {
            return PC_OK;
        }
        PC_TRY(record.seq == 1 ? take_header(taken, &record, err) : PC_OK);
        PC_TRY(taken->visitor ? taken->visitor(taken->context, &record, err) : PC_OK);
    }
}

pc_status pc_transcript_summarise(const pc_ceremony_source *source, pc_record_visitor visitor, void *context,
                                  pc_transcript_summary *ret_summary, pc_error *err)
{
    PC_AUTO(pc_descriptor) int fd = -1;
    PC_AUTO(pc_transcript_reader) pc_transcript_reader *reader = NULL;
    pc_transcript_summary summary = { .title = NULL };
    const walk taken = { visitor, context, &summary, source->arena };
    pc_part part = { .fd = -1 };

    PC_TRY(pc_ceremony_source_part(source, PC_TRANSCRIPT_FILE, &fd, &part, err));
    PC_TRY(pc_transcript_reader_open(&part, PC_TORN_REFUSED, &reader, err));
    PC_TRY(take_all(reader, &taken, err));
    summary.head.count = pc_transcript_reader_order(reader).count;
    summary.head.digest = pc_transcript_reader_head(reader);
    summary.is_closed = pc_transcript_reader_order(reader).is_closed;
    if (summary.head.count == 0) {
        return pc_fail(err, PC_E_VERIFY, "the transcript in \"%s\" is empty", source->path);
    }
    *ret_summary = summary;
    return PC_OK;
}
