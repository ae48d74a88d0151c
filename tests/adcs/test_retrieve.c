/* SPDX-License-Identifier: Apache-2.0 */
/* p11cert retrieve: pending requests, wherever they were submitted. */
#include "ca_world.h"

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

static int make_world(void **state)
{
    (void)ca_world_new(state);
    make_request("server");
    return 0;
}

static const char *submit_pending(const char *request)
{
    const run_result *result = SUBMIT(STANDALONE, request);

    expect_exit(result, 0);
    return number_in(result);
}

static void a_pending_request_is_retrieved_when_it_is_approved(void **state)
{
    (void)state;
    const char *number = submit_pending("server.req");
    const run_result *result = RETRIEVE("--accept");

    expect_exit(result, 1);
    expect_contains(result, result->out, text_of("pending: request %s", number));
    assert_int_equal(1, records_on_token());
    assert_false(file_exists("server.cer"));
    approve(number);
    expect_exit(RETRIEVE("--accept"), 0);
    assert_int_equal(0, records_on_token());
    shell("openssl verify -CAfile %s/ca/root0.pem server.cer", ca.dir);
    assert_int_equal(2, token_count("servers", "cert"));
    result = RETRIEVE("--accept");
    expect_exit(result, 4);
    expect_contains(result, result->err, "pending");
}

static void a_denied_request_is_closed_and_can_still_be_issued(void **state)
{
    (void)state;
    const char *number = submit_pending("server.req");

    deny(number);
    const run_result *result = RETRIEVE("--accept");

    expect_exit(result, 7);
    expect_contains(result, result->err, text_of("the CA denied the request %s", number));
    expect_contains(result, result->err, ": Denied by CONTOSO\\admin\n"); /* the whole chain */
    assert_int_equal(1, records_on_token());
    assert_false(file_exists("server.cer"));
    result = RETRIEVE("--accept");
    expect_exit(result, 4);
    expect_contains(result, result->err, "no request is pending");
    expect_contains(result, result->err, text_of("request %s of the key \"server\", submitted at ", number));
    result = P11CERT("list", "--token", "servers");
    expect_contains(result, result->out, text_of("request %s for \"server\"", number));
    expect_contains(result, result->out, ": denied\n");
    expect_exit(RETRIEVE(number, "--accept"), 7);
    reopen(number);
    result = RETRIEVE(number, "--accept");
    expect_exit(result, 1);
    expect_contains(result, result->out, text_of("pending: request %s", number));
    approve(number);
    expect_exit(RETRIEVE("--accept"), 0);
    assert_int_equal(0, records_on_token());
}

static void a_denied_request_can_be_followed_by_another(void **state)
{
    (void)state;
    deny(submit_pending("server.req"));
    expect_exit(RETRIEVE("--accept"), 7);
    const char *second = submit_pending("server.req");

    assert_int_equal(1, records_on_token());
    approve(second);
    expect_exit(RETRIEVE("--accept"), 0);
    assert_int_equal(0, records_on_token());
}

/* A filter, a login page and a captive portal: each speaks of denial or waiting and shows numbers. */
static void a_page_that_is_not_the_cas_changes_nothing(void **state)
{
    static const char *const moods[] = { "kerberos/blocked", "kerberos/login", "kerberos/portal" };

    (void)state;
    const char *number = submit_pending("server.req");

    for (size_t i = 0; i < sizeof moods / sizeof *moods; i++) {
        const run_result *result = RETRIEVE("--ca", ca_url(ca.https, moods[i]), "--accept");

        expect_exit(result, 7);
        expect_contains(result, result->err, "that is not from AD CS");
        shell("rm -f server.cer.page.html*");
    }
    approve(number);
    expect_exit(RETRIEVE("--accept"), 0);
}

static void waiting_needs_no_number_on_the_page(void **state)
{
    static const char *const moods[] = { "kerberos/en2003-standalone", "kerberos/fr2025-standalone",
                                         "kerberos/zh-standalone" };

    (void)state;
    const char *number = submit_pending("server.req");

    for (size_t i = 0; i < sizeof moods / sizeof *moods; i++) {
        const run_result *result = RETRIEVE("--ca", ca_url(ca.https, moods[i]));

        expect_exit(result, 1);
        expect_contains(result, result->out, text_of("pending: request %s", number));
    }
}

static void what_the_ca_does_not_know_is_kept(void **state)
{
    (void)state;
    const char *number = submit_pending("server.req");

    shell("mv %s/requests/%s %s/hidden", ca.dir, number, ca.dir);
    const run_result *result = RETRIEVE("--accept");

    shell("mv %s/hidden %s/requests/%s", ca.dir, ca.dir, number);
    expect_exit(result, 7);
    expect_contains(result, result->err, "0x80094004");
    assert_int_equal(1, records_on_token());
    approve(number);
    expect_exit(RETRIEVE("--accept"), 0);
}

