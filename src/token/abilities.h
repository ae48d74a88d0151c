/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_TOKEN_ABILITIES_H
#define PC_TOKEN_ABILITIES_H

#include <p11cert/list.h>

#include "token/module.h"

/**
 * The abilities that a token reports (C_GetTokenInfo, C_GetMechanismList, C_GetMechanismInfo; PKCS#11 v2.40 sections
 * 5.5 and 3.5). One call, one more for the list of its mechanisms, and one for each mechanism. Needs no login and no
 * session.
 * @return PC_OK, also if the mechanisms cannot be read, which a note says; PC_E_MEMORY. In the arena.
 */
PC_MUST_CHECK pc_status pc_token_abilities_read(const pc_module *module, const pc_slot *slot, pc_arena *arena,
                                                pc_token_abilities *ret_abilities, pc_error *err);

/**
 * The number of a mechanism by its name ("CKM_ECDSA"), or, if it has no name here, by its number ("0x80000001").
 * @param ret_nearest  written on failure: the name that was probably meant; NULL if none is similar @return false, with
 *                     ret_type undefined, if it is neither.
 */
bool pc_mechanism_from_name(const char *name, unsigned long *ret_type, const char **ret_nearest);

#endif
