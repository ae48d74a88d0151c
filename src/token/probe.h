/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_TOKEN_PROBE_H
#define PC_TOKEN_PROBE_H

#include "token/key_proof.h"
#include "token/key_template.h"

/**
 * Tries what a temporary key's flags forbid, and records the result. Only the attempts are made here;
 * app/check/probe.c interprets them.
 */

/** In the order in which they are tried: attempts that change the key come last. */
typedef enum {
    PC_TRY_READ,             /**< read the private value */
    PC_TRY_WRAP,             /**< wrap it under an AES key */
    PC_TRY_COPY_EXTRACTABLE, /**< copy it with CKA_EXTRACTABLE true */
    PC_TRY_SET_UNWRAP,       /**< set CKA_UNWRAP true */
    PC_TRY_SET_DECRYPT,      /**< set CKA_DECRYPT true */
    PC_TRY_SET_EXTRACTABLE,  /**< set CKA_EXTRACTABLE true */
    PC_TRY_UNSET_SENSITIVE,  /**< set CKA_SENSITIVE false */
    PC_TRY_COUNT,
} pc_try_kind;

/** One attempt, on a new key if an earlier attempt changed the previous one. */
typedef struct {
    bool applies;         /**< false: the key already has, or may have, the requested value */
    const char *function; /**< the call that returned rv: "C_CopyObject"; NULL: not reached */
    CK_RV rv;
    pc_attempt attempt;                 /**< SUCCEEDED: CKR_OK, and the flag does not read back unchanged */
    pc_fact claimed[PC_KEY_FLAG_COUNT]; /**< the flags that the token reported before */
    bool answered_ok;                   /**< for a flag or a copy: CKR_OK, whatever is read afterwards */
    bool unseen;                        /**< CKR_OK, but the object could not be read afterwards */
    pc_fact after;                      /**< the flag to be changed, read afterwards; from the copy if there is one */
    bool used;                          /**< reading and wrapping were tried afterwards */
    pc_key_proof use; /**< for read and wrap: the attempt itself; else, if used, the result of using the key */
} pc_try;

typedef struct {
    bool made;            /**< a temporary key was generated */
    const char *not_made; /**< why not, in the arena: "C_GenerateKeyPair: CKR_…"; NULL if made */
    pc_template_rung rung;
    pc_key key; /**< the first one, as read; its texts are in the arena */
    bool lost;  /**< the session or token was lost during the probe */
    pc_try tries[PC_TRY_COUNT];
    pc_fact
        user_sets_trusted; /**< an AES key could be made with CKA_TRUSTED true; unknown: none could be made at all */
    bool cleaned;          /**< checked afterwards: no object with the plan's CKA_ID is left */
} pc_trial;

/**
 * Generate temporary key pairs according to the plan, make all attempts, and remove everything. Uses a separate
 * read-only session: the objects are session objects, and a read-only user session may create those, private ones too
 * (PKCS#11 v2.40 section 5.7: only token objects require a read-write session); a module that requires more gets a
 * read-write session. About twenty-five round trips and one key generation; two if the token changes a key that it
 * should not.
 *
 * @param plan  with throw_away set and a unique ID
 * @return PC_OK whatever the results; PC_E_TOKEN (no session); PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_key_try_forbidden(const pc_token *token, const pc_key_plan *plan, pc_arena *arena,
                                             pc_trial *ret_trial, pc_error *err);

#endif