/* The address of the CA selects the mood. */
static void no_other_answer_is_mistaken_for_the_certificate(void **state)
{
    static const struct {
        const char *where;
        int exit_code;
        const char *says;
        const char *timeout;
    } rows[] = {
        { "kerberos/html200", 7, "that is not from AD CS", "60s" },
        { "kerberos/other-certificate", 6, "a public key other than that of the request", "60s" },
        { "kerberos/cut-certificate", 7, "cut short", "60s" },
        { "kerberos/empty", 7, "unknown", "60s" },
        { "kerberos/http-403", 7, "HTTP 403", "60s" },
        { "kerberos/http-500", 7, "HTTP 500", "60s" },
        { "anonymous/http-401", 5, "HTTP 401", "60s" },
        { "kerberos/redirect-host", 7, "nothing was sent there", "60s" },
        { "anonymous/raw-cut", 7, "cut short", "60s" },
        { "anonymous/raw-slow", 7, "in time", "4s" },
        { "anonymous/raw-silent", 7, "in time", "4s" },
    };

    (void)state;
    approve(submit_pending("server.req"));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const run_result *result =
            run_ca("retrieve", ca_url(ca.https, rows[i].where), WORDS("--accept", "--timeout", rows[i].timeout));

        expect_exit(result, rows[i].exit_code);
        expect_contains(result, result->err, rows[i].says);
        assert_int_equal(1, records_on_token());
        assert_int_equal(0, token_count("servers", "cert"));
        assert_false(file_exists("server.cer"));
    }
    expect_exit(run_ca("retrieve", ca_url(ca.https, "kerberos/ja-standalone"), WORDS("--accept")), 0);
    assert_int_equal(0, records_on_token());
}

static void several_are_distinguished_by_number_key_and_all(void **state)
{
    const run_result *result = NULL;

    (void)state;
    make_request("second");
    make_request("third");
    const char *first = submit_pending("server.req");
    const char *second = submit_pending("second.req");
    const char *third = submit_pending("third.req");

    result = RETRIEVE("--accept");
    expect_exit(result, 4);
    expect_contains(result, result->err, text_of("%s of \"second\"", second));
    result = P11CERT("list", "--token", "servers");
    expect_contains(result, result->out, text_of("request %s for \"third\"", third));
    result = P11CERT("list", "--token", "servers", "--json");
    expect_contains(result, result->out, text_of("\"request_id\": \"%s\"", third));
    approve(first);
    approve(second);
    expect_exit(RETRIEVE(first, "--accept"), 0);
    expect_exit(RETRIEVE("--key", "second", "--accept", "--out", "elsewhere.cer"), 0);
    assert_true(file_exists("elsewhere.cer"));
    assert_int_equal(1, records_on_token());
    expect_exit(RETRIEVE("--key", "second", "--accept"), 4);
    expect_exit(RETRIEVE("--all", "--key", "third"), 2);
    expect_exit(RETRIEVE("non sense"), 2);
    expect_exit(RETRIEVE("--key", "nobody"), 4);
}

static void of_all_one_that_fails_does_not_stop_the_others(void **state)
{
    (void)state;
    make_request("second");
    make_request("third");
    deny(submit_pending("server.req"));
    approve(submit_pending("second.req"));
    (void)submit_pending("third.req");
    expect_exit(RETRIEVE("--all", "--out", "-"), 2);
    shell("mkdir taken");
    const run_result *result = RETRIEVE("--all", "--accept", "--out", "taken");

    expect_exit(result, 7);
    expect_contains(result, result->out, "issued: request");
    expect_contains(result, result->out, "pending: request");
    expect_contains(result, result->out, "failed: request");
    assert_true(file_exists("taken/second.cer"));
    assert_int_equal(2, records_on_token()); /* the pending one, and the denied one, closed */
    expect_exit(RETRIEVE("--all", "--accept"), 1);
}

static void a_refused_login_is_not_tried_for_the_others(void **state)
{
    const char *tries = text_of("grep -c /basic/ %s/log/access.log || :", ca.dir);

    (void)state;
    make_request("second");
    (void)submit_pending("server.req");
    (void)submit_pending("second.req");
    file_write("wrong", "canary-wrong-1\n", 0600);
    const int before = atoi(out_of(WORDS("sh", "-c", tries)));
    const run_result *result =
        run_ca("retrieve", ca_url(ca.https, "basic/standalone"),
               WORDS("--all", "--auth", "basic", "--user", "alice", "--password-source", "file:wrong"));

    expect_exit(result, 5);
    expect_contains(result, result->out, "not checked, since the login was refused");
    assert_int_equal(before + 1, atoi(out_of(WORDS("sh", "-c", tries))));
    assert_int_equal(2, records_on_token());
}

