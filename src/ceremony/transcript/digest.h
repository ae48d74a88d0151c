/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CEREMONY_TRANSCRIPT_DIGEST_H
#define PC_CEREMONY_TRANSCRIPT_DIGEST_H

#include "base/bytes.h"

#define PC_SHA256_LEN  32u
#define PC_SHA256_TEXT (2 * PC_SHA256_LEN + 1) /**< bytes: hex and NUL */

/** A SHA-256 (FIPS 180-4). */
typedef struct {
    uint8_t bytes[PC_SHA256_LEN];
} pc_sha256;

/** The digest of bytes. @return PC_OK; PC_E_CRYPTO. */
PC_MUST_CHECK pc_status pc_sha256_of(pc_bytes bytes, pc_sha256 *ret_digest, pc_error *err);

/** 64 lower-case hex digits. */
void pc_sha256_to_hex(const pc_sha256 *digest, char out[static PC_SHA256_TEXT]);

/** @return false unless the text is exactly 64 lower-case hex digits; NULL is not. */
bool pc_sha256_from_hex(const char *text, pc_sha256 *ret_digest);

bool pc_sha256_equal(const pc_sha256 *left, const pc_sha256 *right);

#endif
