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
static pc_raw_extension raw[] = { { "1.2.3.4", false, null_der, 2 } };

static void issuer_takes_uses_and_names_and_names_the_rest(void **state)
{
    const place *where = *state;
    const pc_request request = { .subject = made_subject(), .has_key_usage = true, .key_usage = 0xa0, .ekus = ekus, .eku_count = 1,
                                 .alt_names = names, .alt_name_count = 1, .template_name = "Web",
                                 .basic_constraints = { .present = true, .is_ca = true }, .raw_extensions = raw,
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

static pc_status take(const place *where, STACK_OF(X509_EXTENSION) *standard, STACK_OF(X509_EXTENSION) *old, pc_error *err)
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
    const pc_certificate_plan ca_plan = { .subject = name, .public_key = where->key, .is_ca = true, .not_after_sec = 86400 };

    assert_int_equal(pc_certificate_build(&ca_plan, &ca, NULL), PC_OK);
    assert_true(X509_sign(ca, where->key, EVP_sha256()) > 0);
    assert_string_equal(extension_hex(X509_get0_extensions(ca), "2.5.29.19", &critical, hex), "30030101ff");
    assert_int_equal(critical, 1);
    (void)extension_hex(X509_get0_extensions(ca), "2.5.29.14", &critical, ca_id);

    const pc_certificate_plan leaf_plan = { .subject = name, .public_key = where->key, .issuer = ca, .not_after_sec = 86400 };

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

static void the_renewal_counts_even_if_it_ends_sooner(void **state)
{
    static const struct {
        pc_validity a;
        pc_validity b;
        bool supersedes;
    } rows[] = {
        { { 200, 1100 }, { 100, 2000 }, true },   /* issued later, ends sooner */
        { { 100, 2000 }, { 200, 1100 }, false },
        { { 200, 900 }, { 100, 2000 }, false },   /* issued later, but ended */
        { { 100, 2000 }, { 200, 900 }, true },
        { { 200, 900 }, { 100, 950 }, true },     /* both ended */
        { { 100, 2000 }, { 100, 1500 }, true },   /* of the same moment */
        { { 100, 2000 }, { 100, 2000 }, false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(pc_validity_supersedes(rows[i].a, rows[i].b, 1000), rows[i].supersedes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_renewal_counts_even_if_it_ends_sooner),
        cmocka_unit_test(issuer_takes_uses_and_names_and_names_the_rest),
        cmocka_unit_test(two_different_names_in_two_attributes_are_refused),
        cmocka_unit_test(request_for_a_ca_is_refused),
        cmocka_unit_test(certificate_is_built_as_planned),
    };

    return cmocka_run_group_tests(tests, make_place, remove_place);
}
