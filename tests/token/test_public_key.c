/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/rsa.h>

#include "base/arena.h"
#include "judge.h"
#include "run.h"
#include "pair/public_key.h"
#include "pair/public_key_info.h"
#include "token/key.h"
#include "token/ml_dsa.h"
#include "token/public_half.h"
#include "token_store.h"
#include "x509/algorithm.h"

/* From attributes to OpenSSL's public key and back. OpenSSL judges, with keys that it made itself. */

static pc_arena *arena;

static int make_arena(void **state)
{
    (void)state;
    arena = pc_arena_new();
    return arena ? 0 : -1;
}

static int free_arena(void **state)
{
    (void)state;
    pc_arena_free(arena);
    return 0;
}

static EVP_PKEY *make_key(const char *kind)
{
    return strncmp(kind, "RSA", 3) == 0 ? EVP_RSA_gen(2048) : EVP_EC_gen(kind);
}

static void every_kind_survives_the_way_there_and_back(void **state)
{
    static const char *const kinds[] = { "RSA", "P-256", "P-384", "P-521" };

    (void)state;
    for (size_t i = 0; i < PC_COUNT(kinds); i++) {
        EVP_PKEY *key = make_key(kinds[i]);
        EVP_PKEY *again = NULL;
        pc_public_half attributes;

        assert_non_null(key);
        assert_int_equal(pc_public_key_attributes(key, arena, &attributes, NULL), PC_OK);
        assert_int_equal(pc_public_half_to_key(&attributes, &again, NULL), PC_OK);
        assert_int_equal(EVP_PKEY_eq(key, again), 1);
        EVP_PKEY_free(again);
        EVP_PKEY_free(key);
    }
}

/* A bare point starts with 04, as an OCTET STRING does, and its second byte may look like a length: enough are tried
 * for all lookalikes to occur. */
static void point_without_its_octet_string_is_understood(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2000; i++) {
        pc_arena *own = pc_arena_new();
        EVP_PKEY *key = make_key("P-256");
        EVP_PKEY *again = NULL;
        pc_error err = { 0 };
        pc_public_half attributes;

        assert_int_equal(pc_public_key_attributes(key, own, &attributes, NULL), PC_OK);
        attributes.point.data += 2;
        attributes.point.len -= 2;
        pc_status status = pc_public_half_to_key(&attributes, &again, &err);

        if (status != PC_OK) {
            print_error("a point that starts 04 %02x: %s\n", attributes.point.data[1], err.frames[0]);
        }
        assert_int_equal(status, PC_OK);
        assert_int_equal(EVP_PKEY_eq(key, again), 1);
        EVP_PKEY_free(again);
        EVP_PKEY_free(key);
        pc_arena_free(own);
    }
}

static void modulus_with_leading_zero_is_the_same_key(void **state)
{
    EVP_PKEY *key = make_key("RSA");
    EVP_PKEY *again = NULL;
    uint8_t padded[257] = { 0 };
    pc_public_half attributes;

    (void)state;
    assert_int_equal(pc_public_key_attributes(key, arena, &attributes, NULL), PC_OK);
    memcpy(padded + 1, attributes.modulus.data, 256);
    attributes.modulus.data = padded;
    attributes.modulus.len = sizeof padded;
    assert_int_equal(pc_public_half_to_key(&attributes, &again, NULL), PC_OK);
    assert_int_equal(EVP_PKEY_eq(key, again), 1);
    EVP_PKEY_free(again);
    EVP_PKEY_free(key);
}

static void what_is_not_a_key_is_refused(void **state)
{
    static const uint8_t p256[] = { 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07 };
    static const uint8_t zeros[67] = { 0x04, 0x41, 0x04 };
    static const uint8_t unknown_curve[] = { 0x06, 0x03, 0x2a, 0x03, 0x04 };
    const struct {
        const char *name;
        CK_KEY_TYPE type;
        pc_bytes params;
        size_t point_len; /* of zeros */
        size_t modulus_len;
    } rows[] = {
        { "nothing at all", CKK_EC, { NULL, 0 }, 0, 0 },
        { "no point", CKK_EC, { p256, sizeof p256 }, 0, 0 },
        { "no curve", CKK_EC, { NULL, 0 }, sizeof zeros, 0 },
        { "a point that is not on the curve", CKK_EC, { p256, sizeof p256 }, sizeof zeros, 0 },
        { "half a point", CKK_EC, { p256, sizeof p256 }, 30, 0 },
        { "a curve that nobody knows", CKK_EC, { unknown_curve, sizeof unknown_curve }, sizeof zeros, 0 },
        { "a curve that is no DER", CKK_EC, { zeros, 3 }, sizeof zeros, 0 },
        { "no exponent", CKK_RSA, { NULL, 0 }, 0, sizeof zeros },
        { "another type", CKK_AES, { NULL, 0 }, 0, 0 },
    };

    (void)state;
    for (size_t i = 0; i < PC_COUNT(rows); i++) {
        EVP_PKEY *made = NULL;
        pc_error err = { 0 };
        const pc_key key = {
            .label = "odd",
            .half.key_type = rows[i].type,
            .half.parameters = rows[i].params,
            .half.point = { zeros, rows[i].point_len },
            .half.modulus = { zeros, rows[i].modulus_len },
        };
        pc_status status = pc_public_key_of(&key, &made, &err);

        if (status == PC_OK) {
            print_error("%s\n", rows[i].name);
        }
        assert_int_not_equal(status, PC_OK);
        assert_null(made);
        assert_true(err.frame_count > 0);
    }
}

