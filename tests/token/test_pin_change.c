/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/pin.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "fault.h"
#include "raw_token.h"
#include "run.h"

/* Changing PINs under faults, judged by logging in with bare calls. */

#define NEW_PIN "canary-new-5518"

static token_store store;
static char so_source[160];
static char new_source[160];

static void make_token(const char *label)
{
    token_store_add_token(&store, label);
}

static int make_store(void **state)
{
    (void)state;
    token_store_make(&store);
    token_store_write(&store, "so.pin", TOKEN_STORE_SO_PIN "\n", strlen(TOKEN_STORE_SO_PIN "\n"));
    token_store_write(&store, "new.pin", NEW_PIN "\n", strlen(NEW_PIN "\n"));
    (void)snprintf(so_source, sizeof so_source, "file:%s/so.pin", store.folder);
    (void)snprintf(new_source, sizeof new_source, "file:%s/new.pin", store.folder);
    return 0;
}

static int remove_store(void **state)
{
    (void)state;
    token_store_remove(&store);
    return 0;
}

/* Does SoftHSM accept this PIN? By its own tool, which ends with 0 only after a login. */
static bool accepts(const char *token, bool is_officers, const char *pin)
{
    static char out[65536];
    const char *const argv[] = { "pkcs11-tool",
                                 "--module",
                                 "/usr/lib/softhsm/libsofthsm2.so",
                                 "--token-label",
                                 token,
                                 "--login",
                                 "--login-type",
                                 is_officers ? "so" : "user",
                                 is_officers ? "--so-pin" : "--pin",
                                 pin,
                                 "--session-rw",
                                 "--list-objects",
                                 NULL };

    return run_program(argv, out, sizeof out) == 0;
}

static pc_status change(const char *token, pc_pin_task task, const char *plan, pc_error *err)
{
    const pc_pin_order order = { .task = task, .so_pin_source = so_source, .new_pin_source = new_source };
    const pc_token_access access = token_store_access(&store, FAULT_MODULE, token);
    pc_pin_changed changed = { .is_proved = false };

    fault_plan(&store, plan);
    pc_status status = pc_pin_run(&order, &access, &changed, err);

    assert_int_equal(status == PC_OK, changed.is_proved);
    assert_false(error_says(err, TOKEN_STORE_PIN));
    assert_false(error_says(err, TOKEN_STORE_SO_PIN));
    assert_false(error_says(err, NEW_PIN));
    return status;
}

static const struct {
    pc_pin_task task;
    const char *label;
    unsigned logins;
    const char *call;
} kinds[] = {
    { PC_PIN_USER, "user", 1, "C_SetPIN" },
    { PC_PIN_SO, "officer", 2, "C_SetPIN" },
    { PC_PIN_RESET, "reset", 2, "C_InitPIN" },
};

static const char *old_pin(pc_pin_task task)
{
    return task == PC_PIN_SO ? TOKEN_STORE_SO_PIN : TOKEN_STORE_PIN;
}

static void the_new_pin_is_accepted_and_the_old_one_is_not(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(kinds); i++) {
        bool is_officers = kinds[i].task == PC_PIN_SO;
        pc_error err = { .status = PC_OK };

        make_token(kinds[i].label);
        assert_int_equal(change(kinds[i].label, kinds[i].task, "call=1+ held=0", &err), PC_OK);
        assert_int_equal(fault_calls(&store, "C_Login"), kinds[i].logins);
        assert_int_equal(fault_calls(&store, kinds[i].call), 1);
        assert_true(accepts(kinds[i].label, is_officers, NEW_PIN));
        assert_false(accepts(kinds[i].label, is_officers, old_pin(kinds[i].task)));
        assert_true(accepts(kinds[i].label, !is_officers, is_officers ? TOKEN_STORE_PIN : TOKEN_STORE_SO_PIN));
    }
}

