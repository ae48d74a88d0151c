/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/ec.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "judge.h"
#include "pair/key_of.h"
#include "pair/public_key.h"
#include "raw_token.h"
#include "run.h"
#include "token/key.h"
#include "token/key_by_value.h"
#include "token/public_half.h"
#include "token_store.h"

/* Keys found by their public value, on modules that cannot search by it or show it in another form. */

static token_store store;
static EVP_PKEY *rsa_key;
static EVP_PKEY *ec_key;
static EVP_PKEY *twice_key;

static EVP_PKEY *public_key_labelled(const pc_token *token, const char *label, pc_arena *arena)
{
    const pc_key_selector selector = { .words = label, .label = label };
    EVP_PKEY *public_key = NULL;
    pc_key key;

    assert_int_equal(pc_key_find(token, &selector, arena, &key, NULL), PC_OK);
    assert_int_equal(pc_public_key_of(&key, &public_key, NULL), PC_OK);
    return public_key;
}

static int make_store(void **state)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    pc_token *token = NULL;
    raw_token raw;

    (void)state;
    token_store_make(&store);
    token_store_add_token(&store, "keys");
    raw_open("keys", &raw);
    (void)raw_generate(&raw, &(raw_key_plan){ .kind = RAW_RSA_2048, .label = "rsa-0", .id = "rsa-0" }, NULL);
    raw_generate_many(&raw, "ec", NULL, 3);
    (void)raw_generate(&raw, &(raw_key_plan){ .kind = RAW_RSA_2048, .label = "rsa-1", .id = "rsa-1" }, NULL);
    raw_close(&raw);
    const pc_token_access access = token_store_access(&store, SOFTHSM_MODULE, "keys");

    assert_int_equal(pc_token_open(&access, PC_TOKEN_READ, &token, NULL), PC_OK);
    rsa_key = public_key_labelled(token, "rsa-1", arena);
    ec_key = public_key_labelled(token, "ec-2", arena);
    twice_key = public_key_labelled(token, "ec-1", arena);
    pc_token_close(token);
    return 0;
}

static int remove_store(void **state)
{
    (void)state;
    EVP_PKEY_free(rsa_key);
    EVP_PKEY_free(ec_key);
    EVP_PKEY_free(twice_key);
    token_store_remove(&store);
    return 0;
}

static pc_token *open_token(const char *habits)
{
    const pc_token_access access = token_store_access(&store, ANSWER_MODULE, "keys");
    pc_token *token = NULL;

    assert_int_equal(0, setenv("P11CERT_ANSWERS", habits, 1));
    assert_int_equal(pc_token_open(&access, PC_TOKEN_WRITE, &token, NULL), PC_OK);
    return token;
}

static const char *const habits[] = {
    "",
    "no-value-search",
    "refuses-search",
    "signed-numbers",
    "bare-points",
    "signed-numbers,no-value-search",
    "bare-points,no-value-search",
    "one-a-call,no-value-search",
};

static void a_key_that_is_there_is_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(habits); i++) {
        PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
        PC_AUTO(pc_token) pc_token *token = open_token(habits[i]);
        const pc_public_key_named rsa = { .key = rsa_key, .words = "the request" };
        const pc_public_key_named ec = { .key = ec_key, .words = "the request" };
        pc_error err = { .status = PC_OK };
        pc_key key;

        if (pc_key_of_public(token, &rsa, arena, &key, &err) != PC_OK) {
            fail_msg("%s: RSA: %s", habits[i], err.frames[0]);
        }
        assert_string_equal(key.label, "rsa-1");
        if (pc_key_of_public(token, &ec, arena, &key, &err) != PC_OK) {
            fail_msg("%s: EC: %s", habits[i], err.frames[0]);
        }
        assert_string_equal(key.label, "ec-2");
    }
}

static void a_key_that_is_not_there_is_not_found(void **state)
{
    EVP_PKEY *const others[] = { EVP_RSA_gen(2048), EVP_EC_gen("P-256"), EVP_EC_gen("P-384") };

    (void)state;
    for (size_t i = 0; i < PC_COUNT(habits) * PC_COUNT(others); i++) {
        const pc_public_key_named other = { .key = others[i % PC_COUNT(others)], .words = "the request" };
        PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
        PC_AUTO(pc_token) pc_token *token = open_token(habits[i / PC_COUNT(others)]);
        pc_key key;

        assert_int_equal(pc_key_of_public(token, &other, arena, &key, NULL), PC_E_NOT_FOUND);
    }
    for (size_t i = 0; i < PC_COUNT(others); i++) {
        EVP_PKEY_free(others[i]);
    }
}

/* `import` adopts a public object that is there instead of writing another. */
static void a_public_object_that_is_there_is_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(habits) * 2; i++) {
        PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
        PC_AUTO(pc_token) pc_token *token = open_token(habits[i / 2]);
        pc_public_half half;
        pc_keys found;

        assert_int_equal(pc_public_key_attributes(i % 2 ? ec_key : rsa_key, arena, &half, NULL), PC_OK);
        assert_int_equal(pc_public_keys_by_value(token, &half, arena, &found, NULL), PC_OK);
        assert_int_equal(found.count, 1);
        const char *id = i % 2 ? "ec-2" : "rsa-1";

        assert_int_not_equal(found.items[0].handle, CK_INVALID_HANDLE);
        assert_true(pc_bytes_match(found.items[0].id, (pc_bytes){ (const uint8_t *)id, strlen(id) }));
    }
}

