/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/keygen.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "fault.h"
#include "raw_token.h"
#include "run.h"

/* AES keys under faults, judged by bare calls. */

PC_AUTO_DEFINE(pc_keygen_made, pc_keygen_made, pc_keygen_made_free);

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

static size_t count(const char *label)
{
    raw_token raw;

    raw_open("t", &raw);
    size_t counted = raw_count_labelled(&raw, CKO_SECRET_KEY, label);

    raw_close(&raw);
    return counted;
}

static pc_status make(const char *label, const char *plan, bool *ret_changed, pc_error *err)
{
    const pc_keygen_order order = { .label = label, .key_type = "aes-256" };
    const pc_token_access access = token_store_access(&store, FAULT_MODULE, "t");
    PC_AUTO(pc_keygen_made) pc_keygen_made *made = NULL;

    fault_plan(&store, plan);
    pc_status status = pc_keygen_run(&order, &access, &made, err);

    *ret_changed = made && made->changed;
    return status;
}

static const struct {
    const char *plan;
    pc_status status;
    const char *says;
    size_t left;
} faults[] = {
    { "C_GenerateKey=1 return=0x30", PC_E_TOKEN, "no key was created", 0 },
    { "C_GenerateKey=1 then=0x30", PC_E_TOKEN, "may or may not be on the token", 1 },
    /* The searches before are by label, and whether the module can search by label. */
    { "C_GenerateKey=1 return=0x30; C_FindObjectsInit=4+ return=0x30", PC_E_TOKEN, "may or may not be", 0 },
    { "C_GenerateKey=1 skip=0", PC_E_VERIFY, "shows 0 keys with its CKA_ID", 0 },
    { "C_GenerateKey=1+ return=0x12", PC_E_TOKEN, "no key was created", 0 },
    { "C_OpenSession=2 return=0x30", PC_E_TOKEN, "could not be read back", 1 },
    /* CKA_EXTRACTABLE, CKA_SENSITIVE and CKA_LOCAL read back otherwise: destroyed again */
    { "C_GetAttributeValue=1+ put=1@0x162", PC_E_VERIFY, "extractable is true", 0 },
    { "C_GetAttributeValue=1+ put=0@0x103", PC_E_VERIFY, "sensitive is false", 0 },
    { "C_GetAttributeValue=1+ put=0@0x163", PC_E_VERIFY, "local is false", 0 },
    { "C_GetAttributeValue=1+ put=1@0x162; C_DestroyObject=1 return=0x30", PC_E_VERIFY, "must not be used", 1 },
};

static void a_fault_says_what_is_left(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(faults); i++) {
        char label[32];
        bool changed = false;
        pc_error err = { .status = PC_OK };

        (void)snprintf(label, sizeof label, "fault-%zu", i);
        pc_status status = make(label, faults[i].plan, &changed, &err);

        if (status != faults[i].status || !error_says(&err, faults[i].says)) {
            print_error("%s: %s; %s\n", faults[i].plan, err.frames[0], err.frames[err.frame_count - 1]);
        }
        assert_int_equal(status, faults[i].status);
        assert_true(error_says(&err, faults[i].says));
        assert_int_equal(count(label), faults[i].left);
        assert_int_equal(make(label, "", &changed, &err), PC_OK);
        assert_int_equal(changed, faults[i].left == 0);
        assert_int_equal(count(label), 1);
    }
}

/* As for a key pair: NSS reports every key so. */
static void a_key_that_was_not_made_there_names_the_option(void **state)
{
    bool changed = false;
    pc_error err = { .status = PC_OK };

    (void)state;
    assert_int_equal(make("not-local", "C_GetAttributeValue=1+ put=0@0x163", &changed, &err), PC_E_VERIFY);
    assert_non_null(strstr(err.hint, "--tolerate local"));
}

/* A module that does not know CKA_COPYABLE in a template gets one without it. */
static void a_refused_template_is_tried_without_control(void **state)
{
    bool changed = false;
    pc_error err = { .status = PC_OK };

    (void)state;
    assert_int_equal(make("rungs", "C_GenerateKey=1 return=0x12", &changed, &err), PC_OK);
    assert_true(changed);
    assert_int_equal(fault_calls(&store, "C_GenerateKey"), 3); /* the third wraps for the proof */
    assert_int_equal(count("rungs"), 1);
}

/* A token that reveals the value is detected. */
static void a_key_that_comes_out_is_reported(void **state)
{
    raw_token raw;
    bool changed = false;
    pc_error err = { .status = PC_OK };

    (void)state;
    assert_int_equal(make("wraps-out", "C_WrapKey=1+ skip=0", &changed, &err), PC_E_VERIFY);
    assert_true(error_says(&err, "do not use it"));
    raw_open("t", &raw);
    assert_int_equal(raw_flag(&raw, raw_labelled(&raw, CKO_SECRET_KEY, "wraps-out"), CKA_EXTRACTABLE), 0);
    raw_close(&raw);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fault_says_what_is_left),
        cmocka_unit_test(a_key_that_was_not_made_there_names_the_option),
        cmocka_unit_test(a_refused_template_is_tried_without_control),
        cmocka_unit_test(a_key_that_comes_out_is_reported),
    };

    return cmocka_run_group_tests(tests, make_store, remove_store);
}
