/* SPDX-License-Identifier: Apache-2.0 */
/* p11cert ca-chain against the moods of the stand-in CA; openssl judges what it wrote. */
#include "ca_world.h"

#include <unistd.h>

#define CHAIN(url, ...)  run_ca("ca-chain", url, WORDS(__VA_ARGS__))
#define CHAIN_ALONE(url) run_ca("ca-chain", url, (const char *const[]){ NULL })
#define RENEWED          ca_url(ca.https, "kerberos/renewed")

/* As openssl prints it, "sha256 Fingerprint=AB:CD", in lower case. */
static void expect_fingerprints(const run_result *result, const char *name)
{
    static const char *const digests[] = { "-sha256", "-sha1" };

    for (size_t i = 0; i < 2; i++) {
        const char *line =
            out_of(WORDS("sh", "-c",
                         text_of("openssl x509 -in %s/ca/%s.pem -noout -fingerprint %s | sed 's/.*=//' | "
                                 "tr A-Z a-z | tr -d '\\n'",
                                 ca.dir, name, digests[i])));

        assert_true(strlen(line) > 40);
        expect_contains(result, result->out, line);
    }
}

static void the_chain_is_shown_with_the_fingerprints_that_openssl_finds(void **state)
{
    (void)state;
    const run_result *result = CHAIN(ENTERPRISE, "--out", "ca.pem", "--crl", "ca.crl");

    expect_exit(result, 0);
    expect_fingerprints(result, "issuing");
    expect_fingerprints(result, "root");
    shell(
        "openssl verify -CAfile %s/ca/root.pem ca.pem | grep -q OK; [ $(grep -c BEGIN ca.pem) = 2 ]; "
        "openssl x509 -in ca.pem -outform DER >a; openssl x509 -in %s/ca/issuing.pem -outform DER >b; cmp a b; rm a b",
        ca.dir, ca.dir);
    shell("openssl crl -in ca.crl -inform DER -CAfile %s/ca/issuing.pem -noout 2>&1 | grep -q 'verify OK'; rm ca.pem "
          "ca.crl",
          ca.dir);
}

static void a_renewed_ca_gives_both_certificates_and_the_crosses(void **state)
{
    static const char *const all[] = { "root0", "root1", "root1-by-root0", "root0-by-root1" };

    (void)state;
    const run_result *result = CHAIN(RENEWED, "--out", "ca.pem", "--crl", "ca.crl");

    expect_exit(result, 0);
    expect_contains(result, result->out, "of renewal 1 (the newest)");
    expect_contains(result, result->out, "of renewal 0\n");
    expect_lacks(result, result->out, "DOES NOT HOLD");
    for (size_t i = 0; i < 4; i++) {
        expect_fingerprints(result, all[i]);
    }
    shell("[ $(grep -c BEGIN ca.pem) = 4 ]; openssl x509 -in ca.pem -outform DER >a; openssl x509 -in %s/ca/root1.pem "
          "-outform DER >b; "
          "cmp a b; openssl crl -in ca.crl -inform DER -CAfile %s/ca/root1.pem -noout 2>&1 | grep -q 'verify OK'; "
          "rm a b ca.pem ca.crl",
          ca.dir, ca.dir);
}

static void stored_certificates_are_on_the_token_once(void **state)
{
    (void)state;
    const run_result *result = CHAIN(RENEWED, "--store");

    expect_exit(result, 0);
    assert_int_equal(4, count_of(result->out, "written and read back"));
    assert_int_equal(4, token_count("servers", "cert"));
    result = CHAIN(RENEWED, "--store");
    expect_exit(result, 0);
    assert_int_equal(4, count_of(result->out, "already there"));
    assert_int_equal(4, token_count("servers", "cert"));
}

