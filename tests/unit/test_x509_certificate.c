/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "x509/certificate.h"
#include "x509_request.h"

typedef struct {
    EVP_PKEY *key;
    pc_arena *arena;
} place;

static int make_place(void **state)
{
    static place made;

    made.key = made_key();
    made.arena = pc_arena_new();
    *state = &made;
    return 0;
}

static int remove_place(void **state)
{
    const place *made = *state;

    EVP_PKEY_free(made->key);
    pc_arena_free(made->arena);
    return 0;
}

static const char *ekus[] = { PC_OID_SERVER_AUTH };
static pc_alt_name names[] = { { .kind = PC_ALT_DNS, .text = "a.contoso.com" } };
static const uint8_t null_der[] = { 0x05, 0x00 };
static pc_raw_extension raw[] = { { "1.2.3.4", false, { null_der, 2 } } };

static void issuer_takes_uses_and_names_and_names_the_rest(void **state)
{
    const place *where = *state;
    const pc_request request = { .subject = made_subject(),
                                 .has_key_usage = true,
                                 .key_usage = 0xa0,
                                 .ekus = ekus,
                                 .eku_count = 1,
                                 .alt_names = names,
                                 .alt_name_count = 1,
                                 .template_name = "Web",
                                 .basic_constraints = { .present = true, .is_ca = true },
                                 .raw_extensions = raw,
                                 .raw_extension_count = 1 };
    X509_REQ *csr = made_csr(&request, NULL, where->key);
    STACK_OF(X509_EXTENSION) *taken = NULL;
    const char *left_out = NULL;
    char hex[4096];
    int critical = -1;

    assert_int_equal(pc_certificate_take_extensions(csr, where->arena, &taken, &left_out, NULL), PC_OK);
    assert_int_equal(sk_X509_EXTENSION_num(taken), 3);
    assert_string_equal(extension_hex(taken, "2.5.29.15", &critical, hex), "030205a0");
    assert_non_null(extension_of(taken, "2.5.29.37"));
    assert_non_null(extension_of(taken, "2.5.29.17"));
    assert_string_equal(left_out, "1.3.6.1.4.1.311.20.2, X509v3 Basic Constraints, 1.2.3.4");
    sk_X509_EXTENSION_pop_free(taken, X509_EXTENSION_free);
    X509_REQ_free(csr);
}

static pc_status take(const place *where, STACK_OF(X509_EXTENSION) *standard, STACK_OF(X509_EXTENSION) *old,
                      pc_error *err)
{
    X509_REQ *csr = X509_REQ_new();
    STACK_OF(X509_EXTENSION) *taken = NULL;
    const char *left_out = NULL;

    assert_int_equal(X509_REQ_add_extensions(csr, standard), 1);
    assert_int_equal(!old || X509_REQ_add_extensions_nid(csr, old, NID_ms_ext_req) == 1, 1);
    pc_status status = pc_certificate_take_extensions(csr, where->arena, &taken, &left_out, err);

    sk_X509_EXTENSION_pop_free(taken, X509_EXTENSION_free);
    X509_REQ_free(csr);
    return status;
}

static void two_different_names_in_two_attributes_are_refused(void **state)
{
    const place *where = *state;
    pc_alt_name other[] = { { .kind = PC_ALT_DNS, .text = "evil.contoso.com" } };
    pc_extension_list one = NULL;
    pc_extension_list two = NULL;
    pc_error err = { .status = PC_OK };

    assert_int_equal(pc_extension_add_alt_names(&one, names, 1, false, NULL), PC_OK);
    assert_int_equal(pc_extension_add_alt_names(&two, other, 1, false, NULL), PC_OK);
    assert_int_equal(take(where, one, one, NULL), PC_OK);
    assert_int_equal(take(where, one, two, &err), PC_E_INPUT);
    assert_non_null(strstr(err.frames[0], "two extensions"));
    sk_X509_EXTENSION_pop_free(one, X509_EXTENSION_free);
    sk_X509_EXTENSION_pop_free(two, X509_EXTENSION_free);
}

static const struct {
    const char *name;
    unsigned key_usage;
    pc_status status;
} uses[] = {
    { "server", 0xa0, PC_OK },
    { "signs certificates", PC_KU_KEY_CERT_SIGN, PC_E_INPUT },
    { "signs CRLs", 0x80 | PC_KU_CRL_SIGN, PC_E_INPUT },
};

static void request_for_a_ca_is_refused(void **state)
{
    const place *where = *state;

    for (size_t i = 0; i < sizeof uses / sizeof *uses; i++) {
        pc_extension_list list = NULL;

        assert_int_equal(pc_extension_add_key_usage(&list, uses[i].key_usage, true, NULL), PC_OK);
        if (take(where, list, NULL, NULL) != uses[i].status) {
            fail_msg("%s", uses[i].name);
        }
        sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
    }
}

