/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "fault.h"
#include "raw_token.h"
#include "run.h"
#include "token/session.h"

/* Which token is opened, and what a login costs. The module under test is SoftHSM behind the fault module. */

static token_store store;

static int make_store(void **state)
{
    (void)state;
    token_store_make(&store);
    token_store_add_token(&store, "servers");
    token_store_add_token(&store, "ca");
    token_store_add_token(&store, "twin");
    token_store_add_token(&store, "twin");
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
    pc_error err;
    char label[33];
} outcome;

static outcome open_token(const pc_token_access *access, pc_token_mode mode)
{
    pc_token *token = NULL;
    outcome result = { .status = PC_OK };

    result.status = pc_token_open(access, mode, &token, &result.err);
    if (token) {
        assert_int_equal(result.status, PC_OK);
        (void)snprintf(result.label, sizeof result.label, "%s", pc_token_get_info(token)->label);
    }
    pc_token_close(token);
    return result;
}

static outcome open_named(const char *name, pc_token_mode mode)
{
    const pc_token_access access = token_store_access(&store, FAULT_MODULE, name);

    return open_token(&access, mode);
}

/* --- which token --- */

static const struct {
    const char *name;
    pc_status status;
    const char *said; /* in the error, or the label that is opened */
} names[] = {
    { "servers", PC_OK, "servers" },
    { "pkcs11:token=ca", PC_OK, "ca" },
    { "pkcs11:token=ca;manufacturer=SoftHSM%20project;model=SoftHSM%20v2", PC_OK, "ca" },
    { "pkcs11:token=ca;object=whatever;id=%01", PC_OK, "ca" },
    { "Servers", PC_E_NOT_FOUND, "\"servers\"" },
    { "server", PC_E_NOT_FOUND, "\"ca\"" },
    { "pkcs11:token=ca;model=Luna", PC_E_NOT_FOUND, "no token matches" },
    { "twin", PC_E_AMBIGUOUS, "2 tokens match" },
    { "pkcs11:model=SoftHSM%20v2", PC_E_AMBIGUOUS, "4 tokens match" },
    { "pkcs11:serial=0000000000000000", PC_E_USAGE, "only by its serial number" },
    { "pkcs11:slot-id=0", PC_E_USAGE, "slot" },
    { "pkcs11:token=ca?pin-value=1234", PC_E_USAGE, "pin-value" },
    { "pkcs11:token=ca;colour=red", PC_E_USAGE, "unknown attribute" },
    { "", PC_E_USAGE, "empty" },
};

static void name_opens_the_one_token_it_means(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(names); i++) {
        fault_plan(&store, "");
        outcome opened = open_named(names[i].name, PC_TOKEN_PUBLIC);

        if (opened.status != names[i].status) {
            print_error("\"%s\": %s\n", names[i].name, opened.err.frames[0]);
        }
        assert_int_equal(opened.status, names[i].status);
        if (names[i].status == PC_OK) {
            assert_string_equal(opened.label, names[i].said);
        } else {
            assert_true(error_says(&opened.err, names[i].said));
        }
        assert_int_equal(fault_calls(&store, "C_Login"), 0);
    }
}

static void ambiguous_name_lists_every_token_it_means(void **state)
{
    raw_token raw;
    CK_SLOT_ID slots[16];
    CK_ULONG count = 16;
    char serials[2][17];
    size_t twins = 0;

    (void)state;
    raw_open("ca", &raw);
    assert_int_equal(raw.functions->C_GetSlotList(CK_TRUE, slots, &count), CKR_OK);
    for (CK_ULONG i = 0; i < count; i++) {
        CK_TOKEN_INFO info;

        assert_int_equal(raw.functions->C_GetTokenInfo(slots[i], &info), CKR_OK);
        if (memcmp(info.label, "twin ", 5) == 0) {
            (void)snprintf(serials[twins++], 17, "%.16s", (const char *)info.serialNumber);
        }
    }
    raw_close(&raw);
    outcome opened = open_named("twin", PC_TOKEN_READ);

    assert_int_equal(twins, 2);
    assert_int_equal(opened.status, PC_E_AMBIGUOUS);
    assert_true(error_says(&opened.err, serials[0]));
    assert_true(error_says(&opened.err, serials[1]));
    assert_false(error_says(&opened.err, "servers"));
}

