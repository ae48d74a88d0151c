/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_TOKEN_SECRET_KEY_H
#define PC_TOKEN_SECRET_KEY_H

#include "token/key.h"
#include "token/key_template.h"

/** An AES key to be generated (PKCS#11 v2.40 mechanisms section 2.8). Texts are borrowed. */
typedef struct {
    unsigned long len; /**< bytes: 16, 24 or 32 */
    bool wraps;        /**< for wrapping keys; else for encryption */
    bool exportable;
    bool tolerates_local; /**< CKA_LOCAL may be false */
    const char *label;
    uint8_t id[PC_KEY_ID_LEN]; /**< random */
} pc_secret_key_plan;

/** An AES key on the token. Texts are in the arena. */
typedef struct {
    pc_key key;                    /**< half.key_type is CKK_AES; the rest of the half is empty */
    const char *unsupported_flags; /**< attributes that the token refused in the template and that have other values; ""
                                      if none */
    const char *tolerated;         /**< "local is false"; "" if there was no such difference */
    const char
        *wrong; /**< how a key that was found differs from the plan: "extractable is true, …"; "" if it does not */
} pc_secret_key;

/**
 * The AES key with the plan's label, compared with the plan.
 * @param ret_found  key.handle is 0 if there is none
 * @return PC_OK; PC_E_AMBIGUOUS (several secret keys have the label); PC_E_TOKEN; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_secret_key_find(const pc_token *token, const pc_secret_key_plan *plan, pc_arena *arena,
                                           pc_secret_key *ret_found, pc_error *err);

/**
 * Generate it, then read it back in a new session and compare it with the plan.
 * @return PC_OK; PC_E_TOKEN; PC_E_VERIFY (it does not match the plan and was destroyed); PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_secret_key_generate(const pc_token *token, const pc_secret_key_plan *plan, pc_arena *arena,
                                               pc_secret_key *ret_made, pc_error *err);

#endif
