/* SPDX-License-Identifier: Apache-2.0 */
/* p11cert list --all-tokens: every token in one report, and no PIN lost. */
#include "harness.h"

#define LIST(...) P11CERT("list", "--all-tokens", "--module", SOFTHSM, __VA_ARGS__)

static int make_world(void **state)
{
    (void)world_new_with_tokens(state);
    token_make_key("servers", "web", "01");
    token_make_key("ca", "root", "02");
    return 0;
}

static const char *asked(const run_result *result, const char *filter)
{
    file_write("report.json", result->out, 0644);
    return out_of(WORDS("jq", "-c", filter, "report.json"));
}

static void all_tokens_are_in_one_report(void **state)
{
    const run_result *result = LIST("--pin-source", "file:user.pin");

    (void)state;
    expect_exit(result, 0);
    expect_contains(result, result->out, "key \"web\"");
    expect_contains(result, result->out, "key \"root\"");
    assert_int_equal(2, count_of(result->out, "=== "));
    result = LIST("--pin-source", "file:user.pin", "--json");
    expect_exit(result, 0);
    assert_string_equal("[\"root\",\"web\"]\n", asked(result, "[.tokens[].keys[].label] | sort"));
    assert_string_equal("[true,true]\n", asked(result, "[.tokens[].logged_in]"));
    result = LIST("--pin-source", "file:user.pin", "--table");
    expect_exit(result, 0);
    expect_contains(result, result->out, "web");
}

/* No prompt, and no PIN is tried. */
static void without_a_pin_source_nobody_logs_in(void **state)
{
    size_t logins = 0;
    char *source = strdup(getenv("P11CERT_PIN_SOURCE"));

    (void)state;
    assert_int_equal(0, unsetenv("P11CERT_PIN_SOURCE"));
    const run_result *result = run_spied(WORDS("list", "--all-tokens", "--json"), "C_Login", &logins);

    expect_exit(result, 0);
    assert_int_equal(0, logins);
    assert_string_equal("[false,false]\n", asked(result, "[.tokens[].logged_in]"));
    assert_string_equal("0\n", asked(result, "[.tokens[].keys[]] | length"));
    result = LIST("--table");
    expect_exit(result, 0);
    assert_int_equal(2, count_of(result->out, "without a login"));
    assert_int_equal(0, setenv("P11CERT_PIN_SOURCE", source, 1));
    free(source);
}

/* The tokens have one PIN each; a PIN that the first refuses is not tried on the second. */
static void a_refused_pin_is_tried_once(void **state)
{
    size_t logins = 0;
    const run_result *result;

    (void)state;
    file_write("wrong.pin", "13572468\n", 0600);
    result = run_spied(WORDS("list", "--all-tokens", "--pin-source", "file:wrong.pin", "--json"), "C_Login", &logins);
    expect_exit(result, 5);
    assert_int_equal(1, logins);
    assert_string_equal("[false,false]\n", asked(result, "[.tokens[].logged_in]"));
    assert_string_equal("1\n", asked(result, "[.tokens[] | select(.problem != null)] | length"));
    /* A source that can be read only once serves all. */
    result = RUN("sh", "-c",
                 "PIN=$(cat user.pin) exec " P11CERT_PROGRAM " list --all-tokens --module " SOFTHSM
                 " --pin-source env:PIN --json");
    expect_exit(result, 0);
    assert_string_equal("[true,true]\n", asked(result, "[.tokens[].logged_in]"));
}

/* The certificates of the system, which come first in the registry: a failed login would end those to all others. */
static void a_token_without_a_pin_is_not_logged_in_to(void **state)
{
    const run_result *result;

    (void)state;
    result = RUN("env", "-u", "P11CERT_MODULE_INIT_ARGS", P11CERT_PROGRAM, "list", "--all-tokens", "--module",
                 "p11-kit-trust", "--pin-source", "file:user.pin", "--json");
    expect_exit(result, 0);
    assert_string_equal("[false]\n", asked(result, "[.tokens[].logged_in]"));
    assert_string_equal("[null]\n", asked(result, "[.tokens[].problem]"));
}

static void a_named_token_is_a_contradiction(void **state)
{
    (void)state;
    expect_exit(LIST("--token", "servers"), 2);
    expect_exit(LIST("--expiring", "3d"), 2);
    expect_exit(RUN("env", "P11CERT_TOKEN=nowhere", P11CERT_PROGRAM, "list", "--all-tokens", "--module", SOFTHSM), 0);
    expect_exit(P11CERT("list", "--all-tokens", "--module", "/nonexistent.so"), 4);
}

static void a_missing_pin_file_has_a_hint(void **state)
{
    const run_result *result = P11CERT("list", "--token", "servers", "--pin-source", "file:nowhere.pin");

    (void)state;
    expect_golden(result, 4, "pin-file-missing");
}

/* As shown by pkcs11-tool. */
static void tokens_are_described_in_full(void **state)
{
    const run_result *result = P11CERT("tokens", "-v", "--module", SOFTHSM, "--json");

    (void)state;
    expect_exit(result, 0);
    file_write("tokens.json", result->out, 0644);
    (void)out_of(
        WORDS("sh", "-ec",
              "pkcs11-tool --module " SOFTHSM " --list-mechanisms > theirs\n"
              "[ $(jq '.modules[0].tokens[0].abilities.mechanisms | length' tokens.json) = "
              "$(grep -c '^  [A-Za-z0-9]' theirs) ]\n"
              "jq -e '.modules[0].tokens[0].abilities | (.mechanisms[] | select(.name == \"CKM_RSA_PKCS\") | .uses "
              "| contains(\"sign\")) and (.flags | contains(\"login required\")) and .max_sessions == 0' "
              "tokens.json"));
    result = P11CERT("tokens", "-v", "--module", SOFTHSM);
    expect_exit(result, 0);
    expect_contains(result, result->out, "CKM_RSA_PKCS_KEY_PAIR_GEN");
    expect_contains(result, result->out, "        read-write sessions: no limit\n");
    /* A wrong PIN of an earlier test is seen in the flags; nothing is added without -v. */
    expect_lacks(P11CERT("tokens", "--module", SOFTHSM), P11CERT("tokens", "--module", SOFTHSM)->out, "mechanisms");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_tokens_are_in_one_report),     cmocka_unit_test(without_a_pin_source_nobody_logs_in),
        cmocka_unit_test(a_refused_pin_is_tried_once),      cmocka_unit_test(a_token_without_a_pin_is_not_logged_in_to),
        cmocka_unit_test(a_named_token_is_a_contradiction), cmocka_unit_test(a_missing_pin_file_has_a_hint),
        cmocka_unit_test(tokens_are_described_in_full),
    };

    return cmocka_run_group_tests_name("cli/list_all", tests, make_world, world_remove);
}