static void name_not_found_lists_what_there_is(void **state)
{
    (void)state;
    outcome opened = open_named("nowhere", PC_TOKEN_READ);

    assert_int_equal(opened.status, PC_E_NOT_FOUND);
    assert_true(error_says(&opened.err, "\"nowhere\""));
    assert_true(error_says(&opened.err, "\"servers\""));
    assert_true(error_says(&opened.err, "\"ca\""));
    assert_true(error_says(&opened.err, "\"twin\""));
}

static void without_a_name_only_a_sole_token_is_opened(void **state)
{
    token_store sole;

    (void)state;
    assert_int_equal(open_named(NULL, PC_TOKEN_PUBLIC).status, PC_E_AMBIGUOUS);
    token_store_make(&sole);
    const pc_token_access access = token_store_access(&sole, SOFTHSM_MODULE, NULL);
    outcome opened = open_token(&access, PC_TOKEN_PUBLIC);

    assert_int_equal(opened.status, PC_E_NOT_FOUND);
    assert_true(error_says(&opened.err, "p11cert init"));
    token_store_add_token(&sole, "only one");
    opened = open_token(&access, PC_TOKEN_READ);
    assert_int_equal(opened.status, PC_OK);
    assert_string_equal(opened.label, "only one");
    token_store_remove(&sole);
    token_store_use(&store);
}

/* --- login --- */

static void each_mode_logs_in_once_or_not_at_all(void **state)
{
    static const struct {
        pc_token_mode mode;
        unsigned logins;
    } rows[] = { { PC_TOKEN_PUBLIC, 0 }, { PC_TOKEN_READ, 1 }, { PC_TOKEN_WRITE, 1 } };

    (void)state;
    for (size_t i = 0; i < PC_COUNT(rows); i++) {
        fault_plan(&store, "");
        assert_int_equal(open_named("servers", rows[i].mode).status, PC_OK);
        assert_int_equal(fault_calls(&store, "C_Login"), rows[i].logins);
        assert_int_equal(fault_calls(&store, "C_CloseSession"), 1);
        assert_int_equal(fault_calls(&store, "C_Finalize"), 1);
    }
}

static void read_mode_cannot_write_to_the_token(void **state)
{
    CK_OBJECT_CLASS class = CKO_DATA;
    CK_BBOOL yes = CK_TRUE;
    CK_ATTRIBUTE object[] = { { CKA_CLASS, &class, sizeof class }, { CKA_TOKEN, &yes, sizeof yes } };
    CK_OBJECT_HANDLE handle = 0;
    pc_token *token = NULL;
    const pc_token_access access = token_store_access(&store, SOFTHSM_MODULE, "servers");

    (void)state;
    assert_int_equal(pc_token_open(&access, PC_TOKEN_READ, &token, NULL), PC_OK);
    assert_int_equal(token->functions->C_CreateObject(token->session, object, 2, &handle), CKR_SESSION_READ_ONLY);
    pc_token_close(token);
}

static void a_pin_that_was_read_already_is_not_read_again(void **state)
{
    pc_token_access access = token_store_access(&store, FAULT_MODULE, "servers");
    pc_secret *pin = NULL;

    (void)state;
    assert_int_equal(pc_secret_new(strlen(TOKEN_STORE_PIN), &pin, NULL), PC_OK);
    memcpy(pc_secret_bytes(pin), TOKEN_STORE_PIN, strlen(TOKEN_STORE_PIN));
    pc_secret_set_len(pin, strlen(TOKEN_STORE_PIN));
    access.pin = pin;
    access.pin_source = "env:NOT_SET";
    fault_plan(&store, "");
    assert_int_equal(open_token(&access, PC_TOKEN_WRITE).status, PC_OK);
    assert_int_equal(open_token(&access, PC_TOKEN_READ).status, PC_OK);
    pc_secret_free(pin);
}

