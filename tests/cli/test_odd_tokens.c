/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens that are not SoftHSM: what they claim, choose, refuse and print (tests/support/odd_module.c). */
#include "harness.h"

#include <jansson.h>
#include <sys/stat.h>
#include <unistd.h>

/* From now on the module has these habits; none if NULL. */
static void use_habits(const char *habits)
{
    assert_int_equal(0, setenv("P11CERT_MODULE", habits ? ODD_MODULE : SOFTHSM, 1));
    assert_int_equal(0, setenv("P11CERT_ODD", habits ? habits : "", 1));
}

static int forget_habits(void **state)
{
    (void)state;
    use_habits(NULL);
    return 0;
}

#define ODD(habits, ...) (use_habits(habits), P11CERT(__VA_ARGS__))

/* ---- a module that prints ---- */

static void expect_json(const run_result *result)
{
    json_error_t error;
    json_t *value = json_loadb(result->out, result->out_len, 0, &error);

    if (!value) {
        fail_msg("%s: %s\n%s", result->line, error.text, result->out);
    }
    json_decref(value);
}

static void what_a_module_prints_stays_out_of_the_results(void **state)
{
    static const char *const rows[][9] = {
        { P11CERT_PROGRAM, "list", "--token", "servers", "--json" },
        { P11CERT_PROGRAM, "tokens", "--json" },
        { P11CERT_PROGRAM, "doctor", "--token", "servers", "--json" },
        { P11CERT_PROGRAM, "list", "--token", "none", "--json" },
        { P11CERT_PROGRAM, "show", "--token", "servers", "--key", "printed", "--json" },
        { P11CERT_PROGRAM, "repair", "--token", "servers", "--json" },
        { P11CERT_PROGRAM, "check", "--token", "servers", "--key", "printed", "--json" },
    };

    (void)state;
    expect_exit(ODD(NULL, "new", "--token", "servers", "--subject", "CN=printed", "--out", "printed.req"), 0);
    use_habits("prints");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const run_result *result = run_words(rows[i]);

        expect_json(result);
        expect_lacks(result, result->out, "VendorHSM");
        expect_contains(result, result->err, "VendorHSM: starting");
    }
}

static void what_a_module_prints_stays_out_of_a_request_on_standard_output(void **state)
{
    const run_result *result =
        ODD("prints", "new", "--token", "servers", "--subject", "CN=piped", "--key-type", "ec-p256", "--out", "-");

    (void)state;
    expect_exit(result, 0);
    assert_ptr_equal(result->out, strstr(result->out, "-----BEGIN CERTIFICATE REQUEST-----"));
    file_write("piped.req", result->out, 0600);
    expect_request_verifies("piped.req");
    expect_contains(result, result->err, "VendorHSM: generating");
}

static void what_a_module_prints_stays_out_of_the_lines_of_a_batch(void **state)
{
    (void)state;
    file_write("hosts.csv", "fqdn\nb1.contoso.com\nb2.contoso.com\nb3.contoso.com\n", 0600);
    const run_result *result = ODD("prints", "batch", "--token", "servers", "--hosts", "hosts.csv", "--key-type",
                                   "ec-p256", "--out", "fleet", "--json");

    expect_exit(result, 0);
    expect_lacks(result, result->out, "VendorHSM");
    assert_int_equal(3, count_of(result->out, "\n"));
    assert_int_equal(3, count_of(result->out, "\"outcome\":\"made\""));
}

/* ---- outputs that are not files ---- */

static void expect_request_on_stdout(const run_result *result)
{
    expect_exit(result, 0);
    assert_ptr_equal(result->out, strstr(result->out, "-----BEGIN CERTIFICATE REQUEST-----"));
    file_write("stdout.req", result->out, 0600);
    expect_request_verifies("stdout.req");
    expect_contains(result, result->err, "standard output");
}

