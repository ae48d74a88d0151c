/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_TOKEN_KEY_PROOF_H
#define PC_TOKEN_KEY_PROOF_H

#include <p11cert/key.h>

#include "token/session.h"

/** What became of an attempt to get the private key out. */
typedef enum {
    PC_ATTEMPT_NOT_MADE, /**< the token has no means for it, or failed without a reason; proves nothing */
    PC_ATTEMPT_REFUSED,
    PC_ATTEMPT_SUCCEEDED,
} pc_attempt;

typedef struct {
    pc_attempt read;
    CK_RV read_rv;
    pc_attempt wrap;
    CK_RV wrap_rv;
} pc_key_proof;

/**
 * The key under which others are tried to be wrapped: AES-256, of the session, thrown away. Where the token has no AES the
 * handle is 0 and rv says why.
 */
typedef struct {
    CK_OBJECT_HANDLE handle;
    CK_RV rv;
} pc_wrapping_key;

/** @return PC_OK, also where the token makes none; PC_E_TOKEN if session or token are lost. */
PC_MUST_CHECK pc_status pc_wrapping_key_make(const pc_token *token, pc_wrapping_key *ret_wrapping, pc_error *err);
void pc_wrapping_key_destroy(const pc_token *token, const pc_wrapping_key *wrapping);

/** pc_key_try_extract with a wrapping key that is there: two calls, for the keys of a whole fleet. */
PC_MUST_CHECK pc_status pc_key_try_extract_with(const pc_token *token, const pc_key *key,
                                                const pc_wrapping_key *wrapping, pc_key_proof *ret_proof, pc_error *err);

/**
 * Try to get the private value of a key out of the token, by reading it and by wrapping it under a
 * throw-away AES session key, and report what the token does. Nothing of the key is kept either way.
 * Harmless to the key. @return PC_OK, whatever the attempts gave; PC_E_TOKEN; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_key_try_extract(const pc_token *token, const pc_key *key, pc_key_proof *ret_proof,
                                           pc_error *err);

#endif