static void certificate_is_built_as_planned(void **state)
{
    const place *where = *state;
    X509_NAME *name = X509_NAME_new();
    X509 *ca = NULL;
    X509 *leaf = NULL;
    char hex[4096];
    char ca_id[4096];
    int critical = -1;
    const pc_certificate_plan ca_plan = {
        .subject = name, .public_key = where->key, .is_ca = true, .not_after_sec = 86400
    };

    assert_int_equal(pc_certificate_build(&ca_plan, &ca, NULL), PC_OK);
    assert_true(X509_sign(ca, where->key, EVP_sha256()) > 0);
    assert_string_equal(extension_hex(X509_get0_extensions(ca), "2.5.29.19", &critical, hex), "30030101ff");
    assert_int_equal(critical, 1);
    (void)extension_hex(X509_get0_extensions(ca), "2.5.29.14", &critical, ca_id);

    const pc_certificate_plan leaf_plan = {
        .subject = name, .public_key = where->key, .issuer = ca, .not_after_sec = 86400
    };

    assert_int_equal(pc_certificate_build(&leaf_plan, &leaf, NULL), PC_OK);
    assert_int_equal(X509_get_version(leaf), X509_VERSION_3);
    assert_string_equal(extension_hex(X509_get0_extensions(leaf), "2.5.29.19", &critical, hex), "3000");
    (void)extension_hex(X509_get0_extensions(leaf), "2.5.29.35", &critical, hex);
    assert_non_null(strstr(hex, ca_id + 4));
    assert_int_not_equal(ASN1_INTEGER_cmp(X509_get0_serialNumber(ca), X509_get0_serialNumber(leaf)), 0);
    X509_NAME_free(name);
    X509_free(ca);
    X509_free(leaf);
}

/** A certificate that has times and a serial number, and nothing else. */
typedef struct {
    int64_t not_before_sec;
    int64_t not_after_sec;
    long serial;
} dates;

static X509 *dated(const dates *wanted)
{
    X509 *certificate = X509_new();

    assert_non_null(certificate);
    assert_non_null(ASN1_TIME_set(X509_getm_notBefore(certificate), (time_t)wanted->not_before_sec));
    assert_non_null(ASN1_TIME_set(X509_getm_notAfter(certificate), (time_t)wanted->not_after_sec));
    assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(certificate), wanted->serial), 1);
    return certificate;
}

static void the_current_certificate_is_valid_then_issued_last_then_ends_last(void **state)
{
    static const struct {
        const char *name;
        dates current;
        dates other;
    } rows[] = {
        { "issued later, ends sooner", { 200, 1100, 1 }, { 100, 2000, 2 } },
        { "the later one has expired", { 100, 2000, 1 }, { 200, 900, 2 } },
        { "the later one is not valid yet", { 100, 2000, 1 }, { 1500, 3000, 2 } },
        { "both expired", { 200, 900, 1 }, { 100, 950, 2 } },
        { "one expired, one not valid yet", { 1500, 3000, 1 }, { 100, 900, 2 } },
        { "issued at the same moment", { 100, 2000, 1 }, { 100, 1500, 2 } },
        { "the same times", { 100, 2000, 2 }, { 100, 2000, 1 } },
        { "ends this second", { 100, 1000, 1 }, { 500, 999, 2 } },
        { "begins this second", { 1000, 2000, 1 }, { 100, 3000, 2 } },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        X509 *current = dated(&rows[i].current);
        X509 *other = dated(&rows[i].other);

        if (!pc_certificate_is_more_current(current, other, 1000) ||
            pc_certificate_is_more_current(other, current, 1000) ||
            pc_certificate_is_more_current(current, current, 1000)) {
            fail_msg("%s", rows[i].name);
        }
        X509_free(current);
        X509_free(other);
    }
}

static void certificates_of_one_plan_say_the_same(void **state)
{
    const place *where = *state;
    X509_NAME *name = X509_NAME_new();
    X509_NAME *other_name = X509_NAME_new();
    X509 *made[4] = { NULL };

    assert_int_equal(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)"a", -1, -1, 0), 1);
    assert_int_equal(X509_NAME_add_entry_by_txt(other_name, "CN", MBSTRING_UTF8, (const unsigned char *)"b", -1, -1, 0),
                     1);
    const pc_certificate_plan plans[] = {
        { .subject = name, .public_key = where->key, .is_ca = true, .not_after_sec = 86400 },
        { .subject = name, .public_key = where->key, .is_ca = true, .not_after_sec = 999999 },
        { .subject = other_name, .public_key = where->key, .is_ca = true, .not_after_sec = 86400 },
        { .subject = name, .public_key = where->key, .is_ca = false, .not_after_sec = 86400 },
    };

    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(pc_certificate_build(&plans[i], &made[i], NULL), PC_OK);
    }
    assert_true(pc_certificate_same_terms(made[0], made[1]));
    assert_false(pc_certificate_same_terms(made[0], made[2]));
    assert_false(pc_certificate_same_terms(made[0], made[3]));
    for (size_t i = 0; i < 4; i++) {
        X509_free(made[i]);
    }
    X509_NAME_free(name);
    X509_NAME_free(other_name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_current_certificate_is_valid_then_issued_last_then_ends_last),
        cmocka_unit_test(certificates_of_one_plan_say_the_same),
        cmocka_unit_test(issuer_takes_uses_and_names_and_names_the_rest),
        cmocka_unit_test(two_different_names_in_two_attributes_are_refused),
        cmocka_unit_test(request_for_a_ca_is_refused),
        cmocka_unit_test(certificate_is_built_as_planned),
    };

    return cmocka_run_group_tests(tests, make_place, remove_place);
}
