/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_TOKEN_KEY_SUPPORT_H
#define PC_TOKEN_KEY_SUPPORT_H

#include "token/key_template.h"

/**
 * Can a token generate the key of a plan, unless it is imported, and sign with it? The list of its mechanisms and the
 * sizes of its keys (C_GetMechanismList, C_GetMechanismInfo, PKCS#11 v2.40 section 5.5) say so before there is a key.
 * Both are read when they are first needed, and once while the token is open, by whichever of its sessions asks first.
 */

/** What the sessions of a token share. @return NULL when out of memory. */
struct pc_key_support *pc_key_support_new(void);

/** Accepts NULL. */
void pc_key_support_free(struct pc_key_support *support);

/**
 * Refuse a plan that the token cannot carry out: it lists no mechanism that generates the key, or none by which the
 * signer can sign with it as planned, or it says that its keys have other sizes. Of a key that is imported, only the
 * second is asked.
 *
 * A module that does not report a token's mechanisms, or reports none, has not said that it lacks one: the plan then
 * passes, and token->warn says once that nothing was checked. Sizes that make no sense are not used.
 *
 * @return PC_OK; PC_E_TOKEN: no key was created; PC_E_MEMORY. Two calls at most. Thread-safe.
 */
PC_MUST_CHECK pc_status pc_key_support_check(const pc_token *token, const pc_key_plan *plan, pc_error *err);

#endif
