/* SPDX-License-Identifier: Apache-2.0 */
#include "app/ceremony/ceremony.h"
#include "base/kept_error.h"
#include "token/abilities.h"
#include "token/init.h"
#include "token/mechanisms.h"
#include "token/session.h"

static bool has(const pc_mechanisms *offered, unsigned long type)
{
    for (size_t i = 0; i < offered->count; i++) {
        if (offered->items[i] == type) {
            return true;
        }
    }
    return false;
}

static pc_status refuse(const pc_script_token *expected, const char *name, pc_error *err)
{
    (void)pc_fail(err, PC_E_VERIFY, "the token \"%s\" does not offer %s, which the script requires", expected->role,
                  name);
    return pc_hint(err, PC_E_VERIFY, "`p11cert tokens --verbose` lists what the token offers");
}

pc_status pc_ceremony_compare_mechanisms(const pc_ceremony *ceremony, const pc_script_token *expected,
                                         const pc_token *token, pc_error *err)
{
    const pc_script_texts *names = &expected->mechanisms;
    pc_mechanisms offered;

    if (names->count == 0) {
        return PC_OK;
    }
    PC_TRY(pc_mechanisms_read(pc_mechanisms_of(token), ceremony->arena, &offered, err));
    if (!offered.read) {
        return pc_fail(err, PC_E_TOKEN,
                       "the token \"%s\" does not report its mechanisms, so whether it offers %s is not known",
                       expected->role, names->items[0]);
    }
    for (size_t i = 0; i < names->count; i++) {
        unsigned long type = 0;
        const char *nearest = NULL;

        if (!pc_mechanism_from_name(names->items[i], &type, &nearest) || !has(&offered, type)) {
            return refuse(expected, names->items[i], err);
        }
    }
    return PC_OK;
}

/* A token that the script initialises has no label yet. */
static pc_status open_any(const pc_ceremony *ceremony, const pc_script_token *expected, pc_token **ret_token,
                          pc_error *err)
{
    pc_token_access access;

    PC_TRY(pc_ceremony_access(ceremony, expected->role, &access, err));
    if (!pc_ceremony_has_init(ceremony->script, expected->role)) {
        return pc_token_open(&access, PC_TOKEN_PUBLIC, ret_token, err);
    }
    access.token = NULL;
    return pc_token_look_before_init(&access, expected->label, ret_token, err);
}

pc_status pc_ceremony_require_token(const pc_ceremony *ceremony, const pc_script_token *expected, pc_error *err)
{
    PC_AUTO(pc_token) pc_token *token = NULL;
    const bool expects_device =
        !ceremony->store && (expected->manufacturer || expected->model || expected->firmware || expected->serial);

    if (expected->mechanisms.count == 0 && !expects_device) {
        return PC_OK;
    }
    PC_TRY(open_any(ceremony, expected, &token, err));
    return pc_ceremony_compare_identity(ceremony, expected, token, err);
}

pc_status pc_ceremony_look_ahead(const pc_ceremony *ceremony, pc_error *err)
{
    for (size_t i = 0; i < ceremony->script->tokens.count; i++) {
        pc_error own = { .status = PC_OK };
        pc_status status = pc_ceremony_require_token(ceremony, &ceremony->script->tokens.items[i], &own);

        if (status != PC_OK && status != PC_E_NOT_FOUND) { /* a token may be brought into the room later */
            pc_error_pass(err, &own);
            return status;
        }
    }
    return PC_OK;
}
