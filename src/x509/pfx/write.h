/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_X509_PFX_WRITE_H
#define PC_X509_PFX_WRITE_H

#include <p11cert/secret.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "x509/auto.h"

/** The Windows name of the CSP that SCOM requires: a legacy one, for RSA keys only. */
#define PC_PFX_SCHANNEL_PROVIDER "Microsoft RSA SChannel Cryptographic Provider"

/**
 * Rounds of key derivation. A PFX is moved around, so anyone who finds a copy can try passwords offline; OpenSSL's 2048
 * and Windows' 2000 are outdated. OWASP recommends 600000 for password storage with PBKDF2 and HMAC-SHA-256; no program
 * that reads PFX files is known to have a lower limit, and it takes under a second. All three derivations use the same
 * count, since an attacker would choose the cheapest.
 */
#define PC_PFX_ROUNDS       600000u
#define PC_PFX_LEAST_ROUNDS 10000u

/** The contents of the file. Borrowed. */
typedef struct {
    EVP_PKEY *key;
    X509 *leaf;
    STACK_OF(X509) *chain;     /**< issuers; may be empty */
    const char *friendly_name; /**< UTF-8 */
    bool for_schannel; /**< RSA: the CSP above (1.3.6.1.4.1.311.17.1), and AT_KEYEXCHANGE: key usage 0x10 in the PKCS#8
                          attributes */
    bool legacy;       /**< PBE-SHA1-3DES and a SHA-1 MAC; else AES-256-CBC, PBKDF2 with HMAC-SHA-256, a SHA-256 MAC */
    unsigned rounds;   /**< of each derivation */
    pc_secret *password; /**< UTF-8 without NUL */
    pc_bytes local_id;   /**< localKeyID of key and certificate, from which an import can restore the CKA_ID; empty: the
                            certificate's SHA-1, as OpenSSL has it */
} pc_pfx_plan;

/**
 * A PFX as written by `openssl pkcs12 -export -keyex -CSP … -LMK`, which Windows imports into the machine store.
 * @return PC_OK, with its DER in the arena (ciphertext); PC_E_CRYPTO; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_pfx_write(const pc_pfx_plan *plan, pc_arena *arena, pc_bytes *ret_bytes, pc_error *err);

#endif
