/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_X509_PFX_PROTECTION_H
#define PC_X509_PFX_PROTECTION_H

#include <p11cert/policy.h>
#include <stdint.h>

#include "base/arena.h"
#include "x509/auto.h"

/**
 * Rounds of key derivation that one file may cost, over its MAC and all its bags together. Each file names
 * its own counts, so a hostile one could keep us busy for years. Windows writes 2000, OpenSSL 2048, p11cert
 * 600000; ten million take a few seconds.
 */
#ifndef PC_PFX_MAX_ROUNDS
#define PC_PFX_MAX_ROUNDS 10000000u
#endif
#define PC_PFX_MAX_SALT 1024 /**< bytes; a salt is hashed as well */

/** How something in a PFX is encrypted or authenticated. */
typedef struct {
    const char *words; /**< "AES-256-CBC, PBKDF2 with HMAC-SHA-256, 600000 rounds"; in the arena, safe to print */
    uint64_t rounds;
    bool needs_legacy;  /**< RC2, RC4 or single DES: in OpenSSL's legacy provider only */
    pc_pfx_suite suite; /**< what Windows imports it as */
} pc_pfx_protection;

/**
 * What an encryption's AlgorithmIdentifier says: PBES2 with PBKDF2 (RFC 8018), or one of PKCS#12's own (RFC 7292
 * appendix C). Nothing is derived.
 * @return PC_OK; PC_E_INPUT for another one, or parameters out of bounds; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_pfx_protection_of(const X509_ALGOR *algorithm, const char *file, pc_arena *arena,
                                             pc_pfx_protection *ret_protection, pc_error *err);

/** The same of a MAC (RFC 7292 section 4, MacData). An iteration count that is not there is 1. */
PC_MUST_CHECK pc_status pc_pfx_protection_of_mac(const X509_ALGOR *digest, const ASN1_OCTET_STRING *salt,
                                                 const ASN1_INTEGER *rounds, const char *file, pc_arena *arena,
                                                 pc_pfx_protection *ret_protection, pc_error *err);

/** Take `rounds` from what is left. @return PC_OK; PC_E_INPUT if that is less: before anything is derived. */
PC_MUST_CHECK pc_status pc_pfx_spend(uint64_t *left, uint64_t rounds, const char *file, pc_error *err);

#endif
