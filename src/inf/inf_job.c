/* SPDX-License-Identifier: Apache-2.0 */
#include "inf/inf_job.h"

#include <string.h>

/* More than a request may hold; beyond it another limit speaks. */
enum { MAX_CLAIMS = 300 };

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

pc_status pc_inf_read_wish(pc_inf_job *job, const pc_inf_entry *entry, pc_wish *wish)
{
    bool value = false;

    if (!pc_inf_to_bool(entry->value, &value)) {
        return pc_inf_bad_value(job, entry, "it is neither TRUE nor FALSE",
                                pc_inf_fix(job->inf, "%s = TRUE, or FALSE", entry->key));
    }
    *wish = value ? PC_WISH_YES : PC_WISH_NO;
    return PC_OK;
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

unsigned pc_inf_joined_line(const pc_inf_job *job, const pc_inf_entry *entry, size_t offset)
{
    const pc_inf_entry *end = job->inf->entries + job->joined_end;

    for (const pc_inf_entry *each = entry; each < end; each++) {
        size_t len = strlen(each->value);

        if (offset < len) {
            return each->line;
        }
        offset -= len;
    }
    return entry->line;
}

bool pc_inf_next_item(const char **list, pc_span *ret_item)
{
    while (**list) {
        size_t len = strcspn(*list, ",");
        pc_span item = pc_span_trim((pc_span){ .at = *list, .len = len });

        *list += len + ((*list)[len] == ',');
        if (item.len) {
            *ret_item = item;
            return true;
        }
    }
    return false;
}

void pc_inf_mean(pc_inf_job *job, const pc_inf_entry *entry, pc_effect effect, const char *note)
{
    job->said->meanings[entry - job->inf->entries] = (pc_inf_meaning){ .effect = effect, .note = note };
}

pc_status pc_inf_claim_extension(pc_inf_job *job, const char *oid, const pc_inf_entry *entry, bool *ret_first)
{
    const pc_finding head = {
        .id = "inf.extension-twice",
        .severity = PC_SEVERITY_ERROR,
        .line = entry->line,
        .fix = "keep one of the two",
    };

    for (size_t i = 0; i < job->claim_count; i++) {
        if (strcmp(job->claims[i].oid, oid) == 0) {
            *ret_first = false;
            return pc_inf_find(job->inf, &head,
                               "the extension %s is asked for on line %u already; a request that "
                               "holds it twice is not valid",
                               pc_show(oid).text, job->claims[i].entry->line);
        }
    }
    *ret_first = true;
    if (job->claim_count >= MAX_CLAIMS) {
        return PC_OK;
    }
    pc_inf_claim *slot = PC_PUSH(job->inf->arena, job->claims, job->claim_count);

    if (!slot) {
        return PC_E_MEMORY;
    }
    *slot = (pc_inf_claim){ .oid = oid, .entry = entry };
    return PC_OK;
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

pc_status pc_inf_bad_symbol(pc_inf_job *job, const pc_inf_entry *entry, pc_span word, const pc_inf_symbols *symbols)
{
    bool is_counted_only = pc_inf_find_is_full(job->inf, PC_SEVERITY_ERROR);
    const char *nearest = is_counted_only ? NULL : pc_inf_nearest_symbol(word, symbols);
    const pc_finding head = {
        .id = "inf.unknown-symbol",
        .severity = PC_SEVERITY_ERROR,
        .line = entry->line,
        .fix = nearest ? nearest
                       : pc_inf_fix(job->inf, "a number, or symbols such as %s joined by '|'", symbols->items[0].name),
    };

    return pc_inf_find(job->inf, &head,
                       "\"%s\" in `%s` is neither a number with bits that it may have nor a symbol "
                       "that certreq knows there%s%s",
                       pc_show_span(word).text, pc_show(entry->key).text, nearest ? "; the nearest is " : "",
                       nearest ? nearest : "");
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

    pc_inf_mean(job, entry, PC_EFFECT_IGNORED, "certreq does not know this key and skips it, and so does p11cert");
    if (before && before->is_quote_open && before->section == entry->section) {
        head.fix = pc_inf_fix(job->inf, "put the whole value of `%s` on line %u", before->key, before->line);
        return pc_inf_find(job->inf, &head,
                           "certreq does not know `%s` and skips it. The quote opened on line %u was perhaps meant to "
                           "go on here, but a value ends with its line",
                           pc_show(entry->key).text, before->line);
    }
    return pc_inf_find(job->inf, &head, "certreq does not know `%s` in [%s] and skips it%s%s%s",
                       pc_show(entry->key).text, pc_show(entry->section).text,
                       nearest ? "; the nearest key that it knows is `" : "", nearest ? nearest : "",
                       nearest ? "`" : "");
}

pc_status pc_inf_wrong_section(pc_inf_job *job, const pc_inf_entry *entry, const char *section, const char *fix)
{
    const pc_finding head = {
        .id = "inf.wrong-section",
        .severity = PC_SEVERITY_WARNING,
        .line = entry->line,
        .fix = fix,
    };

    pc_inf_mean(job, entry, PC_EFFECT_IGNORED, "it stands in the wrong section, where certreq does not look for it");
    return pc_inf_find(job->inf, &head, "`%s` has no effect in [%s]; its place is [%s]", pc_show(entry->key).text,
                       pc_show(entry->section).text, section);
}

pc_status pc_inf_read_continue(pc_inf_job *job, const pc_inf_entry *entry)
{
    if (job->at < job->joined_end) {
        pc_inf_mean(job, entry, PC_EFFECT_HONOURED, "goes on the value above, with nothing in between");
        return PC_OK;
    }
    return pc_inf_bad_value(job, entry, "there is no value right above it that it could continue",
                            "2.5.29.17 = \"{text}\" on the line above");
}
