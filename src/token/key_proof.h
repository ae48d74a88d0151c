/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_TOKEN_KEY_PROOF_H
#define PC_TOKEN_KEY_PROOF_H

#include <p11cert/key.h>

#include "base/bytes.h"
#include "token/session.h"

/** The outcome of an attempt to do what a key's flags forbid. */
typedef enum {
    PC_ATTEMPT_NOT_MADE, /**< the token does not support it, or failed for an unknown reason; proves nothing */
    PC_ATTEMPT_REFUSED,
    PC_ATTEMPT_SUCCEEDED,
} pc_attempt;

typedef struct {
    pc_attempt read;
    CK_RV read_rv;
    pc_attempt wrap;
    CK_RV wrap_rv;
    CK_ULONG wrap_len;    /**< bytes returned, if it succeeded */
    const char *wrap_how; /**< the last mechanism that was tried: "CKM_AES_KEY_WRAP_PAD"; NULL if there is no AES key */
    bool no_wrap_at_all;  /**< the module has no C_WrapKey: no key can be wrapped */
    bool left_behind;     /**< the temporary AES key could not be destroyed; closing the session destroys it */
} pc_key_proof;

/**
 * The key for wrapping attempts: a temporary AES-256 session key. If the token has no AES, the handle is 0 and rv is
 * the reason.
 */
typedef struct {
    CK_OBJECT_HANDLE handle;
    CK_RV rv;
} pc_wrapping_key;

/** @return PC_OK, also if the token cannot make one; PC_E_TOKEN if the session or token is lost. */
PC_MUST_CHECK pc_status pc_wrapping_key_make(const pc_token *token, pc_wrapping_key *ret_wrapping, pc_error *err);
void pc_wrapping_key_destroy(const pc_token *token, const pc_wrapping_key *wrapping);

/** A key to test, in the token's session. */
typedef struct {
    CK_OBJECT_HANDLE key;
    CK_KEY_TYPE key_type;
    const pc_wrapping_key *wrapping; /**< an existing key, which is kept; NULL: one is made for this call */
    pc_bytes mark;                   /**< CKA_ID for the wrapping key, so that it can be found again; NULL: none */
} pc_extract_target;

/**
 * Try to extract the private value of a key from the token: read all its private parts in one call, then wrap it under
 * a temporary AES session key with the first of three mechanisms that the token supports. Report what the token does.
 * No part of the key is kept in either case, and the key is not changed.
 * @return PC_OK, whatever the attempts returned; PC_E_TOKEN (the session or the token is lost); PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_key_try_extract_of(const pc_token *token, const pc_extract_target *target,
                                              pc_key_proof *ret_proof, pc_error *err);

/** The same for a key just as it was found, in the token's own session. */
PC_MUST_CHECK pc_status pc_key_try_extract(const pc_token *token, const pc_key *key, pc_key_proof *ret_proof,
                                           pc_error *err);

/** Does the code mean that the operation is not allowed? A module that merely fails has not refused. */
bool pc_rv_is_refusal(CK_RV rv);

/**
 * Does the code mean that the session or token is lost? That is not a refusal either: it proves nothing about the key.
 */
bool pc_rv_is_loss(CK_RV rv);

/** The same with an existing wrapping key: two calls per key, for large numbers of keys. */
PC_MUST_CHECK pc_status pc_key_try_extract_with(const pc_token *token, const pc_key *key,
                                                const pc_wrapping_key *wrapping, pc_key_proof *ret_proof,
                                                pc_error *err);

#endif
