/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "fault.h"
#include "judge.h"
#include "must.h"
#include "raw_token.h"
#include "run.h"
#include "signer/sign.h"
#include "token/key.h"
#include "x509/auto.h"

/* What is special to the native signer: its calls, the mechanisms it falls back on, and that several can be open. */

#define KEY_COUNT 4u

static token_store store;

static int make_store(void **state)
{
    raw_token raw;

    (void)state;
    token_store_make(&store);
    token_store_add_token(&store, "keys");
    raw_open("keys", &raw);
    (void)raw_generate(&raw, &(raw_key_plan){ .kind = RAW_RSA_2048, .label = "rsa", .id = "rsa" }, NULL);
    (void)raw_generate(&raw, &(raw_key_plan){ .kind = RAW_EC_P256, .label = "ec", .id = "ec" }, NULL);
    raw_generate_many(&raw, "many", NULL, KEY_COUNT);
    raw_close(&raw);
    return 0;
}

static int remove_store(void **state)
{
    (void)state;
    token_store_remove(&store);
    return 0;
}

static pc_token_access access_natively(const char *module)
{
    pc_token_access access = token_store_access(&store, module, "keys");

    access.signer = "native";
    return access;
}

/* `new --key`, with calls of the module that fail as planned; the request must then verify. */
static pc_status new_for_key(const char *label, bool pss, const char *plan, pc_error *err)
{
    char out[128];
    const pc_token_access access = access_natively(FAULT_MODULE);
    const pc_new_order order = {
        .subject = "CN=a", .key = label, .out = token_store_path(&store, "a.req", out), .force = true
    };
    pc_new_plan *prepared = NULL;
    pc_new_result *result = NULL;

    fault_plan(&store, plan);
    MUST(pc_new_prepare(&order, &prepared, err) == PC_OK);
    prepared->request->pss = pss;
    pc_status status = pc_new_run(prepared, &access, &result, err);

    if (status == PC_OK) {
        X509_REQ *request = judge_request(out);

        assert_non_null(request);
        X509_REQ_free(request);
    }
    pc_new_result_free(result);
    pc_new_plan_free(prepared);
    return status;
}

static void token_that_does_not_sign_digests_signs_the_message(void **state)
{
    pc_error err = { .status = PC_OK };

    (void)state;
    for (unsigned pss = 0; pss < 2; pss++) {
        if (new_for_key("rsa", pss, "C_SignInit=1 return=0x70", &err) != PC_OK) {
            fail_msg("%s", err.frames[0]);
        }
        assert_int_equal(fault_calls(&store, "C_SignInit"), 2);
        assert_int_equal(fault_calls(&store, "C_Sign"), 1);
    }
}

/* SoftHSM 2.6.1 has no CKM_ECDSA_SHA256, so both mechanisms are refused. */
static void token_that_has_no_mechanism_for_a_key_is_reported_by_its_code(void **state)
{
    pc_error err = { .status = PC_OK };

    (void)state;
    assert_int_not_equal(new_for_key("ec", false, "C_SignInit=1+ return=0x70", &err), PC_OK);
    assert_int_equal(err.code, CKR_MECHANISM_INVALID);
    assert_true(error_says(&err, "C_SignInit"));
    assert_int_equal(fault_calls(&store, "C_SignInit"), 2);
    assert_int_equal(fault_calls(&store, "C_Sign"), 0);
}

static void any_other_refusal_is_final(void **state)
{
    pc_error err = { .status = PC_OK };

    (void)state;
    assert_int_not_equal(new_for_key("rsa", false, "C_SignInit=1 return=0x30", &err), PC_OK);
    assert_int_equal(err.code, CKR_DEVICE_ERROR);
    assert_int_equal(fault_calls(&store, "C_SignInit"), 1);
    assert_int_equal(fault_calls(&store, "C_Sign"), 0);
}

/* --- several at once --- */

typedef struct {
    pthread_t thread;
    pc_token *token; /* a session of its own */
    char label[32];
    unsigned verified;
} worker;

#define SIGNATURES_EACH 50u

static pc_status sign_once(const worker *working, const pc_key *key, pc_error *err)
{
    PC_AUTO(pc_signer) pc_signer *signer = NULL;

    PC_TRY(pc_signer_open(working->token, key, &signer, err));
    return pc_sign_proves(signer, pc_signer_public(signer), err);
}

static void *work(void *argument)
{
    worker *working = argument;
    pc_arena *arena = pc_arena_new();
    const pc_key_selector selector = { .words = working->label, .label = working->label };
    pc_error err = { .status = PC_OK };
    pc_key key;

    if (pc_key_find(working->token, &selector, arena, &key, &err) == PC_OK) {
        for (unsigned i = 0; i < SIGNATURES_EACH; i++) {
            working->verified += sign_once(working, &key, &err) == PC_OK;
        }
    }
    pc_arena_free(arena);
    return NULL;
}

static void several_are_open_at_once_one_per_thread(void **state)
{
    const pc_token_access access = access_natively(SOFTHSM_MODULE);
    worker workers[KEY_COUNT] = { { .verified = 0 } };
    pc_token *token = NULL;
    pc_error err = { .status = PC_OK };

    (void)state;
    assert_int_equal(pc_token_open(&access, PC_TOKEN_READ, &token, &err), PC_OK);
    for (unsigned i = 0; i < KEY_COUNT; i++) {
        (void)snprintf(workers[i].label, sizeof workers[i].label, "many-%u", i);
        assert_int_equal(pc_token_branch(token, false, &workers[i].token, &err), PC_OK);
        assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    }
    for (unsigned i = 0; i < KEY_COUNT; i++) {
        assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
        pc_token_close(workers[i].token);
    }
    pc_token_close(token);
    for (unsigned i = 0; i < KEY_COUNT; i++) {
        assert_int_equal(workers[i].verified, SIGNATURES_EACH);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(token_that_does_not_sign_digests_signs_the_message),
        cmocka_unit_test(token_that_has_no_mechanism_for_a_key_is_reported_by_its_code),
        cmocka_unit_test(any_other_refusal_is_final),
        cmocka_unit_test(several_are_open_at_once_one_per_thread),
    };

    return cmocka_run_group_tests(tests, make_store, remove_store);
}
