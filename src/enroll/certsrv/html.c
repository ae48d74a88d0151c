/* SPDX-License-Identifier: Apache-2.0 */
#include "enroll/certsrv/html.h"

#include <string.h>

#include "base/cleanup.h"

typedef struct {
    const char *at;
    const char *end;
    char *out;
    size_t len;
    size_t max;
} reader;

static const struct {
    const char *name;
    unsigned long character;
} entities[] = {
    { "amp;", '&' }, { "lt;", '<' }, { "gt;", '>' }, { "quot;", '"' }, { "apos;", '\'' }, { "nbsp;", ' ' },
};

static void put_byte(reader *page, char byte)
{
    bool blank = byte == ' ' || (unsigned char)byte < 0x20 || byte == 0x7f;

    if (blank && (page->len == 0 || page->out[page->len - 1] == ' ')) {
        return;
    }
    if (page->len < page->max) {
        page->out[page->len++] = blank ? ' ' : byte;
    }
}

/* RFC 3629; what is no character becomes U+FFFD. */
static void put_character(reader *page, unsigned long character)
{
    unsigned long c = character > 0x10ffff || (character >= 0xd800 && character < 0xe000) ? 0xfffd : character;

    if (c < 0x80) {
        put_byte(page, (char)c);
        return;
    }
    if (c < 0x800) {
        put_byte(page, (char)(0xc0 | c >> 6));
    } else {
        put_byte(page, (char)(c < 0x10000 ? 0xe0 | c >> 12 : 0xf0 | c >> 18));
        if (c >= 0x10000) {
            put_byte(page, (char)(0x80 | (c >> 12 & 0x3f)));
        }
        put_byte(page, (char)(0x80 | (c >> 6 & 0x3f)));
    }
    put_byte(page, (char)(0x80 | (c & 0x3f)));
}

/* "#123;" or "#x1f;" after the ampersand; at most eight digits count. */
static bool put_number(reader *page)
{
    char digits[12] = "";
    const char *at = page->at + 2;
    bool hex = at < page->end && (*at == 'x' || *at == 'X');
    size_t len = hex ? 2 : 0;
    unsigned long character = 0;

    memcpy(digits, hex ? "0x" : "", len);
    for (at += hex; at < page->end && *at != ';' && len < 10; at++) {
        digits[len++] = *at;
    }
    if (at >= page->end || *at != ';' || !pc_text_to_number(digits, 0x7fffffff, &character)) {
        return false;
    }
    put_character(page, character);
    page->at = at + 1;
    return true;
}

static void put_entity(reader *page)
{
    size_t left = (size_t)(page->end - page->at);

    if (left > 3 && page->at[1] == '#' && put_number(page)) {
        return;
    }
    for (size_t i = 0; i < PC_COUNT(entities); i++) {
        size_t len = strlen(entities[i].name);

        if (left > len && pc_text_equal_n(page->at + 1, len, entities[i].name)) {
            put_byte(page, (char)entities[i].character);
            page->at += len + 1;
            return;
        }
    }
    put_byte(page, *page->at++);
}

/* What stands behind the next `mark`; the end of the page if there is none. */
static void skip_behind(reader *page, const char *mark)
{
    const char *found = pc_text_find(page->at, (size_t)(page->end - page->at), mark);

    page->at = found ? found + strlen(mark) : page->end;
}

static bool is_tag(const char *at, const char *end, const char *name)
{
    size_t len = strlen(name);

    return (size_t)(end - at) > len && pc_text_equal_n(at + 1, len, name) &&
           ((size_t)(end - at) == len + 1 || !pc_is_alnum(at[len + 1]));
}

static void skip_tag(reader *page)
{
    const char *next = page->at + 1;

    put_byte(page, ' ');
    if (page->end - page->at >= 4 && memcmp(page->at, "<!--", 4) == 0) {
        skip_behind(page, "-->");
    } else if (is_tag(page->at, page->end, "script")) {
        skip_behind(page, "</script");
        skip_behind(page, ">");
    } else if (is_tag(page->at, page->end, "style")) {
        skip_behind(page, "</style");
        skip_behind(page, ">");
    } else if (next < page->end && (pc_is_alnum(*next) || *next == '/' || *next == '!' || *next == '?')) {
        skip_behind(page, ">");
    } else {
        put_byte(page, *page->at++);
    }
}

char *pc_html_text(pc_arena *arena, const uint8_t *bytes, size_t len, size_t max)
{
    const char *text = (const char *)bytes;
    size_t room = len < max ? len : max;
    reader page = { .at = text, .end = text + len, .out = pc_arena_alloc(arena, room + 1), .max = room };

    while (page.out && page.at < page.end && page.len < page.max) {
        if (*page.at == '<') {
            skip_tag(&page);
        } else if (*page.at == '&') {
            put_entity(&page);
        } else {
            put_byte(&page, *page.at++);
        }
    }
    return page.out;
}

char *pc_html_unescape(pc_arena *arena, pc_span span)
{
    reader text = { .at = span.at, .end = span.at + span.len, .max = span.len };

    text.out = pc_arena_alloc(arena, span.len + 1);
    while (text.out && text.at < text.end) {
        if (*text.at == '&') {
            put_entity(&text);
        } else {
            put_byte(&text, *text.at++);
        }
    }
    return text.out;
}

bool pc_html_next_tag(const uint8_t *bytes, size_t len, const char *name, size_t *offset, pc_span *ret_attributes)
{
    const char *text = (const char *)bytes;
    const char *end = text + len;

    for (const char *at = text + *offset; (at = memchr(at, '<', (size_t)(end - at))) != NULL; at++) {
        if (is_tag(at, end, name)) {
            const char *start = at + 1 + strlen(name);
            const char *close = memchr(start, '>', (size_t)(end - start));

            close = close ? close : end;
            *offset = (size_t)(close - text);
            *ret_attributes = (pc_span){ .at = start, .len = (size_t)(close - start) };
            return true;
        }
    }
    *offset = len;
    return false;
}

static bool is_white(char c)
{
    return pc_is_space(c) || c == '\r' || c == '\n' || c == '\f';
}

/* The value at `at`, which stands behind the "=". */
static pc_span value_at(const char *at, const char *end)
{
    pc_span value = { .at = at };

    while (value.at < end && is_white(*value.at)) {
        value.at++;
    }
    if (value.at < end && (*value.at == '"' || *value.at == '\'')) {
        const char *close = memchr(value.at + 1, *value.at, (size_t)(end - value.at - 1));

        value.at++;
        value.len = (size_t)((close ? close : end) - value.at);
        return value;
    }
    while (value.at + value.len < end && !is_white(value.at[value.len])) {
        value.len++;
    }
    return value;
}

bool pc_html_attribute(pc_span attributes, const char *name, pc_span *ret_value)
{
    const char *end = attributes.at + attributes.len;
    size_t len = strlen(name);
    const char *at = attributes.at;

    while (at < end) {
        const char *start = at;

        while (at < end && *at != '=' && !is_white(*at)) {
            at++;
        }
        size_t name_len = (size_t)(at - start);

        while (at < end && is_white(*at)) {
            at++;
        }
        if (at >= end || *at != '=') {
            continue;
        }
        pc_span value = value_at(at + 1, end);

        if (name_len == len && pc_text_equal_n(start, len, name)) {
            *ret_value = value;
            return true;
        }
        at = value.at + value.len < end ? value.at + value.len + 1 : end;
    }
    return false;
}