static void templates_are_listed_in_any_language_and_a_stand_alone_ca_has_none(void **state)
{
    static const char *const moods[] = { "kerberos/enterprise", "kerberos/de-enterprise", "kerberos/ja-enterprise" };

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        const run_result *result = CHAIN(ca_url(ca.https, moods[i]), "--templates");

        expect_exit(result, 0);
        expect_contains(result, result->out, "WebServer ");
        expect_contains(result, result->out, "OperationsManager ");
        expect_contains(result, result->out, "ContosoR&D ");
    }
    const run_result *result = CHAIN(STANDALONE, "--templates");

    expect_exit(result, 0);
    expect_contains(result, result->out, "a stand-alone CA has none");
    expect_exit(CHAIN(ENTERPRISE, "--templates", "--out", "ca.pem"), 2);
}

typedef struct {
    const char *mood;
    int exit_code;
    const char *says;
    const char *timeout;
} failure;

static void what_is_not_an_answer_of_a_ca_is_reported_and_nothing_is_written(void **state)
{
    static const failure rows[] = {
        { "anonymous/http-401", 5, "HTTP 401", NULL },     { "kerberos/http-403", 7, "HTTP 403", NULL },
        { "kerberos/http-500", 7, "HTTP 500", NULL },      { "kerberos/redirect-loop", 7, "redirect", NULL },
        { "kerberos/redirect-host", 7, "redirect", NULL }, { "kerberos/redirect-http", 7, "redirect", NULL },
        { "kerberos/redirect-file", 7, "redirect", NULL }, { "anonymous/raw-cut", 7, "", NULL },
        { "anonymous/raw-closed", 7, "", NULL },           { "anonymous/raw-endless", 7, "", NULL },
        { "anonymous/raw-endless-header", 7, "", NULL },   { "anonymous/raw-big-length", 7, "", "4s" },
        { "anonymous/raw-no-http", 7, "", NULL },          { "anonymous/raw-silent", 7, "", "4s" },
    };

    (void)state;
    const char *before = folder_listing();

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *timeout = rows[i].timeout ? rows[i].timeout : "30s";
        const run_result *result =
            CHAIN(ca_url(ca.https, rows[i].mood), "--out", "ca.pem", "--crl", "ca.crl", "--timeout", timeout);

        expect_exit(result, rows[i].exit_code);
        expect_contains(result, result->err, rows[i].says);
        assert_string_equal("", result->out);
        assert_string_equal(before, folder_listing());
    }
}

static void a_redirect_on_the_same_host_is_followed(void **state)
{
    (void)state;
    expect_exit(CHAIN_ALONE(ca_url(ca.https, "kerberos/redirect-once")), 0);
    expect_exit(CHAIN_ALONE(ca_url(ca.https, "kerberos/redirect-found")), 0);
}

static void nothing_is_sent_to_a_server_other_than_the_intended_one(void **state)
{
    const char *const hosts[] = { ca.wrong_name, ca.expired, ca.old_tls };

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        const run_result *result = CHAIN_ALONE(ca_url(hosts[i], "anonymous/enterprise"));

        expect_exit(result, 7);
        assert_string_equal("", result->out);
    }
    expect_exit(CHAIN_ALONE(ca_url(ca.http, "anonymous/enterprise")), 8);
    const run_result *result = P11CERT("ca-chain", "--ca", ENTERPRISE);

    expect_exit(result, 7);
    expect_contains(result, result->err, "TLS certificate is not valid");
}

/* The files of the CA are swapped, then restored. */
static void a_crl_that_is_not_the_ca_s_is_refused(void **state)
{
    (void)state;
    shell("cd %s/ca; cp root1-base.pem kept.pem; cp issuing-base.pem root1-base.pem", ca.dir);
    const run_result *other = CHAIN(RENEWED, "--crl", "ca.crl", "--out", "ca.pem");

    shell("cd %s/ca; cp root0-base.pem root1-base.pem", ca.dir);
    const run_result *same_name = CHAIN(RENEWED, "--crl", "ca.crl", "--out", "ca.pem");

    shell("cd %s/ca; mv kept.pem root1-base.pem", ca.dir);
    expect_exit(other, 6);
    expect_contains(other, other->err, "the issuer named in the CRL");
    expect_exit(same_name, 6);
    expect_contains(same_name, same_name->err, "signature of the CRL does not verify");
    assert_false(file_exists("ca.crl"));
    assert_false(file_exists("ca.pem"));
}

