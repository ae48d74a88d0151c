/* SPDX-License-Identifier: Apache-2.0 */
#include "inf/inf_job.h"

#include <string.h>

static const struct {
    const char *text;
    bool value;
} booleans[] = {
    { "TRUE", true }, { "FALSE", false }, { "yes", true }, { "no", false }, { "1", true }, { "0", false },
};

bool pc_inf_to_bool(const char *text, bool *ret_value)
{
    for (size_t i = 0; i < PC_COUNT(booleans); i++) {
        if (pc_text_equal(text, booleans[i].text)) {
            *ret_value = booleans[i].value;
            return true;
        }
    }
    return false;
}

static bool continues(const pc_inf *inf, size_t at, const char *section)
{
    return at < inf->entry_count && inf->entries[at].section == section &&
           pc_text_equal(inf->entries[at].key, "_continue_");
}

const char *pc_inf_joined_value(pc_inf_job *job, const pc_inf_entry *entry)
{
    const pc_inf *inf = job->inf;
    size_t len = strlen(entry->value);
    size_t end = job->at + 1;

    for (; continues(inf, end, entry->section); end++) {
        len += strlen(inf->entries[end].value);
    }
    job->joined_end = end;
    char *text = pc_arena_alloc(inf->arena, len + 1);
    char *out = text;

    for (size_t i = job->at; text && i < end; i++) {
        out = stpcpy(out, inf->entries[i].value);
    }
    return text;
}

pc_status pc_inf_bad_value(pc_inf_job *job, const pc_inf_entry *entry, const char *reason, const char *fix)
{
    const pc_finding head = {
        .id = "inf.bad-value",
        .severity = PC_SEVERITY_ERROR,
        .line = entry->line,
        .fix = fix,
    };

    return pc_inf_find(job->inf, &head, "`%s` in [%s] cannot be read: %s", pc_show(entry->key).text,
                       pc_show(entry->section).text, reason);
}

pc_status pc_inf_unknown_key(pc_inf_job *job, const pc_inf_entry *entry, const char *nearest)
{
    const pc_inf_entry *before = job->at > 0 ? entry - 1 : NULL;
    pc_finding head = {
        .id = "inf.unknown-key",
        .severity = PC_SEVERITY_WARNING,
        .line = entry->line,
        .fix = nearest ? pc_inf_fix(job->inf, "%s = %s", nearest, entry->value) : "leave the line out",
    };

    if (before && before->is_quote_open && before->section == entry->section) {
        head.fix = pc_inf_fix(job->inf, "put the whole value of `%s` on line %u", before->key, before->line);
        return pc_inf_find(job->inf, &head,
                           "certreq does not know `%s` and skips it. The quote opened on line %u was perhaps meant to "
                           "go on here, but a value ends with its line",
                           pc_show(entry->key).text, before->line);
    }
    return pc_inf_find(job->inf, &head, "certreq does not know `%s` in [%s] and skips it%s%s%s",
                       pc_show(entry->key).text, pc_show(entry->section).text,
                       nearest ? "; the nearest key that it knows is `" : "",
                       nearest ? nearest : "", nearest ? "`" : "");
}

pc_status pc_inf_read_continue(pc_inf_job *job, const pc_inf_entry *entry)
{
    if (job->at < job->joined_end) {
        return PC_OK;
    }
    return pc_inf_bad_value(job, entry, "there is no value right above it that it could continue",
                            "2.5.29.17 = \"{text}\" on the line above");
}
