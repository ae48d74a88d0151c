/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_PAIR_KEY_OF_H
#define PC_PAIR_KEY_OF_H

#include <openssl/evp.h>
#include <p11cert/key.h>

#include "base/arena.h"
#include "token/key.h"

/** A public key whose private key is searched for. */
typedef struct {
    const EVP_PKEY *key;
    const char *words;            /**< whose it is, for errors: "the request \"server.req\"" */
    const pc_key_selector *among; /**< if several private keys have it: label and CKA_ID of one; NULL: any */
} pc_public_key_named;

/**
 * The one private key on the token with this public key.
 * @return as pc_key_find; PC_E_INPUT for a key that is neither RSA nor EC on a named curve.
 */
PC_MUST_CHECK pc_status pc_key_of_public(const pc_token *token, const pc_public_key_named *wanted, pc_arena *arena,
                                         pc_key *ret_key, pc_error *err);

/** The same, with the certificates that the search returned besides. */
PC_MUST_CHECK pc_status pc_key_of_public_with_certificates(const pc_token *token, const pc_public_key_named *wanted,
                                                           pc_arena *arena, pc_key_with_certificates *ret_found,
                                                           pc_error *err);

#endif
