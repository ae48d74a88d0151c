/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_ABOVE_H
#define PC_APP_ABOVE_H

#include "base/arena.h"
#include "token/session.h"
#include "x509/auto.h"

/**
 * The certificates of the CAs above a CA, as far as they are on the token, as `accept` writes them: each has signed the
 * one before. The list ends where a CA has several certificates there, since then there are several paths.
 * @param above  the list, to which they are added
 * @return PC_OK; PC_E_TOKEN; PC_E_CRYPTO; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_issuer_find_above(const pc_token *token, X509 *ca, pc_arena *arena, STACK_OF(X509) *above,
                                             pc_error *err);

#endif
