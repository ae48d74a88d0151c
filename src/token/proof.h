/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_TOKEN_PROOF_H
#define PC_TOKEN_PROOF_H

#include "base/arena.h"
#include "token/key_proof.h"

#include <p11cert/key.h>

/**
 * Show by trying that a non-exportable key does not come out of its token.
 * @param ret_words  in the arena: what was tried and how it was refused
 * @return PC_OK if every attempt was refused; PC_E_VERIFY if one was not: the key is not what its flags say; PC_E_TOKEN.
 */
PC_MUST_CHECK pc_status pc_proof_of_refusal(const pc_token *token, const pc_key *key, pc_arena *arena,
                                            const char **ret_words, pc_error *err);

/** What an attempt that was made already says of the key. @return as pc_proof_of_refusal. */
PC_MUST_CHECK pc_status pc_proof_words(const pc_key_proof *proof, const pc_key *key, pc_arena *arena,
                                       const char **ret_words, pc_error *err);

#endif
