/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <p11cert/check.h>

#include "../unit/x509_made.h"
#include "base/arena.h"
#include "fault.h"
#include "judge.h"
#include "raw_token.h"
#include "run.h"

PC_AUTO_DEFINE(report, pc_report, pc_report_free);

/* Evidence of a real SoftHSM token: each key is made by bare calls with one fault, which the profile must find. */

static token_store store;
static pc_token_access access_to_keys;

static const CK_BBOOL yes = CK_TRUE;

/* Keys as p11cert makes them, with all attributes stated, but with CKA_MODIFIABLE so that tests can damage them. */
static CK_OBJECT_HANDLE make_key(const raw_token *raw, const char *label, bool is_private, CK_OBJECT_HANDLE *ret_public)
{
    static CK_BYTE exponent[] = { 1, 0, 1 };
    static CK_MECHANISM_TYPE allowed[] = { CKM_SHA256_RSA_PKCS };
    CK_BBOOL on = CK_TRUE;
    CK_BBOOL off = CK_FALSE;
    CK_BBOOL hidden = is_private ? CK_TRUE : CK_FALSE;
    CK_ULONG bits = 2048;
    CK_BYTE name[32];
    size_t len = strlen(label);
    CK_MECHANISM mechanism = { .mechanism = CKM_RSA_PKCS_KEY_PAIR_GEN };
    CK_OBJECT_HANDLE private_key = 0;

    memcpy(name, label, len);
    CK_ATTRIBUTE public_half[] = {
        { CKA_TOKEN, &on, 1 },
        { CKA_PRIVATE, &off, 1 },
        { CKA_VERIFY, &on, 1 },
        { CKA_ENCRYPT, &off, 1 },
        { CKA_WRAP, &off, 1 },
        { CKA_VERIFY_RECOVER, &off, 1 },
        { CKA_LABEL, name, len },
        { CKA_ID, name, len },
        { CKA_MODULUS_BITS, &bits, sizeof bits },
        { CKA_PUBLIC_EXPONENT, exponent, sizeof exponent },
    };
    CK_ATTRIBUTE private_half[] = {
        { CKA_TOKEN, &on, 1 },
        { CKA_PRIVATE, &hidden, 1 },
        { CKA_SENSITIVE, &on, 1 },
        { CKA_EXTRACTABLE, &off, 1 },
        { CKA_COPYABLE, &off, 1 },
        { CKA_SIGN, &on, 1 },
        { CKA_SIGN_RECOVER, &off, 1 },
        { CKA_DECRYPT, &off, 1 },
        { CKA_UNWRAP, &off, 1 },
        { CKA_DERIVE, &off, 1 },
        { CKA_LABEL, name, len },
        { CKA_ID, name, len },
        { CKA_ALLOWED_MECHANISMS, allowed, sizeof allowed },
    };

    assert_int_equal(raw->functions->C_GenerateKeyPair(raw->session, &mechanism, public_half, 10, private_half, 13,
                                                       ret_public, &private_key),
                     CKR_OK);
    return private_key;
}

static CK_OBJECT_HANDLE make_clean(const raw_token *raw, const char *label, CK_OBJECT_HANDLE *ret_public)
{
    return make_key(raw, label, true, ret_public);
}

static void make_secret(const raw_token *raw, const char *label, bool decrypts)
{
    CK_BBOOL on = CK_TRUE;
    CK_BBOOL off = CK_FALSE;
    CK_BBOOL may_decrypt = decrypts ? CK_TRUE : CK_FALSE;
    CK_ULONG len = 32;
    CK_BYTE name[32];
    CK_OBJECT_HANDLE key = 0;
    CK_MECHANISM mechanism = { .mechanism = CKM_AES_KEY_GEN };

    memcpy(name, label, strlen(label));
    CK_ATTRIBUTE wanted[] = {
        { CKA_TOKEN, &on, 1 },
        { CKA_SENSITIVE, &on, 1 },
        { CKA_EXTRACTABLE, &off, 1 },
        { CKA_WRAP, &on, 1 },
        { CKA_UNWRAP, &off, 1 },
        { CKA_ENCRYPT, &off, 1 },
        { CKA_DECRYPT, &may_decrypt, 1 },
        { CKA_VALUE_LEN, &len, sizeof len },
        { CKA_LABEL, name, strlen(label) },
    };

    assert_int_equal(raw->functions->C_GenerateKey(raw->session, &mechanism, wanted, 9, &key), CKR_OK);
}

