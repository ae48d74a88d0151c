/* SPDX-License-Identifier: Apache-2.0 */
/* Public keys only: their moduli are made to have a weakness, and nothing else is known about them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>

#include "x509/weak_key.h"
#include "x509_made.h"

#define EXPONENT "010001"

static EVP_PKEY *rsa_key(const BIGNUM *modulus, const char *exponent)
{
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    EVP_PKEY *key = NULL;
    BIGNUM *number = NULL;

    assert_true(BN_hex2bn(&number, exponent) > 0);
    assert_int_equal(OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, modulus), 1);
    assert_int_equal(OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, number), 1);
    OSSL_PARAM *parameters = OSSL_PARAM_BLD_to_param(build);

    assert_int_equal(EVP_PKEY_fromdata_init(context), 1);
    assert_int_equal(EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters), 1);
    OSSL_PARAM_free(parameters);
    OSSL_PARAM_BLD_free(build);
    EVP_PKEY_CTX_free(context);
    BN_free(number);
    return key;
}

/* @param expected  words of the fault; NULL: there is none */
static void expect_fault(EVP_PKEY *key, const char *expected)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    const char *fault = NULL;

    assert_non_null(key);
    assert_int_equal(pc_weak_key_fault(key, arena, &fault, NULL), PC_OK);
    if (!expected ? fault != NULL : !fault || !strstr(fault, expected)) {
        fail_msg("%s: %s", expected ? expected : "nothing", fault ? fault : "nothing");
    }
    EVP_PKEY_free(key);
}

static bool has_small_factor(const BIGNUM *number)
{
    for (BN_ULONG factor = 2; factor < 752; factor++) {
        if (BN_mod_word(number, factor) == 0) {
            return true;
        }
    }
    return false;
}

/* A number of so many bits, the given rest more than a multiple of the step, and without a factor below 752. */
static BIGNUM *modulus_of(int bits, const BIGNUM *step, BN_ULONG rest)
{
    BIGNUM *number = BN_new();
    BIGNUM *over = BN_new();
    BN_CTX *context = BN_CTX_new();

    assert_int_equal(BN_set_word(number, 0), 1);
    assert_int_equal(BN_set_bit(number, bits - 1), 1);
    assert_int_equal(BN_mod(over, number, step, context), 1);
    assert_int_equal(BN_sub(number, number, over), 1);
    assert_int_equal(BN_add_word(number, rest), 1);
    do {
        assert_int_equal(BN_add(number, number, step), 1);
    } while (has_small_factor(number));
    BN_free(over);
    BN_CTX_free(context);
    return number;
}

static EVP_PKEY *rsa_of(int bits, const char *exponent)
{
    BIGNUM *modulus = modulus_of(bits, BN_value_one(), 0);
    EVP_PKEY *key = rsa_key(modulus, exponent);

    BN_free(modulus);
    return key;
}

