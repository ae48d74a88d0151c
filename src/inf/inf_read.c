/* SPDX-License-Identifier: Apache-2.0 */
#include "inf/inf_read.h"

#include <string.h>

#include "inf/findings.h"
#include "inf/fix.h"
#include "inf/quoted.h"

typedef struct {
    pc_raw_file *raw;
    size_t section;
    bool in_section;
    bool in_strings;
    const pc_raw_entry *previous; /* of the same section, or NULL */
    pc_error *err;
} file_reader;

static pc_status find_header(const file_reader *reader, const pc_logical_line *line, pc_span name)
{
    pc_inf *inf = reader->raw->inf;
    pc_finding head = { .id = "inf.section-header", .severity = PC_SEVERITY_WARNING, .line = line->line };

    pc_inf_fix_lines(&head, line->line, line->last_line, pc_inf_fix(inf, "[%.*s]", (int)name.len, name.start));
    return pc_inf_find(inf, &head, "the section header \"%s\" is not just a name in brackets; it is read as [%s]",
                       pc_quote_span(line->text).text, pc_quote_span(name).text);
}

static pc_status add_section(const file_reader *reader, pc_span name, unsigned line, size_t *ret_section)
{
    pc_inf *inf = reader->raw->inf;
    size_t count = inf->section_count;
    char *copy = pc_arena_text(inf->arena, name.start, name.len);
    unsigned *slot_line = copy ? PC_PUSH(inf->arena, inf->section_lines, count) : NULL;
    const char **slot = slot_line ? PC_PUSH(inf->arena, inf->sections, inf->section_count) : NULL;

    if (!slot || !pc_name_map_add(&reader->raw->sections, copy, inf->section_count - 1)) {
        return pc_fail_memory(reader->err);
    }
    *slot = copy;
    *slot_line = line;
    *ret_section = inf->section_count - 1;
    return PC_OK;
}

static pc_status read_header(file_reader *reader, const pc_logical_line *line)
{
    pc_span inner = { .start = line->text.start + 1, .len = line->text.len - 1 };
    const char *close = memchr(inner.start, ']', inner.len);
    const char *comment = memchr(inner.start, ';', inner.len);
    const char *end = close && (!comment || close < comment) ? close : comment;
    pc_span name =
        pc_span_trim((pc_span){ .start = inner.start, .len = end ? (size_t)(end - inner.start) : inner.len });
    pc_span rest = { .start = inner.start + inner.len, .len = 0 };

    if (end && end == close) {
        rest = pc_span_trim((pc_span){ .start = end + 1, .len = inner.len - (size_t)(end - inner.start) - 1 });
    }
    if (end != close || !close || (rest.len && rest.start[0] != ';')) {
        if (find_header(reader, line, name) != PC_OK) {
            return pc_fail_memory(reader->err);
        }
    }
    if (!pc_name_map_find(&reader->raw->sections, name, &reader->section)) {
        PC_TRY(add_section(reader, name, line->line, &reader->section));
    }
    reader->in_section = true;
    reader->in_strings = name.len >= 7 && pc_text_starts(reader->raw->inf->sections[reader->section], "Strings");
    reader->previous = NULL;
    return PC_OK;
}

static pc_status find_open_quote(pc_inf *inf, const pc_raw_entry *entry)
{
    pc_span value = entry->parts.value;
    bool leads = pc_inf_is_quoted(value);
    pc_finding head = { .id = "inf.open-quote", .severity = PC_SEVERITY_WARNING, .line = entry->line };

    pc_inf_fix_lines(&head, entry->line, entry->last_line,
                     pc_inf_raw_line_text(inf, entry->parts.key, pc_inf_unquote(inf->arena, value)));
    return pc_inf_find(inf, &head,
                       "a quote is opened and not closed: the value extends to the end of the line, including any ';', "
                       "and is \"%s\"",
                       pc_quote_span((pc_span){ .start = value.start + leads, .len = value.len - leads }).text);
}

