/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/retire.h>

#include <dlfcn.h>
#include <openssl/param_build.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "fault.h"
#include "raw_token.h"
#include "run.h"

/* Retiring a key under faults, judged by bare calls. */

PC_AUTO_DEFINE(pc_retire_result, pc_retire_result, pc_retire_result_free);

static token_store store;

static int make_store(void **state)
{
    (void)state;
    token_store_make(&store);
    token_store_add_token(&store, "t");
    return 0;
}

static int remove_store(void **state)
{
    (void)state;
    token_store_remove(&store);
    return 0;
}

static void make_key(const char *label, raw_kind kind)
{
    raw_token raw;

    raw_open("t", &raw);
    (void)raw_generate(&raw, &(raw_key_plan){ .kind = kind, .label = label, .id = label }, NULL);
    raw_close(&raw);
}

typedef struct {
    size_t private_keys;
    size_t public_keys;
} counts;

static counts count(const char *label)
{
    raw_token raw;
    counts counted;

    raw_open("t", &raw);
    counted.private_keys = raw_count_labelled(&raw, CKO_PRIVATE_KEY, label);
    counted.public_keys = raw_count_labelled(&raw, CKO_PUBLIC_KEY, label);
    raw_close(&raw);
    return counted;
}

static pc_status retire(const pc_retire_order *order, const char *plan, pc_error *err)
{
    const pc_token_access access = token_store_access(&store, FAULT_MODULE, "t");
    PC_AUTO(pc_retire_result) pc_retire_result *result = NULL;

    fault_plan(&store, plan);
    pc_status status = pc_retire_run(order, &access, &result, err);

    assert_int_equal(status == PC_OK, result != NULL);
    assert_true(!result || order->dry_run || result->is_done || result->retired_at);
    return status;
}

static void a_dry_run_changes_nothing(void **state)
{
    pc_error err = { .status = PC_OK };

    (void)state;
    make_key("dry", RAW_EC_P256);
    assert_int_equal(retire(&(pc_retire_order){ .key = "dry", .dry_run = true }, "", &err), PC_OK);
    assert_int_equal(fault_calls(&store, "C_DestroyObject"), 0);
    assert_int_equal(count("dry").private_keys, 1);
}

static const struct {
    const char *plan;
    pc_status status;
    const char *says;
    counts left;
} faults[] = {
    { "C_DestroyObject=1 return=0x1b", PC_E_REFUSED, "the token refuses to destroy the private key", { 1, 1 } },
    { "C_DestroyObject=1 return=0x54", PC_E_REFUSED, "the token refuses to destroy the private key", { 1, 1 } },
    { "C_DestroyObject=1 return=0x30", PC_E_TOKEN, "may or may not be destroyed", { 1, 1 } },
    { "C_DestroyObject=1 then=0x30", PC_E_TOKEN, "run the same command again", { 0, 1 } },
    { "C_DestroyObject=2 return=0x32", PC_E_TOKEN, "1 object was destroyed before", { 0, 1 } },
    { "C_DestroyObject=2 then=0x32", PC_E_TOKEN, "may or may not be destroyed", { 0, 0 } },
    { "C_DestroyObject=1 skip=0", PC_E_VERIFY, "but still has it", { 1, 0 } },
    { "C_DestroyObject=2 skip=0", PC_E_VERIFY, "but still has it", { 0, 1 } },
    { "C_OpenSession=2 return=0x30", PC_E_TOKEN, "the proof that they are gone failed", { 0, 0 } },
};

static void a_failure_says_what_is_left_and_the_next_run_finishes(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(faults); i++) {
        char label[32];
        pc_error err = { .status = PC_OK };

        (void)snprintf(label, sizeof label, "fault-%zu", i);
        make_key(label, i % 2 ? RAW_RSA_2048 : RAW_EC_P256);
        const pc_retire_order order = { .key = label };
        pc_status status = retire(&order, faults[i].plan, &err);

        if (status != faults[i].status || !error_says(&err, faults[i].says)) {
            print_error("%s: %s; %s\n", faults[i].plan, err.frames[err.frame_count ? err.frame_count - 1 : 0],
                        err.hint);
        }
        assert_int_equal(status, faults[i].status);
        assert_true(error_says(&err, faults[i].says));
        counts left = count(label);

        assert_int_equal(left.private_keys, faults[i].left.private_keys);
        assert_int_equal(left.public_keys, faults[i].left.public_keys);
        bool is_there = left.private_keys + left.public_keys > 0;

        assert_int_equal(retire(&order, "", &err), is_there ? PC_OK : PC_E_NOT_FOUND);
        assert_int_equal(count(label).private_keys + count(label).public_keys, 0);
    }
}

