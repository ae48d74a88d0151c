/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_X509_EC_RECOVERY_H
#define PC_X509_EC_RECOVERY_H

#include "base/arena.h"
#include "base/bytes.h"

#include <p11cert/error.h>

/** A message, and an ECDSA signature of its SHA-256 (DER, RFC 3279 section 2.2.3). */
typedef struct {
    pc_bytes message;
    pc_bytes signature;
} pc_ec_signed;

/**
 * The base point of a curve: a public key that nobody uses.
 * @param parameters  CKA_EC_PARAMS: the DER OID of a named curve (RFC 3279 section 2.3.5)
 * @param ret_point  uncompressed, in the arena
 * @return PC_OK; PC_E_INPUT (not a named curve that OpenSSL knows); PC_E_CRYPTO; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_ec_base_point(pc_bytes parameters, pc_arena *arena, pc_bytes *ret_point, pc_error *err);

/**
 * The public key that two signatures of different messages have in common (SEC 1 version 2.0, section 4.1.6). Each
 * alone verifies with two keys or more.
 * @param parameters, ret_point  as for pc_ec_base_point
 * @return PC_OK; PC_E_VERIFY (no key, or more than one, made both); PC_E_INPUT; PC_E_CRYPTO; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_ec_recover(pc_bytes parameters, const pc_ec_signed signatures[static 2], pc_arena *arena,
                                      pc_bytes *ret_point, pc_error *err);

#endif