/* The link /dev/stdout is root's to replace. */
static void a_request_goes_to_standard_output_by_any_name(void **state)
{
    static const char *const names[] = { "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1" };
    struct stat before;
    struct stat after;

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        int is_there = lstat(names[i], &before);

        expect_request_on_stdout(ODD(NULL, "new", "--token", "servers", "--subject", "CN=stdout", "--key-type",
                                     "ec-p256", "--force", "--out", names[i]));
        assert_int_equal(is_there, lstat(names[i], &after));
        assert_true(is_there != 0 || strncmp(names[i], "/proc", 5) == 0 || before.st_ino == after.st_ino);
    }
}

static void two_outputs_are_not_mixed_whatever_standard_output_is_called(void **state)
{
    (void)state;
    expect_exit(ODD(NULL, "new", "--subject", "CN=a", "--out", "/dev/stdout", "--json"), 2);
    expect_exit(ODD(NULL, "check", "a.cer", "--no-token", "--junit", "-", "--html", "/dev/stdout"), 2);
    expect_exit(ODD(NULL, "export", "--key", "a", "--out", "/dev/stdout", "--password-source", "prompt"), 2);
}

/* ---- what a token claims ---- */

static void a_pin_is_used_whatever_the_token_claims(void **state)
{
    static const char *const habits[] = { "short-pins", "no-pin-length", "keypad", "no-login",
                                          "short-pins,keypad,no-login" };

    (void)state;
    expect_exit(ODD(NULL, "new", "--token", "servers", "--subject", "CN=claimed", "--key-type", "ec-p256", "--out",
                    "claimed.req"),
                0);
    for (size_t i = 0; i < sizeof habits / sizeof *habits; i++) {
        const run_result *result = ODD(habits[i], "list", "--token", "servers");

        expect_exit(result, 0);
        expect_contains(result, result->out, "key \"claimed\"");
        expect_exit(ODD(habits[i], "new", "--token", "servers", "--key", "claimed", "--subject", "CN=claimed",
                        "--force", "--out", "claimed.req"),
                    0);
    }
}

static void a_claim_explains_a_login_that_failed(void **state)
{
    static const struct {
        const char *habits;
        const char *says;
    } rows[] = {
        { "short-pins", "reports that its PINs have 4 to 6 bytes" },
        { "keypad", "reports that it has a keypad" },
        { "no-login", "CKR_PIN_INCORRECT" },
    };

    (void)state;
    file_write("wrong.pin", "wrong-pin", 0600);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const run_result *result = ODD(rows[i].habits, "list", "--token", "servers", "--pin-source", "file:wrong.pin");

        expect_exit(result, 5);
        expect_contains(result, result->err, rows[i].says);
        expect_contains(result, result->err, "one attempt was made");
    }
    expect_exit(ODD(NULL, "list", "--token", "servers"), 0); /* which clears CKF_USER_PIN_COUNT_LOW */
}

static void lengths_that_a_token_does_not_report_are_not_made_up(void **state)
{
    const run_result *result = ODD("no-pin-length", "tokens");

    (void)state;
    expect_exit(result, 0);
    expect_lacks(result, result->out, "PIN of");
    result = ODD("no-pin-length", "tokens", "--json");
    expect_contains(result, result->out, "\"min_pin_len\": null");
}

#define CASE(name) cmocka_unit_test_teardown(name, forget_habits)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(what_a_module_prints_stays_out_of_the_results),
        CASE(what_a_module_prints_stays_out_of_a_request_on_standard_output),
        CASE(what_a_module_prints_stays_out_of_the_lines_of_a_batch),
        CASE(a_pin_is_used_whatever_the_token_claims),
        CASE(a_claim_explains_a_login_that_failed),
        CASE(lengths_that_a_token_does_not_report_are_not_made_up),
        CASE(a_request_goes_to_standard_output_by_any_name),
        CASE(two_outputs_are_not_mixed_whatever_standard_output_is_called),
    };

    return cmocka_run_group_tests(tests, world_new_with_token, world_remove);
}
