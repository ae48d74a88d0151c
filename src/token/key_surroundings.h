/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_TOKEN_KEY_SURROUNDINGS_H
#define PC_TOKEN_KEY_SURROUNDINGS_H

#include <p11cert/policy.h>

#include "token/key.h"
#include "token/objects.h"

/**
 * Token data related to a private key, as evidence. Each function makes a few calls, as stated with it; their number
 * never depends on how many objects the token has. Texts and lists are in the arena. All: @return PC_OK; PC_E_TOKEN;
 * PC_E_MEMORY.
 */

/** Dates, allowed mechanisms, unwrap template. One call, plus one if the key may unwrap, plus three if one fails. */
PC_MUST_CHECK pc_status pc_key_limits_read(const pc_token *token, const pc_key *key, pc_arena *arena,
                                           pc_evidence_limits *ret_limits, pc_error *err);

/**
 * Private keys with the key's CKA_ID; at most 16 are counted, and what killed programs left (token/leftover.h) is not.
 * Three calls, and a few for each if there are several; none without a CKA_ID.
 * @param known  them, if the caller knows them: no call; NULL: they are searched for
 */
PC_MUST_CHECK pc_status pc_key_same_id_count(const pc_token *token, const pc_key *key, const pc_found *known,
                                             pc_evidence_same_id *ret_same_id, pc_error *err);

/** The public key object of a private key that is wanted. Borrowed. */
typedef struct {
    const pc_key *key;
    const pc_public_half *given_half; /**< from the certificate or request, or NULL: used for the comparison if the
                                         private key shows none itself */
    const pc_found *known;            /**< the public key objects with the key's CKA_ID; NULL: they are searched for */
} pc_public_question;

/**
 * The public key object with the key's CKA_ID. Four calls, and a few for each if there are several; none without a
 * CKA_ID. If it is known, one.
 */
PC_MUST_CHECK pc_status pc_key_public_read(const pc_token *token, const pc_public_question *question,
                                           pc_evidence_public *ret_public, pc_error *err);

/** Keys that wrap, and keys that unwrap and encrypt; at most 32 of each. Six calls, plus one or two for each key. */
PC_MUST_CHECK pc_status pc_wrapping_keys_read(const pc_token *token, pc_arena *arena,
                                              pc_evidence_wrappers *ret_wrappers, pc_error *err);

/** CK_TOKEN_INFO as read when the token was opened. No call. */
void pc_token_describe(const pc_token *token, pc_evidence_token *ret_evidence);

#endif