static void write_certificate_for(const raw_token *raw, CK_OBJECT_HANDLE public_half, const char *label, const char *id)
{
    EVP_PKEY *own = public_half ? judge_public_key(raw, public_half) : made_key();
    EVP_PKEY *issuer = made_key();
    const made_plan ca_plan = { .name = "CA", .key = issuer, .is_ca = true, .from_days = -1, .until_days = 90 };
    X509 *ca = made_certificate(&ca_plan);
    const made_plan plan = {
        .name = "server", .key = own, .issuer = ca, .issuer_key = issuer, .from_days = -1, .until_days = 90
    };
    X509 *certificate = made_certificate(&plan);
    unsigned char *der = NULL;
    int len = i2d_X509(certificate, &der);

    assert_true(len > 0);
    raw_write_certificate(raw, label, id, (pc_bytes){ der, (size_t)len });
    OPENSSL_free(der);
    X509_free(certificate);
    X509_free(ca);
    EVP_PKEY_free(issuer);
    EVP_PKEY_free(own);
}

static void make_keys(const raw_token *raw)
{
    CK_OBJECT_HANDLE half = 0;
    CK_OBJECT_HANDLE other_half = 0;

    (void)make_clean(raw, "clean", &half);
    write_certificate_for(raw, half, "clean", "clean");
    (void)make_clean(raw, "no half", &half);
    raw_destroy(raw, half);
    (void)make_clean(raw, "other half", &half);
    raw_destroy(raw, half);
    (void)make_clean(raw, "donor", &other_half);
    raw_write(raw, other_half, CKA_ID, "other half", 10);
    (void)make_clean(raw, "other certificate", &half);
    write_certificate_for(raw, 0, "stranger", "other certificate");
    raw_write(raw, make_clean(raw, "over", &half), CKA_END_DATE, "20200131", 8);
    CK_OBJECT_HANDLE open_key = make_key(raw, "open", false, &half);

    raw_write(raw, open_key, CKA_START_DATE, "20190131", 8);
    raw_write(raw, open_key, CKA_END_DATE, "20200131", 8);
    raw_write(raw, make_clean(raw, "extended", &half), CKA_UNWRAP, &yes, 1);
    /* The key that SoftHSM makes from a template that states little. */
    (void)raw_generate(raw, &(raw_key_plan){ .kind = RAW_RSA_2048, .label = "silent", .id = "silent" }, NULL);
    (void)raw_generate(raw, &(raw_key_plan){ .kind = RAW_RSA_2048, .label = "twin-1", .id = "twin" }, NULL);
    (void)raw_generate(raw, &(raw_key_plan){ .kind = RAW_EC_P256, .label = "twin-2", .id = "twin-ec" }, NULL);
    (void)raw_generate(raw, &(raw_key_plan){ .kind = RAW_EC_P256, .label = "twin-3", .id = "twin-ec" }, NULL);
    (void)raw_generate(raw, &(raw_key_plan){ .label = "nameless" }, NULL);
    (void)raw_generate(raw,
                       &(raw_key_plan){ .kind = RAW_RSA_2048, .label = "moves", .id = "moves", .extractable = true },
                       NULL);
    (void)raw_generate(raw, &(raw_key_plan){ .label = "careful", .id = "careful", .always_authenticate = true }, NULL);
    make_secret(raw, "transport", false);
}

