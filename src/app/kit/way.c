/* SPDX-License-Identifier: Apache-2.0 */
#include "app/kit/kit.h"

#include "policy/key_options.h"

const char *pc_kit_way_name(pc_kit_way way)
{
    static const char *const names[] = { [PC_KIT_PFX] = "pfx", [PC_KIT_HSM] = "hsm", [PC_KIT_HOST] = "host" };

    return names[way];
}

static pc_status describe_conflict(pc_kit *kit, pc_error *err)
{
    pc_kit_result *result = kit->result;
    const pc_key_option_names names = { .inf = "FILE",
                                        .serial = result->serial,
                                        .csp = result->csp ? result->csp : "VENDOR CSP" };
    const char **options = pc_arena_alloc(kit->arena, PC_KEY_OPTION_COUNT * sizeof *options);

    result->conflict = pc_arena_format(
        kit->arena,
        "EXP-3: the key \"%s\" on token \"%s\" %s, so it cannot be moved to %s in a file, and PKCS#11 does "
        "not allow that to be changed. Operations Manager loads the key from the Windows computer's own store, through "
        "a legacy "
        "provider (CSP). Its documentation says that a KSP is not supported, and does not name any HSM vendor's CSP as "
        "supported. Test it on another computer first: there is no guarantee that it works.",
        result->key_label, result->token, kit->why_it_stays, result->name);
    result->options = options;
    result->option_count = PC_KEY_OPTION_COUNT;
    return options && result->conflict && pc_key_options(kit->arena, &names, options) ? PC_OK : pc_fail_memory(err);
}

pc_status pc_kit_describe_way(pc_kit *kit, pc_error *err)
{
    pc_kit_result *result = kit->result;
    const char *csp = kit->order->csp;

    result->csp = csp;
    if (result->way == PC_KIT_PFX) {
        return PC_OK;
    }
    if (result->way == PC_KIT_HOST && !csp) {
        result->repair = pc_arena_format(kit->arena, "certutil -repairstore my %s", result->serial);
    } else {
        result->repair = pc_arena_format(kit->arena, "certutil -repairstore -csp \"%s\" my %s",
                                         csp ? csp : "VENDOR CSP", result->serial);
    }
    if (!result->repair) {
        return pc_fail_memory(err);
    }
    return result->way == PC_KIT_HSM ? describe_conflict(kit, err) : PC_OK;
}
