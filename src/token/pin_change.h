/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_TOKEN_PIN_CHANGE_H
#define PC_TOKEN_PIN_CHANGE_H

#include <p11cert/pin.h>

/** Secrets are NULL for a token with its own keypad, which then asks. */
typedef struct {
    pc_pin_task task;
    pc_secret *current; /**< the user PIN, or the Security Officer's for SO and RESET */
    pc_secret *fresh;
} pc_pin_change;

/** Which PIN a task requires: the Security Officer's for SO and RESET. */
bool pc_pin_task_is_officers(pc_pin_task task);

/**
 * Checks that an attempt may be made: it must not be known to fail, nor possibly be the last one; see pc_pin_run.
 * @param attended the current PIN is entered at a prompt
 * @return PC_OK; PC_E_LOCKED.
 */
PC_MUST_CHECK pc_status pc_pin_change_is_allowed(const pc_token_info *info, pc_pin_task task, bool attended,
                                                 pc_error *err);

/** Is it one repeated character, or a sequence up or down such as 1234 or 8765? */
bool pc_pin_is_weak(pc_secret *pin);

/**
 * Change the PIN with one attempt, in a read-write session that replaces the token's. The token must not be logged in.
 * @return PC_OK; PC_E_AUTH, PC_E_LOCKED, PC_E_TOKEN: the error says whether the PIN was changed.
 */
PC_MUST_CHECK pc_status pc_pin_change_make(pc_token *token, const pc_pin_change *change, pc_error *err);

/**
 * Log in once with the new PIN in a new session, which replaces the token's.
 * @return PC_OK; PC_E_VERIFY (the token rejects it); PC_E_TOKEN (it could not be tried).
 */
PC_MUST_CHECK pc_status pc_pin_change_prove(pc_token *token, const pc_pin_change *change, pc_error *err);

#endif
