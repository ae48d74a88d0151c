/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_X509_PFX_READ_H
#define PC_X509_PFX_READ_H

#include <p11cert/policy.h>
#include <p11cert/secret.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "x509/auto.h"

#define PC_PFX_MAX_SIZE ((size_t)4 * 1024 * 1024) /**< bytes */

/** The contents of a PFX. Texts are in the arena passed to pc_pfx_read, and not escaped unless stated. */
typedef struct {
    EVP_PKEY *key; /**< NULL: the file has certificates only */
    X509 *leaf;    /**< the key's certificate; NULL if there is none. Without a key: the one that issued no other */
    STACK_OF(X509) *chain;     /**< all other certificates, in file order; never NULL */
    const char *friendly_name; /**< UTF-8; of the certificate, else of the key; NULL if none */
    pc_bytes local_id;         /**< localKeyID of the key; empty if none. Programs put different things there */
    const char *provider;      /**< the CSP, 1.3.6.1.4.1.311.17.1; NULL if none */
    bool has_key_usage;        /**< 2.5.29.15 in the PKCS#8 attributes */
    unsigned key_usage;        /**< its first octet: 0x10 is AT_KEYEXCHANGE, 0x80 AT_SIGNATURE to Windows */
    bool machine_keyset;       /**< 1.3.6.1.4.1.311.17.2 is present */
    bool has_mac;              /**< false: changes to the file cannot be detected */
    bool key_encrypted;        /**< false with a key: anyone who has the file has the key */
    const char *protection;    /**< description; safe to print */
    unsigned suites;           /**< the same by Windows import support: PC_PFX_*, combined */
} pc_pfx;

/** Is it a PKCS#12 file, judging by its first bytes? DER or BER; nothing is allocated. */
bool pc_pfx_recognise(pc_bytes bytes);

/**
 * Read an untrusted PFX (RFC 7292): its size, the rounds of key derivation (before they are run), salts, bags and
 * nesting are limited. Reads DER and BER with indefinite lengths, as old Windows versions write. Ciphers that only
 * OpenSSL's legacy provider has (RC2) are decrypted with that provider, loaded for this file only.
 *
 * @param password  UTF-8; NULL: none. If it is empty or NULL, both forms are tried: programs differ in which one they
 *     write
 * @return PC_OK; PC_E_AUTH if the password is wrong or missing: one attempt is made; PC_E_INPUT (not a PFX; damaged;
 *         over a limit; an unsupported protection; protected with a certificate); PC_E_AMBIGUOUS (several keys, or
 *         several certificates for the key; the error lists them); PC_E_MEMORY. The caller clears it; it must not
 *         outlive the arena.
 */
PC_MUST_CHECK pc_status pc_pfx_read(const pc_file_bytes *file, pc_secret *password, pc_arena *arena, pc_pfx *ret_pfx,
                                    pc_error *err);

/** Frees the contents and leaves it empty. */
void pc_pfx_clear(pc_pfx *pfx);

PC_AUTO_DEFINE_VALUE(pc_pfx, pc_pfx, pc_pfx_clear);

#endif