static void sizes_and_exponents_of_rsa_keys_are_judged(void **state)
{
    static const struct {
        int bits;
        const char *exponent;
        const char *expected;
    } rows[] = {
        { 2048, EXPONENT, NULL },
        { 4096, EXPONENT, NULL },
        { 2056, EXPONENT, NULL },
        { 2048, "010003", NULL },
        { 2040, EXPONENT, "2040 bits, and 2048 are the least" },
        { 1024, EXPONENT, "1024 bits" },
        { 2050, EXPONENT, "2050 bits, which is not a multiple of 8" },
        { 16392, EXPONENT, "16392 bits, and OpenSSL" },
        { 2048, "01", "exponent is 1," },
        { 2048, "03", "exponent is 3, and 65537 is the least" },
        { 2048, "FFFF", "exponent is 65535" },
        { 2048, "010002", "exponent is even" },
        { 2048, "010000000000000001", NULL },
        { 2048, "010000000000000000000000000000000000000000000000000000000000000001", "more than 256 bits" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        expect_fault(rsa_of(rows[i].bits, rows[i].exponent), rows[i].expected);
    }
}

static void a_modulus_with_a_small_factor_is_weak(void **state)
{
    BIGNUM *modulus = modulus_of(2041, BN_value_one(), 0);

    (void)state;
    assert_int_equal(BN_mul_word(modulus, 251), 1);
    expect_fault(rsa_key(modulus, EXPONENT), "the factor 251 ");
    BN_free(modulus);
}

/* 65537 modulo the product of the first 39 primes, as every prime of the faulty generator is a power of it. */
static void a_modulus_of_the_faulty_generator_is_weak(void **state)
{
    BIGNUM *product = BN_new();

    (void)state;
    assert_int_equal(BN_set_word(product, 1), 1);
    for (BN_ULONG number = 2; number <= 167; number++) {
        bool prime = true;

        for (BN_ULONG factor = 2; factor * factor <= number; factor++) {
            prime = prime && number % factor;
        }
        assert_int_equal(BN_mul_word(product, prime ? number : 1), 1);
    }
    BIGNUM *modulus = modulus_of(2048, product, 65537);

    expect_fault(rsa_key(modulus, EXPONENT), "ROCA");
    assert_int_equal(BN_add_word(modulus, 2), 1);
    while (has_small_factor(modulus)) {
        assert_int_equal(BN_add_word(modulus, 2), 1);
    }
    expect_fault(rsa_key(modulus, EXPONENT), NULL);
    BN_free(modulus);
    BN_free(product);
}

/* The product of two numbers whose distance has so many bits: the more, the more rounds Fermat's method takes. */
static EVP_PKEY *rsa_of_distance(int bits)
{
    BN_CTX *context = BN_CTX_new();
    BIGNUM *low = modulus_of(1024, BN_value_one(), 0);
    BIGNUM *high = BN_dup(low);
    BIGNUM *modulus = BN_new();
    BIGNUM *distance = BN_new();

    assert_int_equal(BN_set_word(distance, 0), 1);
    assert_int_equal(BN_set_bit(distance, bits), 1);
    assert_int_equal(BN_set_bit(low, 1022), 1); /* so that the product has 2048 bits */
    assert_int_equal(BN_set_bit(high, 1022), 1);
    while (has_small_factor(low)) {
        assert_int_equal(BN_add_word(low, 2), 1);
    }
    assert_int_equal(BN_add(high, low, distance), 1);
    while (has_small_factor(high)) {
        assert_int_equal(BN_add_word(high, 2), 1);
    }
    assert_int_equal(BN_mul(modulus, low, high, context), 1);
    EVP_PKEY *key = rsa_key(modulus, EXPONENT);

    BN_free(low);
    BN_free(high);
    BN_free(modulus);
    BN_free(distance);
    BN_CTX_free(context);
    return key;
}

static void primes_that_are_close_to_each_other_are_weak(void **state)
{
    (void)state;
    expect_fault(rsa_of_distance(20), "close to each other");
    expect_fault(rsa_of_distance(515), "close to each other"); /* some rounds */
    expect_fault(rsa_of_distance(600), NULL);
}

static void only_the_curves_of_nist_are_allowed(void **state)
{
    static const struct {
        const char *curve;
        const char *expected;
    } rows[] = {
        { "P-256", NULL },
        { "P-384", NULL },
        { "P-521", NULL },
        { "P-224", "its curve is secp224r1" },
        { "secp256k1", "its curve is secp256k1, and only P-256, P-384 and P-521 are allowed" },
        { "brainpoolP256r1", "its curve is brainpoolP256r1" },
        { "sect283k1", "its curve is sect283k1" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        expect_fault(EVP_EC_gen(rows[i].curve), rows[i].expected);
    }
}

static void other_algorithms_are_allowed_by_name(void **state)
{
    (void)state;
    expect_fault(EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), NULL);
    expect_fault(EVP_PKEY_Q_keygen(NULL, NULL, "ED448"), NULL);
    expect_fault(EVP_PKEY_Q_keygen(NULL, NULL, "X25519"), "its algorithm is X25519");
    expect_fault(EVP_PKEY_Q_keygen(NULL, NULL, "SM2"), "its algorithm is SM2");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_and_exponents_of_rsa_keys_are_judged),
        cmocka_unit_test(a_modulus_with_a_small_factor_is_weak),
        cmocka_unit_test(a_modulus_of_the_faulty_generator_is_weak),
        cmocka_unit_test(primes_that_are_close_to_each_other_are_weak),
        cmocka_unit_test(only_the_curves_of_nist_are_allowed),
        cmocka_unit_test(other_algorithms_are_allowed_by_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
