/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/windows_import.h"

#include "base/text.h"
#include "policy/providers.h"

#define EXCHANGES (PC_KU_KEY_ENCIPHERMENT | PC_KU_DATA_ENCIPHERMENT)
#define SIGNS     (PC_KU_DIGITAL_SIGNATURE | PC_KU_KEY_CERT_SIGN | PC_KU_CRL_SIGN)
#define AGAIN     "Write the PFX again: p11cert export writes it so that Windows stores the key where SCOM finds it"

static bool is_rsa(const pc_evidence_pfx *pfx)
{
    return pfx->key_algorithm && pc_text_equal(pfx->key_algorithm, "RSA");
}

/* False if there is no key to judge, which is then reported. */
static bool has_key(pc_rule_case *rule_case)
{
    if (rule_case->evidence->pfx.has_key) {
        return true;
    }
    pc_rule_say(rule_case, PC_VERDICT_NOT_CHECKED, "%s: it contains no private key, so there is nothing to check.",
                pc_rule_pfx(rule_case));
    pc_rule_remedy(rule_case, "Fix KEY-PRIV first, then run the check again.");
    return false;
}

/* A key that no legacy provider takes gets no KeySpec. */
static bool is_for_legacy(pc_rule_case *rule_case)
{
    const pc_evidence_pfx *pfx = &rule_case->evidence->pfx;

    if (is_rsa(pfx)) {
        return true;
    }
    pc_rule_say(rule_case, PC_VERDICT_FAIL,
                "%s: its key is %s. Windows stores it in a key storage provider (KSP), where it has no KeySpec, and "
                "SCOM cannot use it (event 20069).",
                pc_rule_pfx(rule_case), pfx->key_algorithm ? pfx->key_algorithm : "of an unknown kind");
    pc_rule_remedy(rule_case, "Make an RSA key and have a certificate issued for it.");
    return false;
}

void pc_windows_judge_key_spec(pc_rule_case *rule_case)
{
    const pc_evidence_pfx *pfx = &rule_case->evidence->pfx;

    if (!has_key(rule_case) || !is_for_legacy(rule_case)) {
        return;
    }
    if (!pfx->has_key_usage) {
        pc_rule_say(rule_case, PC_VERDICT_PASS,
                    "%s: its key has no key usage of its own; an RSA key is then imported as "
                    "AT_KEYEXCHANGE.",
                    pc_rule_pfx(rule_case));
    } else if (pfx->key_usage & EXCHANGES) {
        pc_rule_say(rule_case, PC_VERDICT_PASS,
                    "%s: the key usage of its key is 0x%02x, which is imported as AT_KEYEXCHANGE.",
                    pc_rule_pfx(rule_case), pfx->key_usage);
    } else if (pfx->key_usage & SIGNS) {
        pc_rule_say(rule_case, PC_VERDICT_FAIL,
                    "%s: the key usage of its key is 0x%02x, which is imported as AT_SIGNATURE. SCOM "
                    "refuses a key that is not for key exchange (event 20069).",
                    pc_rule_pfx(rule_case), pfx->key_usage);
        pc_rule_remedy(rule_case, "1. " AGAIN " (with openssl pkcs12: -keyex).\n2. Or specify it at the import: "
                                  "certutil -importpfx my FILE.pfx AT_KEYEXCHANGE");
    } else {
        pc_rule_say(rule_case, PC_VERDICT_WARNING,
                    "%s: the key usage of its key is 0x%02x. What KeySpec Windows derives from that is "
                    "not documented.",
                    pc_rule_pfx(rule_case), pfx->key_usage);
        pc_rule_remedy(rule_case, "Specify it at the import: certutil -importpfx my FILE.pfx AT_KEYEXCHANGE\nThen see "
                                  "which one the key has: certutil -v -store my SERIAL");
    }
}

static void say_provider(pc_rule_case *rule_case)
{
    const char *name = rule_case->evidence->pfx.provider;

    if (pc_provider_is_key_storage(name)) {
        pc_rule_say(
            rule_case, PC_VERDICT_FAIL,
            "%s: it names the provider \"%s\", a key storage provider (KSP). SCOM cannot use its keys (event 20069).",
            pc_rule_pfx(rule_case), name);
        pc_rule_remedy(rule_case,
                       "1. " AGAIN ".\n"
                       "2. Or name another at the import: certutil -csp \"" PC_PROVIDER_SCHANNEL "\" -importpfx my "
                       "FILE.pfx AT_KEYEXCHANGE");
        return;
    }
    pc_rule_say(rule_case, PC_VERDICT_WARNING,
                "%s: it names the provider \"%s\", which is not known to p11cert. If the host does not have it, "
                "Windows chooses another according to the kind of key.",
                pc_rule_pfx(rule_case), name);
    pc_rule_remedy(
        rule_case,
        "Look for exactly that name on the host: certutil -csplist. It must have a provider type other than 0.");
}

