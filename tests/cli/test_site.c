/* SPDX-License-Identifier: Apache-2.0 */
/* Sites of the configuration file: which value is used, what is refused, and that no PIN is sent to another token. */
#include <stdint.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

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
    expect_exit(P11CERT("list"), 0); /* the environment takes precedence over the file */
    expect_exit(P11CERT("list", "--site", "servers"), 0);
    (void)unsetenv("P11CERT_PIN_SOURCE");
    (void)unsetenv("P11CERT_SITE");
}

static void no_default_leads_out_of_a_sandbox(void **state)
{
    (void)state;
    expect_exit(P11CERT("sandbox", "--", P11CERT_PROGRAM, "new", "--subject", "CN=a", "--key-type", "ec-p256", "--out",
                        "a.req"),
                0);
    assert_int_equal(0, token_count("servers", "pubkey"));
}

/* A wrong attempt counts on the token. */
static void the_pin_of_a_site_is_only_for_its_token(void **state)
{
    const run_result *result = P11CERT("list", "--site", "ca", "--token", "servers");

    (void)state;
    expect_exit(result, 5);
    expect_lacks(result, result->err, "CKR_PIN_INCORRECT");
    expect_lacks(result, result->err, "wrong.pin");
}

static void doctor_says_where_each_value_came_from(void **state)
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

/* In an access control list, user 1 may write; acl(5), as Linux stores it (linux/posix_acl_xattr.h). */
static const struct {
    uint32_t version;
    struct {
        uint16_t tag;
        uint16_t permissions;
        uint32_t id;
    } entries[5];
} access_list = { 2, { { 1, 6, ~0u }, { 2, 6, 1 }, { 4, 4, ~0u }, { 16, 6, ~0u }, { 32, 4, ~0u } } };

/* With umask 002, Debian 13's for ordinary users, a file belongs to the user's own group, which may write it. */
static void the_private_group_of_the_user_is_nobody_else(void **state)
{
    const char *group = out_of(WORDS("sh", "-c", "[ $(id -gn) = $(id -un) ] && echo private || echo shared"));

    (void)state;
    (void)setenv("P11CERT_CONFIG", "shared.yaml", 1);
    file_write("shared.yaml", CONFIG, 0664);
    expect_exit(P11CERT("list"), strcmp(group, "private\n") == 0 ? 0 : 8);
    if (setxattr("shared.yaml", "system.posix_acl_access", &access_list, sizeof access_list, 0) == 0) {
        expect_exit(P11CERT("list"), 8);
        assert_int_equal(0, removexattr("shared.yaml", "system.posix_acl_access"));
        assert_int_equal(0, chmod("shared.yaml", 0664));
    }
    if (geteuid() == 0) {
        assert_int_equal(0, chown("shared.yaml", 0, 1));
        expect_exit(P11CERT("list"), 8);
    }
    (void)setenv("P11CERT_CONFIG", "config.yaml", 1);
    expect_exit(RUN("rm", "shared.yaml"), 0);
}

/* The value is in no command line, so the error says where it is; and a PIN there is not printed. */
static void a_bad_value_is_refused_with_its_source(void **state)
{
    (void)state;
    expect_refused("default: a\nsites:\n  - name: a\n    signer: none\n", 0600, 2,
                   "site \"a\" of bad.yaml has a value that cannot be used");
    (void)setenv("P11CERT_SIGNER", "none", 1);
    const run_result *result = P11CERT("list");

    (void)unsetenv("P11CERT_SIGNER");
    expect_exit(result, 2);
    expect_contains(result, result->err, "P11CERT_SIGNER has a value that cannot be used");
    (void)setenv("P11CERT_PIN_SOURCE", "87654321", 1);
    result = P11CERT("list");
    (void)unsetenv("P11CERT_PIN_SOURCE");
    expect_exit(result, 2);
    expect_contains(result, result->err, "it says where the PIN is, and is never the PIN itself");
    expect_lacks(result, result->err, "87654321");
}