static int make_store(void **state)
{
    raw_token raw;

    (void)state;
    token_store_make(&store);
    token_store_add_token(&store, "keys");
    token_store_add_token(&store, "wrapping");
    raw_open("keys", &raw);
    make_keys(&raw);
    raw_close(&raw);
    raw_open("wrapping", &raw);
    CK_OBJECT_HANDLE half = 0;

    (void)make_clean(&raw, "clean", &half);
    make_secret(&raw, "wrap and read", true);
    raw_close(&raw);
    access_to_keys = token_store_access(&store, FAULT_MODULE, "keys");
    return 0;
}

static int remove_store(void **state)
{
    (void)state;
    token_store_remove(&store);
    return 0;
}

/* The only report of a check. */
static pc_status check_run(const pc_check_order *order, const pc_token_access *access, pc_report **ret_report,
                           pc_error *err)
{
    pc_check_result *result = NULL;
    pc_status status = pc_check_run(order, access, &result, err);

    if (status == PC_OK) {
        assert_int_equal(result->report_count, 1);
        *ret_report = result->reports[0];
        result->report_count = 0;
        pc_check_result_free(result);
    }
    return status;
}

static pc_report *check_on(const char *token, const char *key, const char *policy)
{
    const pc_token_access access = token_store_access(&store, FAULT_MODULE, token);
    const pc_check_order order = { .key = key, .policy = { .policy = policy } };
    pc_report *report = NULL;
    pc_error err = { 0 };

    fault_plan(&store, "");
    if (check_run(&order, &access, &report, &err) != PC_OK) {
        fail_msg("%s: %s", key, err.frames[0]);
    }
    return report;
}

static const pc_rule_result *result_of(const pc_report *report, const char *id)
{
    for (size_t i = 0; i < report->rule_count; i++) {
        if (strcmp(report->rules[i].id, id) == 0) {
            return &report->rules[i];
        }
    }
    fail_msg("no rule %s", id);
    return NULL;
}

static void expect(const char *key, const pc_report *report, const char *id, pc_verdict verdict, const char *said)
{
    const pc_rule_result *result = result_of(report, id);

    if (result->verdict != verdict || (said && !strstr(result->evidence, said))) {
        fail_msg("%s: %s is %s: %s", key, id, pc_verdict_name(result->verdict), result->evidence);
    }
}

typedef struct {
    const char *key;
    const char *id;
    pc_verdict verdict;
    const char *said;
} row;

