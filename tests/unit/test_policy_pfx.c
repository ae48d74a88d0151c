/* SPDX-License-Identifier: Apache-2.0 */
#include "policy_evidence.h"

/* How Windows imports a PFX, and what protects it. */

static void pfx(pc_evidence *e)
{
    e->pfx = good_pfx();
}

#define SPOILT(name, ...) \
    static void name(pc_evidence *e) \
    { \
        pfx(e); \
        __VA_ARGS__; \
    } \
    struct policy_semicolon_##name

SPOILT(usage_none, e->pfx.has_key_usage = false);
SPOILT(usage_0x20, e->pfx.key_usage = 0x20);
SPOILT(usage_both, e->pfx.key_usage = 0xa0);
SPOILT(usage_signs, e->pfx.key_usage = 0x80);
SPOILT(usage_signs_certificates, e->pfx.key_usage = 0x06);
SPOILT(usage_odd, e->pfx.key_usage = 0x08);
SPOILT(ec, e->pfx.key_algorithm = "EC");
SPOILT(keyless, e->pfx.has_key = e->pfx.key_is_certificates = false);
SPOILT(other_key, e->pfx.key_is_certificates = false);
SPOILT(provider_none, e->pfx.provider = NULL);
SPOILT(provider_ksp, e->pfx.provider = "Microsoft Software Key Storage Provider");
SPOILT(provider_tpm, e->pfx.provider = "microsoft platform crypto provider");
SPOILT(provider_vendor, e->pfx.provider = "Contoso HSM CSP\x1b[2J");
SPOILT(machine_not, e->pfx.machine_keyset = false);
SPOILT(mac_none, e->pfx.has_mac = false);
SPOILT(in_clear, e->pfx.key_encrypted = false);
SPOILT(triple_des, e->pfx.suites = PC_PFX_TRIPLE_DES_SHA1);
SPOILT(mixed, e->pfx.suites = PC_PFX_TRIPLE_DES_SHA1 | PC_PFX_AES256_SHA256);
SPOILT(old, e->pfx.suites = PC_PFX_TRIPLE_DES_SHA1 | PC_PFX_OLD_CERTIFICATES);
SPOILT(old_certificates, e->pfx.suites = PC_PFX_OLD_CERTIFICATES);
SPOILT(old_mixed, e->pfx.suites = PC_PFX_AES256_SHA256 | PC_PFX_OLD_CERTIFICATES);
SPOILT(nothing_encrypted, e->pfx.suites = 0);
SPOILT(foreign, e->pfx.suites = PC_PFX_AES256_SHA256 | PC_PFX_OTHER);
SPOILT(no_root, e->pfx.has_root = false; e->pfx.issuer_count = 1);
SPOILT(alone, e->pfx.has_root = false; e->pfx.issuer_count = 0);
SPOILT(self_signed, e->pfx.has_root = false; e->pfx.issuer_count = 0; e->pfx.self_signed = true);

/* The INF says one thing and the file that goes to the host another. */
SPOILT(inf_is_wrong, e->inf.key_spec = 2; e->inf.provider_name = "Microsoft Software Key Storage Provider";
       e->inf.machine_key_set = PC_WISH_NO);
SPOILT(token_has_it_not, e->key.found_count = 0);
SPOILT(no_token_at_all, no_token(e));

