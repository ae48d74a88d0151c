/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "judge.h"
#include "raw_token.h"
#include "run.h"
#include "token/certificate_object.h"
#include "token/inventory.h"
#include "token/key.h"
#include "token/key_surroundings.h"
#include "token/objects.h"
#include "token_store.h"
#include "x509/auto.h"

/* C_FindObjects that returns fewer objects than requested, the same ones twice, or objects without end. */

static token_store store;

static int make_store(void **state)
{
    raw_token raw;

    (void)state;
    token_store_make(&store);
    token_store_add_token(&store, "keys");
    raw_open("keys", &raw);
    (void)raw_generate(&raw, &(raw_key_plan){ .label = "alone", .id = "alone" }, NULL);
    (void)raw_generate(&raw, &(raw_key_plan){ .label = "pair", .id = "pair-0" }, NULL);
    (void)raw_generate(&raw, &(raw_key_plan){ .label = "pair", .id = "pair-1" }, NULL);
    raw_generate_many(&raw, "shared", "shared", 2);
    raw_write_certificate(&raw, "first", "alone", (pc_bytes){ (const unsigned char *)"first", 5 });
    raw_write_certificate(&raw, "second", "alone", (pc_bytes){ (const unsigned char *)"second", 6 });
    raw_close(&raw);
    return 0;
}

static int remove_store(void **state)
{
    (void)state;
    token_store_remove(&store);
    return 0;
}

static pc_token *open_token(const char *habits)
{
    const pc_token_access access = token_store_access(&store, ANSWER_MODULE, "keys");
    pc_token *token = NULL;

    assert_int_equal(0, setenv("P11CERT_ANSWERS", habits, 1));
    assert_int_equal(pc_token_open(&access, PC_TOKEN_READ, &token, NULL), PC_OK);
    return token;
}

static pc_status find_labelled(const pc_token *token, const char *label, pc_arena *arena, pc_key *ret_key,
                               pc_error *err)
{
    const pc_key_selector selector = { .words = label, .label = label };

    return pc_key_find(token, &selector, arena, ret_key, err);
}

static const char *const habits[] = { "", "one-a-call", "repeats", "one-a-call,repeats" };

static void everything_is_found_in_spite_of_short_answers(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(habits); i++) {
        PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
        PC_AUTO(pc_token) pc_token *token = open_token(habits[i]);
        pc_certificate_objects certificates;
        pc_labelled_key labelled;
        pc_evidence_same_id same;
        pc_keys keys;
        pc_key key;

        assert_int_equal(find_labelled(token, "alone", arena, &key, NULL), PC_OK);
        assert_int_equal(key.half.point.len, 67); /* that is in the public object */
        assert_int_equal(pc_key_find_labelled(token, "alone", arena, &labelled, NULL), PC_OK);
        assert_int_equal(labelled.count, 1);
        assert_false(labelled.has_half);
        assert_int_equal(pc_key_read_pair(token, &(pc_key_selector){ .id = key.id }, arena, &keys, NULL), PC_OK);
        assert_int_equal(keys.count, 1);
        assert_int_equal(keys.items[0].half.point.len, 67);
        assert_int_equal(pc_certificate_find_by_id(token, key.id, arena, &certificates, NULL), PC_OK);
        assert_int_equal(certificates.count, 2);
        assert_int_equal(pc_key_same_id_count(token, &key, NULL, &same, NULL), PC_OK);
        assert_int_equal(same.count, 1);
    }
}

static void no_ambiguity_is_missed(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(habits); i++) {
        PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
        PC_AUTO(pc_token) pc_token *token = open_token(habits[i]);
        pc_labelled_key labelled;
        pc_evidence_same_id same;
        pc_error err = { .status = PC_OK };
        pc_key key;

        assert_int_equal(find_labelled(token, "pair", arena, &key, NULL), PC_E_AMBIGUOUS);
        assert_int_equal(pc_key_find_labelled(token, "pair", arena, &labelled, NULL), PC_E_AMBIGUOUS);
        /* A private key with two public objects of its CKA_ID. */
        assert_int_equal(find_labelled(token, "shared-0", arena, &key, &err), PC_E_AMBIGUOUS);
        assert_non_null(strstr(err.frames[0], "several public keys"));
        const pc_key shared = { .id = { (const uint8_t *)"shared", 6 } };

        assert_int_equal(pc_key_same_id_count(token, &shared, NULL, &same, NULL), PC_OK);
        assert_int_equal(same.count, 2);
    }
}

static bool is_signed_by(const char *path, const char *label)
{
    PC_AUTO(X509_REQ) X509_REQ *request = judge_request(path);
    raw_token raw;

    assert_non_null(request);
    raw_open("keys", &raw);
    bool is_own = judge_key_is_labelled(X509_REQ_get0_pubkey(request), &raw, label);

    raw_close(&raw);
    return is_own;
}

/* Of two public objects with one CKA_ID, the first answer may have the wrong one: then the signature shows it. */
static void half_that_a_signature_proves_is_never_the_wrong_one(void **state)
{
    static const char *const labels[] = { "shared-0", "shared-1" };
    char out[128];

    (void)state;
    (void)token_store_path(&store, "shared.req", out);
    for (size_t i = 0; i < PC_COUNT(habits) * PC_COUNT(labels); i++) {
        const char *habit = habits[i / PC_COUNT(labels)];
        const char *label = labels[i % PC_COUNT(labels)];
        const pc_token_access access = token_store_access(&store, ANSWER_MODULE, "keys");
        const pc_new_order order = { .key = label, .subject = "CN=shared", .out = out };

        assert_int_equal(0, setenv("P11CERT_ANSWERS", habit, 1));
        pc_status status = run_new(&order, &access, NULL, NULL);

        if (status == PC_OK) {
            assert_string_not_equal(habit, "");
            assert_true(is_signed_by(out, label));
            assert_int_equal(unlink(out), 0);
        } else {
            assert_int_equal(status, *habit ? PC_E_VERIFY : PC_E_AMBIGUOUS);
            assert_int_equal(unlink(out), -1);
        }
    }
}

static void an_endless_search_ends_with_the_name_of_the_call(void **state)
{
    static const char *const endless[] = { "endless", "endless,one-a-call", "endless,repeats" };

    (void)state;
    for (size_t i = 0; i < PC_COUNT(endless); i++) {
        PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
        PC_AUTO(pc_token) pc_token *token = open_token(endless[i]);
        pc_error few = { .status = PC_OK };
        pc_error all = { .status = PC_OK };
        pc_inventory inventory;
        pc_key key;

        assert_int_equal(find_labelled(token, "alone", arena, &key, &few), PC_E_TOKEN);
        assert_non_null(strstr(few.frames[0], "C_FindObjects: the module does not end the search"));
        assert_int_equal(pc_inventory_read(token, arena, &inventory, &all), PC_E_TOKEN);
        assert_non_null(strstr(all.frames[0], "C_FindObjects: the module does not end the search"));
        /* The search was closed, so that the next one can begin. */
        assert_int_equal(0, setenv("P11CERT_ANSWERS", "", 1));
        assert_int_equal(find_labelled(token, "alone", arena, &key, NULL), PC_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_is_found_in_spite_of_short_answers),
        cmocka_unit_test(no_ambiguity_is_missed),
        cmocka_unit_test(half_that_a_signature_proves_is_never_the_wrong_one),
        cmocka_unit_test(an_endless_search_ends_with_the_name_of_the_call),
    };

    return cmocka_run_group_tests(tests, make_store, remove_store);
}
