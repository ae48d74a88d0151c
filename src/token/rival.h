/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_TOKEN_RIVAL_H
#define PC_TOKEN_RIVAL_H

#include "token/key_template.h"
#include "token/lock.h"

/**
 * After a key was made without a lock (lock.h): has another run made one with the same label in the meantime? Then this
 * run's key is removed, so that two never remain; both runs may find the other's.
 * @param lock  nothing is done if it is held
 * @return PC_OK; PC_E_REFUSED (this run's key was removed, and the command can be run again); PC_E_TOKEN, also if it
 *         could not be removed.
 */
PC_MUST_CHECK pc_status pc_rival_give_way(const pc_token *token, const pc_key_plan *plan, const pc_token_lock *lock,
                                          pc_error *err);

#endif
