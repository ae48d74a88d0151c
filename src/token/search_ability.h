/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_TOKEN_SEARCH_ABILITY_H
#define PC_TOKEN_SEARCH_ABILITY_H

#include <stdatomic.h>

#include "token/session.h"

/**
 * Modules differ in the attributes by which C_FindObjects finds an existing object. If a search finds nothing, p11cert
 * tests whether the module finds an object by the value that the object shows, and if not, reads all objects and
 * compares them. The result of the test is remembered while the token is open.
 */

typedef enum {
    PC_SEARCH_PRIVATE_MODULUS,
    PC_SEARCH_PUBLIC_MODULUS,
    PC_SEARCH_PRIVATE_POINT,
    PC_SEARCH_PUBLIC_POINT,
    PC_SEARCH_PUBLIC_ML_DSA,
    PC_SEARCH_CERTIFICATE_SUBJECT,
    PC_SEARCH_CERTIFICATE_VALUE,
    PC_SEARCH_LABEL,
    PC_SEARCH_APPLICATION,
    PC_SEARCH_LOGGED_IN, /**< not a kind of search: does it see private objects (token/login_state.h)? */
    PC_SEARCH_COUNT,
} pc_search_kind;

typedef enum {
    PC_SEARCH_UNKNOWN,
    PC_SEARCH_FINDS,
    PC_SEARCH_IS_BLIND,
} pc_search_ability;

/** Shared by the sessions of a token, which may be in several threads. */
struct pc_search_abilities {
    atomic_int items[PC_SEARCH_COUNT];
};

pc_search_ability pc_search_ability_of(const pc_token *token, pc_search_kind kind);
void pc_search_ability_note(const pc_token *token, pc_search_kind kind, bool finds);
void pc_search_ability_forget(const pc_token *token, pc_search_kind kind);

/** Does this failure of a search mean that the module does not accept its template (PKCS#11 v2.40 section 5.1.6)? */
bool pc_search_is_refused(const pc_error *why);

#endif
