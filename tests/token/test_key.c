/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "token/public_half.h"
#include "fault.h"
#include "raw_token.h"
#include "run.h"
#include "token/key.h"

/* Keys are made by bare PKCS#11 calls; what is found is compared with what bare calls read. */

static token_store store;
static pc_token *token;
static pc_arena *arena;

static char long_label[401];

static void make_keys(void)
{
    raw_token raw;

    memset(long_label, 'x', sizeof long_label - 1);
    token_store_add_token(&store, "keys");
    raw_open("keys", &raw);
    (void)raw_generate(&raw, &(raw_key_plan){ .label = "alone", .id = "id-alone" }, NULL);
    (void)raw_generate(&raw, &(raw_key_plan){ .label = "twin", .id = "id-1" }, NULL);
    (void)raw_generate(&raw, &(raw_key_plan){ .label = "twin", .id = "id-2" }, NULL);
    (void)raw_generate(&raw, &(raw_key_plan){ .kind = RAW_RSA_2048, .label = "rsa", .id = "id-rsa" }, NULL);
    (void)raw_generate(&raw, &(raw_key_plan){ .kind = RAW_ED25519, .label = "edwards", .id = "id-ed" }, NULL);
    (void)raw_generate(&raw, &(raw_key_plan){ .label = "shared-a", .id = "id-shared" }, NULL);
    (void)raw_generate(&raw, &(raw_key_plan){ .label = "shared-b", .id = "id-shared" }, NULL);
    (void)raw_generate(&raw, &(raw_key_plan){ .label = "without id" }, NULL);
    (void)raw_generate(&raw, &(raw_key_plan){ .label = long_label, .id = "id-long" }, NULL);
    (void)raw_generate(&raw, &(raw_key_plan){ .label = "pc_key 100% \xc3\xa4;?", .id = "id-odd" }, NULL);
    CK_OBJECT_HANDLE public_half = 0;

    (void)raw_generate(&raw, &(raw_key_plan){ .label = "half", .id = "id-half" }, &public_half);
    raw_destroy(&raw, public_half);
    raw_close(&raw);
}

static int open_token(void **state)
{
    (void)state;
    token_store_make(&store);
    make_keys();
    const pc_token_access access = token_store_access(&store, SOFTHSM_MODULE, "keys");

    arena = pc_arena_new();
    return pc_token_open(&access, PC_TOKEN_READ, &token, NULL) == PC_OK ? 0 : -1;
}

static int close_token(void **state)
{
    (void)state;
    pc_token_close(token);
    pc_arena_free(arena);
    token_store_remove(&store);
    return 0;
}

static pc_status find(const char *text, pc_key *ret_key, pc_error *err)
{
    pc_key_selector selector;
    pc_status status = pc_key_selector_parse(token, text, arena, &selector, err);

    return status == PC_OK ? pc_key_find(token, &selector, arena, ret_key, err) : status;
}

static const struct {
    const char *text;
    pc_status status;
    const char *said; /* the label that is found, or words of the error */
} names[] = {
    { "alone", PC_OK, "alone" },
    { "pkcs11:object=alone", PC_OK, "alone" },
    { "pkcs11:object=alone;type=private", PC_OK, "alone" },
    { "pkcs11:token=keys;object=alone", PC_OK, "alone" },
    { "pkcs11:id=id-alone", PC_OK, "alone" },
    { "pkcs11:id=%69%64-alone", PC_OK, "alone" },
    { "pkcs11:id=id-1", PC_OK, "twin" },
    { "pkcs11:object=twin;id=id-2", PC_OK, "twin" },
    { "pc_key 100% \xc3\xa4;?", PC_OK, "pc_key 100% \xc3\xa4;?" },
    { "without id", PC_OK, "without id" },
    { "edwards", PC_OK, "edwards" },
    { "half", PC_OK, "half" },
    { "pkcs11:object=alone;id=id-1", PC_E_NOT_FOUND, "no private key" },
    { "Alone", PC_E_NOT_FOUND, "\"Alone\"" },
    { "alon", PC_E_NOT_FOUND, "p11cert list" },
    { "pkcs11:id=%00", PC_E_NOT_FOUND, "no private key" },
    { "pkcs11:token=keys", PC_E_USAGE, "does not name a key" },
    { "pkcs11:token=other;object=alone", PC_E_NOT_FOUND, "a token other than" },
    { "pkcs11:object=alone;type=cert", PC_E_USAGE, "private key" },
    { "twin", PC_E_AMBIGUOUS, "several private keys" },
};

static void name_finds_the_one_key_it_means(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(names); i++) {
        pc_error err = { 0 };
        pc_key key = { .label = "" };
        pc_status status = find(names[i].text, &key, &err);

        if (status != names[i].status) {
            print_error("%s: %s\n", names[i].text, err.frames[0]);
        }
        assert_int_equal(status, names[i].status);
        if (status == PC_OK) {
            assert_string_equal(key.label, names[i].said);
        } else {
            assert_true(error_says(&err, names[i].said));
        }
    }
}

static void two_of_one_label_are_both_listed(void **state)
{
    pc_key key;
    pc_error err = { 0 };

    (void)state;
    assert_int_equal(find("twin", &key, &err), PC_E_AMBIGUOUS);
    assert_true(error_says(&err, "69642d31")); /* id-1 */
    assert_true(error_says(&err, "69642d32")); /* id-2 */
    assert_true(error_says(&err, "EC P-256"));
}

static void public_half_of_an_ec_key_comes_from_its_public_object(void **state)
{
    pc_key key;

    (void)state;
    assert_int_equal(find("alone", &key, NULL), PC_OK);
    assert_int_equal(key.half.point.len, 67);
    assert_memory_equal(key.half.point.data, "\x04\x41\x04", 3);
    assert_true(pc_public_half_is_whole(&key.half));
}

