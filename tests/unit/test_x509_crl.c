/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "x509/crl.h"
#include "x509_made.h"

/* A root, another of the same name with another key, and one of another name with the root's key. */
typedef struct {
    EVP_PKEY *key, *other_key;
    X509 *root, *other, *renamed;
} family;

static int make_family(void **state)
{
    static family made;

    made.key = made_key();
    made.other_key = made_key();
    made.root = made_certificate(&(made_plan){ "Root", made.key, NULL, NULL, true, -1, 100 });
    made.other = made_certificate(&(made_plan){ "Root", made.other_key, NULL, NULL, true, -1, 100 });
    made.renamed = made_certificate(&(made_plan){ "Other Root", made.key, NULL, NULL, true, -1, 100 });
    *state = &made;
    return 0;
}

static int free_family(void **state)
{
    family *made = *state;

    EVP_PKEY_free(made->key);
    EVP_PKEY_free(made->other_key);
    X509_free(made->root);
    X509_free(made->other);
    X509_free(made->renamed);
    return 0;
}

/* next_sec: from now; 0: no nextUpdate. */
static X509_CRL *made_crl(const family *f, long next_sec, bool delta)
{
    X509_CRL *crl = X509_CRL_new();
    PC_AUTO(ASN1_STRING) ASN1_TIME *last = X509_gmtime_adj(NULL, -7200);
    PC_AUTO(ASN1_STRING) ASN1_TIME *next = next_sec ? X509_gmtime_adj(NULL, next_sec) : NULL;

    assert_non_null(crl);
    assert_int_equal(1, X509_CRL_set_version(crl, 1));
    assert_int_equal(1, X509_CRL_set_issuer_name(crl, X509_get_subject_name(f->root)));
    assert_int_equal(1, X509_CRL_set1_lastUpdate(crl, last));
    assert_int_equal(1, next ? X509_CRL_set1_nextUpdate(crl, next) : 1);
    if (delta) {
        PC_AUTO(ASN1_STRING) ASN1_INTEGER *base = ASN1_INTEGER_new();

        assert_int_equal(1, ASN1_INTEGER_set(base, 1));
        assert_int_equal(1, X509_CRL_add1_ext_i2d(crl, NID_delta_crl, base, 1, X509V3_ADD_DEFAULT));
    }
    assert_true(X509_CRL_sign(crl, f->key, EVP_sha256()) > 0);
    return crl;
}

static void only_a_whole_crl_of_the_issuer_is_taken(void **state)
{
    const family *f = *state;
    const struct {
        const char *says;
        X509 *issuer;
        bool delta;
        pc_status expected;
    } rows[] = {
        { "", f->root, false, PC_OK },
        { "signature", f->other, false, PC_E_VERIFY },
        { "issuer named in the CRL", f->renamed, false, PC_E_VERIFY },
        { "delta", f->root, true, PC_E_VERIFY },
    };

    for (size_t i = 0; i < PC_COUNT(rows); i++) {
        PC_AUTO(X509_CRL) X509_CRL *crl = made_crl(f, 7200, rows[i].delta);
        pc_error err = { .status = PC_OK };

        assert_int_equal(rows[i].expected, pc_crl_verify(crl, rows[i].issuer, &err));
        assert_non_null(strstr(err.frames[0], rows[i].says));
    }
}

static void a_key_that_should_have_a_successor_is_stale(void **state)
{
    const family *f = *state;
    PC_AUTO(X509_CRL) X509_CRL *fresh = made_crl(f, 7200, false);
    PC_AUTO(X509_CRL) X509_CRL *past = made_crl(f, -3600, false);
    PC_AUTO(X509_CRL) X509_CRL *endless = made_crl(f, 0, false);

    assert_false(pc_crl_is_stale(fresh));
    assert_true(pc_crl_is_stale(past));
    assert_true(pc_crl_is_stale(endless));
}

static void der_is_read_whole_or_not_at_all(void **state)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    PC_AUTO(X509_CRL) X509_CRL *crl = made_crl(*state, 7200, false);
    pc_bytes der = { .len = 0 };
    pc_error err = { .status = PC_OK };

    assert_int_equal(PC_OK, pc_crl_to_der(crl, arena, &der, &err));
    for (size_t cut = 0; cut <= der.len; cut++) {
        PC_AUTO(X509_CRL) X509_CRL *read = NULL;

        assert_int_equal(cut == der.len ? PC_OK : PC_E_INPUT,
                         pc_crl_read((pc_bytes){ der.data, cut }, "it", &read, &err));
    }
    uint8_t *longer = pc_arena_alloc(arena, der.len + 1);
    X509_CRL *none = NULL;

    memcpy(longer, der.data, der.len);
    longer[der.len] = 1;
    assert_int_equal(PC_E_INPUT, pc_crl_read((pc_bytes){ longer, der.len + 1 }, "it", &none, &err));
    assert_int_equal(PC_E_INPUT, pc_crl_read((pc_bytes){ (const uint8_t *)"<html>", 6 }, "it", &none, &err));
}

static void pem_is_understood(void **state)
{
    PC_AUTO(X509_CRL) X509_CRL *crl = made_crl(*state, 7200, false);
    PC_AUTO(X509_CRL) X509_CRL *read = NULL;
    PC_AUTO(BIO) BIO *out = BIO_new(BIO_s_mem());
    char *text = NULL;
    pc_error err = { .status = PC_OK };

    assert_int_equal(1, PEM_write_bio_X509_CRL(out, crl));
    long len = BIO_get_mem_data(out, &text);

    assert_int_equal(PC_OK, pc_crl_read((pc_bytes){ (const uint8_t *)text, (size_t)len }, "it", &read, &err));
    assert_int_equal(1, X509_CRL_verify(read, ((const family *)*state)->key));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_a_whole_crl_of_the_issuer_is_taken),
        cmocka_unit_test(a_key_that_should_have_a_successor_is_stale),
        cmocka_unit_test(der_is_read_whole_or_not_at_all),
        cmocka_unit_test(pem_is_understood),
    };

    return cmocka_run_group_tests(tests, make_family, free_family);
}
