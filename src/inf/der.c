/* SPDX-License-Identifier: Apache-2.0 */
#include "inf/der.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

enum { MAX_DEPTH = 32 };

/* X.690 section 10.1: the length is definite and as short as can be. */
static bool take_length(pc_der *rest, size_t *ret_len)
{
    if (rest->len == 0) {
        return false;
    }
    size_t count = rest->at[0] & 0x7fu;
    size_t len = rest->at[0];

    rest->at++;
    rest->len--;
    if (len < 0x80) {
        *ret_len = len;
        return true;
    }
    if (count == 0 || count > 4 || count > rest->len || rest->at[0] == 0) {
        return false;
    }
    len = 0;
    for (size_t i = 0; i < count; i++) {
        len = len << 8 | rest->at[i];
    }
    rest->at += count;
    rest->len -= count;
    *ret_len = len;
    return len >= 0x80;
}

bool pc_der_take(pc_der *rest, pc_der_item *ret_item)
{
    pc_der left = *rest;
    size_t len = 0;

    if (left.len < 2 || left.at[0] == 0 || (left.at[0] & 0x1f) == 0x1f) {
        return false;
    }
    pc_der_item item = { .tag = left.at[0], .whole = { .at = left.at, .len = 0 } };

    left.at++;
    left.len--;
    if (!take_length(&left, &len) || len > left.len) {
        return false;
    }
    item.content = (pc_der){ .at = left.at, .len = len };
    item.whole.len = (size_t)(left.at - item.whole.at) + len;
    *ret_item = item;
    *rest = (pc_der){ .at = left.at + len, .len = left.len - len };
    return true;
}

bool pc_der_take_tag(pc_der *rest, uint8_t tag, pc_der *ret_content)
{
    pc_der left = *rest;
    pc_der_item item = { .tag = 0 };

    if (!pc_der_take(&left, &item) || item.tag != tag) {
        return false;
    }
    *ret_content = item.content;
    *rest = left;
    return true;
}

static bool is_sound(pc_der rest, unsigned depth)
{
    pc_der_item item = { .tag = 0 };

    while (rest.len) {
        if (!pc_der_take(&rest, &item)) {
            return false;
        }
        if ((item.tag & 0x20) && (depth >= MAX_DEPTH || !is_sound(item.content, depth + 1))) {
            return false;
        }
    }
    return true;
}

bool pc_der_is_one(pc_der der)
{
    pc_der rest = der;
    pc_der_item item = { .tag = 0 };

    return pc_der_take(&rest, &item) && rest.len == 0 && is_sound(der, 0);
}

bool pc_der_to_number(pc_der content, unsigned *ret_number)
{
    unsigned number = 0;

    if (content.len == 0 || content.len > 4 || content.at[0] >= 0x80) {
        return false;
    }
    for (size_t i = 0; i < content.len; i++) {
        number = number << 8 | content.at[i];
    }
    *ret_number = number;
    return true;
}

/* One arc in base 128, X.690 section 8.19. */
static bool take_arc(pc_der *rest, uint64_t *ret_arc)
{
    uint64_t arc = 0;

    for (size_t i = 0; i < rest->len && i < 9; i++) {
        arc = arc << 7 | (rest->at[i] & 0x7fu);
        if (i == 0 && rest->at[0] == 0x80) {
            return false;
        }
        if (!(rest->at[i] & 0x80)) {
            rest->at += i + 1;
            rest->len -= i + 1;
            *ret_arc = arc;
            return true;
        }
    }
    return false;
}

pc_status pc_der_to_oid(pc_arena *arena, pc_der content, const char **ret_oid)
{
    char text[1024];
    uint64_t arc = 0;

    if (content.len > 96 || !take_arc(&content, &arc)) {
        return PC_E_INPUT;
    }
    uint64_t first = arc < 80 ? arc / 40 : 2;
    size_t len = (size_t)snprintf(text, sizeof text, "%" PRIu64 ".%" PRIu64, first, arc - first * 40);

    while (content.len) {
        if (!take_arc(&content, &arc) || len + 24 > sizeof text) {
            return PC_E_INPUT;
        }
        len += (size_t)snprintf(text + len, sizeof text - len, ".%" PRIu64, arc);
    }
    if (!pc_text_is_oid(text)) {
        return PC_E_INPUT;
    }
    const char *copy = pc_arena_text(arena, text, len);

    if (!copy) {
        return PC_E_MEMORY;
    }
    *ret_oid = copy;
    return PC_OK;
}

/* The length octets, at most five; returns how many. */
static size_t put_length(uint8_t *out, size_t len)
{
    size_t count = 0;

    if (len < 0x80) {
        out[0] = (uint8_t)len;
        return 1;
    }
    for (size_t left = len; left; left >>= 8) {
        count++;
    }
    out[0] = (uint8_t)(0x80 | count);
    for (size_t i = 0; i < count; i++) {
        out[1 + i] = (uint8_t)(len >> 8 * (count - 1 - i));
    }
    return count + 1;
}

pc_der pc_der_wrap(pc_arena *arena, uint8_t tag, pc_der content)
{
    uint8_t *out = content.len <= UINT32_MAX ? pc_arena_alloc(arena, content.len + 6) : NULL;

    if (!out) {
        return (pc_der){ .at = NULL };
    }
    out[0] = tag;
    size_t head = 1 + put_length(out + 1, content.len);

    if (content.len) {
        memcpy(out + head, content.at, content.len);
    }
    return (pc_der){ .at = out, .len = head + content.len };
}

static size_t put_arc(uint8_t *out, uint64_t arc)
{
    size_t count = 1;

    for (uint64_t left = arc >> 7; left; left >>= 7) {
        count++;
    }
    for (size_t i = 0; i < count; i++) {
        out[i] = (uint8_t)((arc >> 7 * (count - 1 - i) & 0x7f) | (i + 1 < count ? 0x80 : 0));
    }
    return count;
}

/* The arc at text, up to 2^63 - 1, and moves behind it and its '.'. */
static bool read_arc(const char **text, uint64_t *ret_arc)
{
    uint64_t arc = 0;

    for (; pc_is_digit(**text); (*text)++) {
        uint64_t digit = (uint64_t)(**text - '0');

        if (arc > (INT64_MAX - digit) / 10) {
            return false;
        }
        arc = arc * 10 + digit;
    }
    *text += **text == '.';
    *ret_arc = arc;
    return true;
}

pc_der pc_der_from_oid(pc_arena *arena, const char *oid)
{
    const pc_der none = { .at = NULL };
    uint8_t bytes[64 * 10];
    uint64_t first = 0;
    uint64_t arc = 0;

    if (!pc_text_is_oid(oid) || !read_arc(&oid, &first) || !read_arc(&oid, &arc) || arc > INT64_MAX - 80) {
        return none;
    }
    size_t len = put_arc(bytes, first * 40 + arc);

    while (*oid) {
        if (!read_arc(&oid, &arc)) {
            return none;
        }
        len += put_arc(bytes + len, arc);
    }
    return pc_der_wrap(arena, PC_DER_OID, (pc_der){ .at = bytes, .len = len });
}
