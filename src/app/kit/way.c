/* SPDX-License-Identifier: Apache-2.0 */
#include "app/kit/kit.h"

const char *pc_kit_way_name(pc_kit_way way)
{
    static const char *const names[] = { [PC_KIT_PFX] = "pfx", [PC_KIT_HSM] = "hsm", [PC_KIT_HOST] = "host" };

    return names[way];
}

/* docs/policy-rules.md, EXP-3, has the same ways out for who is still to make the key. */
static const char *const ways_out[] = {
    "Use a legacy CSP of the HSM's vendor on the computer, if there is one.",
    ("Make a new key for this one computer that can be moved (p11cert new --exportable), have its request issued, and "
     "make the kit again: it then has a PFX."),
    "Make the key on the computer itself (certreq -new -machine); it need not be exportable there.",
    "Put a gateway server into the same Kerberos trust as the agents: they then need no certificate.",
};

static pc_status describe_conflict(pc_kit *kit, pc_error *err)
{
    pc_kit_result *result = kit->result;

    result->conflict = pc_arena_format(
        kit->arena,
        "EXP-3: the key \"%s\" on token \"%s\" %s, so it cannot come to %s in a file, and PKCS#11 allows "
        "no change of that. Operations Manager loads the key from the Windows computer's own store, through a legacy "
        "provider (CSP). Its documentation says that a KSP is not supported, and names no HSM vendor's CSP that is. "
        "So try it first on a test computer: that it works is not promised by anybody.",
        result->key_label, result->token, kit->why_it_stays, result->name);
    result->ways_out = ways_out;
    result->way_out_count = PC_COUNT(ways_out);
    return result->conflict ? PC_OK : pc_fail_memory(err);
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
