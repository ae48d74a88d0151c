/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_TOKEN_KEYGEN_H
#define PC_TOKEN_KEYGEN_H

#include "token/key_template.h"

typedef struct {
    CK_OBJECT_HANDLE private_handle;
    CK_OBJECT_HANDLE public_handle;
    pc_template_rung rung; /**< on which the module accepted the template */
} pc_key_pair;

/**
 * Tries the rungs of the template in order until the module accepts one. Between two rungs it checks whether a pair was
 * generated after all, so that none is generated twice.
 * @param ret_unknown  set on failure: an object with the plan's CKA_ID may exist, or that could not be checked
 * @return CKR_OK, or the code of the last C_GenerateKeyPair.
 */
CK_RV pc_key_pair_generate(const pc_token *token, const pc_key_plan *plan, pc_key_pair *ret_pair, bool *ret_unknown);

/** The result of generating a key pair. */
typedef struct {
    pc_key key;            /**< as read back in a separate session */
    pc_template_rung rung; /**< on which the module accepted the template */
    const char *
        unsupported_flags; /**< flags that the module refused and that have other values, comma-separated; "" if none */
    const char *tolerated; /**< differences that the plan tolerates: "local is false"; "" if none */
} pc_keygen_result;

/**
 * Generate a key pair, then read it back in a new session and compare every flag with the plan.
 *
 * If the key does not match the plan, the pair is destroyed and the error names the flags. If the call fails when the
 * pair may already exist, the error says so and gives its CKA_ID: nothing is generated a second time without checking.
 *
 * A plan that the token cannot carry out is refused before anything is generated (key_support.h).
 *
 * @return PC_OK; PC_E_TOKEN; PC_E_VERIFY (the key does not match the plan; the pair was destroyed); PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_keygen(const pc_token *token, const pc_key_plan *plan, pc_arena *arena,
                                  pc_keygen_result *ret_result, pc_error *err);

/** Do the two sessions use the same handle for an object? PKCS#11 v2.40 section 2.4 leaves that to the module. */
typedef enum {
    PC_HANDLES_UNKNOWN,
    PC_HANDLES_SHARED,
    PC_HANDLES_SEPARATE,
} pc_handle_use;

/** Two sessions on one token: one generates the key, the other reads it back as any other program will see it. */
typedef struct {
    const pc_token *maker;
    const pc_token *reader; /**< may be the maker if the token allows only one session */
    /**
     * NULL: the reader searches for each key by its CKA_ID. Else it searches for the first, and once that has shown
     * that the sessions share handles, it reads the next ones by theirs. The CKA_ID is compared in either case, and a
     * key that is not found by its handle is searched for.
     */
    pc_handle_use *handles;
} pc_keygen_sessions;

/** The same with open sessions (pc_token_branch), for large numbers of keys. */
PC_MUST_CHECK pc_status pc_keygen_in(const pc_keygen_sessions *sessions, const pc_key_plan *plan, pc_arena *arena,
                                     pc_keygen_result *ret_result, pc_error *err);

/** The differences that the plan tolerates, comma-separated; "" if none. In the arena; NULL when out of memory. */
const char *pc_key_tolerated(const pc_key *key, const pc_key_plan *plan, pc_arena *arena);

/**
 * Flags that the module refused in the template and that have other values: "sign-recover is true, …"; "" if none. In
 * the arena; NULL when out of memory.
 */
const char *pc_key_unsupported_flags(const pc_key *key, const pc_key_plan *plan, pc_template_rung rung,
                                     pc_arena *arena);

/** What to do about a key that was not generated as requested. @param wrong its differences, as from pc_key_compare */
pc_status pc_keygen_hint(const char *wrong, pc_error *err);

/**
 * Compares a key with a plan, ignoring differences that the plan tolerates. For an imported key, the history flags are
 * ignored: the caller has no influence on them.
 * @param rung  flags not set on it may differ
 * @return in the arena: differences such as "extractable is true", comma-separated; "" if there are none; NULL when out
 *         of memory
 */
const char *pc_key_compare(const pc_key *key, const pc_key_plan *plan, pc_template_rung rung, pc_arena *arena);

#endif