static pc_status find_typographic_pair(pc_inf *inf, const pc_raw_entry *entry)
{
    const char *value = pc_arena_text(inf->arena, entry->parts.value.start, entry->parts.value.len);
    pc_finding head = { .id = "inf.typographic-quotes", .severity = PC_SEVERITY_WARNING, .line = entry->line };

    pc_inf_fix_lines(&head, entry->line, entry->last_line, pc_inf_raw_line_text(inf, entry->parts.key, value));
    return pc_inf_find(
        inf, &head,
        "the value of `%s` is in typographic quotes, which certreq treats as part of the value; here they "
        "are read as the plain quotes they were meant to be",
        pc_quote_span(entry->parts.key).text);
}

/* The value without quotes of either kind at its ends. */
static const char *strip_quotes(pc_arena *arena, pc_span value)
{
    if (pc_is_typographic(value, 0)) {
        value = (pc_span){ .start = value.start + 3, .len = value.len - 3 };
    } else if (pc_inf_is_quoted(value)) {
        value = (pc_span){ .start = value.start + 1, .len = value.len - 1 };
    }
    if (value.len >= 3 && pc_is_typographic(value, value.len - 3)) {
        value.len -= 3;
    } else if (value.len && value.start[value.len - 1] == '"') {
        value.len--;
    }
    return pc_arena_text(arena, value.start, value.len);
}

static pc_status find_stray_quote(pc_inf *inf, const pc_raw_entry *entry)
{
    pc_finding head = { .id = "inf.typographic-quotes", .severity = PC_SEVERITY_WARNING, .line = entry->line };

    pc_inf_fix_lines(&head, entry->line, entry->last_line,
                     pc_inf_raw_line_text(inf, entry->parts.key, strip_quotes(inf->arena, entry->parts.value)));
    return pc_inf_find(
        inf, &head,
        "the value of `%s` has a typographic quote at one end; certreq treats it as part of the value, and "
        "so does p11cert",
        pc_quote_span(entry->parts.key).text);
}

/* '#' and "//" begin comments elsewhere; in an INF file only ';' does. */
static pc_status find_comment_sign(pc_inf *inf, const pc_raw_entry *entry)
{
    pc_span value = entry->parts.value;
    size_t place = pc_inf_comment_sign(value);
    const char *sign = value.start[place] == '#' ? "#" : "//";
    pc_span before = pc_span_trim((pc_span){ .start = value.start, .len = place });
    pc_span after = { .start = value.start + place + strlen(sign), .len = value.len - place - strlen(sign) };
    pc_finding head = { .id = "inf.comment-sign", .severity = PC_SEVERITY_WARNING, .line = entry->line };

    after = pc_span_trim(after);
    pc_inf_fix_lines(&head, entry->line, entry->last_line,
                     pc_inf_fix(inf, "%.*s = %.*s ; %.*s", (int)entry->parts.key.len, entry->parts.key.start,
                                (int)before.len, before.start, (int)after.len, after.start));
    return pc_inf_find(
        inf, &head, "%s does not begin a comment in an INF file, only ';' does: the value of `%s` includes \"%s%s%s\"",
        sign, pc_quote_span(entry->parts.key).text, sign, after.len ? " " : "", pc_quote_span(after).text);
}

static pc_status find_no_equals(const file_reader *reader, const pc_raw_entry *entry)
{
    pc_inf *inf = reader->raw->inf;
    const pc_raw_entry *before = reader->previous;
    pc_span text = entry->parts.value;
    pc_finding head = { .id = "inf.line-without-equals", .severity = PC_SEVERITY_WARNING, .line = entry->line };

    if (before && before->parts.is_quote_open) {
        head.fix = pc_inf_fix(inf, "put the whole value of `%s` on line %u", pc_quote_span(before->parts.key).text,
                              before->line);
        return pc_inf_find(inf, &head,
                           "\"%s\" has no '='. The quote opened on line %u may have been meant to continue here, but a "
                           "value ends with its line; certreq reads this as a separate entry",
                           pc_quote_span(text).text, before->line);
    }
    pc_inf_fix_lines(&head, entry->line, entry->last_line, pc_inf_fix(inf, "; %.*s", (int)text.len, text.start));
    if (head.fix && head.fix[0] && text.start[0] != '#' && text.start[0] != '/') {
        head.fix = "write it as key = value, or start the line with ';' to make it a comment";
    }
    return pc_inf_find(inf, &head, "\"%s\" has no '='; certreq finds no key in it, and it has no effect",
                       pc_quote_span(text).text);
}