static void a_newest_certificate_that_is_not_valid_is_refused(void **state)
{
    (void)state;
    shell("cd %s/ca; cp root1.pem kept.pem; cp server.pem root1.pem", ca.dir);
    const run_result *no_ca = CHAIN(RENEWED, "--out", "ca.pem", "--store");

    shell("cd %s/ca; openssl x509 -x509toreq -in kept.pem -signkey root1.key -out root1.csr 2>/dev/null; "
          "printf 'basicConstraints=critical,CA:TRUE\\nkeyUsage=critical,keyCertSign,cRLSign\\n' "
          ">ended.extensions; " TEST_SUPPORT_DIR
          "/issue-ended root1.csr root1.pem self root1.key 6b01 ended.extensions; rm root1.csr ended.extensions",
          ca.dir);
    const run_result *expired = CHAIN(RENEWED, "--out", "ca.pem");

    shell("cd %s/ca; mv kept.pem root1.pem", ca.dir);
    expect_exit(no_ca, 6);
    expect_contains(no_ca, no_ca->err, "it is not a CA certificate");
    expect_exit(expired, 6);
    expect_contains(expired, expired->err, "is not valid: ");
    expect_contains(expired, expired->err, "at CN=Contoso Stand-alone CA");
    assert_false(file_exists("ca.pem"));
}

static void an_existing_output_is_kept(void **state)
{
    (void)state;
    file_write("there.pem", "mine\n", 0644);
    expect_exit(CHAIN(ENTERPRISE, "--out", "there.pem"), 8);
    assert_string_equal("mine\n", file_read("there.pem", &(size_t){ 0 }));
    expect_exit(CHAIN(ENTERPRISE, "--out", "there.pem", "--force"), 0);
    shell("openssl x509 -in there.pem -noout; rm there.pem");
}

static void a_token_is_not_opened_without_need(void **state)
{
    (void)state;
    expect_exit(P11CERT("ca-chain", "--cacert", ca.cacert, "--ca", ENTERPRISE, "--module", "/nonexistent/module.so"),
                0);
    expect_exit(P11CERT("ca-chain", "--cacert", ca.cacert, "--ca", ENTERPRISE, "--store", "--module",
                        "/nonexistent/module.so"),
                4);
}

static void json_says_the_same(void **state)
{
    (void)state;
    expect_exit(CHAIN(RENEWED, "--json", "--crl", "j.crl"), 0);
    const run_result *result = CHAIN(ENTERPRISE, "--json", "--templates");

    expect_exit(result, 0);
    expect_contains(result, result->out, "\"name\": \"WebServer\"");
    shell("rm j.crl");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_chain_is_shown_with_the_fingerprints_that_openssl_finds),
        cmocka_unit_test(a_renewed_ca_gives_both_certificates_and_the_crosses),
        cmocka_unit_test(stored_certificates_are_on_the_token_once),
        cmocka_unit_test(templates_are_listed_in_any_language_and_a_stand_alone_ca_has_none),
        cmocka_unit_test(what_is_not_an_answer_of_a_ca_is_reported_and_nothing_is_written),
        cmocka_unit_test(a_redirect_on_the_same_host_is_followed),
        cmocka_unit_test(nothing_is_sent_to_a_server_other_than_the_intended_one),
        cmocka_unit_test(a_crl_that_is_not_the_ca_s_is_refused),
        cmocka_unit_test(a_newest_certificate_that_is_not_valid_is_refused),
        cmocka_unit_test(an_existing_output_is_kept),
        cmocka_unit_test(a_token_is_not_opened_without_need),
        cmocka_unit_test(json_says_the_same),
    };

    return cmocka_run_group_tests(tests, ca_world_new, ca_world_remove);
}
