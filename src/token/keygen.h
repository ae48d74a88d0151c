/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_TOKEN_KEYGEN_H
#define PC_TOKEN_KEYGEN_H

#include "token/key_template.h"

typedef struct {
    CK_OBJECT_HANDLE private_handle;
    CK_OBJECT_HANDLE public_handle;
    pc_template_rung rung; /**< on which the module took the template */
} pc_key_pair;

/**
 * Goes down the ladder of templates until the module takes one. Between two rungs it looks whether a pair was made
 * after all, so that none is made twice.
 * @param ret_unknown  set on failure: something may exist under the plan's CKA_ID, or that could not be checked
 * @return CKR_OK, or the code of the last C_GenerateKeyPair.
 */
CK_RV pc_key_pair_generate(const pc_token *token, const pc_key_plan *plan, pc_key_pair *ret_pair, bool *ret_unknown);

/** What became of a key pair that was asked for. */
typedef struct {
    pc_key key;            /**< as read back in a session of its own */
    pc_template_rung rung; /**< on which the module took the template */
    const char *not_held;  /**< flags the module would not take and does not hold, comma-separated; "" if none */
    const char *tolerated; /**< what reads otherwise and the plan tolerates: "local is false"; "" if nothing */
} pc_keygen_result;

/**
 * Make a key pair, then read it back in a fresh session and compare every flag with what was asked.
 *
 * If the token made something else than was stated, the pair is destroyed and the error names the
 * flags. If it fails after the pair may exist, the error gives its CKA_ID and says so: nothing is
 * made a second time without looking.
 *
 * @return PC_OK; PC_E_TOKEN; PC_E_VERIFY (the token lied; the pair is gone again); PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_keygen(const pc_token *token, const pc_key_plan *plan, pc_arena *arena,
                                  pc_keygen_result *ret_result, pc_error *err);

/** Two sessions on one token: in one the key is made, by the other it is read back as any other program will see it. */
typedef struct {
    const pc_token *maker;
    const pc_token *reader; /**< may be the maker, where the token allows one session only */
} pc_keygen_sessions;

/** The same with sessions that are open already (pc_token_branch), for the keys of a whole fleet. */
PC_MUST_CHECK pc_status pc_keygen_in(const pc_keygen_sessions *sessions, const pc_key_plan *plan, pc_arena *arena,
                                     pc_keygen_result *ret_result, pc_error *err);

/** What reads other than planned and is tolerated by the plan, comma-separated; "" if nothing. In the arena; NULL: no memory. */
const char *pc_key_tolerated(const pc_key *key, const pc_key_plan *plan, pc_arena *arena);

/**
 * What the module would not take into the template and does not hold of itself: "sign-recover is true, …"; "" if
 * nothing. In the arena; NULL when out of memory.
 */
const char *pc_key_flags_not_held(const pc_key *key, const pc_key_plan *plan, pc_template_rung rung, pc_arena *arena);

/**
 * Compares a key with a plan. What the plan tolerates is not wrong. Of an imported key its history is left out: what a
 * token says of that is not the caller's doing.
 * @param rung  flags not stated on it may differ
 * @return in the arena: "extractable is true" and the like, comma-separated; "" if all is as planned; NULL when out of
 *         memory
 */
const char *pc_key_compare(const pc_key *key, const pc_key_plan *plan, pc_template_rung rung, pc_arena *arena);

#endif