static void a_request_without_a_record_is_fetched_by_its_number(void **state)
{
    (void)state;
    const char *number = number_in(SUBMIT(ENTERPRISE, "server.req", TEMPLATE));

    shell("rm server.cer");
    expect_exit(RETRIEVE(number, "--accept"), 4);
    expect_exit(run_ca("retrieve", ENTERPRISE, WORDS(number, "--accept", "--out", "server.cer")), 0);
    expect_bound("server", "server.cer");
    const char *written = file_read("server.cer", NULL);

    expect_exit(run_ca("retrieve", ENTERPRISE, WORDS(number, "--accept", "--out", "server.cer")), 0);
    assert_string_equal(written, file_read("server.cer", NULL));
    file_write("other.cer", file_read(ca.cacert, NULL), 0644);
    expect_exit(run_ca("retrieve", ENTERPRISE, WORDS(number, "--accept", "--out", "other.cer")), 8);
    assert_string_equal(file_read(ca.cacert, NULL), file_read("other.cer", NULL));
    make_request("second");
    shell("openssl req -new -newkey rsa:2048 -nodes -keyout f.key -subj /CN=foreign -out f.req 2>/dev/null");
    shell("curl -s --cacert %s -A Mozilla/5.0 --negotiate -u : --data-urlencode CertRequest@f.req -d Mode=newreq "
          "-d CertAttrib=CertificateTemplate:WebServer '%s/certfnsh.asp' | grep -o 'ReqID=[0-9]*' | head -n 1 | cut "
          "-d= -f2 >number",
          ca.cacert, ENTERPRISE);
    number = text_of("%.*s", (int)strcspn(file_read("number", NULL), "\n"), file_read("number", NULL));
    expect_exit(run_ca("retrieve", ENTERPRISE, WORDS(number, "--accept", "--out", "foreign.cer")), 4);
    assert_int_equal(3, token_count("servers", "cert"));
}

/* The connection is lost, and the CA has received the request. */
static void a_request_whose_answer_was_lost_is_given_its_number(void **state)
{
    (void)state;
    for (int by_key = 0; by_key < 2; by_key++) {
        const char *number = submit_pending("server.req");

        approve(number);
        expect_exit(SUBMIT(ca_url(ca.https, "anonymous/raw-closed"), "server.req", "--again"), 7);
        const run_result *result = RETRIEVE("--accept");

        expect_exit(result, 4);
        expect_contains(result, result->err, "its number at the CA is not known");
        expect_contains(result, P11CERT("list", "--token", "servers")->out, "whether it arrived is unknown");
        result =
            by_key ? run_ca("retrieve", STANDALONE, WORDS(number, "--key", "server", "--accept", "--out", "server.cer"))
                   : run_ca("retrieve", STANDALONE, WORDS(number, "--accept", "--out", "server.cer"));
        expect_exit(result, 0);
        assert_int_equal(0, records_on_token());
        shell("rm server.cer");
    }
}

static void only_the_certificate_goes_to_standard_output(void **state)
{
    (void)state;
    approve(submit_pending("server.req"));
    const run_result *result = RETRIEVE("--out", "-");

    expect_exit(result, 0);
    assert_int_equal(0, strncmp(result->out, "-----BEGIN CERTIFICATE-----", 27));
    expect_lacks(result, result->out, "issued");
    expect_contains(result, result->err, "issued: request");
}

static void a_file_of_something_else_is_not_replaced(void **state)
{
    (void)state;
    approve(submit_pending("server.req"));
    file_write("server.cer", "there\n", 0644);
    expect_exit(RETRIEVE("--accept"), 8);
    assert_string_equal("there\n", file_read("server.cer", NULL));
    assert_int_equal(1, records_on_token());
    expect_exit(RETRIEVE("--accept", "--force"), 0);
}

static void a_label_cannot_lead_to_another_folder(void **state)
{
    (void)state;
    expect_exit(P11CERT("new", "--token", "servers", "--subject", "CN=evil", "--label", "../evil\x01", "--key-type",
                        "ec-p256", "--out", "evil.req"),
                0);
    approve(submit_pending("evil.req"));
    expect_exit(RETRIEVE("--verbose"), 0);
    assert_true(file_exists("_.._evil_x01.cer"));
}

