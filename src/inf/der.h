/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_INF_DER_H
#define PC_INF_DER_H

#include "base/bytes.h"

/**
 * The DER (ITU-T X.690) and base64 of extension values in an INF file, by libcrypto. This file and
 * inf_extension_der.c are the only ones in src/inf that use it.
 */

enum { PC_DER_SEQUENCE = 0x30 }; /**< the first byte of a SEQUENCE */

/** The types that a tag of an INF value can ask for. */
typedef enum {
    PC_DER_UTF8_STRING,
    PC_DER_OCTET_STRING,
} pc_der_type;

/** Are the bytes one item, well-formed down to 32 levels, with nothing after it? */
bool pc_der_is_one(pc_bytes der);

/** The bytes as a string of that type. Its data is NULL when out of memory. */
pc_bytes pc_der_wrap(pc_arena *arena, pc_der_type type, pc_bytes content);

/**
 * Decode base64 (RFC 4648 section 4). Spaces and tabs are skipped; the padding may be left out.
 * @return PC_OK; PC_E_INPUT if the text is not base64; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_der_from_base64(pc_arena *arena, const char *text, pc_bytes *ret_bytes);

#endif