static pc_status judge_value(pc_inf *inf, const pc_raw_entry *entry)
{
    const pc_inf_line *parts = &entry->parts;

    if (parts->typographic != PC_TYPOGRAPHIC_NONE) {
        return parts->typographic == PC_TYPOGRAPHIC_PAIR ? find_typographic_pair(inf, entry)
                                                         : find_stray_quote(inf, entry);
    }
    if (parts->is_quote_open) {
        return find_open_quote(inf, entry);
    }
    bool is_commented = parts->key.len && (parts->key.start[0] == '#' || parts->key.start[0] == '/');

    return parts->has_equals && !is_commented && pc_inf_comment_sign(parts->value) < parts->value.len
               ? find_comment_sign(inf, entry)
               : PC_OK;
}

static pc_status judge_entry(const file_reader *reader, const pc_raw_entry *entry)
{
    if (!entry->parts.has_equals && !reader->in_strings) {
        PC_TRY(find_no_equals(reader, entry));
    }
    return judge_value(reader->raw->inf, entry);
}

static pc_status find_outside(pc_inf *inf, const pc_logical_line *line)
{
    const pc_finding head = {
        .id = "inf.outside-section",
        .severity = PC_SEVERITY_WARNING,
        .line = line->line,
        .fix = "move the line below the header of its section, or start it with ';' to make it a comment",
        .edit = { .action = PC_EDIT_REPLACE,
                  .first_line = line->line,
                  .last_line = line->last_line,
                  .text = pc_inf_fix(inf, "; %.*s", (int)line->text.len, line->text.start) },
    };

    if (!head.edit.text) {
        return PC_E_MEMORY;
    }
    return pc_inf_find(inf, &head, "\"%s\" is above the first section; certreq does not read it",
                       pc_quote_span(line->text).text);
}

static pc_status read_entry(file_reader *reader, const pc_logical_line *line)
{
    pc_raw_file *raw = reader->raw;

    if (!reader->in_section) {
        return find_outside(raw->inf, line) == PC_OK ? PC_OK : pc_fail_memory(reader->err);
    }
    pc_raw_entry entry = {
        .line = line->line,
        .last_line = line->last_line,
        .section = reader->section,
        .parts = pc_inf_line_split(line->text),
    };

    if (judge_entry(reader, &entry) != PC_OK) {
        return pc_fail_memory(reader->err);
    }
    pc_raw_entry *slot = PC_PUSH(raw->inf->arena, raw->entries, raw->count);

    if (!slot) {
        return pc_fail_memory(reader->err);
    }
    *slot = entry;
    reader->previous = slot;
    return PC_OK;
}

static pc_status read_all(file_reader *reader, pc_line_reader *lines)
{
    pc_logical_line line = { .line = 0 };
    size_t count = 0;
    pc_status status = pc_line_read(lines, &line);

    for (; status == PC_OK; status = pc_line_read(lines, &line)) {
        if (line.text.len == 0 || line.text.start[0] == ';') {
            continue;
        }
        if (++count > PC_INF_MAX_LINES) {
            return pc_fail(reader->err, PC_E_INPUT,
                           "\"%s\" has more than %u lines that are not comments: it is not an INF file",
                           reader->raw->inf->file, PC_INF_MAX_LINES);
        }
        PC_TRY(line.text.start[0] == '[' ? read_header(reader, &line) : read_entry(reader, &line));
    }
    return status == PC_E_NOT_FOUND ? PC_OK : pc_fail_memory(reader->err);
}

pc_status pc_raw_file_read(pc_raw_file *raw, pc_span text, pc_error *err)
{
    file_reader reader = { .raw = raw, .err = err };
    pc_line_reader lines = {
        .arena = raw->inf->arena, .cursor = text.start, .end = text.start + text.len, .next_line = 1
    };

    PC_TRY(read_all(&reader, &lines));
    if (raw->inf->section_count == 0) {
        return pc_fail(err, PC_E_INPUT, "\"%s\" has no section such as [NewRequest]: it is not an INF file",
                       raw->inf->file);
    }
    return PC_OK;
}
