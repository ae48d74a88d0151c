/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/outward.h"

bool pc_is_space(char c)
{
    return c == ' ' || c == '\t';
}

bool pc_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool pc_is_alnum(char c)
{
    char lower = pc_to_lower(c);

    return pc_is_digit(c) || (lower >= 'a' && lower <= 'z');
}

char pc_to_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool pc_text_equal_n(const char *a, size_t a_len, const char *b)
{
    for (size_t i = 0; i < a_len; i++) {
        if (b[i] == '\0' || pc_to_lower(a[i]) != pc_to_lower(b[i])) {
            return false;
        }
    }
    return b[a_len] == '\0';
}

bool pc_text_equal(const char *a, const char *b)
{
    return pc_text_equal_n(a, strlen(a), b);
}

bool pc_text_starts(const char *text, const char *prefix)
{
    while (*prefix) {
        if (pc_to_lower(*text++) != pc_to_lower(*prefix++)) {
            return false;
        }
    }
    return true;
}

const char *pc_text_find(const char *text, size_t len, const char *words)
{
    size_t words_len = strlen(words);
    char first = pc_to_lower(words[0]);

    for (const char *cursor = text; len >= words_len; cursor++, len--) {
        if (pc_to_lower(*cursor) == first && pc_text_equal_n(cursor, words_len, words)) {
            return cursor;
        }
    }
    return NULL;
}

pc_span pc_span_of(const char *text)
{
    return (pc_span){ .start = text, .len = strlen(text) };
}

pc_span pc_span_trim(pc_span span)
{
    while (span.len && pc_is_space(span.start[0])) {
        span.start++;
        span.len--;
    }
    while (span.len && pc_is_space(span.start[span.len - 1])) {
        span.len--;
    }
    return span;
}

bool pc_span_equal(pc_span span, const char *text)
{
    return pc_text_equal_n(span.start, span.len, text);
}

static size_t utf8_tail(unsigned char lead)
{
    if (lead >= 0xc2 && lead <= 0xdf) {
        return 1;
    }
    if (lead >= 0xe0 && lead <= 0xef) {
        return 2;
    }
    return lead >= 0xf0 && lead <= 0xf4 ? 3 : 0;
}

uint32_t pc_text_decode(const char *text, size_t len, size_t *ret_len)
{
    unsigned char lead = (unsigned char)text[0];
    size_t tail = utf8_tail(lead);

    *ret_len = 1;
    if (lead < 0x80) {
        return lead;
    }
    if (tail == 0 || tail >= len) {
        return 0;
    }
    uint32_t point = lead & (0x3fu >> tail);

    for (size_t i = 1; i <= tail; i++) {
        unsigned char next = (unsigned char)text[i];

        if ((next & 0xc0) != 0x80) {
            return 0;
        }
        point = point << 6 | (next & 0x3fu);
    }
    static const uint32_t least[] = { 0, 0x80, 0x800, 0x10000 };

    if (point < least[tail] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) {
        return 0;
    }
    *ret_len = tail + 1;
    return point;
}

bool pc_text_is_utf8(const char *text, size_t len)
{
    for (size_t i = 0; i < len;) {
        size_t taken = 1;

        if (pc_text_decode(text + i, len - i, &taken) == 0 && text[i] != '\0') {
            return false;
        }
        i += taken;
    }
    return true;
}

static bool is_plain(uint32_t point)
{
    return point >= 0x20 && point < 0x7f;
}

size_t pc_text_plain_len(const char *text, size_t len)
{
    size_t plain = 0;

    while (plain < len && is_plain((unsigned char)text[plain])) {
        plain++;
    }
    return plain;
}

bool pc_text_is_harmful(uint32_t point)
{
    static const struct {
        uint32_t first;
        uint32_t last;
    } ranges[] = {
        { 0, 0x1f },        { 0x7f, 0x9f },       { 0xad, 0xad },       { 0x034f, 0x034f },   { 0x061c, 0x061c },
        { 0x115f, 0x1160 }, { 0x17b4, 0x17b5 },   { 0x180b, 0x180f },   { 0x200b, 0x200f },   { 0x2028, 0x202e },
        { 0x2060, 0x206f }, { 0x3164, 0x3164 },   { 0xfe00, 0xfe0f },   { 0xfeff, 0xfeff },   { 0xffa0, 0xffa0 },
        { 0xfff0, 0xfffb }, { 0x1bca0, 0x1bca3 }, { 0x1d173, 0x1d17a }, { 0xe0000, 0xe0fff },
    };

    if (is_plain(point)) {
        return false;
    }
    for (size_t i = 0; i < PC_COUNT(ranges) && point >= ranges[i].first; i++) {
        if (point <= ranges[i].last) {
            return true;
        }
    }
    return false;
}

