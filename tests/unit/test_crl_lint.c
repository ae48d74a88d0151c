/* SPDX-License-Identifier: Apache-2.0 */
/* Each rule for CRLs, with one mistake in a CRL that is otherwise correct. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <time.h>

#include "app/crl/lint.h"
#include "x509/crl_build.h"
#include "x509_made.h"

PC_AUTO_DEFINE(X509_REVOKED, X509_REVOKED, X509_REVOKED_free);
PC_AUTO_DEFINE(ASN1_ENUMERATED, ASN1_ENUMERATED, ASN1_ENUMERATED_free);

typedef struct {
    EVP_PKEY *key;
    X509 *root, *renamed;
    int64_t now_sec;
} world;

static int make_world(void **state)
{
    static world made;

    made.key = made_key();
    made.root = made_certificate(&(made_plan){ "Root", made.key, NULL, NULL, true, -1, 100 });
    made_extension(made.root, made.root, NID_subject_key_identifier, "hash");
    made.renamed = made_certificate(&(made_plan){ "Other Root", made.key, NULL, NULL, true, -1, 100 });
    made.now_sec = (int64_t)time(NULL);
    *state = &made;
    return 0;
}

static int free_world(void **state)
{
    world *made = *state;

    EVP_PKEY_free(made->key);
    X509_free(made->root);
    X509_free(made->renamed);
    return 0;
}

static X509_CRL *build(const world *w, pc_revocation_reason reason)
{
    static const uint8_t serial[] = { 0x77 };
    PC_AUTO(BIGNUM) BIGNUM *number = BN_new();
    pc_revoked revoked = { .serial = { serial, 1 }, .time_sec = w->now_sec - 60, .reason = reason };
    X509_CRL *crl = NULL;
    pc_error err = { .status = PC_OK };

    assert_int_equal(1, BN_set_word(number, 7));
    const char *urls[] = { "http://pki.example.com/root.crl" };
    const pc_crl_plan plan = {
        .issuer = w->root,
        .revoked = &revoked,
        .count = 1,
        .this_update_sec = w->now_sec,
        .next_update_sec = w->now_sec + 86400,
        .number = number,
        .urls = { urls, 1 },
    };

    assert_int_equal(PC_OK, pc_crl_build(&plan, &crl, &err));
    return crl;
}

static void drop(X509_CRL *crl, int nid)
{
    X509_EXTENSION_free(X509_CRL_delete_ext(crl, X509_CRL_get_ext_by_NID(crl, nid, -1)));
}

/* --- mistakes --- */

static void set_version_1(X509_CRL *crl)
{
    assert_int_equal(1, X509_CRL_set_version(crl, X509_CRL_VERSION_1));
}

static void set_next(X509_CRL *crl, int64_t sec)
{
    PC_AUTO(ASN1_STRING) ASN1_TIME *time = ASN1_TIME_set(NULL, (time_t)sec);

    assert_int_equal(1, X509_CRL_set1_nextUpdate(crl, time));
}

static void end_at_once(X509_CRL *crl)
{
    set_next(crl, 1000000000);
}

static void write_long_year(X509_CRL *crl)
{
    PC_AUTO(ASN1_STRING) ASN1_TIME *time = ASN1_GENERALIZEDTIME_set(NULL, (time_t)2000000000);

    assert_int_equal(1, X509_CRL_set1_nextUpdate(crl, time));
}

static void start_tomorrow(X509_CRL *crl)
{
    PC_AUTO(ASN1_STRING) ASN1_TIME *when = ASN1_TIME_set(NULL, time(NULL) + 86000);

    assert_int_equal(1, X509_CRL_set1_lastUpdate(crl, when));
}

static void start_before_the_last(X509_CRL *crl)
{
    PC_AUTO(ASN1_STRING) ASN1_TIME *when = ASN1_TIME_set(NULL, time(NULL) - 86000);

    assert_int_equal(1, X509_CRL_set1_lastUpdate(crl, when));
}

static void drop_number(X509_CRL *crl)
{
    drop(crl, NID_crl_number);
}

static void set_number(X509_CRL *crl, long value, int critical)
{
    PC_AUTO(ASN1_STRING) ASN1_INTEGER *number = ASN1_INTEGER_new();

    drop_number(crl);
    assert_int_equal(1, ASN1_INTEGER_set(number, value));
    assert_int_equal(1, X509_CRL_add1_ext_i2d(crl, NID_crl_number, number, critical, X509V3_ADD_DEFAULT));
}

static void repeat_number(X509_CRL *crl)
{
    set_number(crl, 6, 0);
}

static void make_number_critical(X509_CRL *crl)
{
    set_number(crl, 7, 1);
}

static void drop_key_id(X509_CRL *crl)
{
    drop(crl, NID_authority_key_identifier);
}

static void make_point_optional(X509_CRL *crl)
{
    int place = X509_CRL_get_ext_by_NID(crl, NID_issuing_distribution_point, -1);
    X509_EXTENSION *point = X509_CRL_delete_ext(crl, place); /* OpenSSL 4 lets nobody write to one inside a CRL */

    assert_int_equal(1, X509_EXTENSION_set_critical(point, 0));
    assert_int_equal(1, X509_CRL_add_ext(crl, point, place));
    X509_EXTENSION_free(point);
}

static void make_delta(X509_CRL *crl)
{
    PC_AUTO(ASN1_STRING) ASN1_INTEGER *base = ASN1_INTEGER_new();

    assert_int_equal(1, ASN1_INTEGER_set(base, 1));
    assert_int_equal(1, X509_CRL_add1_ext_i2d(crl, NID_delta_crl, base, 1, X509V3_ADD_DEFAULT));
}

