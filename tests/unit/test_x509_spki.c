/* SPDX-License-Identifier: Apache-2.0 */
/* What is encoded here is byte for byte what OpenSSL encodes. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/rsa.h>

#include "x509/csr.h"
#include "x509/spki.h"

static EVP_PKEY *make_key(const char *kind)
{
    EVP_PKEY *key = strncmp(kind, "rsa-", 4) == 0  ? EVP_RSA_gen((unsigned)atoi(kind + 4))
                    : strcmp(kind, "ED25519") == 0 ? EVP_PKEY_Q_keygen(NULL, NULL, kind)
                                                   : EVP_EC_gen(kind);

    assert_non_null(key);
    return key;
}

static const char *const filled[] = { "rsa-1024",  "rsa-2048",  "rsa-3072",  "prime256v1",
                                      "secp384r1", "secp521r1", "secp256k1", "brainpoolP256r1" };

static void assert_same(EVP_PKEY *key, const unsigned char *der, int len)
{
    unsigned char *expected = NULL;

    assert_int_equal(i2d_PUBKEY(key, &expected), len);
    assert_memory_equal(expected, der, (size_t)len);
    OPENSSL_free(expected);
}

static void rsa_and_ec_keys_are_encoded_as_by_openssl(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof filled / sizeof *filled; i++) {
        PC_AUTO(EVP_PKEY) EVP_PKEY *key = make_key(filled[i]);
        PC_AUTO(X509_PUBKEY) X509_PUBKEY *info = X509_PUBKEY_new();
        unsigned char *der = NULL;

        assert_true(pc_spki_fill(info, key));
        const int len = i2d_X509_PUBKEY(info, &der);

        assert_same(key, der, len);
        OPENSSL_free(der);
    }
}

/* Exponents with and without a leading zero octet in DER. */
static void every_rsa_exponent_is_encoded_as_by_openssl(void **state)
{
    static const unsigned exponents[] = { 3, 17, 257, 65537, 0x80000001u };

    (void)state;
    for (size_t i = 0; i < sizeof exponents / sizeof *exponents; i++) {
        PC_AUTO(EVP_PKEY_CTX) EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
        PC_AUTO(BIGNUM) BIGNUM *exponent = BN_new();
        PC_AUTO(EVP_PKEY) EVP_PKEY *key = NULL;
        unsigned char *der = NULL;

        assert_true(BN_set_word(exponent, exponents[i]) == 1 && EVP_PKEY_keygen_init(context) == 1 &&
                    EVP_PKEY_CTX_set1_rsa_keygen_pubexp(context, exponent) == 1 &&
                    EVP_PKEY_generate(context, &key) == 1);
        const int len = pc_spki_der(key, &der);

        assert_same(key, der, len);
        OPENSSL_free(der);
    }
}

static void an_ec_key_with_a_compressed_point_is_encoded_as_by_openssl(void **state)
{
    PC_AUTO(EVP_PKEY) EVP_PKEY *key = make_key("prime256v1");
    unsigned char *der = NULL;

    (void)state;
    assert_int_equal(EVP_PKEY_set_utf8_string_param(key, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, "compressed"), 1);
    const int len = pc_spki_der(key, &der);

    assert_same(key, der, len);
    OPENSSL_free(der);
}

static void other_kinds_are_left_to_openssl(void **state)
{
    PC_AUTO(EVP_PKEY) EVP_PKEY *key = make_key("ED25519");
    PC_AUTO(X509_PUBKEY) X509_PUBKEY *info = X509_PUBKEY_new();
    PC_AUTO(X509_PUBKEY) X509_PUBKEY *made = pc_spki_of(key);
    unsigned char *der = NULL;

    (void)state;
    assert_false(pc_spki_fill(info, key));
    assert_non_null(made);
    const int len = i2d_X509_PUBKEY(made, &der);

    assert_same(key, der, len);
    OPENSSL_free(der);
}

static void a_request_contains_the_key_that_was_set(void **state)
{
    static const char *const kinds[] = { "rsa-2048", "secp384r1", "ED25519" };

    (void)state;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        PC_AUTO(EVP_PKEY) EVP_PKEY *key = make_key(kinds[i]);
        PC_AUTO(X509_REQ) X509_REQ *csr = X509_REQ_new();
        PC_AUTO(X509_REQ) X509_REQ *read = NULL;
        unsigned char *der = NULL;

        assert_true(pc_csr_set_public_key(csr, key));
        assert_true(X509_REQ_sign(csr, key, strcmp(kinds[i], "ED25519") == 0 ? NULL : EVP_sha256()) > 0);
        const int len = i2d_X509_REQ(csr, &der);
        const unsigned char *cursor = der;

        assert_true(len > 0);
        read = d2i_X509_REQ(NULL, &cursor, len);
        assert_non_null(read);
        assert_int_equal(EVP_PKEY_eq(X509_REQ_get0_pubkey(read), key), 1);
        assert_int_equal(X509_REQ_verify(read, key), 1);
        OPENSSL_free(der);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rsa_and_ec_keys_are_encoded_as_by_openssl),
        cmocka_unit_test(every_rsa_exponent_is_encoded_as_by_openssl),
        cmocka_unit_test(an_ec_key_with_a_compressed_point_is_encoded_as_by_openssl),
        cmocka_unit_test(other_kinds_are_left_to_openssl),
        cmocka_unit_test(a_request_contains_the_key_that_was_set),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