static const row rows[] = {
    { "clean", "KEY-PRIV", PC_VERDICT_PASS, NULL },
    { "clean", "KEY-STRENGTH", PC_VERDICT_PASS, "public exponent 65537" },
    { "clean", "ID-UNIQUE", PC_VERDICT_PASS, NULL },
    { "clean", "PUB-MATCH", PC_VERDICT_PASS, NULL },
    { "clean", "CERT-MATCH", PC_VERDICT_PASS, "1 certificate" },
    { "clean", "ATTR-TOKEN", PC_VERDICT_PASS, NULL },
    { "clean", "ATTR-PRIVATE", PC_VERDICT_PASS, NULL },
    { "clean", "ATTR-SENSITIVE", PC_VERDICT_PASS, NULL },
    { "clean", "ATTR-EXTRACTABLE", PC_VERDICT_PASS, NULL },
    { "clean", "ATTR-ALWAYS-SENSITIVE", PC_VERDICT_PASS, NULL },
    { "clean", "ATTR-NEVER-EXTRACTABLE", PC_VERDICT_PASS, NULL },
    { "clean", "ATTR-LOCAL", PC_VERDICT_PASS, NULL },
    { "clean", "ATTR-SIGN-DECRYPT", PC_VERDICT_PASS, NULL },
    { "clean", "ATTR-DERIVE", PC_VERDICT_PASS, NULL },
    { "clean", "ATTR-COPYABLE", PC_VERDICT_PASS, NULL },
    { "clean", "ATTR-DESTROYABLE", PC_VERDICT_PASS, "not a CA key" },
    { "clean", "ATTR-MODIFIABLE", PC_VERDICT_WARNING, NULL },
    { "clean", "ATTR-ALWAYS-AUTHENTICATE", PC_VERDICT_WARNING, NULL },
    { "clean", "ATTR-ALLOWED-MECHANISMS", PC_VERDICT_PASS, "1 mechanism" },
    { "clean", "ATTR-DATES", PC_VERDICT_PASS, "no dates" },
    { "clean", "ATTR-UNKNOWN", PC_VERDICT_PASS, NULL },
    { "clean", "ATTR-WRAP-TRUSTED", PC_VERDICT_PASS, NULL },
    { "clean", "TOKEN-LOGIN", PC_VERDICT_PASS, "\"keys\"" },
    { "clean", "TOKEN-PIN", PC_VERDICT_PASS, NULL },
    { "clean", "TOKEN-LABEL", PC_VERDICT_PASS, NULL },
    { "clean", "MECH-WEAK", PC_VERDICT_WARNING, "CKM_RSA_X_509" },
    { "no half", "PUB-MATCH", PC_VERDICT_FAIL, "no public key object" },
    { "other half", "PUB-MATCH", PC_VERDICT_FAIL, "another value" },
    { "other certificate", "CERT-MATCH", PC_VERDICT_FAIL, "\"stranger\" has the key's CKA_ID, but is for another key" },
    { "no half", "CERT-MATCH", PC_VERDICT_NOT_CHECKED, NULL },
    /* SoftHSM 2.6.1 cannot read a date back that was set on a private key; an attribute that it cannot show does not
     * pass. */
    { "over", "ATTR-DATES", PC_VERDICT_NOT_CHECKED, "CKA_END_DATE unknown" },
    { "over", "ATTR-ALLOWED-MECHANISMS", PC_VERDICT_PASS, "1 mechanism" },
    { "open", "ATTR-PRIVATE", PC_VERDICT_FAIL, "without a login" },
    { "open", "ATTR-DATES", PC_VERDICT_WARNING, "CKA_END_DATE is in the past, 2020-01-31" },
    { "extended", "ATTR-UNWRAP-ENCRYPT", PC_VERDICT_FAIL, "\"extended\"" },
    { "extended", "ATTR-SIGN-DECRYPT", PC_VERDICT_FAIL, "CKA_UNWRAP true" },
    { "extended", "ATTR-WRAP-TEMPLATE", PC_VERDICT_WARNING, "\"extended\"" },
    { "silent", "ATTR-SIGN-DECRYPT", PC_VERDICT_FAIL, "CKA_DECRYPT true" },
    { "silent", "ATTR-WRAP-DECRYPT", PC_VERDICT_FAIL, "\"silent\"" },
    { "silent", "ATTR-ALLOWED-MECHANISMS", PC_VERDICT_WARNING, "is empty" },
    { "twin-2", "ID-UNIQUE", PC_VERDICT_FAIL, "2 private keys" },
    { "twin-2", "PUB-MATCH", PC_VERDICT_FAIL, "several" },
    { "twin-1", "ID-UNIQUE", PC_VERDICT_PASS, NULL },
    { "nameless", "ID-UNIQUE", PC_VERDICT_FAIL, "no CKA_ID" },
    { "nameless", "KEY-STRENGTH", PC_VERDICT_NOT_CHECKED, NULL },
    { "moves", "ATTR-EXTRACTABLE", PC_VERDICT_FAIL, NULL },
    { "moves", "ATTR-NEVER-EXTRACTABLE", PC_VERDICT_FAIL, NULL },
    { "moves", "ATTR-WRAP-TRUSTED", PC_VERDICT_FAIL, "\"transport\"" },
    { "careful", "ATTR-ALWAYS-AUTHENTICATE", PC_VERDICT_PASS, NULL },
    { "careful", "KEY-STRENGTH", PC_VERDICT_PASS, "EC of 256 bits" },
    { "careful", "PUB-MATCH", PC_VERDICT_NOT_CHECKED, NULL },
};

