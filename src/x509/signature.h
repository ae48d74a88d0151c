/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_X509_SIGNATURE_H
#define PC_X509_SIGNATURE_H

#include <p11cert/bytes.h>
#include <p11cert/request.h>

#include "x509/auto.h"

/** How to sign. */
typedef struct {
    pc_digest digest;
    bool pss; /**< RSASSA-PSS (RFC 4055), RSA keys only: MGF1 with the same digest, a salt as long as the digest */
} pc_signature_form;

/** What was signed: a message, or only its digest. */
typedef struct {
    pc_bytes bytes;
    bool is_digest;
} pc_signed_bytes;

/** Is it a signature of these bytes by the key? Ed25519 hashes by itself. Leaves nothing in OpenSSL's error queue. */
bool pc_signature_holds(EVP_PKEY *public_key, pc_signature_form form, pc_signed_bytes signed_bytes, pc_bytes signature);

/**
 * Set the padding of this form on a context that signs or verifies. @return false if OpenSSL refuses it
 */
bool pc_signature_set_padding(EVP_PKEY_CTX *context, pc_signature_form form);

/** OpenSSL's digest; NULL for a key that hashes by itself. */
const EVP_MD *pc_signature_digest(const EVP_PKEY *key, pc_digest digest);

/** A signature scheme, from its AlgorithmIdentifier. */
typedef struct {
    int digest;       /**< NID; NID_undef if none is named (Ed25519, ML-DSA) */
    bool pss;         /**< RSASSA-PSS (RFC 4055 section 3.1) */
    int mask_digest;  /**< NID of MGF1's digest; PSS only, like salt_len */
    int64_t salt_len; /**< bytes */
} pc_signature_scheme;

/** @return false for an unknown algorithm, or unreadable PSS parameters. */
bool pc_signature_scheme_of(const X509_ALGOR *algorithm, pc_signature_scheme *ret_scheme);

/**
 * The reverse, as certreq and OpenSSL write it: RFC 4055 (RSA; the digests in PSS parameters with NULL), RFC 5758
 * (ECDSA), RFC 8410 (Ed25519), RFC 9881 (ML-DSA).
 * @param key_type  NID of the key's algorithm: NID_rsaEncryption, NID_X9_62_id_ecPublicKey, NID_ED25519, …
 * @return owned by the caller; NULL for a combination that has none, or when out of memory
 */
X509_ALGOR *pc_signature_algorithm(const pc_signature_scheme *scheme, int key_type);

#endif
