/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_X509_PFX_PROTECTION_H
#define PC_X509_PFX_PROTECTION_H

#include <p11cert/policy.h>
#include <openssl/pkcs12.h>
#include <stdint.h>

#include "base/arena.h"
#include "x509/auto.h"

/**
 * The limit on rounds of key derivation per file, over its MAC and all its bags together. Each file sets its own
 * counts, so a malicious one could cause years of computation. Windows writes 2000, OpenSSL 2048, p11cert 600000; ten
 * million take a few seconds.
 */
#ifndef PC_PFX_MAX_ROUNDS
#define PC_PFX_MAX_ROUNDS 10000000u
#endif
#define PC_PFX_MAX_SALT 1024 /**< bytes; the salt is hashed too */

/** How a part of a PFX is encrypted or authenticated. */
typedef struct {
    const char *words; /**< "AES-256-CBC, PBKDF2 with HMAC-SHA-256, 600000 rounds"; in the arena, safe to print */
    uint64_t rounds;
    bool needs_legacy;  /**< RC2, RC4 or single DES: only in OpenSSL's legacy provider */
    pc_pfx_suite suite; /**< its classification by Windows import support */
} pc_pfx_protection;

/**
 * Read the AlgorithmIdentifier of an encryption: PBES2 with PBKDF2 (RFC 8018), or one of PKCS#12's own schemes (RFC
 * 7292 appendix C). No key is derived.
 * @return PC_OK; PC_E_INPUT for any other scheme, or parameters over a limit; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_pfx_protection_of(const X509_ALGOR *algorithm, const char *file, pc_arena *arena,
                                             pc_pfx_protection *ret_protection, pc_error *err);

/** The same for the MAC of a PFX (RFC 7292 section 4, MacData). A missing iteration count means 1. */
PC_MUST_CHECK pc_status pc_pfx_protection_of_mac(const PKCS12 *pfx, const char *file, pc_arena *arena,
                                                 pc_pfx_protection *ret_protection, pc_error *err);

/**
 * Subtract `rounds` from the remaining limit. @return PC_OK; PC_E_INPUT if it is exceeded, before any key is derived.
 */
PC_MUST_CHECK pc_status pc_pfx_spend(uint64_t *left, uint64_t rounds, const char *file, pc_error *err);

#endif