/* The curve by its OID and by its name, the point with and without its OCTET STRING. */
/* OpenSSL before 3.5 has no such keys, and says so. */
static void ml_dsa_key_is_understood_or_refused_by_name(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        size_t len;
    } sets[] = { { "ML-DSA-44", 1312 }, { "ML-DSA-65", 1952 }, { "ML-DSA-87", 2592 } };
    static const uint8_t zeros[4096];

    for (size_t i = 0; i < PC_COUNT(sets); i++) {
        const pc_public_half half = { .key_type = CKK_ML_DSA, .value = { zeros, sets[i].len } };
        EVP_KEYMGMT *known = EVP_KEYMGMT_fetch(NULL, sets[i].name, NULL);
        pc_public_half back = { .key_type = 0 };
        pc_error err = { .status = PC_OK };
        EVP_PKEY *key = NULL;
        char words[32];

        assert_string_equal(sets[i].name, pc_public_half_describe(&half, words));
        assert_int_equal(known ? PC_OK : PC_E_CRYPTO, pc_public_half_to_key(&half, &key, &err));
        if (known) {
            assert_int_equal(PC_OK, pc_public_key_attributes(key, arena, &back, &err));
            assert_true(pc_public_half_equal(&half, &back));
        } else {
            assert_non_null(strstr(err.frames[0], sets[i].name));
        }
        EVP_PKEY_free(key);
        EVP_KEYMGMT_free(known);
    }
}

static void ml_dsa_value_of_no_parameter_set_is_refused(void **state)
{
    (void)state;
    static const uint8_t zeros[1313];
    const pc_public_half half = { .key_type = CKK_ML_DSA, .value = { zeros, sizeof zeros } };
    pc_error err = { .status = PC_OK };
    EVP_PKEY *key = NULL;

    assert_int_equal(PC_E_INPUT, pc_public_half_to_key(&half, &key, &err));
    assert_non_null(strstr(err.frames[0], "1313 bytes"));
}

static void ed25519_key_is_understood_in_every_encoding(void **state)
{
    static const pc_bytes curves[] = { { (const uint8_t *)"\x06\x03\x2b\x65\x70", 5 },
                                       { (const uint8_t *)"\x13\x0c"
                                                          "edwards25519",
                                         14 } };
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    pc_public_half attributes;

    (void)state;
    assert_int_equal(pc_public_key_attributes(key, arena, &attributes, NULL), PC_OK);
    assert_int_equal(attributes.point.len, 34);
    for (unsigned form = 0; form < 4; form++) {
        EVP_PKEY *again = NULL;
        pc_public_half half = attributes;

        half.parameters = curves[form % 2];
        half.point.data += form < 2 ? 0 : 2;
        half.point.len -= form < 2 ? 0 : 2;
        assert_int_equal(pc_public_half_to_key(&half, &again, NULL), PC_OK);
        assert_int_equal(EVP_PKEY_eq(key, again), 1);
        EVP_PKEY_free(again);
    }
    EVP_PKEY_free(key);
}

static void ed448_key_is_refused_by_name(void **state)
{
    const pc_key key = { .half.key_type = 0x40,
                         .label = "edwards",
                         .half.parameters = { (const uint8_t *)"\x06\x03\x2b\x65\x71", 5 } };
    EVP_PKEY *made = NULL;
    pc_error err = { 0 };

    (void)state;
    assert_int_equal(pc_public_key_of(&key, &made, &err), PC_E_INPUT);
    assert_true(error_says(&err, "Ed448"));
    assert_true(error_says(&err, "\"edwards\""));
}

static void key_of_another_kind_has_no_attributes(void **state)
{
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED448");
    pc_public_half attributes;

    (void)state;
    assert_non_null(key);
    assert_int_equal(pc_public_key_attributes(key, arena, &attributes, NULL), PC_E_INPUT);
    EVP_PKEY_free(key);
}