static void each_fault_is_found_where_it_is(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(rows); i++) {
        PC_AUTO(report) pc_report *report = check_on("keys", rows[i].key, "hsm");

        expect(rows[i].key, report, rows[i].id, rows[i].verdict, rows[i].said);
    }
}

static void a_wrapping_key_that_decrypts_fails_every_key_of_its_token(void **state)
{
    (void)state;
    PC_AUTO(report) pc_report *report = check_on("wrapping", "clean", "hsm");

    expect("clean", report, "ATTR-WRAP-DECRYPT", PC_VERDICT_FAIL, "\"wrap and read\"");
    expect("clean", report, "ATTR-WRAP-TEMPLATE", PC_VERDICT_WARNING, "\"wrap and read\"");
}

static void the_head_names_what_was_judged(void **state)
{
    static const struct {
        const char *name;
        const char *part;
    } items[] = {
        { "certificate", "clean" }, { "subject", "CN=server" }, { "serial", "1267" }, { "sha256", "" },
        { "key", "clean" },         { "key-uri", "pkcs11:" },   { "token", "keys" },
    };

    (void)state;
    PC_AUTO(report) pc_report *report = check_on("keys", "clean", "scom");

    assert_int_equal(report->item_count, PC_COUNT(items));
    for (size_t i = 0; i < PC_COUNT(items); i++) {
        assert_string_equal(report->items[i].name, items[i].name);
        assert_non_null(strstr(report->items[i].value, items[i].part));
    }
    assert_int_equal(strlen(report->items[3].value), 64);
    /* The certificate that the token holds is judged as one from a file is. */
    expect("clean", report, "SUBJ-EMPTY", PC_VERDICT_PASS, "Certificate \"clean\" on token \"keys\"");
    expect("clean", report, "TIME", PC_VERDICT_PASS, NULL);
}

static unsigned reads(void)
{
    return fault_calls(&store, "C_GetAttributeValue");
}

static unsigned searches(void)
{
    return fault_calls(&store, "C_FindObjectsInit");
}

/* Searches: the key, certificates by CKA_ID, their issuer's; reads: the key, its certificate. The issuer is not there:
 * a search for any certificate, a reading of it, and a search by its subject tell whether the module can search by
 * that. */
static void a_profile_needs_only_the_evidence_that_its_rules_use(void **state)
{
    (void)state;
    PC_AUTO(report) pc_report *scom = check_on("keys", "clean", "scom");

    assert_int_equal(searches(), 3 + 2);
    assert_int_equal(reads(), 2 + 1);
    assert_int_equal(fault_calls(&store, "C_GetMechanismList"), 0);
    unsigned scom_calls = fault_calls(&store, NULL);
    PC_AUTO(report) pc_report *hsm = check_on("keys", "clean", "hsm");

    /* And: private keys of the CKA_ID, its public key, this certificate by value, wrapping keys, unwrapping keys. */
    assert_int_equal(searches(), 3 + 2 + 5);
    assert_int_equal(fault_calls(&store, "C_GetMechanismList"), 1);
    print_message("calls: scom %u, hsm %u (reads %u, mechanism infos %u)\n", scom_calls, fault_calls(&store, NULL),
                  reads(), fault_calls(&store, "C_GetMechanismInfo"));
    assert_false(scom->rule_count == hsm->rule_count);
}

/* If the certificate is given, judging by the page costs one search and one read, as it did before other policies
 * existed. */
