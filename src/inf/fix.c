/* SPDX-License-Identifier: Apache-2.0 */
#include "inf/fix.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "inf/findings.h"

const char *pc_inf_fix(const pc_inf *inf, const char *format, ...)
{
    va_list args;

    if (pc_inf_find_is_full(inf, PC_SEVERITY_ERROR)) {
        return "";
    }
    va_start(args, format);
    const char *text = pc_arena_vformat(inf->arena, format, args);

    va_end(args);
    return text;
}

/* Can the grammar read the value back only from within quotes, or would a reader mistake a part of it for a comment? */
static bool needs_quotes(const char *value)
{
    size_t len = strlen(value);

    if (len == 0) {
        return false;
    }
    return value[strcspn(value, ";,\"{}&=")] || pc_is_space(value[0]) || pc_is_space(value[len - 1]) ||
           value[len - 1] == '\\' || pc_inf_comment_sign((pc_span){ .start = value, .len = len }) < len;
}

static size_t double_char(char *out, const char *text, const char *doubled)
{
    size_t len = 0;

    for (; *text; text++) {
        out[len++] = *text;
        if (strchr(doubled, *text)) {
            out[len++] = *text;
        }
    }
    return len;
}

/* With each of these characters doubled; in quotes if '"' is one of them. At most twice as long, plus two. */
static char *escape(pc_arena *arena, const char *text, const char *doubled)
{
    bool in_quotes = strchr(doubled, '"') != NULL;
    char *copy = pc_arena_alloc(arena, strlen(text) * 2 + 3);

    if (!copy) {
        return NULL;
    }
    copy[0] = '"';
    size_t len = in_quotes + double_char(copy + in_quotes, text, doubled);

    copy[len] = in_quotes ? '"' : '\0';
    return copy;
}

const char *pc_inf_line_text(const pc_inf *inf, const char *key, const char *value)
{
    if (pc_inf_find_is_full(inf, PC_SEVERITY_ERROR)) {
        return "";
    }
    const char *safe_key = escape(inf->arena, key, strpbrk(key, "=;[") ? "\"%" : "%");
    const char *safe_value = escape(inf->arena, value, needs_quotes(value) ? "\"%" : "%");

    return safe_key && safe_value ? pc_arena_format(inf->arena, "%s = %s", safe_key, safe_value) : NULL;
}

const char *pc_inf_raw_line_text(const pc_inf *inf, pc_span key, const char *value)
{
    if (pc_inf_find_is_full(inf, PC_SEVERITY_ERROR)) {
        return "";
    }
    const char *safe_value = value ? escape(inf->arena, value, "\"") : NULL;

    return safe_value
               ? pc_arena_format(inf->arena, "%.*s%s%s", (int)key.len, key.start, key.len ? " = " : "", safe_value)
               : NULL;
}

size_t pc_inf_comment_sign(pc_span value)
{
    bool in_quotes = false;

    for (size_t i = 0; i < value.len; i++) {
        bool is_sign =
            value.start[i] == '#' || (value.start[i] == '/' && i + 1 < value.len && value.start[i + 1] == '/');

        in_quotes ^= value.start[i] == '"';
        if (is_sign && !in_quotes && i > 0 && (pc_is_space(value.start[i - 1]) || value.start[i - 1] == '"')) {
            return i;
        }
    }
    return value.len;
}

const pc_inf_entry *pc_inf_last_line(const pc_inf *inf, const pc_inf_entry *entry)
{
    const pc_inf_entry *end = inf->entries + inf->entry_count;
    const pc_inf_entry *last = entry;

    while (last + 1 < end && last[1].section == entry->section && pc_text_equal(last[1].key, "_continue_")) {
        last++;
    }
    return last;
}

/* The text of an edit may have several lines, but a fix for people is a single line. */
static const char *on_one_line(const pc_inf *inf, const char *text)
{
    const char *end = text ? strchr(text, '\n') : NULL;

    while (end) {
        text = pc_arena_format(inf->arena, "%.*s and, on a separate line, %s", (int)(end - text), text, end + 1);
        end = text ? strchr(text, '\n') : NULL;
    }
    return text;
}

static pc_edit edit_of(const pc_inf *inf, const pc_inf_entry *entry, pc_edit_action action)
{
    return (
        pc_edit){ .action = action, .first_line = entry->line, .last_line = pc_inf_last_line(inf, entry)->last_line };
}

void pc_inf_fix_by_replacing(pc_finding *head, const pc_inf *inf, const pc_inf_entry *entry, const char *text)
{
    pc_inf_fix_lines(head, entry->line, entry->last_line, text);
    head->fix = on_one_line(inf, text);
}

void pc_inf_fix_lines(pc_finding *head, unsigned first_line, unsigned last_line, const char *text)
{
    head->fix = text;
    head->edit = (pc_edit){
        .action = PC_EDIT_REPLACE,
        .first_line = first_line,
        .last_line = last_line,
        .text = text,
    };
}

void pc_inf_fix_by_removing(pc_finding *head, const pc_inf *inf, const pc_inf_entry *entry)
{
    head->fix = "remove the line";
    head->edit = edit_of(inf, entry, PC_EDIT_REMOVE);
}

const char *pc_inf_lines_text(const pc_inf *inf, const pc_inf_entry *entry, const char *first)
{
    const pc_inf_entry *last = pc_inf_last_line(inf, entry);
    const char *text = first;

    if (last - entry > PC_INF_EDIT_MAX_LINES) {
        return "";
    }
    for (const pc_inf_entry *each = entry + 1; text && text[0] && each <= last; each++) {
        const char *line = pc_inf_line_text(inf, each->key, each->value);

        text = line ? pc_inf_fix(inf, "%s\n%s", text, line) : NULL;
    }
    return text;
}

void pc_inf_fix_by_moving(pc_finding *head, const pc_inf *inf, const pc_inf_entry *entry, const char *section,
                          const char *text)
{
    if (pc_inf_find_is_full(inf, PC_SEVERITY_ERROR)) {
        head->fix = "";
        return;
    }
    const char *one_line = text ? on_one_line(inf, text) : "";

    head->fix =
        text && !one_line ? NULL : pc_inf_fix(inf, "move the line to [%s]%s%s", section, text ? ", as " : "", one_line);
    const char *lines = text ? text : pc_inf_lines_text(inf, entry, pc_inf_line_text(inf, entry->key, entry->value));

    if (!lines) {
        head->fix = NULL;
    } else if (lines[0]) {
        head->edit = edit_of(inf, entry, PC_EDIT_MOVE);
        head->edit.section = section;
        head->edit.text = lines;
    }
}