/* Without it, p11cert would use another token, and record nothing in the log that it names. */
static void a_file_that_is_named_must_be_there(void **state)
{
    (void)state;
    (void)setenv("P11CERT_CONFIG", "nowhere.yaml", 1);
    const run_result *result = P11CERT("list");

    expect_exit(result, 3);
    expect_contains(result, result->err, "cannot read the configuration file \"nowhere.yaml\"");
    (void)setenv("P11CERT_CONFIG", "/dev/null", 1);
    expect_exit(P11CERT("list", "--module", SOFTHSM, "--token", "servers", "--pin-source", "file:user.pin"), 0);
    (void)unsetenv("P11CERT_CONFIG");
    expect_exit(RUN("sh", "-c", "mkdir -p xdg/p11cert && ln -s ../gone.yaml xdg/p11cert/config.yaml"), 0);
    expect_exit(RUN("sh", "-c", "XDG_CONFIG_HOME=$PWD/xdg exec " P11CERT_PROGRAM " list"), 3);
    (void)setenv("P11CERT_CONFIG", "config.yaml", 1);
    expect_exit(RUN("rm", "-r", "xdg"), 0);
}

static void a_bad_file_is_refused(void **state)
{
    (void)state;
    expect_refused("sites:\n  - name: a\n    tokn: b\n", 0600, 3, "did you mean \"token\"?");
    expect_refused("sites:\n  - token: b\n", 0600, 3, "a required key is missing");
    expect_refused("default: b\nsites:\n  - name: a\n", 0600, 3, "the default site \"b\" is not among the sites");
    expect_refused("sites: [\n", 0600, 3, "this is not valid YAML");
    expect_refused(CONFIG "# \u2067\n", 0600, 3, "\"bad.yaml\": line 13 has the character U+2067");
    expect_refused("sites:\n  - name: a\n    module: \"/lib/\\u202Eso\"\n", 0600, 3, "has the character U+202E");
    expect_refused(CONFIG, 0622, 8, "others can change the configuration file");
    expect_refused("sites:\n  - name: a\n    module: [b]\n", 0600, 3, "near line 3: a text is expected here");
    expect_refused("sites:\n  a: b\n", 0600, 3, "a list is expected here");
    expect_refused("sites:\n  - a\n", 0600, 3, "keys with values are expected here");
    expect_refused("sites:\n  - name: a\n    token:\n", 0600, 3, "a text is missing here");
    expect_refused("sites:\n  - name: a\n    token: b\n    token: c\n", 0600, 3, "this key is there twice");
    expect_refused("sites:\n  - name: a\n  - name: a\n", 0600, 3, "two sites with the name \"a\"");
    expect_refused("sites:\n  - name: a\n    log: syslog\n", 0600, 3, "\"log\" belongs to another level of the file");
    expect_refused("sites:\n  - &a\n    name: b\n  - *a\n", 0600, 3, "YAML aliases are not accepted");
    expect_refused("# nothing\n", 0600, 3, "\"bad.yaml\" is empty: it is not a configuration");
    const run_result *result = P11CERT("list", "--site", "server");

    expect_exit(result, 4);
    expect_contains(result, result->err, "did you mean \"servers\"?");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_site_says_how_a_token_is_reached),
        cmocka_unit_test(no_default_leads_out_of_a_sandbox),
        cmocka_unit_test(the_pin_of_a_site_is_only_for_its_token),
        cmocka_unit_test(doctor_says_where_each_value_came_from),
        cmocka_unit_test(the_private_group_of_the_user_is_nobody_else),
        cmocka_unit_test(a_bad_file_is_refused),
        cmocka_unit_test(a_bad_value_is_refused_with_its_source),
        cmocka_unit_test(a_file_that_is_named_must_be_there),
    };

    return cmocka_run_group_tests(tests, world_with_sites, world_remove);
}
