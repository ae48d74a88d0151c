/* SPDX-License-Identifier: Apache-2.0 */
/* Sites of the configuration file: which value counts, what is refused, and that no PIN goes to another token. */
#include "harness.h"

#define CONFIG \
    "default: servers\n" \
    "sites:\n" \
    "  - name: servers\n" \
    "    module: " SOFTHSM "\n" \
    "    token: servers\n" \
    "    pin-source: file:user.pin\n" \
    "    ca: https://ca.contoso.com/certsrv\n" \
    "    policy: scom-current\n" \
    "  - name: ca\n" \
    "    module: " SOFTHSM "\n" \
    "    token: ca\n" \
    "    pin-source: file:wrong.pin\n"

static int world_with_sites(void **state)
{
    int failed = world_new_with_tokens(state);

    file_write("config.yaml", CONFIG, 0600);
    file_write("wrong.pin", "00000000", 0600);
    (void)unsetenv("P11CERT_PIN_SOURCE");
    (void)unsetenv("P11CERT_MODULE");
    (void)unsetenv("P11CERT_TOKEN");
    (void)setenv("P11CERT_CONFIG", "config.yaml", 1);
    return failed;
}

static void a_site_says_how_a_token_is_reached(void **state)
{
    (void)state;
    expect_exit(P11CERT("list"), 0); /* the default */
    expect_exit(P11CERT("list", "--site", "servers"), 0);
    expect_exit(P11CERT("list", "--site", "ca"), 5); /* with its own PIN file */
    expect_exit(P11CERT("list", "--site", "ca", "--pin-source", "file:user.pin"), 0);
    (void)setenv("P11CERT_SITE", "ca", 1);
    expect_exit(P11CERT("list"), 5);
    (void)setenv("P11CERT_PIN_SOURCE", "file:user.pin", 1);
    expect_exit(P11CERT("list"), 0); /* the environment over the file */
    expect_exit(P11CERT("list", "--site", "servers"), 0);
    (void)unsetenv("P11CERT_PIN_SOURCE");
    (void)unsetenv("P11CERT_SITE");
}

static void a_sandbox_is_left_by_no_default(void **state)
{
    (void)state;
    expect_exit(P11CERT("sandbox", "--", P11CERT_PROGRAM, "new", "--subject", "CN=a", "--key-type", "ec-p256", "--out",
                        "a.req"),
                0);
    assert_int_equal(0, token_count("servers", "pubkey"));
}

/* A wrong attempt counts on the token. */
static void the_pin_of_a_site_is_for_its_token_alone(void **state)
{
    const run_result *result = P11CERT("list", "--site", "ca", "--token", "servers");

    (void)state;
    expect_exit(result, 5);
    expect_lacks(result, result->err, "CKR_PIN_INCORRECT");
    expect_lacks(result, result->err, "wrong.pin");
}

static void doctor_says_which_value_came_from_where(void **state)
{
    const run_result *result = P11CERT("doctor", "--pin-source", "file:user.pin");

    (void)state;
    expect_exit(result, 0);
    expect_contains(result, result->out, "servers, from site \"servers\" of config.yaml");
    expect_contains(result, result->out, "file:user.pin, from --pin-source");
    /* what doctor itself does not use, too */
    expect_contains(result, result->out, "https://ca.contoso.com/certsrv, from site \"servers\" of config.yaml");
    expect_contains(result, result->out, "scom-current, from site \"servers\" of config.yaml");
    (void)setenv("P11CERT_CA", "https://other.contoso.com/certsrv", 1);
    result = P11CERT("doctor", "--pin-source", "file:user.pin");
    (void)unsetenv("P11CERT_CA");
    expect_contains(result, result->out, "https://other.contoso.com/certsrv, from P11CERT_CA");
    expect_lacks(result, result->out, "https://ca.contoso.com");
}

static void expect_refused(const char *text, mode_t mode, int exit_code, const char *words)
{
    file_write("bad.yaml", text, mode);
    (void)setenv("P11CERT_CONFIG", "bad.yaml", 1);
    const run_result *result = P11CERT("list");

    (void)setenv("P11CERT_CONFIG", "config.yaml", 1);
    expect_exit(result, exit_code);
    expect_contains(result, result->err, words);
    expect_exit(RUN("rm", "bad.yaml"), 0);
}

static void a_bad_file_is_refused(void **state)
{
    (void)state;
    expect_refused("sites:\n  - name: a\n    tokn: b\n", 0600, 3, "did you mean \"token\"?");
    expect_refused("sites:\n  - token: b\n", 0600, 3, "a required key is missing");
    expect_refused("default: b\nsites:\n  - name: a\n", 0600, 3, "the default site \"b\" is not among the sites");
    expect_refused("sites: [\n", 0600, 3, "this is not valid YAML");
    expect_refused(CONFIG, 0622, 8, "others can change the configuration file");
    const run_result *result = P11CERT("list", "--site", "server");

    expect_exit(result, 4);
    expect_contains(result, result->err, "did you mean \"servers\"?");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_site_says_how_a_token_is_reached),
        cmocka_unit_test(a_sandbox_is_left_by_no_default),
        cmocka_unit_test(the_pin_of_a_site_is_for_its_token_alone),
        cmocka_unit_test(doctor_says_which_value_came_from_where),
        cmocka_unit_test(a_bad_file_is_refused),
    };

    return cmocka_run_group_tests(tests, world_with_sites, world_remove);
}
