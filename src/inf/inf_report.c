/* SPDX-License-Identifier: Apache-2.0 */
#include "inf/inf_report.h"

#include "inf/fix.h"

void pc_inf_fix_value(pc_finding *head, const pc_inf *inf, const pc_inf_entry *entry, const char *advice)
{
    pc_span value = pc_span_of(entry->value);
    size_t place = pc_inf_comment_sign(value);
    size_t sign = value.len > place && value.start[place] == '/' ? 2 : 1;

    head->fix = advice;
    if (place == value.len) {
        return;
    }
    pc_span before = pc_span_trim((pc_span){ .start = value.start, .len = place });
    pc_span after = pc_span_trim((pc_span){ .start = value.start + place + sign, .len = value.len - place - sign });

    pc_inf_fix_by_replacing(head, inf, entry,
                            pc_inf_fix(inf, "%s = %.*s ; %.*s", entry->key, (int)before.len, before.start,
                                       (int)after.len, after.start));
}

static pc_finding bad_value(const pc_inf_entry *entry)
{
    return (pc_finding){ .id = "inf.bad-value", .severity = PC_SEVERITY_ERROR, .line = entry->line };
}

static pc_status find_bad_value(pc_inf_job *job, const pc_inf_entry *entry, const pc_finding *head, const char *reason)
{
    return pc_inf_find(job->inf, head, "`%s` in [%s] cannot be read: %s", pc_quote(entry->key).text,
                       pc_quote(entry->section).text, reason);
}

pc_status pc_inf_bad_value(pc_inf_job *job, const pc_inf_entry *entry, const char *reason, const char *advice)
{
    pc_finding head = bad_value(entry);

    pc_inf_fix_value(&head, job->inf, entry, advice);
    return find_bad_value(job, entry, &head, reason);
}

pc_status pc_inf_bad_value_replace(pc_inf_job *job, const pc_inf_entry *entry, const char *reason, const char *text)
{
    pc_finding head = bad_value(entry);

    pc_inf_fix_by_replacing(&head, job->inf, entry, text);
    return find_bad_value(job, entry, &head, reason);
}

const char *pc_inf_line_with(const pc_inf *inf, const pc_inf_entry *entry, pc_span word, const char *replacement)
{
    const char *value =
        pc_inf_fix(inf, "%.*s%s%s", (int)(word.start - entry->value), entry->value, replacement, word.start + word.len);

    return value ? pc_inf_line_text(inf, entry->key, value) : NULL;
}

/* The item with a comma in place of each run of blanks. NULL when out of memory. */
static const char *with_commas(const pc_inf *inf, pc_span item)
{
    char *text = pc_arena_alloc(inf->arena, item.len * 2 + 1);
    size_t len = 0;

    for (size_t i = 0; text && i < item.len; i++) {
        if (!pc_is_space(item.start[i])) {
            text[len++] = item.start[i];
        } else if (i > 0 && !pc_is_space(item.start[i - 1])) {
            text[len++] = ',';
            text[len++] = ' ';
        }
    }
    return text;
}

/* Without quotes, which would turn the whole list into one field. */
pc_status pc_inf_missing_comma(pc_inf_job *job, const pc_inf_entry *entry, pc_span item, const char *reason)
{
    const char *items = with_commas(job->inf, item);
    const char *text = items ? pc_inf_fix(job->inf, "%s = %.*s%s%s", entry->key, (int)(item.start - entry->value),
                                          entry->value, items, item.start + item.len)
                             : NULL;

    return pc_inf_bad_value_replace(job, entry, reason, text);
}

pc_status pc_inf_bad_symbol(pc_inf_job *job, const pc_inf_entry *entry, pc_span word, const pc_inf_symbols *symbols)
{
    bool is_counted_only = pc_inf_find_is_full(job->inf, PC_SEVERITY_ERROR);
    const char *nearest = is_counted_only ? NULL : pc_inf_nearest_symbol(word, symbols);
    pc_finding head = { .id = "inf.unknown-symbol", .severity = PC_SEVERITY_ERROR, .line = entry->line };

    if (nearest) {
        pc_inf_fix_by_replacing(&head, job->inf, entry, pc_inf_line_with(job->inf, entry, word, nearest));
    } else {
        pc_inf_fix_value(&head, job->inf, entry,
                         pc_inf_fix(job->inf, "write a number, or symbols such as %s joined by '|'",
                                    symbols->items[0].name));
    }
    return pc_inf_find(
        job->inf, &head,
        "\"%s\" in `%s` is neither a number with permitted bits nor a symbol that certreq knows there%s%s",
        pc_quote_span(word).text, pc_quote(entry->key).text, nearest ? "; the nearest is " : "",
        nearest ? nearest : "");
}

pc_status pc_inf_unknown_key(pc_inf_job *job, const pc_inf_entry *entry, const char *nearest)
{
    const pc_inf_entry *before = job->position > 0 ? entry - 1 : NULL;
    pc_finding head = { .id = "inf.unknown-key", .severity = PC_SEVERITY_WARNING, .line = entry->line };

    pc_inf_mean(job, entry, PC_EFFECT_IGNORED, "certreq does not know this key and skips it, and so does p11cert");
    if (before && before->is_quote_open && before->section == entry->section) {
        head.fix = pc_inf_fix(job->inf, "put the whole value of `%s` on line %u", before->key, before->line);
        return pc_inf_find(
            job->inf, &head,
            "certreq does not know `%s` and skips it. The quote opened on line %u may have been meant to "
            "continue here, but a value ends with its line",
            pc_quote(entry->key).text, before->line);
    }
    bool is_there = nearest && pc_text_equal(entry->section, "NewRequest") &&
                    !pc_inf_find_is_full(job->inf, PC_SEVERITY_WARNING) &&
                    pc_inf_first_entry(job, "NewRequest", nearest);

    if (nearest && !is_there) {
        pc_inf_fix_by_replacing(&head, job->inf, entry, pc_inf_line_text(job->inf, nearest, entry->value));
    } else {
        pc_inf_fix_by_removing(&head, job->inf, entry);
    }
    return pc_inf_find(job->inf, &head, "certreq does not know `%s` in [%s] and skips it%s%s%s",
                       pc_quote(entry->key).text, pc_quote(entry->section).text,
                       nearest ? "; the nearest key that it knows is `" : "", nearest ? nearest : "",
                       nearest ? "`" : "");
}
