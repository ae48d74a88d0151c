/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_X509_WORDS_H
#define PC_X509_WORDS_H

#include <p11cert/bytes.h>

#include "base/arena.h"
#include "x509/auto.h"

/** How certificate values are written, the same everywhere. All texts are in the arena. */

/** 2027-11-22T21:00:00Z, or "unreadable"; NULL when out of memory. */
const char *pc_time_words(const ASN1_TIME *time, pc_arena *arena);

/** The current time in the same form; NULL when out of memory. */
const char *pc_time_now_words(pc_arena *arena);

/** A serial number in hex as Windows shows it, without sign octet; NULL when out of memory. */
const char *pc_serial_words(const X509 *certificate, pc_arena *arena);

/** SHA-256 (FIPS 180-4) of bytes, as 64 hex digits. @return PC_OK; PC_E_CRYPTO; PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_sha256_words(pc_bytes bytes, pc_arena *arena, const char **ret_hex, pc_error *err);

/** A digest of a certificate's DER: its fingerprint, in hex. @return PC_OK; PC_E_CRYPTO; PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_certificate_digest_words(const X509 *certificate, const EVP_MD *digest, pc_arena *arena,
                                                    const char **ret_hex, pc_error *err);

/**
 * The first common name of a subject, as UTF-8 and not escaped: not safe to print. *ret_name is unchanged if there is
 * none, or if it is unreadable or contains a NUL.
 * @return PC_OK; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_first_common_name(const X509_NAME *name, pc_arena *arena, const char **ret_name,
                                             pc_error *err);

#endif
