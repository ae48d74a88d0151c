/* SPDX-License-Identifier: Apache-2.0 */
/* p11cert pin: the three changes, and what is refused before anything is tried. */
#include "harness.h"

#define PIN(...) P11CERT("pin", "--token", "servers", __VA_ARGS__)

static int make_world(void **state)
{
    (void)world_new_with_token(state);
    file_write("new.pin", "46081379\n", 0600);
    file_write("newer.pin", "correct horse\n", 0600);
    return 0;
}

static const run_result *list_with(const char *source)
{
    return P11CERT("list", "--token", "servers", "--pin-source", source);
}

static void the_user_changes_the_pin(void **state)
{
    (void)state;
    expect_golden(PIN("--new-pin-source", "file:new.pin"), 0, "pin-user");
    expect_exit(list_with("file:new.pin"), 0);
    expect_exit(list_with("file:user.pin"), 5);
}

static void the_officer_sets_a_new_user_pin(void **state)
{
    const run_result *result;

    (void)state;
    result = PIN("--reset", "--so-pin-source", "file:so.pin", "--new-pin-source", "file:user.pin");
    expect_golden(result, 0, "pin-reset");
    expect_exit(list_with("file:user.pin"), 0);
}

static void the_officer_changes_the_officers_pin(void **state)
{
    const run_result *result;

    (void)state;
    result = PIN("--so", "--so-pin-source", "file:so.pin", "--new-pin-source", "file:newer.pin", "--json");
    expect_golden(result, 0, "pin-so-json");
    (void)out_of(WORDS("pkcs11-tool", "--module", SOFTHSM, "--token-label", "servers", "--login", "--login-type", "so",
                       "--so-pin", "correct horse", "--session-rw", "--list-objects"));
    result = PIN("--so", "--so-pin-source", "file:newer.pin", "--new-pin-source", "file:so.pin");
    expect_exit(result, 0);
}

static const struct {
    const char *name;
    const char *pin;
    const char *says;
    int exit_code;
} refused[] = {
    { "short", "73\n", "is not 4 to 255 bytes long", 5 },
    { "empty", "\n", "the new user PIN of token \"servers\" is empty; nothing was changed", 5 },
    { "the same", USER_PIN "\n", "is the same as the current one", 8 },
    { "a run", "1234\n", "--allow-weak", 8 },
    { "a run down", "fedcba\n", "--allow-weak", 8 },
    { "one character", "777777\n", "--allow-weak", 8 },
};

static void what_cannot_be_a_new_pin_is_refused_before_any_attempt(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        size_t logins = 0;
        size_t changes = 0;

        file_write("refused.pin", refused[i].pin, 0600);
        const char *const *words = WORDS("pin", "--token", "servers", "--new-pin-source", "file:refused.pin");
        const run_result *result = run_spied(words, "C_SetPIN", &changes);

        expect_exit(result, refused[i].exit_code);
        expect_contains(result, result->err, refused[i].says);
        (void)run_spied(words, "C_Login", &logins);
        assert_int_equal(0, changes + logins);
    }
    expect_exit(list_with("file:user.pin"), 0);
}

static void a_weak_pin_is_accepted_if_asked_for(void **state)
{
    (void)state;
    file_write("refused.pin", "1234\n", 0600);
    expect_exit(PIN("--new-pin-source", "file:refused.pin", "--allow-weak"), 0);
    expect_exit(PIN("--pin-source", "file:refused.pin", "--new-pin-source", "file:user.pin"), 0);
}

static void a_wrong_pin_is_tried_once(void **state)
{
    size_t calls = 0;

    (void)state;
    expect_golden(run_spied(WORDS("pin", "--token", "servers", "--pin-source", "file:so.pin", "--new-pin-source",
                                  "file:new.pin"),
                            "C_SetPIN", &calls),
                  5, "pin-wrong");
    assert_int_equal(1, calls);
    expect_golden(PIN("--reset", "--so-pin-source", "file:user.pin", "--new-pin-source", "file:new.pin"), 5,
                  "pin-wrong-so");
    expect_exit(list_with("file:user.pin"), 0);
}

static void the_officers_pin_belongs_to_the_officers_tasks(void **state)
{
    (void)state;
    expect_exit(PIN("--so-pin-source", "file:so.pin", "--new-pin-source", "file:new.pin"), 2);
    expect_exit(PIN("--so", "--reset"), 2);
}

static void a_token_without_a_user_pin_names_the_command(void **state)
{
    const run_result *result;

    (void)state;
    (void)out_of(WORDS("pkcs11-tool", "--module", SOFTHSM, "--init-token", "--slot-index", "1", "--label", "bare",
                       "--so-pin", SO_PIN));
    expect_golden(P11CERT("pin", "--token", "bare", "--new-pin-source", "file:new.pin"), 8, "pin-none");
    result = P11CERT("pin", "--token", "bare", "--reset", "--so-pin-source", "file:so.pin", "--new-pin-source",
                     "file:new.pin");
    expect_exit(result, 0);
    expect_exit(P11CERT("list", "--token", "bare", "--pin-source", "file:new.pin"), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_user_changes_the_pin),
        cmocka_unit_test(the_officer_sets_a_new_user_pin),
        cmocka_unit_test(the_officer_changes_the_officers_pin),
        cmocka_unit_test(what_cannot_be_a_new_pin_is_refused_before_any_attempt),
        cmocka_unit_test(a_weak_pin_is_accepted_if_asked_for),
        cmocka_unit_test(a_wrong_pin_is_tried_once),
        cmocka_unit_test(the_officers_pin_belongs_to_the_officers_tasks),
        cmocka_unit_test(a_token_without_a_user_pin_names_the_command),
    };

    return cmocka_run_group_tests(tests, make_world, world_remove);
}