bool pc_text_is_harmful_in_comment(uint32_t point)
{
    bool shapes = point == 0x200c || point == 0x200d || (point >= 0xfe00 && point <= 0xfe0f) ||
                  (point >= 0xe0100 && point <= 0xe01ef);

    return pc_text_is_harmful(point) && !shapes;
}

uint32_t pc_text_find_harmful(pc_span text, const char *allowed)
{
    for (size_t i = 0; i < text.len;) {
        size_t taken = 1;
        const uint32_t point = pc_text_decode(text.start + i, text.len - i, &taken);

        if (point && pc_text_is_harmful(point) && (point > 0x7f || !strchr(allowed, (int)point))) {
            return point;
        }
        i += taken;
    }
    return 0;
}

/* Writes the escaped form of the character at text; returns the number of bytes written to out. */
static size_t escape_one(const char *text, size_t len, char out[static 17], size_t *ret_taken)
{
    static const char digits[] = "0123456789abcdef";
    uint32_t point = pc_text_decode(text, len, ret_taken);
    size_t cursor = 0;

    if (!pc_text_is_harmful(point)) {
        memcpy(out, text, *ret_taken);
        return *ret_taken;
    }
    for (size_t i = 0; i < *ret_taken; i++) {
        unsigned char byte = (unsigned char)text[i];

        out[cursor++] = '\\';
        out[cursor++] = 'x';
        out[cursor++] = digits[byte >> 4];
        out[cursor++] = digits[byte & 15];
    }
    return cursor;
}

static void escape_all(const char *text, size_t len, char *out, size_t out_size)
{
    size_t used = 0;
    size_t last_fit = 0; /* where "..." may still be written */

    if (out_size == 0) {
        return;
    }
    for (size_t i = 0; i < len;) {
        char piece[17];
        const size_t room = out_size - used;
        size_t taken = pc_text_plain_len(text + i, len - i < room ? len - i : room);

        if (taken && taken + sizeof "..." <= room) {
            memcpy(out + used, text + i, taken);
            used += taken;
            last_fit = used;
            i += taken;
            continue;
        }
        size_t piece_len = escape_one(text + i, len - i, piece, &taken);

        if (piece_len + 1 > room) {
            (void)snprintf(out + last_fit, out_size - last_fit, "...");
            return;
        }
        memcpy(out + used, piece, piece_len);
        used += piece_len;
        if (used + sizeof "..." <= out_size) {
            last_fit = used;
        }
        i += taken;
    }
    out[used] = '\0';
}

void pc_text_escape_into(const char *text, size_t len, char *out, size_t out_size)
{
    escape_all(text, len, out, out_size);
    if (out_size) {
        pc_outward_hide_pins(out);
    }
}

/* An escaped text may be four times as long, and reports keep thousands of them: only the bytes that were used are
 * kept. */
char *pc_text_escape(pc_arena *arena, const char *text, size_t len)
{
    if (len > SIZE_MAX / 8) {
        return NULL;
    }
    size_t size = len * 4 + 1;
    PC_AUTO(free) char *out = malloc(size);

    if (!out) {
        return NULL;
    }
    pc_text_escape_into(text, len, out, size);
    return pc_arena_string(arena, out);
}

char *pc_text_hex(pc_arena *arena, pc_bytes bytes, char separator)
{
    static const char digits[] = "0123456789abcdef";
    char *out = pc_arena_alloc(arena, bytes.len * 3 + 1);
    size_t cursor = 0;

    if (!out) {
        return NULL;
    }
    for (size_t i = 0; i < bytes.len; i++) {
        if (i && separator) {
            out[cursor++] = separator;
        }
        out[cursor++] = digits[bytes.data[i] >> 4];
        out[cursor++] = digits[bytes.data[i] & 15];
    }
    return out;
}

