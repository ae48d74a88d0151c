/* SPDX-License-Identifier: Apache-2.0 */
#include "app/ceremony/ceremony.h"
#include "signer/kind.h"
#include "token/softhsm.h"

static bool is_production(const pc_ceremony *ceremony)
{
    return ceremony->mode == PC_CEREMONY_PRODUCTION;
}

static pc_status refuse_softhsm(const pc_ceremony *ceremony, const char *role, const char *module, pc_error *err)
{
    if (!is_production(ceremony) || ceremony->allow_softhsm || !pc_softhsm_is_module(module)) {
        return PC_OK;
    }
    (void)pc_fail(err, PC_E_REFUSED, "the token \"%s\" is on SoftHSM, which keeps its keys in files", role);
    return pc_hint(err, PC_E_REFUSED, "name the HSM's module in the site file, or give `allow_softhsm`");
}

pc_status pc_ceremony_access_as_given(const pc_ceremony *ceremony, const char *role, pc_token_access *ret_access,
                                      pc_error *err)
{
    const pc_script_token *token = pc_script_find_token(ceremony->script, role);
    const pc_site_token *row = pc_site_find(ceremony->site, is_production(ceremony), role);

    if (!row && !ceremony->store) {
        return pc_fail(err, PC_E_INPUT, "\"%s\" does not name the token for the role \"%s\"", ceremony->site->file,
                       role);
    }
    *ret_access = *ceremony->access;
    if (!ret_access->signer) {
        ret_access->signer = pc_signer_native.name; /* a ceremony may have keys of any type */
    }
    ret_access->module = row && row->module ? row->module : NULL;
    ret_access->init_args = row ? row->init_args : NULL;
    ret_access->token = row && row->uri ? row->uri : token->label;
    ret_access->pin_source = row ? row->pin_source : NULL;
    if (!row) {
        ret_access->pin_source = pc_arena_format(ceremony->arena, "file:%s/user.pin", ceremony->store);
        return ret_access->pin_source ? PC_OK : pc_fail_memory(err);
    }
    return refuse_softhsm(ceremony, role, row->module ? row->module : P11CERT_DEFAULT_MODULE, err);
}

pc_status pc_ceremony_access(const pc_ceremony *ceremony, const char *role, pc_token_access *ret_access, pc_error *err)
{
    PC_TRY(pc_ceremony_access_as_given(ceremony, role, ret_access, err));
    return pc_ceremony_pins_attach(ceremony->pins, pc_script_find_token(ceremony->script, role)->role, ceremony->arena,
                                   ret_access, err);
}

const char *pc_ceremony_so_pin_source(const pc_ceremony *ceremony, const char *role)
{
    const pc_site_token *row = pc_site_find(ceremony->site, is_production(ceremony), role);

    return row ? row->so_pin_source : pc_arena_format(ceremony->arena, "file:%s/so.pin", ceremony->store);
}
