/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_X509_PFX_READ_H
#define PC_X509_PFX_READ_H

#include <p11cert/policy.h>
#include <p11cert/secret.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "x509/auto.h"

#define PC_PFX_MAX_SIZE ((size_t)4 * 1024 * 1024) /**< bytes */

/** What a PFX holds. Texts are in the arena that it was read into, and not escaped unless it says so. */
typedef struct {
    EVP_PKEY *key; /**< NULL: the file has certificates only */
    X509 *leaf;    /**< the key's certificate; NULL if none is its own. Without a key: the one that issued no other */
    STACK_OF(X509) *chain;     /**< all other certificates, in the order of the file; never NULL */
    const char *friendly_name; /**< UTF-8; of the certificate, else of its key; NULL if none */
    const char *provider;      /**< the CSP, 1.3.6.1.4.1.311.17.1; NULL if none */
    bool has_key_usage;        /**< 2.5.29.15 in the PKCS#8 attributes */
    unsigned key_usage;        /**< its first octet: 0x10 is AT_KEYEXCHANGE, 0x80 AT_SIGNATURE to Windows */
    bool machine_keyset;       /**< 1.3.6.1.4.1.311.17.2 is there */
    bool has_mac;              /**< false: nothing shows whether the file was changed */
    bool key_encrypted;        /**< false with a key: anybody who has the file has the key */
    const char *protection;    /**< in words; safe to print */
    unsigned suites;           /**< the same, as Windows knows it: PC_PFX_*, joined */
} pc_pfx;

/** Is it a PKCS#12 file, by its first bytes? DER or BER; nothing is allocated. */
bool pc_pfx_recognise(pc_bytes bytes);

/**
 * Read a PFX (RFC 7292) that need not be honest: its size, the rounds of key derivation (before they are spent),
 * salts, bags and nesting are bounded. DER and BER with indefinite lengths, as old Windows writes. What only
 * OpenSSL's legacy provider decrypts (RC2) is decrypted with it, loaded for this file alone.
 *
 * @param file      name for errors
 * @param password  UTF-8; NULL: none. An empty one and none are both tried where either is given: programs
 *                  differ in which they write
 * @return PC_OK; PC_E_AUTH if the password is wrong, or there is none and one is wanted: one try is made; PC_E_INPUT (no PFX; damaged;
 *         out of bounds; a protection that is not read; protected by a certificate); PC_E_AMBIGUOUS (several keys; several certificates for the key, both
 *         listed); PC_E_MEMORY. The caller clears it; it lives no longer than the arena.
 */
PC_MUST_CHECK pc_status pc_pfx_read(pc_bytes bytes, const char *file, pc_secret *password, pc_arena *arena,
                                    pc_pfx *ret_pfx, pc_error *err);

/** Frees what is there and leaves it empty. */
void pc_pfx_clear(pc_pfx *pfx);

#define PC_AUTO_PFX __attribute__((cleanup(pc_pfx_clear)))

#endif
