/* SPDX-License-Identifier: Apache-2.0 */
#include "token/rival.h"

#include <string.h>

#include "token/filled_value.h"
#include "token/key_import.h"
#include "token/leftover.h"
#include "token/objects.h"

/* An incomplete object that a killed program left is not another run's key. */
static pc_status count_keys(const pc_token *token, const pc_template *search, size_t *ret_count, pc_error *err)
{
    pc_found found = { .count = 0 };

    PC_TRY(pc_objects_find_by_text(token, search, PC_FOUND_MAX, &found, err));
    PC_TRY(found.count > 1 ? pc_leftovers_drop(token, CKO_PRIVATE_KEY, &found, err) : PC_OK);
    *ret_count = found.count;
    return PC_OK;
}

pc_status pc_rival_give_way(const pc_token *token, const pc_key_plan *plan, const pc_token_lock *lock, pc_error *err)
{
    static const CK_OBJECT_CLASS private_class = CKO_PRIVATE_KEY;
    pc_template search = { .count = 0 };
    size_t count = 0;

    if (lock->fd >= 0) {
        return PC_OK;
    }
    pc_template_add(&search, CKA_CLASS, &private_class, sizeof private_class);
    pc_template_add(&search, CKA_LABEL, plan->label, strlen(plan->label));
    pc_status status = count_keys(token, &search, &count, err);

    if (status == PC_OK && count < 2) {
        return PC_OK;
    }
    if (status == PC_OK) {
        status = pc_fail(err, PC_E_REFUSED, "another run made a key \"%s\" at the same time", plan->label);
    }
    pc_error why = { .status = PC_OK };

    /* If the token chose another CKA_ID, both keys still exist. */
    bool is_gone = pc_key_remove(token, plan, false, &why) == PC_OK &&
                   count_keys(token, &search, &count, &why) == PC_OK && count < 2;

    if (!is_gone) {
        return pc_note(err, PC_E_TOKEN, "a second key \"%s\" may be on the token and could not be removed again",
                       plan->label);
    }
    (void)pc_note(err, status, "the key \"%s\" of this run was removed again", plan->label);
    return pc_hint_resume(err, status, "run the same command again: it uses the other key if that matches");
}
