/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/init.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "fault.h"
#include "raw_token.h"
#include "run.h"

/* Making a token, judged by softhsm2-util and by logging in with bare calls. */

static token_store store;
static char so_source[160];

static int make_store(void **state)
{
    (void)state;
    token_store_make(&store);
    token_store_write(&store, "so.pin", TOKEN_STORE_SO_PIN "\n", strlen(TOKEN_STORE_SO_PIN "\n"));
    (void)snprintf(so_source, sizeof so_source, "file:%s/so.pin", store.folder);
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
    pc_init_outcome outcome;
    pc_token_info token;
    pc_error err;
} result;

static result make_token(const char *label, const char *plan)
{
    const pc_init_order order = { .label = label, .so_pin_source = so_source };
    const pc_token_access access = token_store_access(&store, FAULT_MODULE, NULL);
    result made = { .status = PC_OK };

    fault_plan(&store, plan);
    made.status = pc_init_run(&order, &access, &made.outcome, &made.token, &made.err);
    return made;
}

static unsigned count_tokens(const char *label)
{
    static char out[65536];
    char line[64];
    unsigned count = 0;
    const char *const argv[] = { "softhsm2-util", "--show-slots", NULL };

    assert_int_equal(run_program(argv, out, sizeof out), 0);
    (void)snprintf(line, sizeof line, "Label:            %-32s", label);
    for (const char *at = strstr(out, line); at; at = strstr(at + 1, line)) {
        count++;
    }
    return count;
}

static void assert_user_can_log_in(const char *label)
{
    raw_token raw;

    raw_open(label, &raw); /* ends the test if it cannot */
    raw_close(&raw);
}

static void new_token_has_its_label_and_both_pins(void **state)
{
    (void)state;
    result made = make_token("fresh", "");

    assert_int_equal(made.status, PC_OK);
    assert_int_equal(made.outcome, PC_INIT_MADE);
    assert_string_equal(made.token.label, "fresh");
    assert_int_equal(count_tokens("fresh"), 1);
    assert_user_can_log_in("fresh");
}

static void token_that_is_there_is_left_alone(void **state)
{
    raw_token raw;

    (void)state;
    raw_open("fresh", &raw);
    (void)raw_generate(&raw, &(raw_key_plan){ .label = "precious", .id = "p" }, NULL);
    raw_close(&raw);
    result made = make_token("fresh", "");

    assert_int_equal(made.status, PC_OK);
    assert_int_equal(made.outcome, PC_INIT_THERE);
    assert_int_equal(fault_calls(&store, "C_InitToken"), 0);
    assert_int_equal(fault_calls(&store, "C_Login"), 0);
    raw_open("fresh", &raw);
    assert_int_equal(raw_count_labelled(&raw, CKO_PRIVATE_KEY, "precious"), 1);
    raw_close(&raw);
}

static const struct {
    const char *label, *plan;
    pc_status status;
    bool there; /* afterwards */
} interrupted[] = {
    { "cut-1", "C_InitToken=1 return=0x30", PC_E_TOKEN, false },
    { "cut-2", "C_OpenSession=2 return=0x30", PC_E_TOKEN, true },
    { "cut-7", "C_OpenSession=1 return=0x30", PC_E_TOKEN, false }, /* the search for objects */
    { "cut-3", "C_Login=1 return=0x30", PC_E_TOKEN, true },
    { "cut-4", "C_InitPIN=1 return=0xa2", PC_E_AUTH, true },
    { "cut-5", "C_InitPIN=1 return=0x32", PC_E_TOKEN, true },
    { "cut-6", "C_InitToken=1 then=0x30", PC_E_TOKEN, true },
};

static void interrupted_run_is_finished_by_the_next(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(interrupted); i++) {
        const char *label = interrupted[i].label;
        result made = make_token(label, interrupted[i].plan);

        if (made.status != interrupted[i].status) {
            print_error("%s: %s\n", label, made.err.frames[0]);
        }
        assert_int_equal(made.status, interrupted[i].status);
        assert_false(error_says(&made.err, TOKEN_STORE_PIN));
        assert_false(error_says(&made.err, TOKEN_STORE_SO_PIN));
        assert_int_equal(count_tokens(label), interrupted[i].there);
        made = make_token(label, "");
        assert_int_equal(made.status, PC_OK);
        assert_int_equal(made.outcome, interrupted[i].there ? PC_INIT_FINISHED : PC_INIT_MADE);
        assert_int_equal(fault_calls(&store, "C_InitToken"), !interrupted[i].there);
        assert_int_equal(count_tokens(label), 1);
        assert_user_can_log_in(label);
    }
}