static const struct {
    pc_pin_task task;
    const char *plan;
    pc_status status;
    const char *says;
    bool is_changed; /* afterwards */
    unsigned attempts;
} faults[] = {
    { PC_PIN_USER, "C_SetPIN=1 return=0xa0", PC_E_AUTH, "the user PIN was not changed", false, 0 },
    { PC_PIN_USER, "C_SetPIN=1 return=0xa2", PC_E_AUTH, "the user PIN was not changed", false, 0 },
    { PC_PIN_USER, "C_SetPIN=1 return=0xa4", PC_E_LOCKED, "p11cert pin --reset", false, 0 },
    { PC_PIN_USER, "C_SetPIN=1 return=0x30", PC_E_TOKEN, "may or may not have been changed", false, 0 },
    { PC_PIN_USER, "C_SetPIN=1 then=0x30", PC_E_TOKEN, "may or may not have been changed", true, 0 },
    { PC_PIN_USER, "C_SetPIN=1 skip=0", PC_E_VERIFY, "rejects a login with it", false, 1 },
    { PC_PIN_USER, "C_OpenSession=2 return=0x30", PC_E_TOKEN, "the user PIN was not changed", false, 0 },
    { PC_PIN_USER, "C_OpenSession=3 return=0x30", PC_E_TOKEN, "the proof of it failed", true, 0 },
    { PC_PIN_USER, "C_Login=1 return=0x30", PC_E_TOKEN, "the proof of it failed", true, 1 },
    { PC_PIN_SO, "C_Login=1 return=0xa0", PC_E_AUTH, "nothing was changed", false, 1 },
    { PC_PIN_SO, "C_SetPIN=1 return=0xa4", PC_E_LOCKED, "initialised again", false, 1 },
    { PC_PIN_RESET, "C_Login=1 return=0xa4", PC_E_LOCKED, "nothing was changed", false, 1 },
    { PC_PIN_RESET, "C_InitPIN=1 return=0xa1", PC_E_AUTH, "the user PIN was not changed", false, 1 },
    { PC_PIN_RESET, "C_InitPIN=1 then=0x32", PC_E_TOKEN, "may or may not have been changed", true, 1 },
    { PC_PIN_USER, "C_GetTokenInfo=1+ flags=0x40000", PC_E_LOCKED, "is locked; no login was attempted", false, 0 },
    { PC_PIN_USER, "C_GetTokenInfo=1+ flags=0x20000", PC_E_LOCKED, "one PIN attempt left", false, 0 },
    { PC_PIN_SO, "C_GetTokenInfo=1+ flags=0x400000", PC_E_LOCKED, "is locked; no login was attempted", false, 0 },
    { PC_PIN_RESET, "C_GetTokenInfo=1+ flags=0x200000", PC_E_LOCKED, "one attempt left", false, 0 },
};

static void a_failure_says_which_pin_holds(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(faults); i++) {
        bool is_officers = faults[i].task == PC_PIN_SO;
        char label[32];
        pc_error err = { .status = PC_OK };

        (void)snprintf(label, sizeof label, "fault-%zu", i);
        make_token(label);
        pc_status status = change(label, faults[i].task, faults[i].plan, &err);

        if (status != faults[i].status || !error_says(&err, faults[i].says)) {
            print_error("%s: %s; %s\n", faults[i].plan, err.frames[0], err.hint);
        }
        assert_int_equal(status, faults[i].status);
        assert_true(error_says(&err, faults[i].says));
        assert_int_equal(fault_calls(&store, "C_Login"), faults[i].attempts);
        assert_true(accepts(label, is_officers, faults[i].is_changed ? NEW_PIN : old_pin(faults[i].task)));
    }
}

/* NSS changes no PIN before a login; even so, the current PIN is tried only once more than the token requires. */
static void a_token_that_requires_a_login_first_gets_one(void **state)
{
    pc_error err = { .status = PC_OK };

    (void)state;
    make_token("login-first");
    assert_int_equal(change("login-first", PC_PIN_USER, "C_SetPIN=1 return=0x101", &err), PC_OK);
    assert_int_equal(fault_calls(&store, "C_SetPIN"), 2);
    assert_true(accepts("login-first", false, NEW_PIN));
    make_token("login-refused");
    assert_int_equal(change("login-refused", PC_PIN_USER, "C_SetPIN=1 return=0x101; C_Login=1 return=0xa0", &err),
                     PC_E_AUTH);
    assert_int_equal(fault_calls(&store, "C_Login"), 1);
    assert_int_equal(fault_calls(&store, "C_SetPIN"), 1);
    assert_true(error_says(&err, "nothing was changed"));
}

/* CKF_PROTECTED_AUTHENTICATION_PATH: the PINs are entered on the keypad, unless PINs were given. */
static void a_token_with_a_pin_pad_asks_there(void **state)
{
    const pc_pin_order order = { .task = PC_PIN_USER };
    pc_token_access access = token_store_access(&store, FAULT_MODULE, "pad");
    pc_pin_changed changed = { .is_proved = true };
    pc_error err = { .status = PC_OK };

    (void)state;
    make_token("pad");
    access.pin_source = NULL;
    fault_plan(&store, "C_GetTokenInfo=1+ flags=0x100; C_SetPIN=1 skip=0");
    assert_int_equal(pc_pin_run(&order, &access, &changed, &err), PC_OK);
    assert_false(changed.is_proved);
    assert_int_equal(fault_calls(&store, "C_SetPIN"), 1);
    assert_int_equal(fault_calls(&store, "C_Login"), 0);
    assert_int_equal(change("pad", PC_PIN_USER, "C_GetTokenInfo=1+ flags=0x100", &err), PC_OK);
    assert_true(accepts("pad", false, NEW_PIN));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_new_pin_is_accepted_and_the_old_one_is_not),
        cmocka_unit_test(a_failure_says_which_pin_holds),
        cmocka_unit_test(a_token_that_requires_a_login_first_gets_one),
        cmocka_unit_test(a_token_with_a_pin_pad_asks_there),
    };

    return cmocka_run_group_tests(tests, make_store, remove_store);
}
