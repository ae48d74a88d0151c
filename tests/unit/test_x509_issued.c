/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "common_name.h"
#include "x509/show/issued.h"
#include "x509_request.h"

static const char *ekus[] = { PC_OID_SERVER_AUTH, PC_OID_CLIENT_AUTH };
static pc_alt_name names[] = {
    { .kind = PC_ALT_DNS, .text = "server.contoso.com" },
    { .kind = PC_ALT_DNS, .text = "alias.contoso.com" },
};

/* What the CA does with the request: extensions in OpenSSL's spelling. */
typedef struct {
    const char *common_name;
    const char *alt_names;
    const char *eku;
    const char *key_usage;
    const char *basic_constraints;
    long days;
    long start_sec; /* from now */
} issue_plan;

static const issue_plan faithful = {
    .common_name = "server.contoso.com",
    .alt_names = "DNS:server.contoso.com,DNS:alias.contoso.com",
    .eku = "serverAuth,clientAuth",
    .key_usage = "critical,digitalSignature,keyEncipherment",
    .days = 365,
};

static EVP_PKEY *key;
static X509_REQ *csr;

static int make_request(void **state)
{
    (void)state;
    const pc_request request = {
        .subject = made_subject(),
        .alt_names = names,
        .alt_name_count = 2,
        .has_key_usage = true,
        .key_usage = PC_KU_DIGITAL_SIGNATURE | PC_KU_KEY_ENCIPHERMENT,
        .ekus = ekus,
        .eku_count = 2,
    };

    key = made_key();
    csr = made_csr(&request, NULL, key);
    return 0;
}

static int remove_request(void **state)
{
    (void)state;
    X509_REQ_free(csr);
    EVP_PKEY_free(key);
    return 0;
}

static void add(X509 *certificate, int nid, const char *value)
{
    X509_EXTENSION *extension = value ? X509V3_EXT_conf_nid(NULL, NULL, nid, value) : NULL;

    assert_true(!value || extension);
    assert_true(!value || X509_add_ext(certificate, extension, -1) == 1);
    X509_EXTENSION_free(extension);
}

static X509 *issue(const issue_plan *plan, EVP_PKEY *public_key)
{
    X509 *certificate = X509_new();

    assert_non_null(certificate);
    assert_int_equal(X509_set_version(certificate, X509_VERSION_3), 1);
    set_subject(certificate, plan->common_name);
    assert_int_equal(X509_set_pubkey(certificate, public_key), 1);
    assert_non_null(X509_gmtime_adj(X509_getm_notBefore(certificate), plan->start_sec));
    assert_non_null(X509_gmtime_adj(X509_getm_notAfter(certificate), plan->days * 24 * 60 * 60));
    add(certificate, NID_subject_alt_name, plan->alt_names);
    add(certificate, NID_ext_key_usage, plan->eku);
    add(certificate, NID_key_usage, plan->key_usage);
    add(certificate, NID_basic_constraints, plan->basic_constraints);
    assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
    return certificate;
}

/* Expects just this one sentence; NULL: none. */
static void expect(const issue_plan *plan, const issue_plan *old_plan, const char *sentence)
{
    pc_arena *arena = pc_arena_new();
    X509 *certificate = issue(plan, key);
    X509 *old = old_plan ? issue(old_plan, key) : NULL;
    pc_departures departures = { .count = 99 };

    assert_int_equal(pc_issued_compare(&(pc_issued){ csr, certificate, old }, arena, &departures, NULL), PC_OK);
    assert_int_equal(departures.count, sentence ? 1 : 0);
    if (sentence) {
        assert_memory_equal(departures.items[0], sentence, strlen(sentence));
    }
    X509_free(certificate);
    X509_free(old);
    pc_arena_free(arena);
}

static void a_faithful_certificate_departs_in_nothing(void **state)
{
    issue_plan plan = faithful;

    (void)state;
    expect(&faithful, NULL, NULL);
    expect(&faithful, &faithful, NULL);
    plan.basic_constraints = "CA:FALSE"; /* not requested: the CA's choice */
    expect(&plan, NULL, NULL);
}

static void each_departure_is_reported(void **state)
{
    issue_plan plan = faithful;

    (void)state;
    plan.common_name = "other.contoso.com";
    expect(&plan, NULL, "subject: requested CN=server.contoso.com, issued with CN=other.contoso.com");
    plan = faithful;
    plan.alt_names = "DNS:server.contoso.com";
    expect(&plan, NULL, "subject alternative names: requested DNS:alias.contoso.com, which the certificate lacks");
    plan.alt_names = NULL;
    expect(&plan, NULL,
           "subject alternative names: requested DNS:server.contoso.com, DNS:alias.contoso.com, which the "
           "certificate lacks");
    plan.alt_names = "DNS:server.contoso.com,DNS:alias.contoso.com,DNS:more.contoso.com";
    expect(&plan, NULL, "subject alternative names: the CA added DNS:more.contoso.com");
    plan = faithful;
    plan.eku = "serverAuth";
    expect(&plan, NULL,
           "extended key usage: requested 1.3.6.1.5.5.7.3.2 (TLS Web Client Authentication), which the "
           "certificate lacks");
    plan = faithful;
    plan.key_usage = "critical,digitalSignature";
    expect(&plan, NULL, "key usage: requested Digital Signature, Key Encipherment, issued with Digital Signature");
}

static void a_shorter_validity_is_reported(void **state)
{
    issue_plan plan = faithful;

    (void)state;
    plan.days = 364;
    expect(&plan, NULL, NULL);
    expect(&plan, &faithful, "validity: 364 days; the certificate it renews had 365");
    plan.days = 29;
    expect(&plan, NULL, "validity: only 29 days");
    plan.days = 30;
    expect(&plan, NULL, NULL);
}

/* By the clock of this machine, which may be the wrong one. */
static void a_certificate_that_is_not_valid_yet_is_reported(void **state)
{
    issue_plan plan = faithful;

    (void)state;
    plan.start_sec = 30;
    expect(&plan, NULL, NULL);
    plan.start_sec = 3600;
    expect(&plan, NULL, "validity: not valid until 20");
}

static void a_certificate_for_another_key_is_refused(void **state)
{
    pc_arena *arena = pc_arena_new();
    EVP_PKEY *other = made_key();
    X509 *certificate = issue(&faithful, other);
    pc_departures departures;

    (void)state;
    assert_int_equal(pc_issued_compare(&(pc_issued){ csr, certificate, NULL }, arena, &departures, NULL), PC_E_VERIFY);
    X509_free(certificate);
    EVP_PKEY_free(other);
    pc_arena_free(arena);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_faithful_certificate_departs_in_nothing),
        cmocka_unit_test(each_departure_is_reported),
        cmocka_unit_test(a_shorter_validity_is_reported),
        cmocka_unit_test(a_certificate_that_is_not_valid_yet_is_reported),
        cmocka_unit_test(a_certificate_for_another_key_is_refused),
    };

    return cmocka_run_group_tests(tests, make_request, remove_request);
}