static outcome open_with_pin(const char *pin, unsigned *ret_logins)
{
    pc_token_access access = token_store_access(&store, FAULT_MODULE, "servers");

    assert_int_equal(setenv("TEST_PIN", pin, 1), 0);
    access.pin_source = "env:TEST_PIN";
    outcome opened = open_token(&access, PC_TOKEN_READ);

    *ret_logins = fault_calls(&store, "C_Login");
    return opened;
}

static void wrong_pin_is_tried_exactly_once(void **state)
{
    unsigned logins = 0;

    (void)state;
    fault_plan(&store, "");
    outcome opened = open_with_pin("wrong-canary-5555", &logins);

    assert_int_equal(opened.status, PC_E_AUTH);
    assert_int_equal(opened.err.code, CKR_PIN_INCORRECT);
    assert_int_equal(logins, 1);
    assert_false(error_says(&opened.err, "5555"));
    /* Then a correct one, so that the token's count is reset. */
    fault_plan(&store, "");
    assert_int_equal(open_with_pin(TOKEN_STORE_PIN, &logins).status, PC_OK);
}

/* The limits are the token's claim, and 4 to 255 bytes here: they prevent no attempt, but explain its failure. */
static void pin_of_an_unlikely_length_is_tried_once(void **state)
{
    static const struct {
        size_t len;
        pc_status status;
        const char *said;
        unsigned logins;
    } rows[] = {
        { 1, PC_E_AUTH, "reports that its PINs have 4 to 255 bytes", 1 },
        { 3, PC_E_AUTH, "reports that its PINs have 4 to 255 bytes", 1 },
        { 256, PC_E_AUTH, "reports that its PINs have 4 to 255 bytes", 1 },
        { 1024, PC_E_INPUT, "no login was attempted", 0 },
    };

    (void)state;
    for (size_t i = 0; i < PC_COUNT(rows); i++) {
        char pin[2048] = "";
        unsigned logins = 0;

        memset(pin, '7', rows[i].len);
        fault_plan(&store, "");
        outcome opened = open_with_pin(pin, &logins);

        assert_int_equal(opened.status, rows[i].status);
        assert_true(error_says(&opened.err, rows[i].said));
        assert_false(error_says(&opened.err, "777"));
        assert_int_equal(logins, rows[i].logins);
    }
}

static pc_status give_pin(void *context, pc_secret_kind kind, const char *what, pc_secret *pin, pc_error *err)
{
    char *asked = context;

    assert_int_equal(kind, PC_SECRET_USER_PIN);
    (void)err;
    (void)snprintf(asked, 160, "%s", what);
    memcpy(pc_secret_bytes(pin), TOKEN_STORE_PIN, strlen(TOKEN_STORE_PIN));
    pc_secret_set_len(pin, strlen(TOKEN_STORE_PIN));
    return PC_OK;
}

static const struct {
    const char *name;
    const char *plan;
    bool attended;
    pc_status status;
    unsigned logins;
    const char *said;
} flag_rows[] = {
    { "no flag, unattended", "", false, PC_OK, 1, "" },
    { "count low, unattended", "C_GetTokenInfo=1+ flags=0x10000", false, PC_OK, 1, "" },
    { "final try, unattended", "C_GetTokenInfo=1+ flags=0x20000", false, PC_E_LOCKED, 0, "one PIN attempt left" },
    { "final try, attended", "C_GetTokenInfo=1+ flags=0x20000", true, PC_OK, 1, "LAST TRY" },
    { "locked, unattended", "C_GetTokenInfo=1+ flags=0x40000", false, PC_E_LOCKED, 0, "locked" },
    { "locked, attended", "C_GetTokenInfo=1+ flags=0x40000", true, PC_E_LOCKED, 0, "locked" },
    { "login says locked", "C_Login=1+ return=0xa4", false, PC_E_LOCKED, 1, "CKR_PIN_LOCKED" },
    { "login says expired", "C_Login=1+ return=0xa3", false, PC_E_AUTH, 1, "CKR_PIN_EXPIRED" },
    { "login says done already", "C_Login=1 then=0x100", false, PC_OK, 1, "" },
    { "device fails at login", "C_Login=1+ return=0x30", false, PC_E_TOKEN, 1, "CKR_DEVICE_ERROR" },
};