/* A handle that belongs to another object by the time it is used: its attributes are read again right before. */
static void another_object_behind_the_handle_is_not_destroyed(void **state)
{
    pc_error err = { .status = PC_OK };

    (void)state;
    make_key("handle", RAW_EC_P256);
    assert_int_equal(retire(&(pc_retire_order){ .key = "handle", .dry_run = true }, "", &err), PC_OK);
    unsigned reads = fault_calls(&store, "C_GetAttributeValue");
    char plan[64];

    (void)snprintf(plan, sizeof plan, "C_GetAttributeValue=%u flip=3@0x102", reads + 1);
    assert_int_equal(retire(&(pc_retire_order){ .key = "handle" }, plan, &err), PC_E_VERIFY);
    assert_true(error_says(&err, "the object has changed since it was found"));
    assert_int_equal(fault_calls(&store, "C_DestroyObject"), 0);
    assert_int_equal(count("handle").private_keys, 1);
    assert_int_equal(count("handle").public_keys, 1);
}

static pc_status refuse(void *context, const pc_retire_result *plan, pc_error *err)
{
    size_t *asked = context;

    *asked = plan->object_count;
    return pc_fail(err, PC_E_REFUSED, "not confirmed");
}

static void what_is_not_confirmed_stays(void **state)
{
    size_t asked = 0;
    pc_error err = { .status = PC_OK };

    (void)state;
    make_key("unconfirmed", RAW_EC_P256);
    const pc_retire_order order = { .key = "unconfirmed", .confirm = refuse, .confirm_context = &asked };

    assert_int_equal(retire(&order, "", &err), PC_E_REFUSED);
    assert_int_equal(asked, 2);
    assert_int_equal(fault_calls(&store, "C_DestroyObject"), 0);
    assert_int_equal(count("unconfirmed").private_keys, 1);
}

/* SoftHSM honours CKA_DESTROYABLE; the fault module claims it for a key that does not have it. */
static void a_key_that_is_not_destroyable_is_refused_before_anything_goes(void **state)
{
    pc_error err = { .status = PC_OK };

    (void)state;
    make_key("lasting", RAW_EC_P256);
    assert_int_equal(retire(&(pc_retire_order){ .key = "lasting" }, "C_GetAttributeValue=1+ put=0@0x172", &err),
                     PC_E_REFUSED);
    assert_true(error_says(&err, "CKA_DESTROYABLE is false"));
    assert_int_equal(fault_calls(&store, "C_DestroyObject"), 0);
}

/* --- the record of an earlier run --- */

static bool has_no_memory;

/* In place of libcrypto's. */
OSSL_PARAM_BLD *OSSL_PARAM_BLD_new(void)
{
    const union {
        void *symbol;
        OSSL_PARAM_BLD *(*function)(void);
    } entry = { .symbol = dlsym(RTLD_NEXT, "OSSL_PARAM_BLD_new") };

    return has_no_memory ? NULL : entry.function();
}

/* If the keys on the token cannot be compared with the retired one, it may be there under another name. */
static void a_key_that_cannot_be_compared_with_the_record_is_an_error(void **state)
{
    char record[128];
    pc_error err = { .status = PC_OK };
    const pc_retire_order order = { .key = "recorded", .record = token_store_path(&store, "record.jsonl", record) };

    (void)state;
    make_key("recorded", RAW_EC_P256);
    make_key("present", RAW_EC_P256);
    assert_int_equal(retire(&order, "", &err), PC_OK);
    has_no_memory = true;
    assert_int_equal(retire(&order, "", &err), PC_E_MEMORY);
    has_no_memory = false;
    assert_int_equal(retire(&order, "", &err), PC_OK);
    assert_int_equal(count("present").private_keys, 1);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dry_run_changes_nothing),
        cmocka_unit_test(a_failure_says_what_is_left_and_the_next_run_finishes),
        cmocka_unit_test(another_object_behind_the_handle_is_not_destroyed),
        cmocka_unit_test(what_is_not_confirmed_stays),
        cmocka_unit_test(a_key_that_is_not_destroyable_is_refused_before_anything_goes),
        cmocka_unit_test(a_key_that_cannot_be_compared_with_the_record_is_an_error),
    };

    return cmocka_run_group_tests(tests, make_store, remove_store);
}
