/* SPDX-License-Identifier: Apache-2.0 */
/* [EnhancedKeyUsageExtension], and extended key usages wherever they stand. */
#include "inf/inf_extension.h"
#include "base/nearest.h"

pc_status pc_inf_add_eku(pc_inf_job *job, const pc_inf_entry *entry, pc_span oid, unsigned line)
{
    pc_error why = { 0 };
    size_t before = job->request->eku_count;
    const char *text = pc_arena_text(job->inf->arena, oid.at, oid.len);
    pc_status status = text ? pc_request_add_eku(job->request, text, &why) : PC_E_MEMORY;
    const pc_finding head = {
        .id = "inf.eku-twice",
        .severity = PC_SEVERITY_WARNING,
        .line = line,
        .fix = "leave it out here",
    };

    if (status == PC_E_INPUT) {
        return pc_inf_bad_value(job, entry, why.frames[0], "OID = " PC_OID_SERVER_AUTH);
    }
    if (status == PC_OK && job->request->eku_count == before) {
        return pc_inf_find(job->inf, &head,
                           "the extended key usage %s is asked for already; it goes into the request "
                           "once",
                           text);
    }
    return status;
}

static pc_status read_critical_flag(pc_inf_job *job, const pc_inf_entry *entry)
{
    pc_wish wish = PC_WISH_SILENT;

    PC_TRY(pc_inf_read_wish(job, entry, &wish));
    job->request->eku_critical = job->request->eku_critical || wish == PC_WISH_YES;
    return PC_OK;
}

static pc_status read_oid(pc_inf_job *job, const pc_inf_entry *entry)
{
    job->eku_in_section = entry;
    return pc_inf_add_eku(job, entry, pc_span_trim(pc_span_of(entry->value)), entry->line);
}

static const struct {
    const char *key;
    pc_inf_reader read;
    const char *note;
} eku_keys[] = {
    { "OID", read_oid, "one purpose in the extension extended key usage (2.5.29.37)" },
    { "Critical", read_critical_flag, "whether the extension extended key usage is critical" },
};

pc_status pc_inf_read_eku_section(pc_inf_job *job, const pc_inf_entry *entry)
{
    pc_nearest nearest = pc_nearest_to(entry->key);

    for (size_t i = 0; i < PC_COUNT(eku_keys); i++) {
        if (pc_text_equal(entry->key, eku_keys[i].key)) {
            pc_inf_mean(job, entry, PC_EFFECT_HONOURED, eku_keys[i].note);
            return eku_keys[i].read(job, entry);
        }
        pc_nearest_offer(&nearest, eku_keys[i].key);
    }
    if (pc_text_is_oid(entry->key)) {
        return pc_inf_wrong_section(job, entry, "Extensions", "[Extensions] on a line of its own above it");
    }
    return pc_inf_unknown_key(job, entry, nearest.best);
}

pc_status pc_inf_finish_ekus(pc_inf_job *job)
{
    const pc_inf_entry *section = job->eku_in_section;
    const pc_inf_entry *extension = job->eku_in_extensions;
    pc_finding head = {
        .id = "inf.eku-twice",
        .severity = PC_SEVERITY_WARNING,
        .fix = "keep [EnhancedKeyUsageExtension] and leave out 2.5.29.37 under [Extensions]",
    };

    if (!section || !extension) {
        return PC_OK;
    }
    head.line = extension->line;
    return pc_inf_find(job->inf, &head,
                       "extended key usages stand in [EnhancedKeyUsageExtension] (line %u) and under 2.5.29.37; a "
                       "request with the extension twice is not valid, so here both go into one",
                       section->line);
}
