/* SPDX-License-Identifier: Apache-2.0 */
/* A module that does not return from a call: the program ends anyway, and says what state the token may be in. */
#include <signal.h>

#include "harness.h"

#define HANGING "--token", "servers", "--module", FAULT_MODULE

/* The module would abort if it were in the call for 120 seconds; nothing opens its gate. */
static const run_result *hang(const char *const *words, const char *function, int number)
{
    const run_order order = { .words = words };
    char plan[64];

    (void)snprintf(plan, sizeof plan, "%s=1 hold=120", function);
    running program = run_start_with_fault(&order, plan, function, 1);

    if (number) {
        assert_int_equal(0, kill(program.pid, number));
    }
    return run_finish(&program);
}

static void a_call_that_changes_nothing_ends_at_the_limit(void **state)
{
    (void)state;
    const run_result *result =
        hang(WORDS(P11CERT_PROGRAM, "list", "--token-timeout", "1s", HANGING), "C_FindObjects", 0);

    expect_exit(result, 6);
    expect_contains(result, result->err, "stopped waiting for the token; this call does not change the token");
    expect_contains(result, result->err, "because: C_FindObjects: the call has not returned after 1 seconds");
    expect_contains(result, result->err, "--token-timeout sets a longer limit");
}

static void a_call_that_changes_the_token_is_reported_as_undecided(void **state)
{
    (void)state;
    const run_result *result = hang(WORDS(P11CERT_PROGRAM, "new", "--subject", "CN=hang", "--out", "hang.req",
                                          "--token-timeout", "1s", HANGING),
                                    "C_GenerateKeyPair", 0);

    expect_exit(result, 6);
    expect_contains(result, result->err,
                    "the change requested by C_GenerateKeyPair may have been made, or not, or may still be made later");
    expect_lacks(result, folder_listing(), "hang.req");
}

static void the_error_is_json_if_asked_for(void **state)
{
    (void)state;
    const run_result *result =
        hang(WORDS(P11CERT_PROGRAM, "list", "--json", "--token-timeout", "1s", HANGING), "C_Login", 0);

    expect_exit(result, 6);
    expect_contains(result, result->out, "\"status\": \"token\"");
    expect_contains(result, result->out, "C_Login: the call has not returned");
    assert_string_equal("", result->err);
}

static void a_signal_ends_a_run_in_a_call_with_a_sentence(void **state)
{
    static const struct {
        int number;
        const char *name;
    } rows[] = { { SIGINT, "SIGINT" }, { SIGTERM, "SIGTERM" } };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char words[64];
        const run_result *result =
            hang(WORDS(P11CERT_PROGRAM, "new", "--subject", "CN=stop", "--out", "stop.req", HANGING), "C_FindObjects",
                 rows[i].number);

        (void)snprintf(words, sizeof words, "C_FindObjects: interrupted by %s", rows[i].name);
        assert_int_equal(rows[i].number, result->signal);
        expect_contains(result, result->err, words);
        expect_lacks(result, folder_listing(), "stop.req");
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_that_changes_nothing_ends_at_the_limit),
        cmocka_unit_test(a_call_that_changes_the_token_is_reported_as_undecided),
        cmocka_unit_test(the_error_is_json_if_asked_for),
        cmocka_unit_test(a_signal_ends_a_run_in_a_call_with_a_sentence),
    };

    return cmocka_run_group_tests(tests, world_new_with_token, world_remove);
}
