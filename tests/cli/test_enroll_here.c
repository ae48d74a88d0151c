/* SPDX-License-Identifier: Apache-2.0 */
/* p11cert enroll --issue-with: a CA key on a token issues, and no CA is contacted. */
#include "harness.h"

#include <signal.h>

#define HERE  "enroll", "server.inf", "--token", "servers", "--issue-with", "root"
#define THERE HERE, "--issue-token", "cas", "--issue-pin-source", "file:user.pin"

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, make_world, world_remove)

static const char inf[] = "[NewRequest]\n"
                          "Subject=\"CN=server.contoso.com\"\n"
                          "KeyAlgorithm=RSA\n"
                          "KeyLength=2048\n"
                          "Exportable=FALSE\n"
                          "[EnhancedKeyUsageExtension]\n"
                          "OID=1.3.6.1.5.5.7.3.1\n"
                          "[RequestAttributes]\n"
                          "CertificateTemplate=WebServer\n";

/* A root on a token of its own. */
static int make_world(void **state)
{
    (void)world_new_with_token(state);
    token_make("cas");
    file_write("server.inf", inf, 0644);
    expect_exit(P11CERT("issue", "--self-signed", "--subject", "CN=Root here", "--key-type", "ec-p256", "--ca", "root",
                        "--token", "cas", "--out", "root.cer"),
                0);
    return 0;
}

static void shell(const char *script)
{
    expect_exit(RUN("sh", "-ec", script), 0);
}

static void expect_bound_once(void)
{
    expect_exit(RUN("openssl", "verify", "-CAfile", "root.cer", "server.cer"), 0);
    assert_int_equal(1, token_count("servers", "privkey"));
    assert_int_equal(2, token_count("servers", "cert")); /* its own, and the root's */
    assert_int_equal(1, token_count("cas", "cert"));
    assert_int_equal(1, token_count("cas", "privkey"));
}

static void the_ca_on_another_token_issues_and_the_kit_ends_it(void **state)
{
    (void)state;
    const run_result *result = P11CERT(THERE, "--kit", "kit", "--json");

    expect_exit(result, 1); /* by the policy of SCOM */
    expect_contains(result, result->out, "\"state\": \"done\"");
    expect_contains(result, result->out, "\"ca_key\": \"root\"");
    expect_contains(result, result->out, "\"submitted\": null");
    expect_bound_once();
    shell("cd kit && sha256sum --quiet -c SHA256SUMS && test -f server.cer && test -f root.cer");
    /* Neither the CA's token nor its PIN is necessary once the certificate is bound. */
    const char *before = folder_listing();

    result = P11CERT(HERE, "--issue-token", "cas", "--issue-pin-source", "file:/nonexistent", "--kit", "kit");
    expect_exit(result, 1);
    expect_contains(result, result->out, "already enrolled");
    assert_string_equal(before, folder_listing());
}

/* Also with the URI of the key, which does not name the servers' token then. */
static void the_ca_may_be_on_the_same_token_or_named_by_its_uri(void **state)
{
    static const char *const with[] = { "pkcs11:token=cas;object=root", "here" };

    (void)state;
    expect_exit(P11CERT("issue", "--self-signed", "--subject", "CN=Same token", "--key-type", "ec-p256", "--ca", "here",
                        "--token", "servers", "--out", "here.cer"),
                0);
    expect_exit(P11CERT("enroll", "server.inf", "--token", "servers", "--issue-with", with[0], "--issue-token", "cas",
                        "--issue-pin-source", "file:user.pin", "--policy", "hsm"),
                0);
    expect_exit(RUN("openssl", "verify", "-CAfile", "root.cer", "server.cer"), 0);
    expect_exit(P11CERT("enroll", "server.inf", "--token", "servers", "--issue-with", with[1], "--label", "other",
                        "--request", "other.req", "--days", "30", "--policy", "hsm"),
                0);
    expect_exit(RUN("openssl", "verify", "-CAfile", "here.cer", "other.cer"), 0);
    expect_exit(RUN("openssl", "x509", "-in", "other.cer", "-noout", "-checkend", "2678400"), 1);
}

