/* SPDX-License-Identifier: Apache-2.0 */
#include "base/bytes.h"

#include <string.h>

bool pc_bytes_equal(pc_bytes left, pc_bytes right)
{
    return left.len == right.len && (left.len == 0 || memcmp(left.data, right.data, left.len) == 0);
}

bool pc_bytes_match(pc_bytes left, pc_bytes right)
{
    return left.len && pc_bytes_equal(left, right);
}

bool pc_bytes_consist_of(pc_bytes bytes, uint8_t value)
{
    size_t same = 0;

    while (same < bytes.len && bytes.data[same] == value) {
        same++;
    }
    return same == bytes.len;
}

bool pc_bytes_end_at(pc_bytes bytes, const uint8_t *cursor)
{
    while (cursor < bytes.data + bytes.len && *cursor == 0) {
        cursor++;
    }
    return cursor == bytes.data + bytes.len;
}

int pc_bytes_compare(pc_bytes left, pc_bytes right)
{
    size_t shorter = left.len < right.len ? left.len : right.len;
    int order = shorter ? memcmp(left.data, right.data, shorter) : 0;

    return order ? order : (left.len > right.len) - (left.len < right.len);
}

pc_status pc_bytes_copy(pc_arena *arena, pc_bytes bytes, pc_bytes *ret_bytes, pc_error *err)
{
    pc_bytes copy = { .data = bytes.len ? pc_arena_copy(arena, bytes.data, bytes.len) : NULL, .len = bytes.len };

    if (bytes.len && !copy.data) {
        return pc_fail_memory(err);
    }
    *ret_bytes = copy;
    return PC_OK;
}
