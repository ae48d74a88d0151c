/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/key_options.h"

bool pc_key_options(pc_arena *arena, const pc_key_option_names *names, const char *ret_options[PC_KEY_OPTION_COUNT])
{
    const char *options[PC_KEY_OPTION_COUNT] = {
        pc_arena_format(arena,
                        "Create the key on the SCOM host itself: certreq -new -machine %s request.req. There it need "
                        "not be exportable.",
                        names->inf),
        pc_arena_format(
            arena,
            "Create an exportable key for this one host: p11cert new %s --exportable --label NEW-LABEL. Have a "
            "certificate issued for its request, and move both with p11cert kit, or as a PFX with p11cert export --key "
            "NEW-LABEL --out NEW-LABEL.pfx. Then destroy every copy of the PFX (EXP-6).",
            names->inf),
        pc_arena_format(arena,
                        "If the HSM's vendor has a legacy CSP for Windows: install it on the host, and bind the "
                        "certificate to the key in the HSM with certutil -repairstore -csp \"%s\" my %s. Test it "
                        "first: SCOM's documentation lists no such CSP as supported. A KSP does not work.",
                        names->csp, names->serial),
        "Put a gateway server inside the agents' Kerberos trust boundary. The agents then authenticate with Kerberos "
        "and need no certificate; the gateway needs one only for a management server outside that boundary.",
    };

    for (size_t i = 0; i < PC_KEY_OPTION_COUNT; i++) {
        if (!options[i]) {
            return false;
        }
        ret_options[i] = options[i];
    }
    return true;
}
