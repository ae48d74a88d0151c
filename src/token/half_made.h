/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_TOKEN_HALF_MADE_H
#define PC_TOKEN_HALF_MADE_H

#include "token/key_template.h"

/** What an object with the CKA_ID of a planned key is. */
typedef enum {
    PC_ID_FREE,
    PC_ID_HAS_LONE_PUBLIC, /**< public keys without a private one, which need not be such halves */
    PC_ID_USED,
} pc_id_use;

/**
 * Frees a CKA_ID that was given from what a killed run of the same command left under it: keys without key material
 * (token/leftover.h), and, since SoftHSM writes the public key first, the public half of the pair. Such a half was
 * made on the token, has the planned label and is of the planned kind, no certificate or other object has its CKA_ID,
 * the public halves of all private keys are known and are others, and the token has an incomplete object. If there is
 * any, waits until no other program can be about to complete it. Nothing is removed if another object has the CKA_ID.
 * What was removed is reported through the token's `warn`.
 * @return PC_OK; PC_E_TOKEN (a search, or C_DestroyObject); PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_half_made_remove(const pc_token *token, const pc_key_plan *plan, pc_id_use *ret_use,
                                            pc_error *err);

#endif
