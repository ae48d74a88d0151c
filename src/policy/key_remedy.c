/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/rule.h"

#include "base/text.h"

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
    pc_rule_remedy(
        rule_case,
        "Choose one of these options to give the SCOM host a key that it can load:\n"
        "1. Make the key on the SCOM host: certreq -new -machine FILE.inf request.req there. The key need not "
        "be exportable.\n"
        "2. Make an extractable key for this one host: p11cert new %s --exportable --label NEW-LABEL. Have its request "
        "issued, make the PFX with p11cert export --key NEW-LABEL --out NEW-LABEL.pfx, or all that the host needs with "
        "p11cert kit; then follow EXP-6.\n"
        "3. If the HSM vendor has a legacy CSP for Windows: install it on the host and bind the certificate to the key "
        "where it is, with certutil -repairstore -csp \"VENDOR CSP\" my %s. Try it first: SCOM's documentation lists "
        "no such CSP as "
        "supported. A KSP does not work.\n"
        "4. Put a gateway server into the same Kerberos trust as the agents. They authenticate with Kerberos and "
        "need no certificate. The gateway needs one only for a management server outside that trust.\n"
        "5. If none is possible: waive EXP-3 with the reason (p11cert check --waive EXP-3 --reason TEXT), knowing that "
        "SCOM will not load this key.",
        pc_rule_word(rule_case->evidence->inf.file, "FILE"), serial_word(rule_case));
}

void pc_rule_lock_up(pc_rule_case *rule_case)
{
    pc_rule_remedy(
        rule_case,
        "1. Move the key once, as PFX (p11cert export --key LABEL --out FILE.pfx, or p11cert kit), over a channel that "
        "you "
        "trust; send its password over another.\n"
        "2. Lock it on the host, as administrator: certutil -importpfx -csp \"Microsoft RSA SChannel Cryptographic "
        "Provider\" my FILE.pfx \"AT_KEYEXCHANGE,NoExport\"\n"
        "3. When SCOM logs event 20053, destroy every copy of the PFX, and the key on the token unless it is kept as "
        "a documented backup.\n"
        "4. If nobody knows who has had the key since it was made: make a new one, and have this certificate revoked.");
}