static void wrong_so_pin_is_tried_once_and_reported(void **state)
{
    (void)state;
    result made = make_token("wrong-so", "C_InitPIN=1 return=0x30");

    assert_int_equal(made.status, PC_E_TOKEN);
    token_store_write(&store, "so.pin", "not-the-so-pin\n", 15);
    made = make_token("wrong-so", "");
    assert_int_equal(made.status, PC_E_AUTH);
    assert_int_equal(made.err.code, CKR_PIN_INCORRECT);
    assert_int_equal(fault_calls(&store, "C_Login"), 1);
    assert_int_equal(fault_calls(&store, "C_InitPIN"), 0);
    token_store_write(&store, "so.pin", TOKEN_STORE_SO_PIN "\n", strlen(TOKEN_STORE_SO_PIN "\n"));
}

static void label_of_a_wrong_length_is_refused_before_anything(void **state)
{
    static const struct {
        const char *label;
        pc_status status;
    } rows[] = {
        { "", PC_E_USAGE },
        { "123456789012345678901234567890123", PC_E_USAGE },
        { "12345678901234567890123456789012", PC_OK },
        { "with blank", PC_OK },
        { "\xc3\xa4\xc3\xb6\xc3\xbc", PC_OK },
    };

    (void)state;
    for (size_t i = 0; i < PC_COUNT(rows); i++) {
        assert_int_equal(make_token(rows[i].label, "").status, rows[i].status);
        assert_int_equal(fault_calls(&store, "C_InitToken"), rows[i].status == PC_OK);
    }
}

static void two_tokens_of_the_label_are_ambiguous(void **state)
{
    (void)state;
    token_store_add_token(&store, "twin");
    token_store_add_token(&store, "twin");
    assert_int_equal(make_token("twin", "").status, PC_E_AMBIGUOUS);
    assert_int_equal(count_tokens("twin"), 2);
}

static void without_a_free_slot_nothing_is_initialised(void **state)
{
    (void)state;
    /* CKF_TOKEN_INITIALIZED on every token: SoftHSM's free slot is no longer free. */
    result made = make_token("no-room", "C_GetTokenInfo=1+ flags=0x400");

    assert_int_equal(made.status, PC_E_NOT_FOUND);
    assert_true(error_says(&made.err, "no free slot"));
    assert_int_equal(fault_calls(&store, "C_InitToken"), 0);
}

static void no_signal_can_end_a_call_that_changes_the_token(void **state)
{
    (void)state;
    assert_int_equal(make_token("uncut", "call=1+ held=0").status, PC_OK); /* the module aborts if one can */
}

static const struct {
    const char *plan;
    const char *said;
} doubts[] = {
    { "C_GetTokenInfo=1+ skip=0", "no information" }, /* as if every slot held nothing */
    { "C_GetTokenInfo=1 skip=0; C_GetTokenInfo=2 skip=0; C_GetTokenInfo=3 skip=0; C_GetTokenInfo=4 skip=0", "" },
    { "C_InitPIN=1 skip=0", "not certain" },
};

static void count_precious(size_t expected)
{
    raw_token raw;

    raw_open("fresh", &raw);
    assert_int_equal(raw_count_labelled(&raw, CKO_PRIVATE_KEY, "precious"), expected);
    raw_close(&raw);
}

/* Whatever the module leaves out of its answers, the token in use keeps its objects. */
static void an_answer_without_content_wipes_no_token(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(doubts); i++) {
        char label[32];

        (void)snprintf(label, sizeof label, "doubt-%zu", i);
        result made = make_token(label, doubts[i].plan);

        if (*doubts[i].said) {
            assert_int_not_equal(made.status, PC_OK);
            assert_true(error_says(&made.err, doubts[i].said));
        }
        count_precious(1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(new_token_has_its_label_and_both_pins),
        cmocka_unit_test(token_that_is_there_is_left_alone),
        cmocka_unit_test(interrupted_run_is_finished_by_the_next),
        cmocka_unit_test(wrong_so_pin_is_tried_once_and_reported),
        cmocka_unit_test(label_of_a_wrong_length_is_refused_before_anything),
        cmocka_unit_test(two_tokens_of_the_label_are_ambiguous),
        cmocka_unit_test(without_a_free_slot_nothing_is_initialised),
        cmocka_unit_test(an_answer_without_content_wipes_no_token),
        cmocka_unit_test(no_signal_can_end_a_call_that_changes_the_token),
    };

    return cmocka_run_group_tests(tests, make_store, remove_store);
}
