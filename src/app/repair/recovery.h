/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_REPAIR_RECOVERY_H
#define PC_APP_REPAIR_RECOVERY_H

#include <p11cert/key.h>

#include "base/arena.h"
#include "token/session.h"

/**
 * The public half of an EC key that neither the token nor a certificate shows: two signatures give it, and a third one
 * proves it.
 * @param ret_half  in the arena
 * @return PC_OK; PC_E_VERIFY (the signatures show no key, or the third does not verify); PC_E_INPUT (not an EC key on a
 *         named curve); as pc_sign_proves and pc_signer_open.
 */
PC_MUST_CHECK pc_status pc_repair_recover(const pc_token *token, const pc_key *key, pc_arena *arena,
                                          pc_public_half *ret_half, pc_error *err);

#endif