/* The object again, with another label and CKA_ID. */
static void copy_as(const raw_token *raw, CK_OBJECT_CLASS class, const char *label, const char *name)
{
    static const CK_BBOOL yes = CK_TRUE;
    CK_OBJECT_HANDLE copy = 0;
    CK_ATTRIBUTE changes[] = { { CKA_TOKEN, (void *)(uintptr_t)&yes, sizeof yes },
                               { CKA_ID, (void *)(uintptr_t)name, strlen(name) },
                               { CKA_LABEL, (void *)(uintptr_t)name, strlen(name) } };

    assert_int_equal(raw->functions->C_CopyObject(raw->session, raw_labelled(raw, class, label), changes,
                                                  PC_COUNT(changes), &copy),
                     CKR_OK);
}

/* Two private keys of one public key: the right one is unknown, however they are found. */
static void two_private_keys_of_one_public_key_are_ambiguous(void **state)
{
    raw_token raw;

    (void)state;
    raw_open("keys", &raw);
    copy_as(&raw, CKO_PRIVATE_KEY, "rsa-1", "twin");
    copy_as(&raw, CKO_PRIVATE_KEY, "ec-2", "twin-ec");
    copy_as(&raw, CKO_PUBLIC_KEY, "ec-2", "twin-ec");
    raw_close(&raw);
    for (size_t i = 0; i < PC_COUNT(habits); i++) {
        PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
        PC_AUTO(pc_token) pc_token *token = open_token(habits[i]);
        const pc_public_key_named rsa = { .key = rsa_key, .words = "the request" };
        const pc_public_key_named ec = { .key = ec_key, .words = "the request" };
        pc_error err = { .status = PC_OK };
        pc_key key;

        assert_int_equal(pc_key_of_public(token, &rsa, arena, &key, NULL), PC_E_AMBIGUOUS);
        if (pc_key_of_public(token, &ec, arena, &key, &err) != PC_E_AMBIGUOUS) {
            fail_msg("%s: EC: %s", habits[i], err.frames[0]);
        }
        assert_non_null(strstr(err.frames[0], "twin-ec"));
    }
}

/* A public object that is there twice, with one CKA_ID, is not a second key. */
static void a_public_object_twice_is_one_key(void **state)
{
    raw_token raw;

    (void)state;
    raw_open("keys", &raw);
    copy_as(&raw, CKO_PUBLIC_KEY, "ec-1", "ec-1");
    raw_close(&raw);
    for (size_t i = 0; i < PC_COUNT(habits); i++) {
        PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
        PC_AUTO(pc_token) pc_token *token = open_token(habits[i]);
        const pc_public_key_named ec = { .key = twice_key, .words = "the request" };
        pc_error err = { .status = PC_OK };
        pc_key key;

        if (pc_key_of_public(token, &ec, arena, &key, &err) != PC_OK) {
            fail_msg("%s: %s", habits[i], err.frames[0]);
        }
        assert_string_equal(key.label, "ec-1");
    }
}

static void forms_of_one_value_are_the_same_key(void **state)
{
    static const char *const curves[] = { "P-192", "P-224", "P-256", "P-384", "P-521" };
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();

    (void)state;
    for (size_t i = 0; i < PC_COUNT(curves); i++) {
        for (unsigned turn = 0; turn < 300; turn++) {
            EVP_PKEY *key = EVP_EC_gen(curves[i]);
            pc_public_half wrapped;

            assert_int_equal(pc_public_key_attributes(key, arena, &wrapped, NULL), PC_OK);
            size_t header = wrapped.point.data[1] == 0x81 ? 3 : 2;
            pc_public_half bare = wrapped;

            bare.point = (pc_bytes){ wrapped.point.data + header, wrapped.point.len - header };
            assert_true(pc_public_half_equal(&wrapped, &bare));
            assert_true(pc_public_half_equal(&bare, &bare));
            assert_false(
                pc_public_half_equal(&bare, &(pc_public_half){ .key_type = CKK_EC,
                                                               .point = { bare.point.data, bare.point.len - 1 } }));
            EVP_PKEY_free(key);
        }
    }
    static const uint8_t number[] = { 0, 0, 1, 2, 0 };
    const pc_public_half padded = { .key_type = CKK_RSA, .modulus = { number, 5 } };
    const pc_public_half plain = { .key_type = CKK_RSA, .modulus = { number + 2, 3 } };
    const pc_public_half cut = { .key_type = CKK_RSA, .modulus = { number + 2, 2 } };
    const pc_public_half none = { .key_type = CKK_RSA, .modulus = { number, 2 } };

    assert_true(pc_public_half_equal(&padded, &plain));
    assert_false(pc_public_half_equal(&padded, &cut));
    assert_false(pc_public_half_equal(&none, &none)); /* not shown */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_that_is_there_is_found),
        cmocka_unit_test(a_key_that_is_not_there_is_not_found),
        cmocka_unit_test(a_public_object_that_is_there_is_found),
        cmocka_unit_test(two_private_keys_of_one_public_key_are_ambiguous),
        cmocka_unit_test(a_public_object_twice_is_one_key),
        cmocka_unit_test(forms_of_one_value_are_the_same_key),
    };

    return cmocka_run_group_tests(tests, make_store, remove_store);
}