static void key_without_public_object_is_found_without_its_public_half(void **state)
{
    pc_key key;

    (void)state;
    assert_int_equal(find("half", &key, NULL), PC_OK);
    assert_int_equal(key.half.point.len, 0);
    assert_false(pc_public_half_is_whole(&key.half));
    assert_int_equal(find("without id", &key, NULL), PC_OK);
    assert_false(pc_public_half_is_whole(&key.half));
}

static void public_half_is_not_guessed_where_several_share_an_id(void **state)
{
    pc_key key;
    pc_error err = { 0 };

    (void)state;
    assert_int_equal(find("shared-a", &key, &err), PC_E_AMBIGUOUS);
    assert_true(error_says(&err, "several public keys"));
}

static void rsa_key_shows_its_public_half_itself(void **state)
{
    pc_key key;
    char kind[32];

    (void)state;
    assert_int_equal(find("rsa", &key, NULL), PC_OK);
    assert_int_equal(key.half.modulus.len, 256);
    assert_int_equal(key.half.exponent.len, 3);
    assert_string_equal(pc_key_describe(&key, kind), "RSA-2048");
    assert_int_equal(key.flags[PC_KEY_SENSITIVE], PC_FACT_TRUE);
    assert_int_equal(key.flags[PC_KEY_EXTRACTABLE], PC_FACT_FALSE);
    assert_int_equal(key.flags[PC_KEY_SIGN], PC_FACT_TRUE);
}

static void kinds_are_described_in_words(void **state)
{
    pc_key key;
    char kind[32];

    (void)state;
    assert_int_equal(find("alone", &key, NULL), PC_OK);
    assert_string_equal(pc_key_describe(&key, kind), "EC P-256");
    assert_int_equal(find("edwards", &key, NULL), PC_OK);
    assert_string_equal(pc_key_describe(&key, kind), "Ed25519");
}

static void key_is_found_by_its_public_value(void **state)
{
    static const char *const labels[] = { "alone", "rsa" };

    (void)state;
    for (size_t i = 0; i < PC_COUNT(labels); i++) {
        pc_key known;
        pc_key found;

        assert_int_equal(find(labels[i], &known, NULL), PC_OK);
        const pc_public_half public_half = {
            .key_type = known.half.key_type,
            .modulus = known.half.modulus,
            .point = known.half.point,
        };
        const pc_key_selector selector = { .words = "its certificate", .public_half = &public_half };

        assert_int_equal(pc_key_find(token, &selector, arena, &found, NULL), PC_OK);
        assert_string_equal(found.label, labels[i]);
        assert_true(pc_public_half_equal(&found.half, &known.half));
    }
}

static void public_value_that_is_not_there_finds_nothing(void **state)
{
    uint8_t point[67];
    pc_key known;
    pc_key found;

    (void)state;
    assert_int_equal(find("alone", &known, NULL), PC_OK);
    memcpy(point, known.half.point.data, sizeof point);
    point[66] ^= 1;
    const pc_public_half public_half = { .key_type = CKK_EC, .point = { point, sizeof point } };
    const pc_key_selector selector = { .words = "its certificate", .public_half = &public_half };

    assert_int_equal(pc_key_find(token, &selector, arena, &found, NULL), PC_E_NOT_FOUND);
    assert_false(pc_public_half_equal(&public_half, &known.half));
}

/* SoftHSM answers CKR_ATTRIBUTE_TYPE_INVALID for the modulus of an EC key, and so says nothing about what did not
 * fit. */
static void label_longer_than_usual_is_read_whole(void **state)
{
    pc_key key;

    (void)state;
    assert_int_equal(find("pkcs11:id=id-long", &key, NULL), PC_OK);
    assert_string_equal(key.label, long_label);
}

static void finding_costs_the_same_whatever_else_is_there(void **state)
{
    unsigned calls[2];
    char plan[] = "";

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        pc_token *counted = NULL;
        pc_key key;
        const pc_token_access access = token_store_access(&store, FAULT_MODULE, "keys");
        const pc_key_selector selector = { .words = "alone", .label = "alone" };

        pc_token_close(token);
        token = NULL;
        if (i == 1) {
            raw_token raw;

            raw_open("keys", &raw);
            raw_generate_many(&raw, "more", NULL, 50);
            raw_close(&raw);
        }
        fault_plan(&store, plan);
        assert_int_equal(pc_token_open(&access, PC_TOKEN_READ, &counted, NULL), PC_OK);
        unsigned before = fault_calls(&store, NULL);

        assert_int_equal(pc_key_find(counted, &selector, arena, &key, NULL), PC_OK);
        calls[i] = fault_calls(&store, NULL) - before;
        pc_token_close(counted);
    }
    /* Two searches that end only when the module returns no more, and two reads. */
    assert_int_equal(calls[0], 10);
    assert_int_equal(calls[1], calls[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(name_finds_the_one_key_it_means),
        cmocka_unit_test(two_of_one_label_are_both_listed),
        cmocka_unit_test(public_half_of_an_ec_key_comes_from_its_public_object),
        cmocka_unit_test(key_without_public_object_is_found_without_its_public_half),
        cmocka_unit_test(public_half_is_not_guessed_where_several_share_an_id),
        cmocka_unit_test(rsa_key_shows_its_public_half_itself),
        cmocka_unit_test(kinds_are_described_in_words),
        cmocka_unit_test(key_is_found_by_its_public_value),
        cmocka_unit_test(public_value_that_is_not_there_finds_nothing),
        cmocka_unit_test(label_longer_than_usual_is_read_whole),
        cmocka_unit_test(finding_costs_the_same_whatever_else_is_there),
    };

    return cmocka_run_group_tests(tests, open_token, close_token);
}
