/* SPDX-License-Identifier: Apache-2.0 */
/* submit, retrieve, renew and ca-chain by EST; openssl judges certificates, pkcs11-tool the token, the server's record
 * what was sent. */
#include "kill_sweep.h"

#include <unistd.h>

static const char *est_url(const char *host, const char *mood)
{
    return text_of("%s/anonymous/%s/.well-known/est", host, mood);
}

#define EST(mood) est_url(ca.https, mood)

/* What the server has recorded about the last operation. */
static const char *seen_last(const char *operation, const char *name)
{
    return out_of(WORDS("sh", "-ec",
                        text_of("folder=$(dirname $(grep -l '/%s$' %s/seen/*/uri | tail -1)); cat $folder/%s",
                                operation, ca.dir, name)));
}

static size_t seen_count(const char *operation)
{
    const char *count =
        out_of(WORDS("sh", "-c",
                     text_of("cat %s/seen/*/uri 2>/dev/null | tr '/' '\\n' | grep -cx %s || true", ca.dir, operation)));

    return (size_t)atoi(count);
}

static int make_world(void **state)
{
    (void)ca_world_new(state);
    shell("rm -rf %s/seen/* %s/requests/est-approved", ca.dir, ca.dir);
    make_request("server");
    return 0;
}

static void a_request_is_issued_and_bound(void **state)
{
    static const char *const moods[] = {
        "issuing", "broken-lines", "with-chain", "sends-der", "sends-pem", "wants-p256"
    };

    (void)state;
    for (size_t i = 0; i < sizeof moods / sizeof *moods; i++) {
        const char *label = text_of("server%zu", i);

        make_request(label);
        expect_exit(SUBMIT(EST(moods[i]), text_of("%s.req", label), NOBODY, "--accept"), 0);
        expect_bound(label, text_of("%s.cer", label));
    }
    assert_string_equal(seen_last("simpleenroll", "method"), "POST");
    assert_string_equal(seen_last("simpleenroll", "content-type"), "application/pkcs10");
    shell("openssl req -in server5.req -outform DER | openssl base64 -A | cmp - "
          "$(dirname $(grep -l '/simpleenroll$' %s/seen/*/uri | tail -1))/body",
          ca.dir);
}

static void a_pending_request_is_asked_for_with_the_same_bytes(void **state)
{
    const run_result *result = SUBMIT(EST("pending"), "server.req", NOBODY);

    (void)state;
    expect_exit(result, 0);
    expect_contains(result, result->out, "pending: request csr-");
    assert_int_equal(1, records_on_token());
    expect_exit(RETRIEVE(NOBODY), 1);
    assert_int_equal(2, seen_count("simpleenroll"));
    expect_exit(SUBMIT(EST("pending"), "server.req", NOBODY), 8);
    assert_int_equal(2, seen_count("simpleenroll"));
    shell("touch %s/requests/est-approved; cmp $(grep -l '/simpleenroll$' %s/seen/*/uri | sed 's,uri$,body,')", ca.dir,
          ca.dir);
    move_to_another_machine();
    expect_exit(RETRIEVE(NOBODY, "--accept"), 0);
    expect_bound("server", "server.cer");
}

/* The date in Retry-After is too far away to be believed. */
static void a_page_of_a_filter_denies_nothing(void **state)
{
    (void)state;
    expect_exit(SUBMIT(EST("filtered"), "server.req", NOBODY), 0);
    assert_int_equal(1, records_on_token());
    const run_result *result = RETRIEVE(NOBODY);

    expect_exit(result, 7);
    expect_contains(result, result->err, "HTTP 403");
    expect_lacks(result, result->err, "denied");
    assert_int_equal(1, records_on_token());
    shell("touch %s/requests/est-approved", ca.dir);
    expect_exit(RETRIEVE(NOBODY), 0);
}