static void attributes_are_those_that_the_token_holds(void **state)
{
    token_store store;
    raw_token raw;
    CK_OBJECT_HANDLE public_object = 0;
    CK_OBJECT_HANDLE found[2];
    pc_public_half attributes;

    (void)state;
    token_store_make(&store);
    token_store_add_token(&store, "a");
    raw_open("a", &raw);
    (void)raw_generate(&raw, &(raw_key_plan){ .label = "k", .id = "k" }, &public_object);
    EVP_PKEY *key = judge_public_key(&raw, public_object);

    assert_int_equal(pc_public_key_attributes(key, arena, &attributes, NULL), PC_OK);
    size_t count = raw_find(&raw, CKO_PUBLIC_KEY, CKA_EC_POINT, attributes.point.data, attributes.point.len, found, 2);

    assert_int_equal(count, 1);
    count =
        raw_find(&raw, CKO_PUBLIC_KEY, CKA_EC_PARAMS, attributes.parameters.data, attributes.parameters.len, found, 2);
    assert_int_equal(count, 1);
    EVP_PKEY_free(key);
    raw_close(&raw);
    token_store_remove(&store);
}

static void info_without_a_key_is_that_of_the_key(void **state)
{
    static const char *const kinds[] = { "RSA", "P-256", "P-384", "P-521" };

    (void)state;
    for (size_t i = 0; i < 2 * PC_COUNT(kinds); i++) {
        EVP_PKEY *key = make_key(kinds[i / 2]);
        unsigned char *der = NULL;
        int der_len = i2d_PUBKEY(key, &der);
        pc_public_half attributes;
        pc_public_info info;

        assert_int_equal(pc_public_key_attributes(key, arena, &attributes, NULL), PC_OK);
        if (i % 2) {
            attributes.point = pc_bare_point(attributes.point);
        }
        assert_int_equal(pc_public_key_info(&attributes, arena, &info, NULL), PC_OK);
        assert_int_equal(info.der.len, der_len);
        assert_memory_equal(info.der.data, der, info.der.len);
        X509_PUBKEY *parsed = NULL;
        const unsigned char *bits = NULL;
        int bits_len = 0;

        assert_int_equal(X509_PUBKEY_set(&parsed, key), 1);
        assert_int_equal(X509_PUBKEY_get0_param(NULL, &bits, &bits_len, NULL, parsed), 1);
        assert_int_equal(info.bits.len, bits_len);
        assert_memory_equal(info.bits.data, bits, info.bits.len);
        X509_PUBKEY_free(parsed);
        OPENSSL_free(der);
        EVP_PKEY_free(key);
    }
}

static void info_of_anything_unusual_is_left_to_openssl(void **state)
{
    EVP_PKEY *key = make_key("P-256");
    pc_public_half usual;
    pc_public_info info;

    (void)state;
    assert_int_equal(pc_public_key_attributes(key, arena, &usual, NULL), PC_OK);
    const pc_bytes shorter = { usual.point.data, usual.point.len - 1 };
    const pc_bytes none = { .len = 0 };
    const pc_public_half unusual[] = {
        { .key_type = usual.key_type, .parameters = usual.parameters, .point = shorter },
        { .key_type = usual.key_type, .parameters = shorter, .point = usual.point },
        { .key_type = usual.key_type, .parameters = usual.parameters, .point = none },
        { .key_type = CKK_EC_EDWARDS, .parameters = usual.parameters, .point = usual.point },
        { .key_type = CKK_RSA, .modulus = usual.point, .exponent = none },
    };

    for (size_t i = 0; i < PC_COUNT(unusual); i++) {
        assert_int_equal(pc_public_key_info(&unusual[i], arena, &info, NULL), PC_OK);
        assert_int_equal(info.der.len, 0);
    }
    EVP_PKEY_free(key);
}

/* ---- OpenSSL without memory ---- */

static unsigned long allocations; /* since the last start */
static unsigned long failing;     /* the allocation that fails; 0: none */
static bool fails_on;             /* and all after it */

static bool is_to_fail(void)
{
    allocations++;
    return failing && (fails_on ? allocations >= failing : allocations == failing);
}

static void *count_malloc(size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return is_to_fail() ? NULL : malloc(size);
}

static void *count_realloc(void *old, size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return is_to_fail() ? NULL : realloc(old, size);
}

static void give_back(void *memory, const char *file, int line)
{
    (void)file;
    (void)line;
    free(memory);
}

/* The status of building the key while the allocation fails; *ret_was_hit: was there such an allocation? */
static pc_status build_without(unsigned long allocation, const pc_public_half *half, EVP_PKEY **ret_key,
                               bool *ret_was_hit)
{
    pc_error err = { .status = PC_OK };

    *ret_key = NULL;
    allocations = 0;
    failing = allocation;
    pc_status status = pc_public_key_if_known(half, ret_key, &err);

    *ret_was_hit = allocations >= allocation;
    failing = 0;
    assert_true(status == PC_OK || err.frames[0][0]);
    return status;
}