static void two_machines_finish_each_others_requests(void **state)
{
    (void)state;
    make_request("second");
    const char *here = text_of("%s/home", world_folder());
    const char *there = text_of("%s/there", world_folder());

    shell("mkdir there");
    const char *first = submit_pending("server.req");

    assert_int_equal(0, setenv("HOME", there, 1));
    const char *second = submit_pending("second.req");

    approve(first);
    approve(second);
    expect_exit(RETRIEVE("--key", "server", "--accept", "--out", "there/server.cer"), 0);
    assert_int_equal(0, setenv("HOME", here, 1));
    expect_exit(RETRIEVE("--accept", "--out", "home/second.cer"), 0);
    assert_int_equal(0, records_on_token());
    assert_int_equal(3, token_count("servers", "cert"));
    shell("test -z \"$(find home there -name '*.json')\"");
}

static void a_token_without_data_objects_has_a_state_file(void **state)
{
    const char *no_data = "C_CreateObject=1+ return=0x13";

    (void)state;
    const run_result *result =
        run_with_fault(WORDS("submit", "server.req", "--token", "servers", "--cacert", ca.cacert, "--ca", STANDALONE),
                       no_data);

    expect_exit(result, 0);
    expect_contains(result, result->out, "this token does not support data objects");
    assert_int_equal(0, records_on_token());
    shell("test $(find home -name '*.pending.json' -perm 600 | wc -l) = 1");
    expect_contains(result, P11CERT("list", "--token", "servers")->out, "not on the token");
    expect_exit(SUBMIT(STANDALONE, "server.req"), 8);
    approve(number_in(result));
    assert_int_equal(0, setenv("HOME", text_of("%s/elsewhere", world_folder()), 1));
    expect_exit(RETRIEVE("--accept"), 4);
    assert_int_equal(0, setenv("HOME", text_of("%s/home", world_folder()), 1));
    expect_exit(RETRIEVE("--accept"), 0);
    shell("test -z \"$(find home -name '*.json')\"");
}

/* --- waiting --------------------------------------------------------------------------------- */

/* Expects that it is still running, and has reported once that the request is pending. */
static running start_waiting(const char *span)
{
    const run_order order = { .words = WORDS(P11CERT_PROGRAM, "retrieve", "--token", "servers", "--cacert", ca.cacert,
                                             "--accept", "--wait", span) };
    running waiting = run_start(&order);

    WAIT_UNTIL(has_told(&waiting, "asking again in"));
    return waiting;
}

static void waiting_ends_with_the_approval_or_with_the_time(void **state)
{
    (void)state;
    const char *number = submit_pending("server.req");
    const run_result *result = RETRIEVE("--accept", "--wait", "8s");

    expect_exit(result, 1);
    expect_contains(result, result->err, "asking again in");
    running waiting = start_waiting("1h");

    approve(number);
    result = run_finish(&waiting);
    expect_exit(result, 0);
    expect_contains(result, result->out, "issued: request");
    assert_int_equal(0, records_on_token());
}

static void an_interrupt_ends_the_waiting_between_two_steps(void **state)
{
    (void)state;
    (void)submit_pending("server.req");
    running waiting = start_waiting("2h");

    assert_int_equal(0, kill(waiting.pid, SIGINT));
    const run_result *result = run_finish(&waiting);

    expect_exit(result, 1);
    expect_contains(result, result->out, "pending: request");
    assert_int_equal(1, records_on_token());
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, make_world, ca_world_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(a_pending_request_is_retrieved_when_it_is_approved),
        IN_WORLD(a_denied_request_is_closed_and_can_still_be_issued),
        IN_WORLD(a_denied_request_can_be_followed_by_another),
        IN_WORLD(a_page_that_is_not_the_cas_changes_nothing),
        IN_WORLD(waiting_needs_no_number_on_the_page),
        IN_WORLD(what_the_ca_does_not_know_is_kept),
        IN_WORLD(no_other_answer_is_mistaken_for_the_certificate),
        IN_WORLD(several_are_distinguished_by_number_key_and_all),
        IN_WORLD(of_all_one_that_fails_does_not_stop_the_others),
        IN_WORLD(a_refused_login_is_not_tried_for_the_others),
        IN_WORLD(a_request_without_a_record_is_fetched_by_its_number),
        IN_WORLD(a_request_whose_answer_was_lost_is_given_its_number),
        IN_WORLD(only_the_certificate_goes_to_standard_output),
        IN_WORLD(a_file_of_something_else_is_not_replaced),
        IN_WORLD(a_label_cannot_lead_to_another_folder),
        IN_WORLD(two_machines_finish_each_others_requests),
        IN_WORLD(a_token_without_data_objects_has_a_state_file),
        IN_WORLD(waiting_ends_with_the_approval_or_with_the_time),
        IN_WORLD(an_interrupt_ends_the_waiting_between_two_steps),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
