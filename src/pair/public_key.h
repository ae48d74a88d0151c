/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_PAIR_PUBLIC_KEY_H
#define PC_PAIR_PUBLIC_KEY_H

#include <openssl/evp.h>
#include <p11cert/key.h>

#include "base/arena.h"

/**
 * The public half of a token key as an OpenSSL key, built from attributes only.
 * @return PC_OK, with *ret_key owned by the caller; PC_E_INPUT if the attributes do not show the public half or do not
 *         form a key; PC_E_CRYPTO; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_public_key_of(const pc_key *key, EVP_PKEY **ret_key, pc_error *err);

/** Of a type that p11cert can use, but the token does not show the public half: it usually lacks the public object. */
bool pc_public_key_is_hidden(const pc_public_half *half);

/** The same for a public half without a private key. @return as pc_public_key_of. */
PC_MUST_CHECK pc_status pc_public_half_to_key(const pc_public_half *half, EVP_PKEY **ret_key, pc_error *err);

/**
 * As pc_public_half_to_key, where a public half that is not shown, forms no key, or is of a kind that this OpenSSL
 * lacks is an answer: *ret_key is then NULL. A failure of OpenSSL is none.
 * @return PC_OK; PC_E_CRYPTO; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_public_key_if_known(const pc_public_half *half, EVP_PKEY **ret_key, pc_error *err);

/**
 * The reverse: the attributes with which a token finds the private key for a public key. EC points as DER OCTET STRING,
 * PKCS#11 v2.40 section 2.3.3.
 * @return PC_OK; PC_E_INPUT for a key that is neither RSA, EC on a named curve, Ed25519 nor ML-DSA; PC_E_MEMORY. In the
 * arena.
 */
PC_MUST_CHECK pc_status pc_public_key_attributes(const EVP_PKEY *public_key, pc_arena *arena, pc_public_half *ret_half,
                                                 pc_error *err);

#endif