/* A public half that shows its key is never taken for one that forms none. */
static void no_memory_does_not_make_a_public_half_unknown(void **state)
{
    EVP_PKEY *const keys[] = { EVP_RSA_gen(2048), EVP_EC_gen("P-256"), EVP_PKEY_Q_keygen(NULL, NULL, "ED25519") };
    unsigned failed = 0;

    (void)state;
    for (size_t i = 0; i < 2 * PC_COUNT(keys); i++) {
        pc_public_half half;
        bool was_hit = true;
        EVP_PKEY *key = NULL;

        assert_int_equal(pc_public_key_attributes(keys[i / 2], arena, &half, NULL), PC_OK);
        fails_on = i % 2;
        for (unsigned long allocation = 1; was_hit; allocation++) {
            pc_status status = build_without(allocation, &half, &key, &was_hit);

            if (status == PC_OK ? !key || EVP_PKEY_eq(key, keys[i / 2]) != 1 : status == PC_E_INPUT) {
                fail_msg("key %zu, allocation %lu fails: status %d", i / 2, allocation, (int)status);
            }
            failed += status != PC_OK;
            EVP_PKEY_free(key);
        }
        EVP_PKEY_free(i % 2 ? keys[i / 2] : NULL);
    }
    assert_true(failed > 20);
}

/* An algorithm that nothing else here uses, so that OpenSSL has to look for it. When every allocation fails from one
 * on, OpenSSL itself calls the algorithm unsupported; nothing can be made of the answer then. */
static void no_memory_does_not_make_an_algorithm_unknown(void **state)
{
    bool is_known = false;

    (void)state;
    for (unsigned long allocation = 1; !is_known; allocation++) {
        allocations = 0;
        failing = allocation;
        pc_status status = pc_algorithm_is_known("X448", &is_known, NULL);

        failing = 0;
        if (status == PC_OK && !is_known) {
            fail_msg("X448 is unknown when allocation %lu fails", allocation);
        }
    }
}

static void algorithm_of_no_provider_is_unknown(void **state)
{
    bool is_known = true;

    (void)state;
    assert_int_equal(pc_algorithm_is_known("NOT-AN-ALGORITHM", &is_known, NULL), PC_OK);
    assert_false(is_known);
    assert_int_equal(pc_algorithm_check("NOT-AN-ALGORITHM", NULL), PC_E_CRYPTO);
}

static void what_forms_no_key_is_unknown(void **state)
{
    static const uint8_t octets[] = { 0x04, 0x03, 0x04, 0x01, 0x01 };
    EVP_PKEY *key = EVP_EC_gen("P-256");
    EVP_PKEY *none = key;
    pc_public_half half;

    (void)state;
    assert_int_equal(pc_public_key_attributes(key, arena, &half, NULL), PC_OK);
    half.point = (pc_bytes){ octets, sizeof octets };
    assert_int_equal(pc_public_key_if_known(&half, &none, NULL), PC_OK);
    assert_null(none);
    half.point.len = 0;
    none = key;
    assert_int_equal(pc_public_key_if_known(&half, &none, NULL), PC_OK);
    assert_null(none);
    EVP_PKEY_free(key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_survives_the_way_there_and_back),
        cmocka_unit_test(info_without_a_key_is_that_of_the_key),
        cmocka_unit_test(info_of_anything_unusual_is_left_to_openssl),
        cmocka_unit_test(no_memory_does_not_make_an_algorithm_unknown),
        cmocka_unit_test(algorithm_of_no_provider_is_unknown),
        cmocka_unit_test(point_without_its_octet_string_is_understood),
        cmocka_unit_test(modulus_with_leading_zero_is_the_same_key),
        cmocka_unit_test(what_is_not_a_key_is_refused),
        cmocka_unit_test(ed25519_key_is_understood_in_every_encoding),
        cmocka_unit_test(ml_dsa_key_is_understood_or_refused_by_name),
        cmocka_unit_test(ml_dsa_value_of_no_parameter_set_is_refused),
        cmocka_unit_test(ed448_key_is_refused_by_name),
        cmocka_unit_test(key_of_another_kind_has_no_attributes),
        cmocka_unit_test(attributes_are_those_that_the_token_holds),
        cmocka_unit_test(no_memory_does_not_make_a_public_half_unknown),
        cmocka_unit_test(what_forms_no_key_is_unknown),
    };

    /* Before OpenSSL allocates anything. */
    if (CRYPTO_set_mem_functions(count_malloc, count_realloc, give_back) != 1) {
        return 1;
    }
    return cmocka_run_group_tests(tests, make_arena, free_arena);
}
