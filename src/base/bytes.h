/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_BASE_BYTES_H
#define PC_BASE_BYTES_H

#include <stdbool.h>
#include <string.h>

#include <p11cert/bytes.h>

#include "base/arena.h"

/** The bytes of an array or of any other object of known size. */
#define PC_BYTES_OF(object) ((pc_bytes){ (const uint8_t *)&(object), sizeof(object) })

/** The characters of a text, without its NUL. */
static inline pc_bytes pc_bytes_of_text(const char *text)
{
    return (pc_bytes){ (const uint8_t *)text, strlen(text) };
}

/** Whether both are the same. Two empty ranges are. Not for secrets: the time depends on the content. */
bool pc_bytes_equal(pc_bytes left, pc_bytes right);

/** The same for values that may be absent: an empty range equals nothing, not even another empty one. */
bool pc_bytes_match(pc_bytes left, pc_bytes right);

/** Is every byte `value`? An empty range consists of any. */
bool pc_bytes_consist_of(pc_bytes bytes, uint8_t value);

/**
 * Whether the bytes end at `cursor`, a position in them. Zero bytes may follow: Windows programs leave them behind DER
 * that was written from a larger buffer, and they cannot hide anything.
 */
bool pc_bytes_end_at(pc_bytes bytes, const uint8_t *cursor);

/** Orders as memcmp does; a prefix comes before the longer range. Returns less than, equal to or greater than 0. */
int pc_bytes_compare(pc_bytes left, pc_bytes right);

/**
 * Copies bytes into an arena.
 * @return PC_OK, also for an empty range, with data NULL; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_bytes_copy(pc_arena *arena, pc_bytes bytes, pc_bytes *ret_bytes, pc_error *err);

#endif
