/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_TOKEN_PROBE_H
#define PC_TOKEN_PROBE_H

#include "token/key_proof.h"
#include "token/key_template.h"

/**
 * Doing to a throw-away key what its flags forbid, and looking what came of it. Only the attempts are here;
 * what they mean is decided in app/check/probe.c.
 */

/** In the order in which they are tried: what changes the key comes last. */
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

/** One attempt, on a key of its own if an earlier one had changed the key. */
typedef struct {
    bool applies;         /**< false: the key has, or may have, what would be asked for */
    const char *function; /**< the call that was answered: "C_CopyObject"; NULL: it was not come to */
    CK_RV rv;
    pc_attempt attempt; /**< SUCCEEDED: CKR_OK, and the flag does not read as if nothing had been done */
    pc_fact claimed[PC_KEY_FLAG_COUNT]; /**< what the token said of the key before */
    bool answered_ok;                   /**< of a flag or a copy: CKR_OK, whatever is read afterwards */
    bool unseen;                        /**< CKR_OK, and then the object could not be looked at */
    pc_fact after;                      /**< the flag that was to change, read afterwards, of the copy if it is one */
    bool used;                          /**< reading and wrapping were tried afterwards */
    pc_key_proof use;                   /**< of read and wrap: the attempt itself; else, if used, what came of it */
} pc_try;

typedef struct {
    bool made;            /**< a throw-away key was made */
    const char *not_made; /**< why not, in the arena: "C_GenerateKeyPair: CKR_…"; NULL if made */
    pc_template_rung rung;
    pc_key key; /**< the first one, as read; its texts are in the arena */
    bool lost;  /**< the session or token went away on the way */
    pc_try tries[PC_TRY_COUNT];
    pc_fact
        user_sets_trusted; /**< an AES key could be made with CKA_TRUSTED true; unknown: none could be made at all */
    bool cleaned;          /**< looked afterwards: nothing is left under the CKA_ID of the plan */
} pc_trial;

/**
 * Make throw-away key pairs as the plan says, try all, and remove all. Works in a session of its own, read-only: the
 * objects are session objects, private ones too, which a read-only session of the user may make (PKCS#11 v2.40 section
 * 5.7: only token objects want a read-write session); a module that asks for more gets a read-write one. About
 * twenty-five round trips and one key generation; two where the token changes a key that it should not.
 *
 * @param plan  of kind throw_away, with an id that nothing else has
 * @return PC_OK whatever came of it; PC_E_TOKEN (no session); PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_key_try_forbidden(const pc_token *token, const pc_key_plan *plan, pc_arena *arena,
                                             pc_trial *ret_trial, pc_error *err);

#endif
