/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_TOKEN_KEY_PROOF_H
#define PC_TOKEN_KEY_PROOF_H

#include <p11cert/key.h>

#include "base/bytes.h"
#include "token/session.h"

/** What became of an attempt to do with a key what its flags forbid. */
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
    CK_ULONG wrap_len; /**< bytes that came out, if it succeeded */
    const char
        *wrap_how; /**< the mechanism that was answered last: "CKM_AES_KEY_WRAP_PAD"; NULL if there is no AES key */
    bool no_wrap_at_all; /**< the module has no C_WrapKey: nobody can wrap anything */
    bool left_behind;    /**< the throw-away AES key could not be destroyed; it goes when the session is closed */
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

/** A key to be tried, in the token's session. */
typedef struct {
    CK_OBJECT_HANDLE key;
    CK_KEY_TYPE key_type;
    const pc_wrapping_key *wrapping; /**< one that is there and stays; NULL: one is made for this */
    pc_bytes mark;                   /**< CKA_ID for the wrapping key, so that it can be found again; NULL: none */
} pc_extract_target;

/**
 * Try to get the private value of a key out of the token, by reading all its private parts in one call
 * and by wrapping it under a throw-away AES session key, by whichever of three mechanisms the token has,
 * and report what the token does. Nothing of the key is kept either way. Harmless to the key.
 * @return PC_OK, whatever the attempts gave; PC_E_TOKEN (the session or the token is gone); PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_key_try_extract_of(const pc_token *token, const pc_extract_target *target,
                                              pc_key_proof *ret_proof, pc_error *err);

/** The same, of a key as it was found, in the token's own session. */
PC_MUST_CHECK pc_status pc_key_try_extract(const pc_token *token, const pc_key *key, pc_key_proof *ret_proof,
                                           pc_error *err);

/** Does the code say that the thing asked for is not allowed? A module that merely fails has not refused. */
bool pc_rv_is_refusal(CK_RV rv);

/** A lost session or token is no refusal either: it says nothing of the key. */
bool pc_rv_is_loss(CK_RV rv);

/** The same with a wrapping key that is there: two calls, for the keys of a whole fleet. */
PC_MUST_CHECK pc_status pc_key_try_extract_with(const pc_token *token, const pc_key *key,
                                                const pc_wrapping_key *wrapping, pc_key_proof *ret_proof,
                                                pc_error *err);

#endif