void pc_windows_judge_provider(pc_rule_case *rule_case)
{
    const pc_evidence_pfx *pfx = &rule_case->evidence->pfx;

    if (!has_key(rule_case) || !is_for_legacy(rule_case)) {
        return;
    }
    if (!pfx->provider || !pfx->provider[0]) {
        pc_rule_say(rule_case, PC_VERDICT_PASS,
                    "%s: it names no provider; Windows then uses \"Microsoft Enhanced Cryptographic Provider v1.0\", a "
                    "legacy provider, unless the program that imports prefers CNG.",
                    pc_rule_pfx(rule_case));
        return;
    }
    unsigned type = pc_provider_legacy_type(pfx->provider);

    if (type) {
        pc_rule_say(rule_case, PC_VERDICT_PASS, "%s: it names the provider \"%s\", a legacy provider of type %u.",
                    pc_rule_pfx(rule_case), pfx->provider, type);
    } else {
        say_provider(rule_case);
    }
}

void pc_windows_judge_machine(pc_rule_case *rule_case)
{
    if (!has_key(rule_case)) {
        return;
    }
    if (rule_case->evidence->pfx.machine_keyset) {
        pc_rule_say(rule_case, PC_VERDICT_PASS, "%s: it is marked for the machine's key set.", pc_rule_pfx(rule_case));
        return;
    }
    pc_rule_say(rule_case, PC_VERDICT_WARNING,
                "%s: it is not marked for the machine's key set, so whoever imports it chooses where the key is "
                "stored: the machine's store, or a user's, where SCOM does not look.",
                pc_rule_pfx(rule_case));
    pc_rule_remedy(rule_case, "Import it as administrator, into the machine's store: certutil -importpfx my FILE.pfx "
                              "AT_KEYEXCHANGE, without -user.\n" AGAIN " (with openssl pkcs12: -LMK).");
}

static const char *token_words(pc_rule_case *rule_case)
{
    const pc_evidence_key *key = &rule_case->evidence->key;

    if (!key->token_searched) {
        return "";
    }
    return pc_rule_text(rule_case, " %s %s.",
                        key->token ? pc_rule_text(rule_case, "Token \"%s\"", key->token) : "The token",
                        key->found_count ? "has it too" : "does not have it");
}

void pc_windows_judge_private(pc_rule_case *rule_case)
{
    const pc_evidence_pfx *pfx = &rule_case->evidence->pfx;

    if (!pfx->has_key) {
        pc_rule_say(rule_case, PC_VERDICT_FAIL,
                    "%s: it contains certificates but no private key. Without the key SCOM cannot use the certificate "
                    "(events 20068, 20077).%s",
                    pc_rule_pfx(rule_case), token_words(rule_case));
        pc_rule_remedy(
            rule_case,
            "Have it exported again with the private key: p11cert export, or \"Yes, export the private key\" "
            "on Windows.");
    } else if (!pfx->key_is_certificates) {
        pc_rule_say(rule_case, PC_VERDICT_FAIL,
                    "%s: its private key belongs to none of its certificates. Windows then has a certificate without a "
                    "key (events 20068, 20077).",
                    pc_rule_pfx(rule_case));
        pc_rule_remedy(
            rule_case,
            "Have the key and its certificate exported together. p11cert list shows which certificate a key has.");
    } else {
        pc_rule_say(rule_case, PC_VERDICT_PASS, "%s: it contains the private key of its certificate.%s",
                    pc_rule_pfx(rule_case), token_words(rule_case));
    }
}

void pc_windows_judge_reach(pc_rule_case *rule_case)
{
    const pc_evidence_pfx *pfx = &rule_case->evidence->pfx;

    if (pfx->has_key && pfx->key_is_certificates) {
        pc_rule_say(rule_case, PC_VERDICT_PASS, "%s: it contains the key, which reaches the SCOM host with it.",
                    pc_rule_pfx(rule_case));
        return;
    }
    pc_rule_say(rule_case, PC_VERDICT_FAIL, "%s: %s, so with this file the key does not get to the SCOM host.",
                pc_rule_pfx(rule_case),
                pfx->has_key ? "its key belongs to none of its certificates" : "it contains no private key");
    pc_rule_remedy(rule_case, "Fix KEY-PRIV first. If the key cannot be exported from where it is, run the check again "
                              "without the PFX, on the token: EXP-3 then lists the options.");
}
