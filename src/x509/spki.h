/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_SPKI_H
#define PC_APP_SPKI_H

#include <p11cert/bytes.h>

#include "base/arena.h"
#include "x509/auto.h"

/**
 * SubjectPublicKeyInfo structures (RFC 5280 section 4.1.2.7). OpenSSL's own way to make one from a key,
 * X509_PUBKEY_set, searches for an encoder, encodes the key, searches for a decoder and decodes it again: that costs
 * more than everything else that is done for a request, the signature included. A structure that is filled here has no
 * decoded key in it, so that X509_PUBKEY_get0, X509_REQ_get0_pubkey and X509_get0_pubkey return NULL: it is for
 * encoding.
 */

/** RFC 5480 section 2. @param curve  NID @return false: not a curve that OpenSSL knows, or out of memory */
bool pc_spki_fill_ec(X509_PUBKEY *info, int curve, pc_bytes point);

/** RFC 3279 section 2.3.1. @return false: out of memory */
bool pc_spki_fill_rsa(X509_PUBKEY *info, const BIGNUM *modulus, const BIGNUM *exponent);

/** From an RSA key or an EC key on a named curve. @return false: another kind, or a failure; OpenSSL's way is left */
bool pc_spki_fill(X509_PUBKEY *info, const EVP_PKEY *key);

/** Of any key: owned by the caller; NULL on failure, with OpenSSL's error. */
X509_PUBKEY *pc_spki_of(EVP_PKEY *key);

/** DER SubjectPublicKeyInfo, as from i2d_PUBKEY, owned by the caller; returns its length, or 0 or less on failure. */
int pc_spki_der(const EVP_PKEY *key, unsigned char **ret_der);

/** SHA-256 of a public key's DER SubjectPublicKeyInfo, hex, in the arena: for comparing keys. */
PC_MUST_CHECK pc_status pc_spki_sha256(const EVP_PKEY *key, pc_arena *arena, const char **ret_hex, pc_error *err);

#endif
