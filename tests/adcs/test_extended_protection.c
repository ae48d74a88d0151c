/* SPDX-License-Identifier: Apache-2.0 */
/* Every verb that talks to AD CS, where the web enrolment pages, the policy service and the enrolment service require
 * Extended Protection of a Kerberos login: README.md says what the acceptor checks. */
#include "ca_world.h"

#include "wait.h"

static const char *service(const char *name)
{
    return text_of("%s/bound/contoso/%s/service.svc", ca.https, name);
}

#define BOUND(mood) ca_url(ca.https, "bound/" mood)
#define CEP         text_of("%s/CEP", service("ADPolicyProvider_CEP_Kerberos"))
#define CES         text_of("%s/CES", service("Contoso_CES_Kerberos"))

static int make_world(void **state)
{
    (void)ca_world_new(state);
    shell("rm -rf %s/seen/* %s/requests/bindings", ca.dir, ca.dir);
    return 0;
}

/* Every token was bound, as often as requests have arrived behind the acceptor, and they came from alice. */
static void expect_all_bound(void)
{
    shell("cd %s; test $(grep -cx bound requests/bindings) -ge 1; ! grep -vx bound requests/bindings; "
          "test $(grep -cx bound requests/bindings) = $(grep -lx alice@CONTOSO.EXAMPLE seen/*/user | wc -l)",
          ca.dir);
}

static void pages_issue(void **state)
{
    (void)state;
    make_request("server");
    expect_exit(SUBMIT(BOUND("enterprise"), "server.req", TEMPLATE, "--accept", "--out", "server.cer"), 0);
    expect_bound("server", "server.cer");
    expect_all_bound();
}

static void pages_give_it_later(void **state)
{
    (void)state;
    make_request("server");
    const run_result *result = SUBMIT(BOUND("standalone"), "server.req");

    expect_exit(result, 0);
    approve(number_in(result));
    expect_exit(RETRIEVE("--accept", "--out", "server.cer"), 0);
    expect_bound("server", "server.cer");
    expect_exit(run_ca("ca-chain", BOUND("standalone"), WORDS("--out", "chain.pem")), 0);
    expect_all_bound();
}

static void pages_enroll_at_once(void **state)
{
    (void)state;
    expect_exit(run_ca("enroll", BOUND("enterprise"),
                       WORDS("--subject", "CN=server", "--dns", "server", "--request", "server.req", "--policy", "hsm",
                             TEMPLATE)),
                0);
    assert_int_equal(1, count_of(token_objects("servers", "cert"), "label:      server\n"));
    expect_all_bound();
}

static void services_of_windows_enroll(void **state)
{
    (void)state;
    const run_result *result = run_ca("templates", CEP, WORDS(TEMPLATE));

    expect_exit(result, 0);
    expect_contains(result, result->out, "/bound/contoso/Contoso_CES_Kerberos/service.svc/CES");
    expect_exit(run_ca("enroll", CEP,
                       WORDS("--subject", "CN=server", "--dns", "server", "--request", "server.req", "--policy", "hsm",
                             TEMPLATE)),
                0);
    assert_int_equal(1, count_of(token_objects("servers", "cert"), "label:      server\n"));
    expect_exit(run_ca("renew", CES, WORDS("--key", "server", "--pkcs7")), 0);
    make_request("other");
    expect_exit(SUBMIT(CES, "other.req", TEMPLATE, "--accept", "--out", "other.cer"), 0);
    expect_bound("other", "other.cer");
    expect_all_bound();
}

/* The key and the request stay as they are; nothing has reached the CA. */
static void proxy_that_inspects_tls_is_named(void **state)
{
    const char *const urls[] = { ca_url(ca.middle, "bound/enterprise"),
                                 text_of("%s/bound/contoso/Contoso_CES_Kerberos/service.svc/CES", ca.middle) };

    (void)state;
    make_request("server");
    for (size_t i = 0; i < 2; i++) {
        const run_result *result = SUBMIT(urls[i], "server.req", TEMPLATE);

        expect_exit(result, 5);
        expect_contains(result, result->err, "a Kerberos ticket was not accepted");
        expect_contains(result, result->err, "presents another certificate than its own");
    }
    shell("cd %s; test \"$(cat requests/bindings)\" = 'bound to another certificate\nbound to another certificate'; "
          "test -z \"$(ls seen)\"",
          ca.dir);
    assert_int_equal(0, records_on_token());
}

static const run_result *list_by(const char *cache)
{
    assert_int_equal(0, setenv("KRB5CCNAME", cache, 1));
    return run_ca("ca-chain", BOUND("enterprise"), WORDS("--templates"));
}

static void expect_no_ticket(const run_result *result, const char *says)
{
    expect_exit(result, 5);
    expect_contains(result, result->err, "no ticket could be presented: ");
    expect_contains(result, result->err, says);
}

static void ticket_is_missing_or_ended(void **state)
{
    (void)state;
    expect_no_ticket(list_by("FILE:/nonexistent"), "kinit");
    shell("test \"$(cat %s/requests/bindings)\" = 'no token'", ca.dir);
    shell("printf 'canary-ticket-5517\\n' | kinit -l 1s -c FILE:ended.ticket alice");
    WAIT_UNTIL(list_by("FILE:ended.ticket")->exit_code != 0);
    expect_no_ticket(list_by("FILE:ended.ticket"), "Ticket expired");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_world, ca_world_remove)
    const struct CMUnitTest tests[] = {
        TEST(pages_issue),
        TEST(pages_give_it_later),
        TEST(pages_enroll_at_once),
        TEST(services_of_windows_enroll),
        TEST(proxy_that_inspects_tls_is_named),
        TEST(ticket_is_missing_or_ended),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
