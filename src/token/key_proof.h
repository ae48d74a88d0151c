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
 * Try to get the private value of a key out of the token, by reading it and by wrapping it under a
 * throw-away AES session key, and report what the token does. Nothing of the key is kept either way.
 * Harmless to the key. @return PC_OK, whatever the attempts gave; PC_E_TOKEN; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_key_try_extract(const pc_token *token, const pc_key *key, pc_key_proof *ret_proof,
                                           pc_error *err);

#endif
