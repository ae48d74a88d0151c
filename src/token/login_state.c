/* SPDX-License-Identifier: Apache-2.0 */
#include "token/login_state.h"

#include <string.h>

#include "token/search_ability.h"

/* Any class but certificates: public keys are private objects on some tokens (AWS CloudHSM). */
static bool is_for_private_objects(const pc_template *search)
{
    for (CK_ULONG i = 0; i < search->count; i++) {
        CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;

        if (search->items[i].type == CKA_CLASS && search->items[i].ulValueLen == sizeof class) {
            memcpy(&class, search->items[i].pValue, sizeof class);
            return class != CKO_CERTIFICATE;
        }
    }
    return true;
}

static bool has_private_object(const pc_token *token)
{
    static const CK_BBOOL yes = CK_TRUE;
    pc_template search = { .count = 0 };
    pc_error ignored = { .status = PC_OK };
    pc_found found = { .count = 0 };

    pc_template_add(&search, CKA_PRIVATE, &yes, sizeof yes);
    return pc_objects_find(token, &search, 1, &found, &ignored) == PC_OK && found.count > 0;
}

static bool reports_no_login(const pc_token *token)
{
    CK_SESSION_INFO info = { .state = CKS_RW_USER_FUNCTIONS };

    return token->functions->C_GetSessionInfo(token->session, &info) == CKR_OK &&
           (info.state == CKS_RO_PUBLIC_SESSION || info.state == CKS_RW_PUBLIC_SESSION);
}

/* A module that only reports the wrong state shows private objects. */
static bool is_known_to_be_in(const pc_token *token)
{
    if (!reports_no_login(token)) {
        return true;
    }
    pc_search_ability_note(token, PC_SEARCH_LOGGED_IN, true); /* the next search is not followed by this question */
    bool is_in = has_private_object(token);

    pc_search_ability_note(token, PC_SEARCH_LOGGED_IN, is_in);
    return is_in;
}

pc_status pc_login_check(const pc_token *token, const pc_template *search, pc_error *err)
{
    const pc_search_ability known = pc_search_ability_of(token, PC_SEARCH_LOGGED_IN);

    if (!token->is_logged_in || !token->abilities || known == PC_SEARCH_FINDS || !is_for_private_objects(search)) {
        return PC_OK;
    }
    if (known == PC_SEARCH_UNKNOWN && is_known_to_be_in(token)) {
        pc_search_ability_note(token, PC_SEARCH_LOGGED_IN, true);
        return PC_OK;
    }
    (void)pc_fail(err, PC_E_AUTH, "C_Login succeeded, but C_GetSessionInfo reports no login");
    return pc_hint(err, PC_E_AUTH,
                   "the private objects on token \"%s\" cannot be seen; another program may have ended the login: "
                   "run the command again; if it stays so, this is a defect of the module",
                   token->info.label);
}