static void what_is_for_a_ca_elsewhere_is_refused_by_name(void **state)
{
    static const char *const rows[][2] = { { "--ca", "https://ca.contoso.com/certsrv" },
                                           { "--template", "WebServer" },
                                           { "--ca-name", "Contoso CA" },
                                           { "--ces-host", "ca.contoso.com" },
                                           { "--wait", "1h" },
                                           { "--auth", "none" },
                                           { "--cacert", "root.cer" },
                                           { "--auto", NULL } };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const run_result *result = P11CERT(THERE, rows[i][0], rows[i][1]);
        char words[80];

        (void)snprintf(words, sizeof words, "%s and --issue-with cannot be combined", rows[i][0]);
        expect_exit(result, 2);
        expect_contains(result, result->err, words);
    }
    const run_result *result = P11CERT("enroll", "server.inf", "--token", "servers");

    expect_exit(result, 2);
    expect_contains(result, result->err, "--ca or --issue-with is required");
    expect_exit(P11CERT("enroll", "server.inf", "--token", "servers", "--ca", "https://x/certsrv", "--days", "30"), 2);
    assert_int_equal(0, token_count("servers", "privkey"));
    /* A site's CA is only a default. */
    expect_exit(RUN("env", "P11CERT_CA=https://ca.contoso.com/certsrv", P11CERT_PROGRAM, THERE, "--policy", "hsm"), 0);
    expect_bound_once();
}

static void a_ca_that_cannot_issue_costs_no_key(void **state)
{
    (void)state;
    const run_result *result = P11CERT(HERE);

    expect_exit(result, 4);
    expect_contains(result, result->err, "name that with --issue-token");
    expect_exit(P11CERT(THERE, "--profile", "root"), 2);
    file_write("wrong.pin", "00000000", 0600);
    result = P11CERT(HERE, "--issue-token", "cas", "--issue-pin-source", "file:wrong.pin");
    expect_exit(result, 5);
    token_make_key("cas", "twin", "01");
    token_make_key("cas", "twin", "02");
    result = P11CERT("enroll", "server.inf", "--token", "servers", "--issue-with", "twin", "--issue-token", "cas",
                     "--issue-pin-source", "file:user.pin");
    expect_exit(result, 4);
    expect_contains(result, result->err, "name one by its CKA_ID: --issue-with 'pkcs11:id=");
    assert_int_equal(0, token_count("servers", "privkey"));
    shell("openssl req -new -newkey rsa:2048 -nodes -subj /CN=x -keyout x.key -out x.req 2>/dev/null");
    result = P11CERT("issue", "x.req", "--token", "cas", "--ca", "twin", "--out", "x.cer");
    expect_exit(result, 4);
    expect_contains(result, result->err, "name one by its CKA_ID: --ca 'pkcs11:id=");
}

/* Each kill leaves what the next run needs, and the file is written from the token. */
static void a_run_that_was_killed_is_resumed(void **state)
{
    static const char *const plans[] = { "C_CreateObject=2 kill=0", "C_CreateObject=1 kill=0", "C_Sign=2 kill=0",
                                         "C_Sign=3 kill=0" };

    (void)state;
    for (size_t i = 0; i < sizeof plans / sizeof *plans; i++) {
        const char label[] = { 'k', (char)('1' + i), '\0' };
        char request[16];
        char certificate[16];

        (void)snprintf(request, sizeof request, "%s.req", label);
        (void)snprintf(certificate, sizeof certificate, "%s.cer", label);
        const char *const *words =
            WORDS(THERE, "--policy", "hsm", "--kit", label, "--label", label, "--request", request);

        assert_int_equal(SIGKILL, run_with_fault(words, plans[i])->signal);
        expect_exit(P11CERT(THERE, "--policy", "hsm", "--kit", label, "--label", label, "--request", request), 0);
        expect_exit(RUN("openssl", "verify", "-CAfile", "root.cer", certificate), 0);
        expect_exit(RUN("test", "-d", label), 0);
        assert_int_equal(i + 1, token_count("servers", "privkey"));
        assert_int_equal(i + 2, token_count("servers", "cert"));
    }
}

static void a_file_that_is_lost_is_written_again_if_this_ca_issued(void **state)
{
    (void)state;
    expect_exit(P11CERT(THERE, "--policy", "hsm"), 0);
    shell("mv server.cer before.cer");
    expect_exit(P11CERT(THERE, "--policy", "hsm"), 0);
    expect_exit(RUN("cmp", "before.cer", "server.cer"), 0);
    expect_exit(P11CERT("issue", "--self-signed", "--subject", "CN=Another", "--key-type", "ec-p256", "--ca", "another",
                        "--token", "cas", "--out", "another.cer"),
                0);
    shell("rm server.cer");
    expect_exit(P11CERT("enroll", "server.inf", "--token", "servers", "--issue-with", "another", "--issue-token", "cas",
                        "--issue-pin-source", "file:user.pin", "--policy", "hsm"),
                0);
    assert_false(file_exists("server.cer"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(the_ca_on_another_token_issues_and_the_kit_ends_it),
        IN_WORLD(the_ca_may_be_on_the_same_token_or_named_by_its_uri),
        IN_WORLD(what_is_for_a_ca_elsewhere_is_refused_by_name),
        IN_WORLD(a_ca_that_cannot_issue_costs_no_key),
        IN_WORLD(a_run_that_was_killed_is_resumed),
        IN_WORLD(a_file_that_is_lost_is_written_again_if_this_ca_issued),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