static const policy_row rows[] = {
    { "0x10", pfx, "KEY-SPEC", PC_VERDICT_PASS, "PFX \"server.pfx\": the key usage of its key is 0x10" },
    { "0x20", usage_0x20, "KEY-SPEC", PC_VERDICT_PASS, "AT_KEYEXCHANGE" },
    { "signs and enciphers", usage_both, "KEY-SPEC", PC_VERDICT_PASS, "0xa0" },
    { "absent", usage_none, "KEY-SPEC", PC_VERDICT_PASS, "AT_KEYEXCHANGE" },
    { "0x80", usage_signs, "KEY-SPEC", PC_VERDICT_FAIL, "AT_SIGNATURE" },
    { "0x06", usage_signs_certificates, "KEY-SPEC", PC_VERDICT_FAIL, "AT_SIGNATURE" },
    { "0x08", usage_odd, "KEY-SPEC", PC_VERDICT_WARNING, "not documented" },
    { "EC", ec, "KEY-SPEC", PC_VERDICT_FAIL, "KSP" },
    { "no key", keyless, "KEY-SPEC", PC_VERDICT_NOT_CHECKED, "no private key" },
    { "outranks the INF", inf_is_wrong, "KEY-SPEC", PC_VERDICT_PASS, NULL },

    { "SChannel", pfx, "KEY-CSP", PC_VERDICT_PASS, "type 12" },
    { "absent", provider_none, "KEY-CSP", PC_VERDICT_PASS, "Enhanced Cryptographic Provider v1.0" },
    { "KSP", provider_ksp, "KEY-CSP", PC_VERDICT_FAIL, "KSP" },
    { "TPM", provider_tpm, "KEY-CSP", PC_VERDICT_FAIL, "KSP" },
    { "vendor", provider_vendor, "KEY-CSP", PC_VERDICT_WARNING, "Contoso HSM CSP\\x1b[2J" },
    { "EC", ec, "KEY-CSP", PC_VERDICT_FAIL, "KSP" },
    { "no key", keyless, "KEY-CSP", PC_VERDICT_NOT_CHECKED, NULL },
    { "outranks the INF", inf_is_wrong, "KEY-CSP", PC_VERDICT_PASS, NULL },

    { "marked", pfx, "KEY-MACHINE", PC_VERDICT_PASS, NULL },
    { "not marked", machine_not, "KEY-MACHINE", PC_VERDICT_WARNING, "a user's" },
    { "no key", keyless, "KEY-MACHINE", PC_VERDICT_NOT_CHECKED, NULL },
    { "outranks the INF", inf_is_wrong, "KEY-MACHINE", PC_VERDICT_PASS, NULL },

    { "there", pfx, "KEY-PRIV", PC_VERDICT_PASS, "Token \"hsm\" has it too" },
    { "there, no token", no_token_at_all, "KEY-PRIV", PC_VERDICT_PASS, "its certificate." },
    { "there alone", token_has_it_not, "KEY-PRIV", PC_VERDICT_PASS, "does not have it" },
    { "no key", keyless, "KEY-PRIV", PC_VERDICT_FAIL, "no private key" },
    { "of no certificate", other_key, "KEY-PRIV", PC_VERDICT_FAIL, "none of its certificates" },

    { "in the file", pfx, "EXP-3", PC_VERDICT_PASS, "it contains the key" },
    { "no key", keyless, "EXP-3", PC_VERDICT_FAIL, "no private key" },
    { "of no certificate", other_key, "EXP-3", PC_VERDICT_FAIL, "none of its certificates" },

    { "a copy", pfx, "EXP-6", PC_VERDICT_WARNING, "it is a copy" },
    { "no key", keyless, "EXP-6", PC_VERDICT_PASS, NULL },

    { "there", pfx, "PFX-MAC", PC_VERDICT_PASS, NULL },
    { "none", mac_none, "PFX-MAC", PC_VERDICT_WARNING, "no MAC" },
    { "no PFX", nothing, "PFX-MAC", PC_VERDICT_NOT_CHECKED, "No PFX" },

    { "AES-256", pfx, "PFX-ENCRYPTION", PC_VERDICT_PASS, "Server 2016 and older" },
    { "TripleDES", triple_des, "PFX-ENCRYPTION", PC_VERDICT_PASS, "Every version of Windows" },
    { "mixed", mixed, "PFX-ENCRYPTION", PC_VERDICT_WARNING, "one of them throughout" },
    { "Windows' default", old, "PFX-ENCRYPTION", PC_VERDICT_PASS, "Windows itself exports" },
    { "certificates alone in RC2", old_certificates, "PFX-ENCRYPTION", PC_VERDICT_PASS, "they are public" },
    { "RC2 and AES-256", old_mixed, "PFX-ENCRYPTION", PC_VERDICT_WARNING, "one of them throughout" },
    { "nothing encrypted", nothing_encrypted, "PFX-ENCRYPTION", PC_VERDICT_WARNING, NULL },
    { "foreign", foreign, "PFX-ENCRYPTION", PC_VERDICT_FAIL, "a wrong password" },
    { "in the clear", in_clear, "PFX-ENCRYPTION", PC_VERDICT_FAIL, "not encrypted" },
    { "no PFX", nothing, "PFX-ENCRYPTION", PC_VERDICT_NOT_CHECKED, NULL },

    { "with the root", pfx, "PFX-CHAIN", PC_VERDICT_PASS, "2 issuers, including the root" },
    { "without the root", no_root, "PFX-CHAIN", PC_VERDICT_PASS, "1 issuer, but not the root" },
    { "self-signed", self_signed, "PFX-CHAIN", PC_VERDICT_PASS, "self-signed" },
    { "alone", alone, "PFX-CHAIN", PC_VERDICT_WARNING, "no issuer" },
    { "no PFX", nothing, "PFX-CHAIN", PC_VERDICT_NOT_CHECKED, NULL },
};

static void a_pfx_is_judged_by_each_row(void **state)
{
    (void)state;
    check_rows(rows, PC_COUNT(rows));
    check_rows_by("scom-current", rows, PC_COUNT(rows));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pfx_is_judged_by_each_row),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
