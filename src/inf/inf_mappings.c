/* SPDX-License-Identifier: Apache-2.0 */
/* Policy mappings: sections of `OID = OID` lines, and the text form "OID=OID&OID=OID". */
#include "inf/inf_mappings.h"

#include <string.h>

#include "base/text.h"
#include "inf/alt_text.h"
#include "inf/inf_bool.h"
#include "inf/inf_claims.h"
#include "inf/inf_extension.h"
#include "inf/inf_home.h"
#include "inf/inf_report.h"
#include "inf/request_parts.h"

enum { MAX_MAPPINGS = 250 };

#define ADVICE "write two dotted object identifiers, ISSUER = SUBJECT"

static pc_status add(pc_inf_job *job, const pc_inf_entry *entry, pc_inf_mappings *mappings,
                     const pc_inf_mapping *mapping)
{
    if (!pc_text_is_oid(mapping->issuer) || !pc_text_is_oid(mapping->subject)) {
        return pc_inf_bad_value(job, entry, "a policy mapping consists of two dotted object identifiers", ADVICE);
    }
    if (mappings->count >= MAX_MAPPINGS) {
        return pc_inf_bad_value(job, entry, "there are more than 250 policy mappings", "remove some");
    }
    pc_inf_mapping *slot = PC_PUSH(job->inf->arena, mappings->items, mappings->count);

    if (!slot) {
        return PC_E_MEMORY;
    }
    *slot = *mapping;
    return PC_OK;
}

static pc_status read_section(pc_inf_job *job, const pc_inf_entry *entry, const char *oid, pc_inf_mappings *mappings)
{
    bool is_first = true;

    if (pc_text_equal(entry->key, "Critical")) {
        pc_inf_mean(job, entry, PC_EFFECT_HONOURED, "whether the extension policy mappings is critical");
        return pc_inf_read_flag(job, entry, &mappings->critical);
    }
    if (!pc_text_is_oid(entry->key)) {
        return pc_inf_stray_key(job, entry, NULL);
    }
    pc_inf_mean(job, entry, PC_EFFECT_HONOURED,
                "a policy of the issuer, and the one of the subject that is equal to it");
    if (!mappings->entry) {
        mappings->entry = entry;
        PC_TRY(pc_inf_claim_extension(job, oid, entry, &is_first));
    }
    return add(job, entry, mappings, &(pc_inf_mapping){ .issuer = entry->key, .subject = entry->value });
}

pc_status pc_inf_read_policy_mappings(pc_inf_job *job, const pc_inf_entry *entry)
{
    return read_section(job, entry, PC_INF_OID_POLICY_MAPPINGS, &job->policy_mappings);
}

pc_status pc_inf_read_application_mappings(pc_inf_job *job, const pc_inf_entry *entry)
{
    return read_section(job, entry, PC_INF_OID_APPLICATION_MAPPINGS, &job->application_mappings);
}

pc_status pc_inf_read_mappings_text(pc_inf_job *job, const pc_inf_entry *entry, const char *text)
{
    bool is_application = pc_text_equal(entry->key, PC_INF_OID_APPLICATION_MAPPINGS);
    pc_inf_mappings *mappings = is_application ? &job->application_mappings : &job->policy_mappings;
    pc_span part = { .len = 0 };

    mappings->entry = entry;
    while (pc_alt_text_next(&text, &part) && !pc_inf_find_is_full(job->inf, PC_SEVERITY_ERROR)) {
        const char *equals = memchr(part.start, '=', part.len);
        size_t len = equals ? (size_t)(equals - part.start) : part.len;
        pc_span issuer = pc_span_trim((pc_span){ .start = part.start, .len = len });
        pc_span subject =
            pc_span_trim((pc_span){ .start = part.start + len + !!equals, .len = part.len - len - !!equals });
        const pc_inf_mapping mapping = {
            .issuer = pc_arena_text(job->inf->arena, issuer.start, issuer.len),
            .subject = pc_arena_text(job->inf->arena, subject.start, subject.len),
        };

        if (!mapping.issuer || !mapping.subject) {
            return PC_E_MEMORY;
        }
        PC_TRY(add(job, entry, mappings, &mapping));
    }
    return PC_OK;
}

static pc_status finish(pc_inf_job *job, const char *oid, const pc_inf_mappings *mappings)
{
    pc_bytes der = { .len = 0 };

    if (mappings->count == 0) {
        return PC_OK;
    }
    PC_TRY(pc_inf_mappings_der(job->request->arena, mappings, &der));
    PC_TRY(pc_inf_add_raw(job, mappings->entry, oid, der));
    pc_raw_extension *raw = pc_request_find_raw(job->request, oid);

    if (raw) {
        raw->critical = mappings->critical;
    }
    return PC_OK;
}

pc_status pc_inf_finish_mappings(pc_inf_job *job)
{
    PC_TRY(finish(job, PC_INF_OID_POLICY_MAPPINGS, &job->policy_mappings));
    return finish(job, PC_INF_OID_APPLICATION_MAPPINGS, &job->application_mappings);
}
