/* SPDX-License-Identifier: Apache-2.0 */
#include "inf/inf_claims.h"

#include <string.h>

#include "inf/fix.h"

/* More than a request may hold; beyond it another limit applies. */
enum { MAX_CLAIMS = 300, MAX_MARKS = 300 };

pc_status pc_inf_claim_extension(pc_inf_job *job, const char *oid, const pc_inf_entry *entry, bool *ret_first)
{
    pc_finding head = { .id = "inf.extension-twice", .severity = PC_SEVERITY_ERROR, .line = entry->line };

    for (size_t i = 0; i < job->claims.count; i++) {
        if (strcmp(job->claims.items[i].oid, oid) == 0) {
            *ret_first = false;
            head.fix = pc_inf_fix(job->inf, "keep line %u or line %u", job->claims.items[i].entry->line, entry->line);
            return pc_inf_find(job->inf, &head,
                               "the extension %s is already requested on line %u; a request that "
                               "has it twice is not valid",
                               pc_quote(oid).text, job->claims.items[i].entry->line);
        }
    }
    *ret_first = true;
    if (job->claims.count >= MAX_CLAIMS) {
        return PC_OK;
    }
    pc_inf_extension_line *slot = PC_PUSH(job->inf->arena, job->claims.items, job->claims.count);

    if (!slot) {
        return PC_E_MEMORY;
    }
    *slot = (pc_inf_extension_line){ .oid = oid, .entry = entry };
    return PC_OK;
}

pc_status pc_inf_mark_critical(pc_inf_job *job, const char *oid, const pc_inf_entry *entry)
{
    if (job->marks.count >= MAX_MARKS) {
        return PC_OK;
    }
    pc_inf_extension_line *slot = PC_PUSH(job->inf->arena, job->marks.items, job->marks.count);

    if (!slot) {
        return PC_E_MEMORY;
    }
    *slot = (pc_inf_extension_line){ .oid = oid, .entry = entry };
    return PC_OK;
}
