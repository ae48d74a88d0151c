/* SPDX-License-Identifier: Apache-2.0 */
/* The PFX as a file: what protects it, and what it brings. What becomes of its key is in windows_import.c. */
#include "policy/rule.h"

#include "base/text.h"

static void judge_mac(pc_rule_case *rule_case)
{
    if (rule_case->evidence->pfx.has_mac) {
        pc_rule_say(rule_case, PC_VERDICT_PASS, "%s: its MAC is valid.", pc_rule_pfx(rule_case));
        return;
    }
    pc_rule_say(
        rule_case, PC_VERDICT_FAIL,
        "%s: it has no MAC, so nothing shows whether it was changed in transit, and Windows is not known to import it.",
        pc_rule_pfx(rule_case));
    pc_rule_remedy(rule_case,
                   "Write it again with a MAC: p11cert export does, and so does openssl pkcs12 without -nomac.");
}

/* Of both protections that Windows imports, one throughout. */
static void judge_suite(pc_rule_case *rule_case)
{
    const pc_evidence_pfx *pfx = &rule_case->evidence->pfx;
    const char *again = "Write it again with one kind of protection: p11cert export uses AES-256 with SHA-256, or with "
                        "--legacy TripleDES with SHA-1.";

    if (pfx->suites & PC_PFX_OTHER) {
        pc_rule_say(rule_case, PC_VERDICT_FAIL,
                    "%s: %s. Windows imports TripleDES with SHA-1, and AES-256 with SHA-256, and nothing else; for "
                    "anything else it reports a wrong password.",
                    pc_rule_pfx(rule_case), pfx->protection);
        pc_rule_remedy(rule_case, "%s", again);
    } else if (pfx->suites == PC_PFX_TRIPLE_DES_SHA1) {
        pc_rule_say(
            rule_case, PC_VERDICT_PASS,
            "%s: %s. Every version of Windows imports it; it is weaker than AES-256, so choose a long password.",
            pc_rule_pfx(rule_case), pfx->protection);
    } else if (pfx->suites && !(pfx->suites & ~(unsigned)(PC_PFX_TRIPLE_DES_SHA1 | PC_PFX_OLD_CERTIFICATES))) {
        pc_rule_say(rule_case, PC_VERDICT_PASS,
                    "%s: %s. This is how Windows itself exports by default, and every version of Windows imports it. "
                    "The RC2 encryption of the certificates is weak, but they are public.",
                    pc_rule_pfx(rule_case), pfx->protection);
    } else if (pfx->suites == PC_PFX_AES256_SHA256) {
        pc_rule_say(
            rule_case, PC_VERDICT_PASS,
            "%s: %s. Windows 10 1709, Server 2019 and later import it; Server 2016 and older report a wrong password.",
            pc_rule_pfx(rule_case), pfx->protection);
    } else {
        pc_rule_say(rule_case, PC_VERDICT_WARNING,
                    "%s: %s. Windows is documented to import TripleDES with SHA-1 and AES-256 with SHA-256; this file "
                    "does not use one of them throughout.",
                    pc_rule_pfx(rule_case), pfx->protection);
        pc_rule_remedy(rule_case, "%s", again);
    }
}

static void judge_encryption(pc_rule_case *rule_case)
{
    const pc_evidence_pfx *pfx = &rule_case->evidence->pfx;

    if (pfx->has_key && !pfx->key_encrypted) {
        pc_rule_say(rule_case, PC_VERDICT_FAIL,
                    "%s: its private key is not encrypted. Anyone who has or had the file has the key.",
                    pc_rule_pfx(rule_case));
        pc_rule_remedy(rule_case, "If the file was ever where others could read it, make a new key. Otherwise write it "
                                  "again with a password, and destroy this file.");
        return;
    }
    judge_suite(rule_case);
}

static void judge_chain(pc_rule_case *rule_case)
{
    const pc_evidence_pfx *pfx = &rule_case->evidence->pfx;

    if (pfx->has_root) {
        pc_rule_say(rule_case, PC_VERDICT_PASS,
                    "%s: it contains %zu issuer%s, including the root, which certutil -importpfx makes the host trust "
                    "unless NoRoot is given.",
                    pc_rule_pfx(rule_case), pfx->issuer_count, pfx->issuer_count == 1 ? "" : "s");
    } else if (pfx->issuer_count || pfx->self_signed) {
        pc_rule_say(rule_case, PC_VERDICT_PASS, "%s: it contains %s. The host must get the root some other way.",
                    pc_rule_pfx(rule_case),
                    pfx->self_signed ? "a self-signed certificate, which has no issuer"
                                     : pc_rule_text(rule_case, "%zu issuer%s, but not the root", pfx->issuer_count,
                                                    pfx->issuer_count == 1 ? "" : "s"));
    } else {
        pc_rule_say(rule_case, PC_VERDICT_FAIL,
                    "%s: it contains no issuer, so the host must get the whole chain some other way.",
                    pc_rule_pfx(rule_case));
        pc_rule_remedy(rule_case,
                       "Write it again with the chain, or install the issuers on the host: certutil -addstore ca "
                       "ISSUER.cer, and the root with certutil -addstore root ROOT.cer.");
    }
}

static const pc_rule rules[] = {
    { .id = "PFX-MAC", .title = "The PFX has a valid MAC", .needs = PC_NEEDS_PFX, .judge = judge_mac },
    { .id = "PFX-ENCRYPTION",
      .title = "The PFX is encrypted in a way that Windows can read",
      .needs = PC_NEEDS_PFX,
      .judge = judge_encryption },
    { .id = "PFX-CHAIN", .title = "The PFX contains the chain", .needs = PC_NEEDS_PFX, .judge = judge_chain },
};

const pc_rule_table pc_rules_pfx = { rules, PC_COUNT(rules) };
