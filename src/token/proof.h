/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_TOKEN_PROOF_H
#define PC_TOKEN_PROOF_H

#include "base/arena.h"
#include "token/key_proof.h"

#include <p11cert/key.h>

/**
 * Verify by attempts that a non-exportable key cannot be extracted from its token.
 * @param ret_words  in the arena: the attempts and how they were refused
 * @return PC_OK if every attempt was refused; PC_E_VERIFY if one succeeded: the key's flags are not true; PC_E_TOKEN.
 */
PC_MUST_CHECK pc_status pc_proof_of_refusal(const pc_token *token, const pc_key *key, pc_arena *arena,
                                            const char **ret_words, pc_error *err);

/** The same for attempts that were already made. @return as pc_proof_of_refusal. */
PC_MUST_CHECK pc_status pc_proof_words(const pc_key_proof *proof, const pc_key *key, pc_arena *arena,
                                       const char **ret_words, pc_error *err);

#endif
