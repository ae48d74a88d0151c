/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "token/proof.h"
#include "base/arena.h"
#include "fault.h"
#include "raw_token.h"
#include "run.h"
#include "token/key.h"
#include "token/key_proof.h"

/* Attempts to extract a private key, which the token must refuse for a key that must stay. */

static token_store store;

static int make_store(void **state)
{
    raw_token raw;

    (void)state;
    token_store_make(&store);
    token_store_add_token(&store, "a");
    raw_open("a", &raw);
    (void)raw_generate(&raw, &(raw_key_plan){ .label = "fixed", .id = "fixed" }, NULL);
    (void)raw_generate(&raw, &(raw_key_plan){ .label = "exportable", .id = "exportable", .extractable = true }, NULL);
    (void)raw_generate(&raw, &(raw_key_plan){ .kind = RAW_RSA_2048, .label = "rsa", .id = "rsa" }, NULL);
    raw_close(&raw);
    return 0;
}

static int remove_store(void **state)
{
    (void)state;
    token_store_remove(&store);
    return 0;
}

typedef struct {
    pc_status status;
    pc_key_proof proof;
    pc_status app_status; /* of the same, as the use cases take it */
    pc_error err;
} outcome;

static outcome try_key(const char *label, const char *plan)
{
    pc_arena *arena = pc_arena_new();
    pc_token *token = NULL;
    pc_key key;
    outcome result = { .status = PC_OK };
    const char *words = NULL;
    const pc_key_selector selector = { .words = label, .label = label };
    const pc_token_access access = token_store_access(&store, FAULT_MODULE, "a");

    for (unsigned i = 0; i < 2; i++) {
        fault_plan(&store, plan);
        assert_int_equal(pc_token_open(&access, PC_TOKEN_READ, &token, NULL), PC_OK);
        assert_int_equal(pc_key_find(token, &selector, arena, &key, NULL), PC_OK);
        if (i == 0) {
            result.status = pc_key_try_extract(token, &key, &result.proof, NULL);
        } else {
            result.app_status = pc_proof_of_refusal(token, &key, arena, &words, &result.err);
        }
        pc_token_close(token);
    }
    pc_arena_free(arena);
    return result;
}

static const struct {
    const char *name, *label, *plan;
    pc_status status;
    pc_attempt read, wrap;
    pc_status app_status;
} rows[] = {
    { "a key that stays", "fixed", "", PC_OK, PC_ATTEMPT_REFUSED, PC_ATTEMPT_REFUSED, PC_OK },
    { "an RSA key that stays", "rsa", "", PC_OK, PC_ATTEMPT_REFUSED, PC_ATTEMPT_REFUSED, PC_OK },
    { "an exportable key", "exportable", "", PC_OK, PC_ATTEMPT_REFUSED, PC_ATTEMPT_SUCCEEDED, PC_E_VERIFY },
    { "wrap says done", "fixed", "C_WrapKey=1 skip=0", PC_OK, PC_ATTEMPT_REFUSED, PC_ATTEMPT_SUCCEEDED, PC_E_VERIFY },
    { "no AES", "fixed", "C_GenerateKey=1 return=0x70", PC_OK, PC_ATTEMPT_REFUSED, PC_ATTEMPT_NOT_MADE, PC_OK },
    { "no wrapping", "fixed", "C_WrapKey=1+ return=0x70", PC_OK, PC_ATTEMPT_REFUSED, PC_ATTEMPT_NOT_MADE, PC_OK },
    { "no wrapping by that mechanism", "exportable", "C_WrapKey=1 return=0x70", PC_OK, PC_ATTEMPT_REFUSED,
      PC_ATTEMPT_NOT_MADE, PC_OK },
    { "wrap fails", "fixed", "C_WrapKey=1 return=0x5", PC_OK, PC_ATTEMPT_REFUSED, PC_ATTEMPT_NOT_MADE, PC_OK },
    { "wrap fails in a way of the vendor's", "fixed", "C_WrapKey=1 return=0x80000123", PC_OK, PC_ATTEMPT_REFUSED,
      PC_ATTEMPT_NOT_MADE, PC_OK },
    { "read fails", "fixed", "C_GetAttributeValue=3 return=0x5", PC_OK, PC_ATTEMPT_NOT_MADE, PC_ATTEMPT_REFUSED,
      PC_OK },
    { "gone before the wrap", "fixed", "C_WrapKey=1 return=0x32", PC_E_TOKEN, 0, 0, PC_E_TOKEN },
    { "gone before the key", "fixed", "C_GenerateKey=1 return=0xb3", PC_E_TOKEN, 0, 0, PC_E_TOKEN },
    /* The third read: of the private object, of its public one, of the private value. */
    { "read says done", "fixed", "C_GetAttributeValue=3 skip=0", PC_OK, PC_ATTEMPT_SUCCEEDED, PC_ATTEMPT_REFUSED,
      PC_E_VERIFY },
    { "gone before the read", "fixed", "C_GetAttributeValue=3 return=0x32", PC_E_TOKEN, 0, 0, PC_E_TOKEN },
};

static void token_is_tried_and_its_answer_reported(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(rows); i++) {
        outcome tried = try_key(rows[i].label, rows[i].plan);

        if (tried.status != rows[i].status || tried.app_status != rows[i].app_status) {
            print_error("%s\n", rows[i].name);
        }
        assert_int_equal(tried.status, rows[i].status);
        assert_int_equal(tried.app_status, rows[i].app_status);
        if (rows[i].status == PC_OK) {
            assert_int_equal(tried.proof.read, rows[i].read);
            assert_int_equal(tried.proof.wrap, rows[i].wrap);
        }
        if (rows[i].app_status == PC_E_VERIFY) {
            assert_true(error_says(&tried.err, "revealed the private key"));
        }
    }
}

static void attempts_leave_nothing_on_the_token(void **state)
{
    raw_token raw;

    (void)state;
    raw_open("a", &raw);
    size_t before = raw_count(&raw, CKO_SECRET_KEY);

    raw_close(&raw);
    (void)try_key("fixed", "");
    assert_int_equal(fault_calls(&store, "C_DestroyObject"), 1);
    raw_open("a", &raw);
    assert_int_equal(before, 0);
    assert_int_equal(raw_count(&raw, CKO_SECRET_KEY), 0);
    assert_int_equal(raw_count(&raw, CKO_PRIVATE_KEY), 3);
    raw_close(&raw);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(token_is_tried_and_its_answer_reported),
        cmocka_unit_test(attempts_leave_nothing_on_the_token),
    };

    return cmocka_run_group_tests(tests, make_store, remove_store);
}
