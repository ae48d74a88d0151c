/* SPDX-License-Identifier: Apache-2.0 */
#include "inf/inf_joined.h"

#include <string.h>

#include "inf/fix.h"
#include "inf/inf_report.h"

static bool continues(const pc_inf *inf, size_t index, const char *section)
{
    return index < inf->entry_count && inf->entries[index].section == section &&
           pc_text_equal(inf->entries[index].key, "_continue_");
}

const char *pc_inf_joined_value(pc_inf_job *job, const pc_inf_entry *entry)
{
    const pc_inf *inf = job->inf;
    size_t len = strlen(entry->value);
    size_t end = job->position + 1;

    for (; continues(inf, end, entry->section); end++) {
        len += strlen(inf->entries[end].value);
    }
    job->joined_end = end;
    char *text = pc_arena_alloc(inf->arena, len + 1);
    char *out = text;

    for (size_t i = job->position; text && i < end; i++) {
        out = stpcpy(out, inf->entries[i].value);
    }
    return text;
}

const pc_inf_entry *pc_inf_joined_entry(const pc_inf_job *job, const pc_inf_entry *entry, size_t offset)
{
    const pc_inf_entry *end = job->inf->entries + job->joined_end;

    for (const pc_inf_entry *each = entry; each < end; each++) {
        size_t len = strlen(each->value);

        if (offset < len) {
            return each;
        }
        offset -= len;
    }
    return entry;
}

size_t pc_inf_joined_offset(const pc_inf_job *job, const pc_inf_entry *entry, const char *text, const char *place)
{
    size_t len = 0;

    for (const pc_inf_entry *each = entry; each < job->inf->entries + job->joined_end; each++) {
        len += strlen(each->value);
    }
    return len - strlen(text) + (size_t)(place - text);
}

/* The line of one entry, whose value begins at `offset` of the joined one, with the replacements that are in it. */
static const char *reword(const pc_inf *inf, const pc_inf_entry *entry, size_t offset, const pc_rewording *rewording)
{
    const size_t end = offset + strlen(entry->value);
    pc_rewording own = { .items = pc_arena_alloc(inf->arena, (rewording->count + 1) * sizeof *own.items) };

    for (size_t i = 0; own.items && i < rewording->count; i++) {
        const pc_reword *each = &rewording->items[i];

        if (each->offset >= offset && each->offset < end) {
            own.items[own.count] = *each;
            own.items[own.count++].offset -= offset;
        }
    }
    const char *value = own.items ? pc_rewording_apply(&own, entry->value, inf->arena) : NULL;

    return value ? pc_inf_line_text(inf, entry->key, value) : NULL;
}

/* "upn=upn=a": a separator between the two would leave the first without a value. */
static bool is_behind_equals(const pc_inf_job *job, const pc_inf_entry *entry, size_t place)
{
    char last = '\0';

    for (const pc_inf_entry *each = entry; each < job->inf->entries + job->joined_end; each++) {
        for (const char *c = each->value; *c && place > 0; c++, place--) {
            last = pc_is_space(*c) ? last : *c;
        }
    }
    return last == '=';
}

static bool spans_lines(const pc_inf_job *job, const pc_inf_entry *entry, const pc_rewording *rewording)
{
    for (size_t i = 0; i < rewording->count; i++) {
        const pc_reword *each = &rewording->items[i];

        if (each->len && pc_inf_joined_entry(job, entry, each->offset) !=
                             pc_inf_joined_entry(job, entry, each->offset + each->len - 1)) {
            return true;
        }
    }
    return false;
}

void pc_inf_fix_by_rewording(pc_finding *head, const pc_inf_job *job, const pc_inf_entry *entry,
                             const pc_rewording *rewording)
{
    const pc_inf_entry *end = job->inf->entries + job->joined_end;
    const pc_inf_entry *first = pc_inf_joined_entry(job, entry, rewording->items[0].offset);
    bool is_too_long = end - entry > PC_INF_EDIT_MAX_LINES;
    const char *text = "";
    const char *shown = "";
    size_t offset = 0;

    if (spans_lines(job, entry, rewording)) {
        return;
    }
    for (const pc_inf_entry *each = entry; each < end && text && !pc_inf_find_is_full(job->inf, PC_SEVERITY_ERROR);
         each++) {
        if (!is_too_long || each == first) {
            const char *line = reword(job->inf, each, offset, rewording);

            shown = each == first ? line : shown;
            text = line ? pc_inf_fix(job->inf, "%s%s%s", text, each == entry ? "" : "\n", line) : NULL;
        }
        offset += strlen(each->value);
    }
    if (!is_too_long) {
        pc_inf_fix_lines(head, entry->line, end[-1].last_line, text);
    }
    head->fix = text ? shown : NULL;
}

void pc_inf_fix_by_separating(pc_finding *head, const pc_inf_job *job, const pc_inf_entry *entry,
                              const pc_inf_places *places, const char *separator)
{
    pc_reword items[PC_INF_PLACES_MAX];
    const pc_rewording rewording = { .items = items, .count = places->count };

    for (size_t i = 0; i < places->count; i++) {
        if (is_behind_equals(job, entry, places->offsets[i])) {
            head->fix = "remove one of the two names before '=', or write the value of the first";
            return;
        }
        items[i] = (pc_reword){ .offset = places->offsets[i], .text = separator };
    }
    pc_inf_fix_by_rewording(head, job, entry, &rewording);
}

/* [NewRequest] does not join lines: the two become one line. */
static pc_status join_to(pc_inf_job *job, const pc_inf_entry *entry, const pc_inf_entry *before)
{
    const char *value = pc_inf_fix(job->inf, "%s%s", before->value, entry->value);
    pc_finding head = { .id = "inf.bad-value", .severity = PC_SEVERITY_ERROR, .line = entry->line };

    pc_inf_fix_lines(&head, before->line, entry->last_line,
                     value ? pc_inf_line_text(job->inf, before->key, value) : NULL);
    return pc_inf_find(job->inf, &head, "`_continue_` cannot be read: certreq joins no lines in [NewRequest]");
}

pc_status pc_inf_read_continue(pc_inf_job *job, const pc_inf_entry *entry)
{
    const pc_inf_entry *before = job->position > 0 && entry[-1].section == entry->section ? entry - 1 : NULL;

    if (job->position < job->joined_end) {
        pc_inf_mean(job, entry, PC_EFFECT_HONOURED, "continues the value above, with nothing in between");
        return PC_OK;
    }
    if (before && pc_text_equal(entry->section, "NewRequest")) {
        return join_to(job, entry, before);
    }
    return pc_inf_bad_value(job, entry, "there is no value directly above it that it could continue",
                            "put it directly below the line that it continues");
}