static void a_certificate_from_a_file_costs_one_search_for_its_key(void **state)
{
    const pc_token_access access = token_store_access(&store, FAULT_MODULE, "keys");
    char path[128];
    const char *file = token_store_path(&store, "clean.cer", path);
    const pc_check_order order = { .files = &file, .file_count = 1, .policy = { .policy = "scom" } };
    raw_token raw;
    unsigned char der[4096];
    pc_report *report = NULL;

    (void)state;
    raw_open("keys", &raw);
    size_t len = raw_read(&raw, raw_labelled(&raw, CKO_CERTIFICATE, "clean"), CKA_VALUE, der, sizeof der);

    raw_close(&raw);
    token_store_write(&store, "clean.cer", der, len);
    fault_plan(&store, "");
    assert_int_equal(check_run(&order, &access, &report, NULL), PC_OK);
    assert_int_equal(searches(), 1);
    assert_int_equal(reads(), 1);
    print_message("calls: scom with the certificate %u\n", fault_calls(&store, NULL));
    expect("clean", report, "KEY-PRIV", PC_VERDICT_PASS, NULL);
    pc_report_free(report);
}

static void a_failure_partway_gives_no_report(void **state)
{
    static const char *const plans[] = {
        "C_GetAttributeValue=2 return=0x30", "C_GetAttributeValue=4 return=0x32", "C_FindObjects=5 return=0xb3",
        "C_FindObjectsInit=7 return=0x30",   "C_FindObjectsInit=8 return=0x30",
    };
    const pc_check_order order = { .key = "clean", .policy = { .policy = "hsm" } };

    (void)state;
    for (size_t i = 0; i < PC_COUNT(plans); i++) {
        pc_report *report = NULL;
        pc_error err = { 0 };

        fault_plan(&store, plans[i]);
        assert_int_equal(check_run(&order, &access_to_keys, &report, &err), PC_E_TOKEN);
        assert_null(report);
    }
}

/* A module without a list of mechanisms proves nothing about them, and hides nothing else. */
static void a_module_that_reports_no_mechanisms_is_not_checked(void **state)
{
    const pc_check_order order = { .key = "clean", .policy = { .policy = "hsm" } };
    pc_report *report = NULL;

    (void)state;
    fault_plan(&store, "C_GetMechanismList=1 return=0x54");
    assert_int_equal(check_run(&order, &access_to_keys, &report, NULL), PC_OK);
    expect("clean", report, "MECH-WEAK", PC_VERDICT_NOT_CHECKED, "mechanisms");
    expect("clean", report, "PUB-MATCH", PC_VERDICT_PASS, NULL);
    pc_report_free(report);
}

/* A report without a failed rule, and exit code 0, would say that the token was tried. */
static void a_probe_of_a_token_that_is_pulled_out_is_an_error(void **state)
{
    static const char *const plans[] = { "C_GenerateKeyPair=1+ return=0x32", "C_WrapKey=1+ return=0x32",
                                         "C_CopyObject=1 return=0xb3", "C_SetAttributeValue=1 return=0xe0",
                                         "C_GetAttributeValue=1+ return=0x32" };
    const pc_check_order order = { .probe = true };

    (void)state;
    for (size_t i = 0; i < PC_COUNT(plans); i++) {
        pc_check_result *result = NULL;
        pc_error err = { 0 };

        fault_plan(&store, plans[i]);
        pc_status status = pc_check_run(&order, &access_to_keys, &result, &err);

        pc_check_result_free(result);
        if (status != PC_E_TOKEN || !strstr(err.frames[0], "was lost")) {
            fail_msg("%s: status %d: %s", plans[i], status, err.frames[0]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_fault_is_found_where_it_is),
        cmocka_unit_test(a_wrapping_key_that_decrypts_fails_every_key_of_its_token),
        cmocka_unit_test(the_head_names_what_was_judged),
        cmocka_unit_test(a_profile_needs_only_the_evidence_that_its_rules_use),
        cmocka_unit_test(a_certificate_from_a_file_costs_one_search_for_its_key),
        cmocka_unit_test(a_failure_partway_gives_no_report),
        cmocka_unit_test(a_module_that_reports_no_mechanisms_is_not_checked),
        cmocka_unit_test(a_probe_of_a_token_that_is_pulled_out_is_an_error),
    };

    return cmocka_run_group_tests(tests, make_store, remove_store);
}
