/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/rule.h"

#include "base/text.h"
#include "policy/key_options.h"

static const char *serial_word(pc_rule_case *rule_case)
{
    const pc_evidence_certificate *certificate = &rule_case->evidence->certificate;
    bool is_known =
        rule_case->evidence->subject.present && !rule_case->evidence->subject_is_request && certificate->serial.len;
    const char *hex = is_known ? pc_text_hex(rule_case->arena, certificate->serial, '\0') : "SERIAL";

    if (!hex) {
        rule_case->out_of_memory = true;
        return "";
    }
    return hex;
}

void pc_rule_key_options(pc_rule_case *rule_case)
{
    const pc_key_option_names names = { .inf = pc_rule_word(rule_case->evidence->inf.file, "FILE"),
                                        .serial = serial_word(rule_case),
                                        .csp = "VENDOR CSP" };
    const char *options[PC_KEY_OPTION_COUNT];

    if (!pc_key_options(rule_case->arena, &names, options)) {
        rule_case->out_of_memory = true;
        return;
    }
    pc_rule_remedy(rule_case,
                   "Choose one of these options to give the SCOM host a key that it can load:\n1. %s\n2. %s\n3. %s\n4. "
                   "%s\n5. If none is possible: waive EXP-3 and state the reason (p11cert check --waive EXP-3 --reason "
                   "TEXT). SCOM will not load this key.",
                   options[0], options[1], options[2], options[3]);
}

void pc_rule_lock_up(pc_rule_case *rule_case)
{
    pc_rule_remedy(rule_case,
                   "1. Move the key once, as a PFX (p11cert export --key LABEL --out FILE.pfx, or p11cert kit), over a "
                   "channel that you trust; send its password over another.\n2. Lock it on the host, as administrator: "
                   "certutil -importpfx -csp \"Microsoft RSA SChannel Cryptographic Provider\" my FILE.pfx "
                   "\"AT_KEYEXCHANGE,NoExport\"\n3. When SCOM logs event 20053, destroy every copy of the PFX, and the "
                   "key on the token unless it is kept as a documented backup.\n4. If nobody knows who has had access "
                   "to the key since it was made: make a new one, and have this certificate revoked.");
}