static int hex_value(char c)
{
    char lower = pc_to_lower(c);

    if (pc_is_digit(c)) {
        return c - '0';
    }
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

uint8_t *pc_text_from_hex(pc_arena *arena, const char *text, size_t *ret_len)
{
    uint8_t *bytes = pc_arena_alloc(arena, strlen(text) / 2 + 1);
    size_t len = 0;

    if (!bytes) {
        return NULL;
    }
    while (*text) {
        if (pc_is_space(*text) || *text == ':' || *text == '-') {
            text++;
            continue;
        }
        int high = hex_value(text[0]);
        int low = high < 0 ? -1 : hex_value(text[1]);

        if (low < 0) {
            return NULL;
        }
        bytes[len++] = (uint8_t)(high << 4 | low);
        text += 2;
    }
    *ret_len = len;
    return bytes;
}

bool pc_text_to_number(const char *text, unsigned long max, unsigned long *ret_value)
{
    pc_span span = pc_span_trim(pc_span_of(text));
    unsigned base = 10;
    unsigned long value = 0;

    if (span.len > 2 && span.start[0] == '0' && pc_to_lower(span.start[1]) == 'x') {
        base = 16;
        span.start += 2;
        span.len -= 2;
    }
    if (span.len == 0) {
        return false;
    }
    for (size_t i = 0; i < span.len; i++) {
        int digit = hex_value(span.start[i]);

        if (digit < 0 || (unsigned)digit >= base || (unsigned)digit > max || value > (max - (unsigned)digit) / base) {
            return false;
        }
        value = value * base + (unsigned)digit;
    }
    *ret_value = value;
    return true;
}

/*
 * Reads one arc of an OID without leading zeros; returns its end, or NULL. An arc may be a UUID (ITU-T X.667: 39
 * digits), so beyond 9 digits only its magnitude matters: *ret_arc is then just some large value.
 */
static const char *oid_arc(const char *text, unsigned long *ret_arc)
{
    unsigned long arc = 0;
    const char *cursor = text;

    if (!pc_is_digit(*cursor) || (cursor[0] == '0' && pc_is_digit(cursor[1]))) {
        return NULL;
    }
    for (; pc_is_digit(*cursor); cursor++) {
        if (cursor - text >= 39) {
            return NULL;
        }
        arc = cursor - text < 9 ? arc * 10 + (unsigned long)(*cursor - '0') : arc;
    }
    *ret_arc = arc;
    return cursor;
}

bool pc_text_time(int64_t sec, char out[static PC_TIME_TEXT])
{
    time_t when = (time_t)sec;
    struct tm utc;

    if (!gmtime_r(&when, &utc)) {
        return false;
    }
    (void)snprintf(out, PC_TIME_TEXT, "%04lld-%02d-%02dT%02d:%02d:%02dZ", (long long)utc.tm_year + 1900, utc.tm_mon + 1,
                   utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec);
    return true;
}

/* strptime accepts 30 February, and numbers with too few digits: writing the result must give the same text again. */
bool pc_text_to_time(const char *text, int64_t *ret_sec)
{
    struct tm utc = { .tm_year = 0 };
    char again[PC_TIME_TEXT];
    size_t len = strlen(text);
    const char *end = strptime(text, len == strlen("2027-11-22") ? "%Y-%m-%d" : "%Y-%m-%dT%H:%M:%SZ", &utc);
    int64_t sec = end && !*end ? (int64_t)timegm(&utc) : 0;

    if (!end || *end || !pc_text_time(sec, again) || strncmp(text, again, len) != 0) {
        return false;
    }
    *ret_sec = sec;
    return true;
}

bool pc_text_is_oid(const char *text)
{
    unsigned long first = 0;
    unsigned long arc = 0;
    size_t count = 0;

    for (const char *cursor = text;; cursor++) {
        cursor = oid_arc(cursor, &arc);
        if (!cursor || ++count > 64 || (count == 1 && arc > 2) || (count == 2 && first < 2 && arc > 39)) {
            return false;
        }
        if (count == 1) {
            first = arc;
        }
        if (*cursor == '\0') {
            return count >= 2;
        }
        if (*cursor != '.') {
            return false;
        }
    }
}

size_t pc_text_distance(const char *a, const char *b)
{
    enum { LONGEST = 63 };
    size_t a_len = strlen(a);
    size_t b_len = strlen(b);
    size_t row[LONGEST + 1];

    if (a_len > LONGEST || b_len > LONGEST) {
        return SIZE_MAX;
    }
    for (size_t j = 0; j <= b_len; j++) {
        row[j] = j;
    }
    for (size_t i = 1; i <= a_len; i++) {
        size_t diagonal = row[0];

        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            size_t swap = diagonal + (pc_to_lower(a[i - 1]) != pc_to_lower(b[j - 1]));
            size_t gap = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;

            diagonal = row[j];
            row[j] = swap < gap ? swap : gap;
        }
    }
    return row[b_len];
}
