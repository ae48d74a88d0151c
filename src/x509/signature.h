/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_X509_SIGNATURE_H
#define PC_X509_SIGNATURE_H

#include "x509/auto.h"

/** A signature scheme, from its AlgorithmIdentifier. */
typedef struct {
    int digest;       /**< NID; NID_undef if none is named (Ed25519) */
    bool pss;         /**< RSASSA-PSS (RFC 4055 section 3.1) */
    int mask_digest;  /**< NID of MGF1's digest; PSS only, like salt_len */
    int64_t salt_len; /**< bytes */
} pc_signature_scheme;

/** @return false for an unknown algorithm, or unreadable PSS parameters. */
bool pc_signature_scheme_of(const X509_ALGOR *algorithm, pc_signature_scheme *ret_scheme);

/**
 * The reverse, as certreq and OpenSSL write it: RFC 4055 (RSA; the digests in PSS parameters with NULL), RFC 5758
 * (ECDSA), RFC 8410 (Ed25519).
 * @param key_type  NID of the key's algorithm: NID_rsaEncryption, NID_X9_62_id_ecPublicKey, NID_ED25519
 * @return owned by the caller; NULL for a combination that has none, or without memory
 */
X509_ALGOR *pc_signature_algorithm(const pc_signature_scheme *scheme, int key_type);

#endif
