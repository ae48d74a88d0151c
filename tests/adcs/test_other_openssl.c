/* SPDX-License-Identifier: Apache-2.0 */
/* A libcurl that is built on another major version of OpenSSL would crash on the certificate and key that it is given:
 * every verb refuses to present a client certificate through it, before the token is opened and anything is sent. */
#include "ca_world.h"

#define REFUSED "uses \"OpenSSL/99.1.2\" for TLS, and p11cert OpenSSL "

static int make_world(void **state)
{
    (void)ca_world_new(state);
    forget_seen();
    make_request("server");
    make_request("operator");
    shell("openssl x509 -req -in operator.req -CA %s/ca/issuing.pem -CAkey %s/ca/issuing.key -set_serial 99 -days 30 "
          "-out operator.pem",
          ca.dir, ca.dir);
    expect_exit(P11CERT("accept", "--token", "servers", "operator.pem", "--chain",
                        text_of("%s/ca/issuing.pem", ca.dir)),
                0);
    return 0;
}

/* AddressSanitizer would refuse to start behind another library. */
static void load_other_openssl(void)
{
    const char *options = getenv("ASAN_OPTIONS");

    assert_int_equal(0, setenv("ASAN_OPTIONS", text_of("%s:verify_asan_link_order=0", options ? options : ""), 1));
    assert_int_equal(0, setenv("LD_PRELOAD", OTHER_OPENSSL, 1));
}

static void unload_other_openssl(void)
{
    assert_int_equal(0, unsetenv("LD_PRELOAD"));
}

static void expect_refused(const char *verb, const char *const *words)
{
    const char *before = folder_listing();

    load_other_openssl();
    const run_result *result = run_ca(verb, ca_url(ca.certificate, "anonymous/enterprise"), words);

    unload_other_openssl();
    expect_exit(result, 6);
    expect_contains(result, result->err, REFUSED);
    expect_contains(result, result->err, "nothing was sent");
    assert_string_equal(before, folder_listing());
    assert_int_equal(0, records_on_token());
    assert_int_equal(2, token_count("servers", "privkey"));
    shell("[ -z \"$(ls %s/seen)\" ]", ca.dir);
}

#define CLIENT_KEY "--auth", "none", "--client-key", "operator"

static void no_verb_presents_a_client_certificate(void **state)
{
    (void)state;
    expect_refused("submit", WORDS("server.req", TEMPLATE, CLIENT_KEY));
    expect_refused("retrieve", WORDS("17", CLIENT_KEY, "--out", "server.cer"));
    expect_refused("renew", WORDS("--key", "operator", TEMPLATE, CLIENT_KEY));
    expect_refused("enroll", WORDS("--subject", "CN=other", "--key-type", "ec-p256", "--request", "other.req", TEMPLATE,
                                   CLIENT_KEY));
    expect_refused("enroll", WORDS("--auto", "--protocol", "cep", CLIENT_KEY));
    expect_refused("ca-chain", WORDS(CLIENT_KEY));
    expect_refused("templates", WORDS("--protocol", "cep", CLIENT_KEY));
}

/* A record names the CA here, so that the address is known only once the token is open. */
static void a_recorded_request_is_not_asked_for(void **state)
{
    (void)state;
    expect_exit(SUBMIT(ca_url(ca.https, "kerberos/standalone"), "server.req"), 0);
    assert_int_equal(1, records_on_token());
    forget_seen();
    load_other_openssl();
    const run_result *result = RETRIEVE(CLIENT_KEY);

    unload_other_openssl();
    expect_contains(result, result->err, REFUSED);
    assert_int_equal(1, records_on_token());
    shell("[ -z \"$(ls %s/seen)\" ]", ca.dir);
}

/* No object crosses to libcurl without a client certificate. */
static void other_logins_work(void **state)
{
    (void)state;
    load_other_openssl();
    const run_result *result = SUBMIT(ENTERPRISE, "server.req", TEMPLATE, "--accept");

    unload_other_openssl();
    expect_exit(result, 0);
    expect_bound("server", "server.cer");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(no_verb_presents_a_client_certificate, make_world, ca_world_remove),
        cmocka_unit_test_setup_teardown(a_recorded_request_is_not_asked_for, make_world, ca_world_remove),
        cmocka_unit_test_setup_teardown(other_logins_work, make_world, ca_world_remove),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
