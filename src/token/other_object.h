/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_TOKEN_OTHER_OBJECT_H
#define PC_TOKEN_OTHER_OBJECT_H

#include <p11cert/list.h>

#include "token/inventory.h"
#include "token/objects.h"

/** Which of them. */
typedef struct {
    const char *label; /**< only those with this label, including public keys that have a private key; NULL: all */
    const pc_inventory *keys; /**< the private and public keys of the token; used only without a label */
} pc_other_question;

/**
 * Objects of a token that are neither private keys nor certificates: secret keys, public keys without a private key of
 * their CKA_ID, and data objects. This shows the objects that `check` takes into account.
 *
 * @param ret_has_data  whether there are data objects among them, records of p11cert's own included; NULL: not asked
 * @return PC_OK, with texts in the arena; PC_E_TOKEN; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_other_objects_read(const pc_token *token, const pc_other_question *question, pc_arena *arena,
                                              pc_list_result *result, bool *ret_has_data, pc_error *err);

#endif