static void what_the_server_answers_decides(void **state)
{
    static const ca_answer rows[] = {
        { "denied", 7, "of the key \"server\": Policy: no wildcard names", 1 },
        { "refused", 7, "the CA could not process the request of the key \"server\": the key is too short", 0 },
        { "failing", 7, "the CA may have received it", 1 },
        { "page", 7, "a page that is not from an EST server", 1 },
        { "not-base64", 7, "is not base64", 1 },
        { "stranger", 6, "is for a public key other than that of the request", 1 },
        { "wants-binding", 8, "linked to their TLS connection", 0 },
        { "wants-p384", 8, "the CA requires another kind of key than that of the request: EC on secp384r1", 0 },
        { "wants-nonsense", 7, "cannot be read", 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const run_result *result =
            SUBMIT(EST(rows[i].mood), "server.req", NOBODY, "--again", "--force", "--out", text_of("%zu.cer", i));

        expect_answer(result, &rows[i], text_of("%zu.cer", i));
        forget_data("p11cert pending request");
    }
}

static void a_certificate_without_its_chain_is_bound(void **state)
{
    const run_result *result = SUBMIT(EST("no-cacerts"), "server.req", NOBODY, "--accept");

    (void)state;
    expect_exit(result, 0);
    expect_contains(result, result->out, "the certificate came without its chain");
}

static void what_est_does_not_have_is_refused(void **state)
{
    (void)state;
    expect_exit(SUBMIT(EST("issuing"), "server.req", NOBODY, "--template", "WebServer"), 2);
    expect_exit(SUBMIT(EST("issuing"), "server.req", NOBODY, "--attribute", "SAN:dns=a"), 2);
    expect_exit(run_ca("ca-chain", EST("issuing"), WORDS(NOBODY, "--templates")), 2);
    expect_exit(run_ca("ca-chain", EST("issuing"), WORDS(NOBODY, "--crl", "ca.crl")), 2);
    expect_exit(SUBMIT(text_of("%s/anonymous/issuing/other", ca.https), "server.req", NOBODY), 2);
    assert_int_equal(0, seen_count("simpleenroll"));
}

/* Otherwise a key would be there whose request cannot be sent. */
static void a_template_is_refused_before_a_key_is_made(void **state)
{
    const run_result *result =
        run_ca("enroll", EST("issuing"),
               WORDS(NOBODY, "--subject", "CN=other", "--request", "other.req", "--template", "Web"));

    (void)state;
    expect_exit(result, 2);
    expect_contains(result, result->err, "cannot name a template to the CA");
    assert_int_equal(1, token_count("servers", "privkey")); /* that of the fixture */
    assert_false(file_exists("other.req"));
}

static void a_password_logs_in(void **state)
{
    const char *url = text_of("%s/basic/issuing/.well-known/est", ca.https);

    (void)state;
    file_write("password", "canary-basic-2290", 0600);
    expect_exit(SUBMIT(url, "server.req", NOBODY), 5);
    assert_int_equal(0, records_on_token());
    expect_exit(SUBMIT(url, "server.req", "--auth", "basic", "--user", "alice", "--password-source", "file:password"),
                0);
    assert_string_equal(seen_last("simpleenroll", "user"), "alice");
}

static void the_certificate_that_is_renewed_logs_in(void **state)
{
    static const char *const kinds[] = { "--same-key", "--new-key" };
    const char *url = est_url(ca.certificate, "issuing");

    (void)state;
    only_with_one_openssl();
    for (size_t i = 0; i < 2; i++) {
        const char *label = text_of("server%zu", i);

        make_request(label);
        expect_exit(SUBMIT(EST("issuing"), text_of("%s.req", label), NOBODY, "--accept"), 0);
        expect_exit(run_ca("renew", url,
                           WORDS(NOBODY, "--key", label, kinds[i], "--out", text_of("%s-next.req", label))),
                    0);
        shell("openssl verify -CAfile %s/ca/root.pem -untrusted %s-next.cer %s-next.cer", ca.dir, label, label);
        assert_string_equal(seen_last("simplereenroll", "client-certificate"), text_of("CN=%s", label));
    }
    assert_int_equal(2, seen_count("simplereenroll"));
}

/* The server that does not ask for it, and the one that insists on it. */
static void a_certificate_that_could_not_log_in_is_the_reason(void **state)
{
    (void)state;
    expect_exit(SUBMIT(EST("issuing"), "server.req", NOBODY, "--accept"), 0);
    const run_result *result = run_ca("renew", text_of("%s/anonymous/issuing/.well-known/est", ca.https),
                                      WORDS("--key", "server", "--out", "next.req"));

    expect_exit(result, 5);
    expect_contains(result, result->err,
                    "has not asked for the client certificate; a Kerberos ticket was not accepted");
    make_request("second");
    result = SUBMIT(est_url(ca.certificate, "issuing"), "second.req", NOBODY);
    expect_exit(result, 7);
    expect_contains(result, result->err, "requires a client certificate, and got none; it has not read the request");
    expect_lacks(result, result->err, "may have received it");
    assert_int_equal(0, records_on_token());
}

static void a_certificate_for_servers_only_does_not_renew_itself(void **state)
{
    (void)state;
    expect_exit(SUBMIT(EST("server-only"), "server.req", NOBODY, "--accept"), 0);
    const size_t keys = token_count("servers", "privkey");

    for (size_t i = 0; i < 2; i++) {
        const run_result *result = run_ca("renew", est_url(ca.certificate, "issuing"),
                                          WORDS(NOBODY, "--key", "server", i == 0 ? "--same-key" : "--new-key"));

        expect_exit(result, 8);
        expect_contains(result, result->err, "is not one for TLS clients");
        assert_int_equal(keys, token_count("servers", "privkey"));
    }
    assert_int_equal(0, seen_count("simplereenroll"));
    file_write("password", "canary-basic-2290", 0600);
    expect_exit(run_ca("renew", text_of("%s/basic/issuing/.well-known/est", ca.https),
                       WORDS("--key", "server", "--auth", "basic", "--user", "alice", "--password-source",
                             "file:password")),
                0);
}

static void the_chain_of_the_ca_is_listed(void **state)
{
    const run_result *result = run_ca("ca-chain", EST("issuing"), WORDS(NOBODY, "--out", "chain.pem"));

    (void)state;
    expect_exit(result, 0);
    expect_lacks(result, result->out, "renewal");
    shell("openssl x509 -in chain.pem -outform DER -out first.der; "
          "openssl x509 -in %s/ca/issuing.pem -outform DER | cmp - first.der; "
          "[ $(grep -c BEGIN chain.pem) = 2 ]",
          ca.dir);
}

/* --- killed --- */

static size_t requests_seen(void)
{
    return seen_count("simpleenroll");
}

static void killed_submission(void **state)
{
    const kill_sweep sweep = {
        .url = EST("issuing"),
        .login = WORDS(NOBODY),
        .begin = forget_seen,
        .requests = requests_seen,
    };

    (void)state;
    killed_while_submitting(&sweep);
}

static void killed_retrieval(void **state)
{
    const kill_sweep sweep = { .url = EST("pending"), .login = WORDS(NOBODY) };

    (void)state;
    expect_exit(SUBMIT(sweep.url, "server.req", NOBODY), 0);
    file_write(text_of("%s/requests/est-approved", ca.dir), "", 0644);
    killed_while_retrieving(&sweep);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_request_is_issued_and_bound, make_world, ca_world_remove),
        cmocka_unit_test_setup_teardown(a_pending_request_is_asked_for_with_the_same_bytes, make_world,
                                        ca_world_remove),
        cmocka_unit_test_setup_teardown(a_page_of_a_filter_denies_nothing, make_world, ca_world_remove),
        cmocka_unit_test_setup_teardown(what_the_server_answers_decides, make_world, ca_world_remove),
        cmocka_unit_test_setup_teardown(a_certificate_without_its_chain_is_bound, make_world, ca_world_remove),
        cmocka_unit_test_setup_teardown(what_est_does_not_have_is_refused, make_world, ca_world_remove),
        cmocka_unit_test_setup_teardown(a_template_is_refused_before_a_key_is_made, make_world, ca_world_remove),
        cmocka_unit_test_setup_teardown(a_password_logs_in, make_world, ca_world_remove),
        cmocka_unit_test_setup_teardown(the_certificate_that_is_renewed_logs_in, make_world, ca_world_remove),
        cmocka_unit_test_setup_teardown(a_certificate_that_could_not_log_in_is_the_reason, make_world, ca_world_remove),
        cmocka_unit_test_setup_teardown(a_certificate_for_servers_only_does_not_renew_itself, make_world,
                                        ca_world_remove),
        cmocka_unit_test_setup_teardown(the_chain_of_the_ca_is_listed, make_world, ca_world_remove),
        cmocka_unit_test_setup_teardown(killed_submission, make_world, ca_world_remove),
        cmocka_unit_test_setup_teardown(killed_retrieval, make_world, ca_world_remove),
    };

    return RUN_TESTS(tests, argc, argv);
}
