/* SPDX-License-Identifier: Apache-2.0 */
#include "token/rival.h"

#include <string.h>

#include "token/key_import.h"

pc_status pc_rival_give_way(const pc_token *token, const pc_key_plan *plan, const pc_token_lock *lock, pc_error *err)
{
    static const CK_OBJECT_CLASS private_class = CKO_PRIVATE_KEY;
    pc_template search = { .count = 0 };
    pc_found found = { .count = 0 };

    if (lock->fd >= 0) {
        return PC_OK;
    }
    pc_template_add(&search, CKA_CLASS, &private_class, sizeof private_class);
    pc_template_add(&search, CKA_LABEL, plan->label, strlen(plan->label));
    pc_status status = pc_objects_find(token, &search, 2, &found, err);

    if (status == PC_OK && found.count < 2) {
        return PC_OK;
    }
    if (status == PC_OK) {
        status = pc_fail(err, PC_E_REFUSED, "another run made a key \"%s\" at the same time", plan->label);
    }
    pc_error why = { .status = PC_OK };

    /* A token that chose another CKA_ID still has both. */
    bool is_gone = pc_key_remove(token, plan, false, &why) == PC_OK &&
                   pc_objects_find(token, &search, 2, &found, &why) == PC_OK && found.count < 2;

    if (!is_gone) {
        return pc_note(err, PC_E_TOKEN, "a second key \"%s\" may be on the token and could not be removed again",
                       plan->label);
    }
    (void)pc_note(err, status, "the key \"%s\" of this run was removed again", plan->label);
    return pc_hint_resume(err, status, "run the same command again: it uses the other key if that matches");
}
