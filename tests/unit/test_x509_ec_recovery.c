/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "x509/auto.h"
#include "x509/ec_recovery.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/objects.h>

static const char *const curves[] = { "prime256v1", "secp384r1", "secp521r1", "secp224r1", "secp256k1" };

static EVP_PKEY *make_key(const char *curve)
{
    EVP_PKEY *key = EVP_EC_gen(curve);

    assert_non_null(key);
    return key;
}

static pc_bytes parameters_of(const char *curve, pc_arena *arena)
{
    unsigned char *der = NULL;
    const int len = i2d_ASN1_OBJECT(OBJ_nid2obj(OBJ_sn2nid(curve)), &der);
    pc_bytes copy = { .data = NULL };

    assert_true(len > 0);
    assert_int_equal(PC_OK, pc_bytes_copy(arena, (pc_bytes){ der, (size_t)len }, &copy, NULL));
    OPENSSL_free(der);
    return copy;
}

static pc_ec_signed sign(EVP_PKEY *key, const char *text, pc_arena *arena)
{
    PC_AUTO(EVP_MD_CTX) EVP_MD_CTX *context = EVP_MD_CTX_new();
    pc_ec_signed signed_text = { .message = { (const uint8_t *)text, strlen(text) } };
    uint8_t signature[256];
    size_t len = sizeof signature;

    assert_int_equal(1, EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key));
    assert_int_equal(1, EVP_DigestSign(context, signature, &len, (const uint8_t *)text, strlen(text)));
    assert_int_equal(PC_OK, pc_bytes_copy(arena, (pc_bytes){ signature, len }, &signed_text.signature, NULL));
    return signed_text;
}

static void two_signatures_show_the_key(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof curves / sizeof *curves * 20; i++) {
        const char *curve = curves[i % (sizeof curves / sizeof *curves)];
        PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
        PC_AUTO(EVP_PKEY) EVP_PKEY *key = make_key(curve);
        const pc_ec_signed twice[2] = { sign(key, "first", arena), sign(key, "second", arena) };
        uint8_t own[200];
        size_t own_len = 0;
        pc_bytes point;

        assert_int_equal(PC_OK, pc_ec_recover(parameters_of(curve, arena), twice, arena, &point, NULL));
        assert_int_equal(1, EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, own, sizeof own, &own_len));
        assert_int_equal(own_len, point.len);
        assert_memory_equal(own, point.data, own_len);
    }
}

static void signatures_by_two_keys_show_none(void **state)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    PC_AUTO(EVP_PKEY) EVP_PKEY *a = make_key("prime256v1");
    PC_AUTO(EVP_PKEY) EVP_PKEY *b = make_key("prime256v1");
    const pc_ec_signed mixed[2] = { sign(a, "first", arena), sign(b, "second", arena) };
    pc_bytes point;

    (void)state;
    assert_int_equal(PC_E_VERIFY, pc_ec_recover(parameters_of("prime256v1", arena), mixed, arena, &point, NULL));
}

/* One signature twice verifies with two keys, and which of them made it is not known. */
static void one_signature_shows_none(void **state)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    PC_AUTO(EVP_PKEY) EVP_PKEY *key = make_key("prime256v1");
    const pc_ec_signed once = sign(key, "first", arena);
    const pc_ec_signed twice[2] = { once, once };
    pc_bytes point;

    (void)state;
    assert_int_equal(PC_E_VERIFY, pc_ec_recover(parameters_of("prime256v1", arena), twice, arena, &point, NULL));
}

static void what_is_not_a_signature_or_not_a_curve_is_refused(void **state)
{
    static const uint8_t zeros[] = { 0x30, 0x06, 0x02, 0x01, 0x00, 0x02, 0x01, 0x00 };
    static const uint8_t text[] = "text";
    static const uint8_t negative[] = { 0x30, 0x06, 0x02, 0x01, 0x81, 0x02, 0x01, 0x82 };
    const pc_bytes rows[] = {
        { zeros, sizeof zeros }, { text, sizeof text }, { NULL, 0 }, { negative, sizeof negative }
    };
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    pc_bytes point;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const pc_ec_signed bad[2] = { { .message = { text, 4 }, .signature = rows[i] },
                                      { .message = { text, 3 }, .signature = rows[i] } };

        assert_int_equal(PC_E_VERIFY, pc_ec_recover(parameters_of("prime256v1", arena), bad, arena, &point, NULL));
        assert_int_equal(PC_E_INPUT, pc_ec_recover((pc_bytes){ text, 4 }, bad, arena, &point, NULL));
    }
    assert_int_equal(PC_E_INPUT, pc_ec_base_point((pc_bytes){ NULL, 0 }, arena, &point, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_signatures_show_the_key),
        cmocka_unit_test(signatures_by_two_keys_show_none),
        cmocka_unit_test(one_signature_shows_none),
        cmocka_unit_test(what_is_not_a_signature_or_not_a_curve_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
