/* SPDX-License-Identifier: Apache-2.0 */
#include "inf/inf_line.h"

#include <string.h>

static bool is_line_end(char c)
{
    return c == '\r' || c == '\n';
}

pc_span pc_line_take_physical(pc_line_reader *reader)
{
    const char *from = reader->cursor;
    const char *line_end = from;

    while (line_end < reader->end && !is_line_end(*line_end)) {
        line_end++;
    }
    reader->cursor = line_end;
    if (reader->cursor < reader->end) {
        bool is_pair = line_end[0] == '\r' && line_end + 1 < reader->end && line_end[1] == '\n';

        reader->cursor += is_pair ? 2 : 1;
    }
    reader->next_line++;
    return pc_span_trim((pc_span){ .start = from, .len = (size_t)(line_end - from) });
}

/* Does the line end in '\' outside a comment? *in_quotes is carried from line to line. */
static bool is_continued(pc_span line, bool *in_quotes)
{
    if (line.len == 0 || line.start[line.len - 1] != '\\') {
        return false;
    }
    for (size_t i = 0; i < line.len; i++) {
        if (line.start[i] == ';' && !*in_quotes) {
            return false;
        }
        *in_quotes ^= line.start[i] == '"';
    }
    return true;
}

/* Join what follows a line that ends in '\'. The room needed is found by looking ahead. */
static pc_status join(pc_line_reader *reader, pc_span first, bool in_quotes, pc_span *ret_text)
{
    pc_line_reader ahead = *reader;
    bool quotes_ahead = in_quotes;

    while (ahead.cursor < ahead.end && is_continued(pc_line_take_physical(&ahead), &quotes_ahead)) {
    }
    char *text = pc_arena_alloc(reader->arena, (size_t)(ahead.cursor - first.start) + 1);
    size_t len = first.len - 1;

    if (!text) {
        return PC_E_MEMORY;
    }
    memcpy(text, first.start, len);
    for (bool more = true; more && reader->cursor < reader->end;) {
        pc_span next = pc_line_take_physical(reader);

        more = is_continued(next, &in_quotes);
        memcpy(text + len, next.start, next.len - more);
        len += next.len - more;
    }
    *ret_text = pc_span_trim((pc_span){ .start = text, .len = len });
    return PC_OK;
}

pc_status pc_line_read(pc_line_reader *reader, pc_logical_line *ret_line)
{
    bool in_quotes = false;
    unsigned line = reader->next_line;

    if (reader->cursor >= reader->end) {
        return PC_E_NOT_FOUND;
    }
    pc_span text = pc_line_take_physical(reader);

    if (is_continued(text, &in_quotes)) {
        PC_TRY(join(reader, text, in_quotes, &text));
    }
    *ret_line = (pc_logical_line){ .text = text, .line = line, .last_line = reader->next_line - 1 };
    return PC_OK;
}

/* U+201C, U+201D and U+201E in UTF-8: e2 80 9c, 9d, 9e. */
bool pc_is_typographic(pc_span text, size_t index)
{
    return index + 3 <= text.len && memcmp(text.start + index, "\xe2\x80", 2) == 0 &&
           (unsigned char)text.start[index + 2] >= 0x9c && (unsigned char)text.start[index + 2] <= 0x9e;
}

static pc_span span_from(pc_span text, size_t index)
{
    return pc_span_trim((pc_span){ .start = text.start + index, .len = text.len - index });
}

static void set_comment(pc_inf_line *line, pc_span rest)
{
    line->has_comment = rest.len > 0;
    line->comment = rest.len ? span_from(rest, 1) : rest;
}

/* A value in a typographic pair ends at the first closing quote that only a comment may follow. */
static bool take_typographic(pc_inf_line *line, pc_span rest)
{
    if (!pc_is_typographic(rest, 0)) {
        return false;
    }
    for (size_t index = 3; index < rest.len; index++) {
        if (!pc_is_typographic(rest, index)) {
            continue;
        }
        pc_span after = span_from(rest, index + 3);

        if (after.len == 0 || after.start[0] == ';') {
            line->value = (pc_span){ .start = rest.start + 3, .len = index - 3 };
            line->typographic = PC_TYPOGRAPHIC_PAIR;
            set_comment(line, after);
            return true;
        }
    }
    return false;
}

/* The length of the text before an unquoted `stop` or comment; also reports whether a quote is left open. */
static size_t length_before(pc_span text, char stop, bool *ret_open)
{
    bool in_quotes = false;
    size_t index = 0;

    for (; index < text.len; index++) {
        if (!in_quotes && (text.start[index] == ';' || text.start[index] == stop)) {
            break;
        }
        in_quotes ^= text.start[index] == '"';
    }
    *ret_open = in_quotes;
    return index;
}

static void take_value(pc_inf_line *line, pc_span rest)
{
    size_t len = length_before(rest, ';', &line->is_quote_open);

    line->value = pc_span_trim((pc_span){ .start = rest.start, .len = len });
    set_comment(line, (pc_span){ .start = rest.start + len, .len = rest.len - len });
    if (pc_is_typographic(line->value, 0) ||
        (line->value.len > 3 && pc_is_typographic(line->value, line->value.len - 3))) {
        line->typographic = PC_TYPOGRAPHIC_STRAY;
    }
}

pc_inf_line pc_inf_line_split(pc_span text)
{
    pc_inf_line line = { .key = { .start = text.start, .len = 0 } };
    size_t equals = length_before(text, '=', &line.is_quote_open);

    line.has_equals = equals < text.len && text.start[equals] == '=';
    if (!line.has_equals) {
        take_value(&line, text);
        line.typographic = PC_TYPOGRAPHIC_NONE;
        return line;
    }
    pc_span rest = span_from(text, equals + 1);

    line.key = pc_span_trim((pc_span){ .start = text.start, .len = equals });
    if (!take_typographic(&line, rest)) {
        take_value(&line, rest);
    }
    return line;
}

bool pc_inf_has_bare_comma(pc_span value)
{
    bool in_quotes = false;

    for (size_t i = 0; i < value.len; i++) {
        in_quotes ^= value.start[i] == '"';
        if (value.start[i] == ',' && !in_quotes) {
            return true;
        }
    }
    return false;
}

bool pc_inf_is_quoted(pc_span value)
{
    return value.len > 0 && value.start[0] == '"';
}

char *pc_inf_unquote(pc_arena *arena, pc_span value)
{
    if (!pc_inf_is_quoted(value)) {
        return pc_arena_text(arena, value.start, value.len);
    }
    char *text = pc_arena_alloc(arena, value.len + 1);
    bool in_quotes = false;
    size_t len = 0;

    for (size_t i = 0; text && i < value.len; i++) {
        if (value.start[i] != '"') {
            text[len++] = value.start[i];
        } else if (in_quotes && i + 1 < value.len && value.start[i + 1] == '"') {
            text[len++] = value.start[i++];
        } else {
            in_quotes = !in_quotes;
        }
    }
    return text;
}
