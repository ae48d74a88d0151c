/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_X509_PFX_SAFE_H
#define PC_X509_PFX_SAFE_H

#include <openssl/pkcs12.h>
#include <openssl/provider.h>
#include <p11cert/secret.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "x509/pfx/protection.h"

/**
 * An open PFX: its MAC is checked, its safes are decrypted, and all bags are in one list. Keys in it are still
 * encrypted.
 */
typedef struct {
    pc_arena *arena;
    const char *file;
    const char *password; /**< the right one, borrowed; NULL: none */
    int password_len;
    uint64_t rounds_left;
    bool has_mac;
    const char *protection; /**< description of the parts read so far, separated by "; " */
    unsigned suites;        /**< of the same: PC_PFX_*, combined */
    OSSL_LIB_CTX *legacy;   /**< NULL until something needs it */
    OSSL_PROVIDER *providers[2];
    STACK_OF(PKCS12_SAFEBAG) **safes;
    size_t safe_count;
    const PKCS12_SAFEBAG **bags; /**< borrowed from the safes; nested safes are flattened */
    size_t bag_count;
} pc_pfx_safe;

/** @param ret_safe  the caller clears it, also on failure. @return as pc_pfx_read. */
PC_MUST_CHECK pc_status pc_pfx_safe_open(const pc_file_bytes *file, pc_secret *password, pc_arena *arena,
                                         pc_pfx_safe *ret_safe, pc_error *err);

/** The PKCS#8 of a key bag, decrypted if necessary; never NULL. @return as pc_pfx_read. */
PC_MUST_CHECK pc_status pc_pfx_safe_key(pc_pfx_safe *safe, const PKCS12_SAFEBAG *bag, PKCS8_PRIV_KEY_INFO **ret_key,
                                        pc_error *err);

void pc_pfx_safe_clear(pc_pfx_safe *safe);

PC_AUTO_DEFINE_VALUE(pc_pfx_safe, pc_pfx_safe, pc_pfx_safe_clear);

#endif