static void state_of_the_pin_decides_whether_it_is_tried(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(flag_rows); i++) {
        char asked[160] = "";
        pc_token_access access = token_store_access(&store, FAULT_MODULE, "servers");

        if (flag_rows[i].attended) {
            access.pin_source = "prompt";
            access.prompt = give_pin;
            access.prompt_context = asked;
        }
        fault_plan(&store, flag_rows[i].plan);
        outcome opened = open_token(&access, PC_TOKEN_READ);

        if (opened.status != flag_rows[i].status) {
            print_error("%s: %s\n", flag_rows[i].name, opened.err.frames[0]);
        }
        assert_int_equal(opened.status, flag_rows[i].status);
        assert_int_equal(fault_calls(&store, "C_Login"), flag_rows[i].logins);
        assert_true(strstr(asked, flag_rows[i].said) || error_says(&opened.err, flag_rows[i].said));
    }
}

/* CKF_PROTECTED_AUTHENTICATION_PATH: SoftHSM has no keypad, so it refuses the missing PIN; nobody is asked for one. */
static void token_with_a_keypad_is_given_the_pin_that_was_given_or_none(void **state)
{
    pc_token_access access = token_store_access(&store, FAULT_MODULE, "servers");

    (void)state;
    fault_plan(&store, "C_GetTokenInfo=1+ flags=0x100");
    assert_int_equal(open_token(&access, PC_TOKEN_READ).status, PC_OK);
    assert_int_equal(fault_calls(&store, "C_Login"), 1);
    access.pin_source = NULL;
    fault_plan(&store, "C_GetTokenInfo=1+ flags=0x100");
    outcome opened = open_token(&access, PC_TOKEN_READ);

    assert_int_not_equal(opened.status, PC_OK);
    assert_int_equal(fault_calls(&store, "C_Login"), 1);
    assert_true(error_says(&opened.err, "if it has none, give `pin_source`"));
}

static void pin_source_of_the_uri_is_used_unless_another_is_given(void **state)
{
    char uri[256] = "";
    pc_token_access access = token_store_access(&store, FAULT_MODULE, uri);

    (void)state;
    fault_plan(&store, "");
    (void)snprintf(uri, sizeof uri, "pkcs11:token=servers?pin-source=%s", store.pin_source);
    access.pin_source = NULL;
    assert_int_equal(open_token(&access, PC_TOKEN_READ).status, PC_OK);
    (void)snprintf(uri, sizeof uri, "pkcs11:token=servers?pin-source=file:/nonexistent");
    assert_int_equal(open_token(&access, PC_TOKEN_READ).status, PC_E_NOT_FOUND);
    access.pin_source = store.pin_source;
    assert_int_equal(open_token(&access, PC_TOKEN_READ).status, PC_OK);
}

static void nobody_to_ask_is_an_error_without_a_login(void **state)
{
    pc_token_access access = token_store_access(&store, FAULT_MODULE, "servers");

    (void)state;
    access.pin_source = NULL;
    fault_plan(&store, "");
    assert_int_equal(open_token(&access, PC_TOKEN_READ).status, PC_E_AUTH);
    assert_int_equal(fault_calls(&store, "C_Login"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(name_opens_the_one_token_it_means),
        cmocka_unit_test(ambiguous_name_lists_every_token_it_means),
        cmocka_unit_test(name_not_found_lists_what_there_is),
        cmocka_unit_test(without_a_name_only_a_sole_token_is_opened),
        cmocka_unit_test(each_mode_logs_in_once_or_not_at_all),
        cmocka_unit_test(a_pin_that_was_read_already_is_not_read_again),
        cmocka_unit_test(read_mode_cannot_write_to_the_token),
        cmocka_unit_test(wrong_pin_is_tried_exactly_once),
        cmocka_unit_test(pin_of_an_unlikely_length_is_tried_once),
        cmocka_unit_test(state_of_the_pin_decides_whether_it_is_tried),
        cmocka_unit_test(token_with_a_keypad_is_given_the_pin_that_was_given_or_none),
        cmocka_unit_test(pin_source_of_the_uri_is_used_unless_another_is_given),
        cmocka_unit_test(nobody_to_ask_is_an_error_without_a_login),
    };

    return cmocka_run_group_tests(tests, make_store, remove_store);
}
