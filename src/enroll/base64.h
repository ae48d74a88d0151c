/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_ENROLL_BASE64_H
#define PC_ENROLL_BASE64_H

#include <stdbool.h>

#include <p11cert/bytes.h>

#include "base/arena.h"

/** Base64 as CAs send it (RFC 4648 section 4). Pure: any bytes of any length are allowed. */

/**
 * Base64 with white space anywhere, or none.
 * @param ret_bytes  the arena's; set on success
 * @return false if it is not base64, is empty, or when out of memory.
 */
bool pc_base64_decode(pc_arena *arena, pc_bytes text, pc_bytes *ret_bytes);

/** Base64 in one line. NULL when out of memory. */
const char *pc_base64_encode(pc_arena *arena, pc_bytes bytes);

#endif