static void add_entry(X509_CRL *crl, long serial_number, long reason)
{
    PC_AUTO(X509_REVOKED) X509_REVOKED *entry = X509_REVOKED_new();
    PC_AUTO(ASN1_STRING) ASN1_INTEGER *serial = ASN1_INTEGER_new();
    PC_AUTO(ASN1_STRING) ASN1_TIME *when = ASN1_TIME_set(NULL, time(NULL) - 60);
    PC_AUTO(ASN1_ENUMERATED) ASN1_ENUMERATED *value = ASN1_ENUMERATED_new();

    assert_int_equal(1, ASN1_INTEGER_set(serial, serial_number));
    assert_int_equal(1, ASN1_ENUMERATED_set(value, reason));
    assert_int_equal(1, X509_REVOKED_set_serialNumber(entry, serial));
    assert_int_equal(1, X509_REVOKED_set_revocationDate(entry, when));
    assert_int_equal(1, X509_REVOKED_add1_ext_i2d(entry, NID_crl_reason, value, 0, 0));
    assert_int_equal(1, X509_CRL_add0_revoked(crl, PC_TAKE(entry)));
    assert_int_equal(1, X509_CRL_sort(crl));
}

static void revoke_twice(X509_CRL *crl)
{
    add_entry(crl, 0x77, 4);
}

static void say_unspecified(X509_CRL *crl)
{
    add_entry(crl, 0x78, 0);
}

static void say_removed(X509_CRL *crl)
{
    add_entry(crl, 0x78, 8);
}

static void say_what_has_no_meaning(X509_CRL *crl)
{
    add_entry(crl, 0x78, 7);
}

/* --- the rules --- */

static pc_status judge(const world *w, X509_CRL *crl, X509 *issuer, const EVP_MD *md, pc_error *err)
{
    PC_AUTO(BIGNUM) BIGNUM *before = BN_new();

    assert_int_equal(1, BN_set_word(before, 6));
    assert_true(X509_CRL_sign(crl, w->key, md) > 0);
    const pc_crl_draft draft = { .crl = crl,
                                 .issuer = issuer,
                                 .previous_number = before,
                                 .previous_sec = w->now_sec - 3600,
                                 .now_sec = w->now_sec + 5 };

    return pc_crl_lint(&draft, err);
}

static void a_crl_that_is_built_passes(void **state)
{
    const world *w = *state;
    static const pc_revocation_reason reasons[] = { PC_REASON_UNSPECIFIED, PC_REASON_KEY_COMPROMISE,
                                                    PC_REASON_CERTIFICATE_HOLD, PC_REASON_AA_COMPROMISE };

    for (size_t i = 0; i < PC_COUNT(reasons); i++) {
        PC_AUTO(X509_CRL) X509_CRL *crl = build(w, reasons[i]);
        pc_error err = { .status = PC_OK };

        pc_status status = judge(w, crl, w->root, EVP_sha256(), &err);

        assert_string_equal("", err.frames[0]);
        assert_int_equal(PC_OK, status);
    }
}

static void each_rule_finds_what_breaks_it(void **state)
{
    static const struct {
        void (*spoil)(X509_CRL *);
        const char *rule;
    } rows[] = {
        { set_version_1, "CRL-VERSION" },
        { end_at_once, "CRL-NEXT" },
        { write_long_year, "CRL-NEXT" },
        { start_tomorrow, "CRL-THIS" },
        { start_before_the_last, "CRL-THIS" },
        { drop_number, "CRL-NUMBER" },
        { repeat_number, "CRL-NUMBER" },
        { make_number_critical, "CRL-NUMBER" },
        { drop_key_id, "CRL-KEYID" },
        { make_point_optional, "CRL-POINT" },
        { make_delta, "CRL-COMPLETE" },
        { revoke_twice, "CRL-ENTRIES" },
        { say_unspecified, "CRL-ENTRIES" },
        { say_removed, "CRL-ENTRIES" },
        { say_what_has_no_meaning, "CRL-ENTRIES" },
    };
    const world *w = *state;

    for (size_t i = 0; i < PC_COUNT(rows); i++) {
        PC_AUTO(X509_CRL) X509_CRL *crl = build(w, PC_REASON_SUPERSEDED);
        pc_error err = { .status = PC_OK };

        rows[i].spoil(crl);
        assert_int_equal(PC_E_REFUSED, judge(w, crl, w->root, EVP_sha256(), &err));
        assert_int_equal(0, strncmp(err.frames[0], rows[i].rule, strlen(rows[i].rule)));
        assert_int_equal(2, err.frame_count); /* that rule and no other */
    }
}

static void the_issuer_and_the_digest_are_judged(void **state)
{
    const world *w = *state;
    PC_AUTO(X509_CRL) X509_CRL *crl = build(w, PC_REASON_SUPERSEDED);
    pc_error err = { .status = PC_OK };

    assert_int_equal(PC_E_REFUSED, judge(w, crl, w->renamed, EVP_sha256(), &err));
    assert_non_null(strstr(err.frames[0], "CRL-ISSUER"));
    assert_int_equal(PC_E_REFUSED, judge(w, crl, w->root, EVP_sha1(), &err));
    assert_non_null(strstr(err.frames[0], "CRL-ALGORITHM"));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_crl_that_is_built_passes),
        cmocka_unit_test(each_rule_finds_what_breaks_it),
        cmocka_unit_test(the_issuer_and_the_digest_are_judged),
    };

    return cmocka_run_group_tests(tests, make_world, free_world);
}
