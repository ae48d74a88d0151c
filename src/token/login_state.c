/* SPDX-License-Identifier: Apache-2.0 */
#include "token/login_state.h"

#include <string.h>

#include "token/ckr.h"
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

static pc_status find_private_object(const pc_token *token, bool *ret_found, pc_error *err)
{
    static const CK_BBOOL yes = CK_TRUE;
    pc_template search = { .count = 0 };
    pc_found found = { .count = 0 };

    pc_template_add(&search, CKA_PRIVATE, &yes, sizeof yes);
    PC_TRY(pc_objects_find(token, &search, 1, &found, err));
    *ret_found = found.count > 0;
    return PC_OK;
}

/* Of a module that does not have the call, nothing is known. */
static pc_status ask_session(const pc_token *token, bool *ret_no_login, pc_error *err)
{
    CK_SESSION_INFO info = { .state = CKS_RW_USER_FUNCTIONS };
    CK_RV rv = token->functions->C_GetSessionInfo(token->session, &info);

    if (rv != CKR_OK && rv != CKR_FUNCTION_NOT_SUPPORTED) {
        return pc_fail_ckr(err, rv, "C_GetSessionInfo");
    }
    *ret_no_login = rv == CKR_OK && (info.state == CKS_RO_PUBLIC_SESSION || info.state == CKS_RW_PUBLIC_SESSION);
    return PC_OK;
}

/* A module that only reports the wrong state shows private objects. What was not answered is not remembered. */
static pc_status look_for_login(const pc_token *token, pc_error *err)
{
    bool no_login = false;
    bool is_in = true;

    PC_TRY(ask_session(token, &no_login, err));
    if (no_login) {
        pc_search_ability_note(token, PC_SEARCH_LOGGED_IN, true); /* the next search is not followed by this question */
        pc_status status = find_private_object(token, &is_in, err);

        if (status != PC_OK) {
            pc_search_ability_forget(token, PC_SEARCH_LOGGED_IN);
            return status;
        }
    }
    pc_search_ability_note(token, PC_SEARCH_LOGGED_IN, is_in);
    return PC_OK;
}

pc_status pc_login_check(const pc_token *token, const pc_template *search, pc_error *err)
{
    const pc_search_ability known = pc_search_ability_of(token, PC_SEARCH_LOGGED_IN);

    if (!token->is_logged_in || !token->abilities || known == PC_SEARCH_FINDS || !is_for_private_objects(search)) {
        return PC_OK;
    }
    PC_TRY(known == PC_SEARCH_UNKNOWN ? look_for_login(token, err) : PC_OK);
    if (pc_search_ability_of(token, PC_SEARCH_LOGGED_IN) == PC_SEARCH_FINDS) {
        return PC_OK;
    }
    (void)pc_fail(err, PC_E_AUTH, "C_Login succeeded, but C_GetSessionInfo reports no login");
    return pc_hint(err, PC_E_AUTH,
                   "the private objects on token \"%s\" cannot be seen; another program may have ended the login: "
                   "run the command again; if it stays so, this is a defect of the module",
                   token->info.label);
}
