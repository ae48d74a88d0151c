/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/request.h>

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"

static const struct {
    const char *name;
    pc_key_kind kind;
    unsigned bits;
    bool is_rsa;
} kinds[] = {
    { "rsa-2048", PC_KEY_RSA_2048, 2048, true },        { "rsa-3072", PC_KEY_RSA_3072, 3072, true },
    { "rsa-4096", PC_KEY_RSA_4096, 4096, true },        { "ec-p256", PC_KEY_EC_P256, 256, false },
    { "ec-p384", PC_KEY_EC_P384, 384, false },          { "ec-p521", PC_KEY_EC_P521, 521, false },
    { "ed25519", PC_KEY_ED25519, 256, false },          { "ml-dsa-44", PC_KEY_ML_DSA_44, 1312 * 8, false },
    { "ml-dsa-65", PC_KEY_ML_DSA_65, 1952 * 8, false }, { "ml-dsa-87", PC_KEY_ML_DSA_87, 2592 * 8, false },
};

static void kinds_have_name_and_size(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(kinds); i++) {
        pc_key_kind found = PC_KEY_RSA_2048;

        assert_string_equal(pc_key_kind_name(kinds[i].kind), kinds[i].name);
        assert_int_equal(pc_key_kind_bits(kinds[i].kind), kinds[i].bits);
        assert_int_equal(pc_key_kind_is_rsa(kinds[i].kind), kinds[i].is_rsa);
        assert_int_equal(pc_key_kind_from_name(kinds[i].name, &found, NULL), PC_OK);
        assert_int_equal(found, kinds[i].kind);
    }
}

static void name_is_found_without_case(void **state)
{
    pc_key_kind found = PC_KEY_RSA_2048;

    (void)state;
    assert_int_equal(pc_key_kind_from_name("EC-P384", &found, NULL), PC_OK);
    assert_int_equal(found, PC_KEY_EC_P384);
}

static void unknown_name_is_refused_with_the_list(void **state)
{
    static const char *const names[] = { "", "rsa", "rsa-1024", "rsa-2048 ", "ed448" };

    (void)state;
    for (size_t i = 0; i < PC_COUNT(names); i++) {
        pc_key_kind found = PC_KEY_EC_P521;
        pc_error err = { 0 };

        assert_int_equal(pc_key_kind_from_name(names[i], &found, &err), PC_E_USAGE);
        assert_int_equal(found, PC_KEY_EC_P521);
        for (size_t j = 0; j < PC_COUNT(kinds); j++) {
            assert_non_null(strstr(err.frames[0], kinds[j].name));
        }
    }
}

static void digests_have_names(void **state)
{
    (void)state;
    assert_string_equal(pc_digest_name(PC_DIGEST_SHA256), "sha256");
    assert_string_equal(pc_digest_name(PC_DIGEST_SHA384), "sha384");
    assert_string_equal(pc_digest_name(PC_DIGEST_SHA512), "sha512");
}

static void every_usage_bit_has_a_name_and_others_none(void **state)
{
    (void)state;
    for (unsigned bit = 1; bit <= 0x10000; bit <<= 1) {
        assert_int_equal(pc_key_usage_name(bit) != NULL, (bit & PC_KU_ALL) != 0);
    }
    assert_string_equal(pc_key_usage_name(PC_KU_NON_REPUDIATION), "nonRepudiation");
    assert_null(pc_key_usage_name(0));
    assert_null(pc_key_usage_name(PC_KU_DIGITAL_SIGNATURE | PC_KU_CRL_SIGN));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds_have_name_and_size),
        cmocka_unit_test(name_is_found_without_case),
        cmocka_unit_test(unknown_name_is_refused_with_the_list),
        cmocka_unit_test(digests_have_names),
        cmocka_unit_test(every_usage_bit_has_a_name_and_others_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
