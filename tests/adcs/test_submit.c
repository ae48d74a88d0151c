/* SPDX-License-Identifier: Apache-2.0 */
/* p11cert submit against every mood of the stand-in CA. */
#include "ca_world.h"

#include <unistd.h>

#define PASSWORD "canary-basic-2290"

static int make_world(void **state)
{
    (void)ca_world_new(state);
    make_request("server");
    return 0;
}

/* The expected result of a submission. */
typedef struct {
    const char *where;         /* authentication and mood */
    const char *template_name; /* NULL: none */
    int exit_code;
    const char *says; /* on standard output for 0, otherwise on standard error */
    bool keeps_record;
    bool is_denied; /* the record is kept, and closed */
    bool gives_certificate;
    const char *timeout; /* NULL: the default */
    bool keeps_page;
} mood;

static const mood answers[] = {
    { "kerberos/enterprise", "WebServer", 0, "issued: request", .gives_certificate = true },
    { "kerberos/enterprise", "ContosoScom", 0, "issued: request", .gives_certificate = true },
    { "kerberos/enterprise", NULL, 7, "CERTSRV_E_NO_CERT_TYPE (0x80094801)", .is_denied = true },
    { "kerberos/enterprise", "DomainController", 7, "CERTSRV_E_TEMPLATE_DENIED (0x80094012)", .is_denied = true },
    { "kerberos/enterprise", "Nonsense", 7, "CERTSRV_E_UNSUPPORTED_CERT_TYPE (0x80094800)", .is_denied = true },
    { "kerberos/standalone", NULL, 0, "pending: request", .keeps_record = true },
    { "kerberos/renewed", NULL, 0, "pending: request", .keeps_record = true },
    { "kerberos/denied-80094014", NULL, 7, "the CA denied the request", .is_denied = true },
    { "kerberos/denied-80094811", NULL, 7, "0x80094811", .is_denied = true },
    { "kerberos/error-8009310b", NULL, 7, "the CA could not process the request", .keeps_record = false },
    { "kerberos/de-enterprise", "WebServer", 0, "issued: request", .gives_certificate = true },
    { "kerberos/ja-enterprise", "WebServer", 0, "issued: request", .gives_certificate = true },
    { "kerberos/de-standalone", NULL, 0, "pending: request", .keeps_record = true },
    { "kerberos/ja-standalone", NULL, 0, "pending: request", .keeps_record = true },
    { "kerberos/ja-denied-80094012", NULL, 7, "the CA denied the request", .is_denied = true },
    { "kerberos/fr2025-standalone", NULL, 0, "pending: request", .keeps_record = true },
    { "kerberos/es-standalone", NULL, 0, "pending: request", .keeps_record = true },
    { "kerberos/ru2025-standalone", NULL, 0, "pending: request", .keeps_record = true },
    { "kerberos/zh-enterprise", "WebServer", 0, "issued: request", .gives_certificate = true },
    { "kerberos/fr2025-enterprise", "Nonsense", 7, "CERTSRV_E_UNSUPPORTED_CERT_TYPE (0x80094800)", .is_denied = true },
    { "kerberos/en2003-denied-80094012", NULL, 7, "the CA denied the request", .is_denied = true },
    /* Windows Server 2003 shows no number, nor does the page of an error. */
    { "kerberos/en2003-standalone", NULL, 7, "is pending, but the CA's page does not give its number",
      .keeps_record = true },
    { "kerberos/ja-numberless", NULL, 7, "is pending, but the CA's page does not give its number",
      .keeps_record = true },
    { "kerberos/blocked", NULL, 7, "that is not from AD CS", .keeps_record = true, .keeps_page = true },
    { "kerberos/login", NULL, 7, "that is not from AD CS", .keeps_record = true, .keeps_page = true },
    { "kerberos/portal", NULL, 7, "that is not from AD CS", .keeps_record = true, .keeps_page = true },
    { "kerberos/de-error-80094803", NULL, 7, "0x80094803", .keeps_record = false },
    { "kerberos/unknown-page", NULL, 7, "that is not from AD CS", .keeps_record = true, .keeps_page = true },
};

static const mood certificates[] = {
    { "kerberos/san-dropped", "WebServer", 0, "not as requested: subject alternative names: requested DNS:server",
      .gives_certificate = true },
    { "kerberos/eku-changed", "WebServer", 0, "not as requested: extended key usage", .gives_certificate = true },
    { "kerberos/short-validity", "WebServer", 0, "not as requested: validity", .gives_certificate = true },
    { "kerberos/html200", "WebServer", 7, "that is not from AD CS", .keeps_record = true, .keeps_page = true },
    { "kerberos/other-certificate", "WebServer", 6, "is for a public key other than that of the request",
      .keeps_record = true },
    { "kerberos/cut-certificate", "WebServer", 7, "cut short", .keeps_record = true },
    { "kerberos/empty", "WebServer", 7, "unknown", .keeps_record = true, .keeps_page = true },
};

static const mood statuses[] = {
    { "anonymous/http-401", NULL, 5, "HTTP 401", .keeps_record = false },
    { "kerberos/http-403", NULL, 7, "HTTP 403", .keeps_record = false },
    { "kerberos/http-500", NULL, 7, "HTTP 500", .keeps_record = true },
    { "kerberos/empty-500", NULL, 7, "Extended Protection is set differently", .keeps_record = true },
    { "kerberos/redirect-once", "WebServer", 0, "issued: request", .gives_certificate = true },
    { "kerberos/redirect-found", NULL, 7, "HTTP 302", .keeps_record = false },
    { "kerberos/redirect-loop", NULL, 7, "redirects repeatedly", .keeps_record = false },
    { "kerberos/redirect-host", NULL, 7, "nothing was sent there", .keeps_record = false },
    { "kerberos/redirect-http", NULL, 7, "nothing was sent there", .keeps_record = false },
    { "kerberos/redirect-file", NULL, 7, "nothing was sent there", .keeps_record = false },
};

static const mood wires[] = {
    { "anonymous/raw-closed", NULL, 7, "the CA may have received it", .keeps_record = true },
    { "anonymous/raw-cut", NULL, 7, "cut short", .keeps_record = true },
    { "anonymous/raw-short-length", NULL, 7, "that is not from AD CS", .keeps_record = true, .keeps_page = true },
    { "anonymous/raw-big-length", NULL, 7, "the CA may have received it", .keeps_record = true, .timeout = "4s" },
    { "anonymous/raw-endless", NULL, 7, "sends more than a CA", .keeps_record = true },
    { "anonymous/raw-endless-header", NULL, 7, "the CA may have received it", .keeps_record = true },
    { "anonymous/raw-slow", NULL, 7, "did not answer in time", .keeps_record = true, .timeout = "4s" },
    { "anonymous/raw-silent", NULL, 7, "did not answer in time", .keeps_record = true, .timeout = "4s" },
    { "anonymous/raw-no-http", NULL, 7, "the CA may have received it", .keeps_record = true },
};

static void check_mood(const mood *row)
{
    const char *words[16] = { "server.req", "--again" };
    size_t count = 2;

    if (row->template_name) {
        words[count++] = "--template";
        words[count++] = row->template_name;
    }
    if (row->timeout) {
        words[count++] = "--timeout";
        words[count++] = row->timeout;
    }
    const run_result *result = run_ca("submit", ca_url(ca.https, row->where), words);

    (void)fprintf(stderr, "    %s\n", row->where);
    expect_exit(result, row->exit_code);
    expect_contains(result, row->exit_code == 0 ? result->out : result->err, row->says);
    if (row->keeps_record && row->exit_code == 7) {
        expect_contains(result, result->err, "p11cert retrieve");
    }
    assert_int_equal(row->keeps_record || row->is_denied ? 1 : 0, records_on_token());
    assert_int_equal(row->is_denied, count_of(P11CERT("list", "--token", "servers")->out, ": denied\n"));
    assert_int_equal(row->gives_certificate, file_exists("server.cer"));
    assert_int_equal(row->keeps_page, file_exists("server.cer.page.html"));
    assert_int_equal(0, token_count("servers", "cert"));
    shell("rm -f server.cer*");
}

#define CHECK_MOODS(rows) \
    for (size_t i = 0; i < sizeof(rows) / sizeof *(rows); i++) { \
        check_mood(&(rows)[i]); \
    }

static void every_answer_is_recognised(void **state)
{
    (void)state;
    CHECK_MOODS(answers)
}

static void every_certificate_is_compared_with_its_request(void **state)
{
    (void)state;
    CHECK_MOODS(certificates)
}

static void no_status_or_redirect_is_mistaken_for_an_answer(void **state)
{
    (void)state;
    CHECK_MOODS(statuses)
}

static void no_lost_connection_is_mistaken_for_an_answer(void **state)
{
    (void)state;
    CHECK_MOODS(wires)
}

static void nothing_is_sent_to_a_server_that_cannot_be_verified(void **state)
{
    const struct {
        const char *host;
        const char *option;
        const char *value;
        int exit_code;
    } rows[] = {
        { ca.wrong_name, "--timeout", "5s", 7 },
        { ca.expired, "--timeout", "5s", 7 },
        { ca.old_tls, "--timeout", "5s", 7 },
        { ca.https, "--pin-sha256", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 7 },
        { ca.https, "--pin-sha256", "aa", 2 },
        { "https://localhost:1", "--timeout", "5s", 7 },
        { ca.http, "--timeout", "5s", 8 },
        { "ftp://localhost", "--timeout", "5s", 2 },
    };
    const char *before = out_of(WORDS("ls", text_of("%s/seen", ca.dir)));

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        expect_exit(SUBMIT(ca_url(rows[i].host, "anonymous/enterprise"), "server.req", TEMPLATE, rows[i].option,
                           rows[i].value),
                    rows[i].exit_code);
        assert_int_equal(0, records_on_token());
    }
    assert_string_equal(before, out_of(WORDS("ls", text_of("%s/seen", ca.dir))));
}

static void what_is_declared_safe_is_used(void **state)
{
    (void)state;
    expect_exit(SUBMIT(ca_url(ca.http, "anonymous/enterprise"), "server.req", TEMPLATE, "--insecure-http", "--auth",
                       "none"),
                0);
    expect_exit(SUBMIT(ENTERPRISE, "server.req", TEMPLATE, "--pin-sha256", ca.pin, "--force"), 0);
    expect_exit(SUBMIT(ENTERPRISE, "server.req", TEMPLATE, "--proxy", ca.proxy, "--force"), 0);
}

static void the_ca_receives_the_file_unchanged(void **state)
{
    const char *newest = text_of("$(ls -d %s/seen/*/CertRequest | tail -n 1)", ca.dir);

    (void)state;
    expect_exit(SUBMIT(ENTERPRISE, "server.req", TEMPLATE, "--attribute", "SAN:dns=a&dns=b", "--attribute",
                       "Note:x y+z%"),
                0);
    shell("cmp %s server.req", newest);
    shell("printf 'CertificateTemplate:WebServer\\r\\nSAN:dns=a&dns=b\\r\\nNote:x y+z%%%%\\r\\n' | cmp - $(dirname "
          "%s)/CertAttrib",
          newest);
    shell("sed 's/$/\\r/' server.req >crlf.req; openssl req -in server.req -outform DER -out der.req");
    expect_exit(SUBMIT(ENTERPRISE, "crlf.req", TEMPLATE), 0);
    shell("cmp %s crlf.req", newest);
    expect_exit(SUBMIT(ENTERPRISE, "der.req", TEMPLATE), 0);
    shell("openssl req -in %s -outform DER | cmp - der.req", newest);
}

static void a_signed_renewal_request_is_submitted_too(void **state)
{
    (void)state;
    shell("openssl req -in server.req -outform DER -out inner.der; "
          "openssl cms -sign -binary -nodetach -nosmimecap -in inner.der -signer %s/ca/client.pem -inkey "
          "%s/ca/client.key "
          "-outform PEM -out round.req; openssl cms -cmsout -in round.req -inform PEM -outform DER -out round-der.req",
          ca.dir, ca.dir);
    expect_exit(SUBMIT(ENTERPRISE, "round.req", TEMPLATE), 0);
    shell("cmp $(ls -d %s/seen/*/CertRequest | tail -n 1) round.req; openssl x509 -in round.cer -noout", ca.dir);
    expect_exit(SUBMIT(ENTERPRISE, "round-der.req", TEMPLATE), 0);
}

static void every_login_is_named_and_tried_once(void **state)
{
    const char *right = "file:right";
    const char *wrong = "file:wrong";

    (void)state;
    file_write("right", PASSWORD "\n", 0600);
    file_write("wrong", "canary-wrong-1\n", 0600);
    expect_exit(SUBMIT(ca_url(ca.https, "basic/enterprise"), "server.req", TEMPLATE, "--auth", "basic", "--user",
                       "alice", "--password-source", wrong),
                5);
    assert_int_equal(0, records_on_token());
    expect_exit(SUBMIT(ca_url(ca.https, "basic/enterprise"), "server.req", TEMPLATE, "--auth", "basic", "--user",
                       "alice", "--password-source", right),
                0);
    expect_exit(SUBMIT(ca_url(ca.https, "ntlm/enterprise"), "server.req", TEMPLATE, "--auth", "ntlm", "--user",
                       "CONTOSO\\alice", "--password-source", right, "--force"),
                0);
    expect_exit(SUBMIT(ENTERPRISE, "server.req", TEMPLATE, "--auth", "none", "--force"), 5);
    expect_exit(SUBMIT(ca_url(ca.https, "basic/enterprise"), "server.req", TEMPLATE, "--auth", "basic", "--force"), 2);
    expect_exit(SUBMIT(ENTERPRISE, "server.req", TEMPLATE, "--user", "alice", "--force"), 2);
    assert_int_equal(0, setenv("KRB5CCNAME", text_of("FILE:%s/bob.ticket", ca.dir), 1));
    expect_exit(SUBMIT(ENTERPRISE, "server.req", TEMPLATE, "--force"), 5);
    assert_int_equal(0, setenv("KRB5CCNAME", "FILE:/nonexistent", 1));
    const run_result *result = SUBMIT(ENTERPRISE, "server.req", TEMPLATE, "--force");

    expect_exit(result, 5);
    expect_contains(result, result->err, "kinit");
    assert_int_equal(0, records_on_token());
}

static void a_client_certificate_of_the_token_logs_in(void **state)
{
    const char *url = ca_url(ca.certificate, "anonymous/enterprise");

    (void)state;
    only_with_one_openssl();
    make_request("operator");
    shell("openssl x509 -req -in operator.req -CA %s/ca/issuing.pem -CAkey %s/ca/issuing.key -set_serial 99 -days 30 "
          "-out operator.pem",
          ca.dir, ca.dir);
    expect_exit(SUBMIT(url, "server.req", TEMPLATE, "--auth", "none", "--client-key", "operator"), 4);
    expect_exit(P11CERT("accept", "--token", "servers", "operator.pem", "--chain",
                        text_of("%s/ca/issuing.pem", ca.dir)),
                0);
    expect_exit(SUBMIT(url, "server.req", TEMPLATE, "--auth", "none", "--client-key", "operator", "--accept"), 0);
    shell("grep -q CN=operator %s/seen/$(ls %s/seen | tail -n 1)/client-certificate", ca.dir, ca.dir);
    expect_bound("server", "server.cer");
}

static void no_secret_is_revealed(void **state)
{
    static const char *const canaries[] = { PASSWORD,   "canary-wrong-1", USER_PIN, "Authorization",
                                            "YWxpY2U6", "Negotiate ",     "Cookie" };
    const struct {
        const char *where;
        const char *way;
        const char *source;
    } rows[] = {
        { "basic/enterprise", "basic", "file:right" },   { "basic/enterprise", "basic", "file:wrong" },
        { "ntlm/enterprise", "ntlm", "file:right" },     { "basic/http-500", "basic", "file:right" },
        { "basic/unknown-page", "basic", "file:right" },
    };

    (void)state;
    file_write("right", PASSWORD "\n", 0600);
    file_write("wrong", "canary-wrong-1\n", 0600);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const run_result *result =
            SUBMIT(ca_url(ca.https, rows[i].where), "server.req", TEMPLATE, "--again", "--force", "--auth", rows[i].way,
                   "--user", "alice", "--password-source", rows[i].source, "--verbose");

        expect_contains(result, result->err, "POST https://localhost:");
        for (size_t j = 0; j < sizeof canaries / sizeof *canaries; j++) {
            expect_lacks(result, result->out, canaries[j]);
            expect_lacks(result, result->err, canaries[j]);
        }
    }
    shell("! grep -rl -e " PASSWORD " --exclude=right .");
}

static void a_password_on_the_command_line_is_refused_and_not_repeated(void **state)
{
    const run_result *result = SUBMIT(ENTERPRISE, "server.req", "--password=" PASSWORD);

    (void)state;
    expect_exit(result, 2);
    expect_lacks(result, result->err, PASSWORD);
    result = SUBMIT("https://alice:" PASSWORD "@localhost/certsrv", "server.req");
    expect_exit(result, 2);
    expect_lacks(result, result->err, PASSWORD);
    result = SUBMIT(ENTERPRISE, "server.req", "--auth", "basic", "--user", "alice", "--password-source", PASSWORD);
    expect_exit(result, 2);
    expect_lacks(result, result->err, PASSWORD);
}

static void a_request_submitted_twice_is_noticed(void **state)
{
    (void)state;
    const char *first = number_in(SUBMIT(STANDALONE, "server.req"));
    const run_result *second = SUBMIT(STANDALONE, "server.req");

    expect_exit(second, 8);
    expect_contains(second, second->err, text_of("as number %s", first));
    const run_result *third = SUBMIT(STANDALONE, "server.req", "--again");

    expect_exit(third, 0);
    assert_string_not_equal(first, number_in(third));
    assert_int_equal(1, records_on_token());
}

static void what_was_issued_is_not_requested_again(void **state)
{
    (void)state;
    const run_result *first = SUBMIT(ENTERPRISE, "server.req", TEMPLATE, "--again", "--out", "issued.cer");

    expect_exit(first, 0);
    expect_contains(first, first->out, "not yet bound to its key: p11cert accept issued.cer\n");
    const char *seen = out_of(WORDS("ls", text_of("%s/seen", ca.dir)));
    const run_result *second = SUBMIT(ENTERPRISE, "server.req", TEMPLATE, "--out", "issued.cer");

    expect_exit(second, 8);
    expect_contains(second, second->err, "`p11cert accept` binds it");
    assert_string_equal(seen, out_of(WORDS("ls", text_of("%s/seen", ca.dir))));
}

static void unusable_input_is_refused_before_anything_is_sent(void **state)
{
    const char *before = out_of(WORDS("ls", text_of("%s/seen", ca.dir)));
    const run_result *result = NULL;

    (void)state;
    shell("openssl req -new -newkey rsa:2048 -nodes -keyout foreign.key -subj /CN=foreign -out foreign.req "
          "2>/dev/null; "
          "openssl req -in server.req -outform DER -out whole.der; head -c -1 whole.der >torn.der; "
          "printf \"\\\\$(printf %%03o $(( $(tail -c 1 whole.der | od -An -tu1) ^ 1 )))\" >>torn.der; "
          "head -n 3 server.req >cut.req; : >empty.req; cp server.req copy.cer; echo there >taken.cer");
    result = SUBMIT(ENTERPRISE, "foreign.req", TEMPLATE);
    expect_exit(result, 4);
    expect_contains(result, result->err, "nothing was sent");
    expect_exit(SUBMIT(ENTERPRISE, "torn.der", TEMPLATE), 3);
    expect_exit(SUBMIT(ENTERPRISE, "cut.req", TEMPLATE), 3);
    expect_exit(SUBMIT(ENTERPRISE, "empty.req", TEMPLATE), 3);
    expect_exit(SUBMIT(ENTERPRISE, "none.req", TEMPLATE), 4);
    expect_exit(SUBMIT(ENTERPRISE, "foreign.key", TEMPLATE), 3);
    expect_exit(SUBMIT(ENTERPRISE, "copy.cer", TEMPLATE), 2);
    expect_exit(SUBMIT(ENTERPRISE, "server.req", TEMPLATE, "--out", "taken.cer"), 8);
    expect_exit(SUBMIT(ENTERPRISE, "server.req", TEMPLATE, "--out", "nowhere/x.cer"), 3);
    expect_exit(SUBMIT(ENTERPRISE, "server.req", "--attribute", "nonsense"), 2);
    expect_exit(SUBMIT(ENTERPRISE, "server.req", "--timeout", "5"), 2);
    expect_exit(SUBMIT(ENTERPRISE, "server.req", "--auth", "magic"), 2);
    expect_exit(SUBMIT(NULL, "server.req"), 2);
    assert_string_equal("there\n", file_read("taken.cer", NULL));
    assert_string_equal(before, out_of(WORDS("ls", text_of("%s/seen", ca.dir))));
    assert_int_equal(0, records_on_token());
}

static void an_issued_certificate_is_bound_with_its_chain(void **state)
{
    (void)state;
    expect_exit(SUBMIT(ENTERPRISE, "server.req", TEMPLATE, "--accept"), 0);
    expect_bound("server", "server.cer");
    assert_int_equal(3, token_count("servers", "cert"));
    assert_int_equal(3, count_of(file_read("server.cer", NULL), "BEGIN CERTIFICATE"));
}

static void json_has_outcome_and_code(void **state)
{
    const run_result *result = SUBMIT(ENTERPRISE, "server.req", TEMPLATE, "--json");

    (void)state;
    expect_exit(result, 0);
    expect_contains(result, result->out, "\"disposition\": \"issued\"");
    result = SUBMIT(ca_url(ca.https, "kerberos/denied-80094012"), "server.req", "--json", "--force");
    expect_exit(result, 7);
    expect_contains(result, result->out, "\"disposition\": \"denied\"");
    expect_contains(result, result->out, "\"hresult\": \"0x80094012\"");
    assert_string_equal("", result->err);
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, make_world, ca_world_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(every_answer_is_recognised),
        IN_WORLD(every_certificate_is_compared_with_its_request),
        IN_WORLD(no_status_or_redirect_is_mistaken_for_an_answer),
        IN_WORLD(no_lost_connection_is_mistaken_for_an_answer),
        IN_WORLD(nothing_is_sent_to_a_server_that_cannot_be_verified),
        IN_WORLD(what_is_declared_safe_is_used),
        IN_WORLD(the_ca_receives_the_file_unchanged),
        IN_WORLD(a_signed_renewal_request_is_submitted_too),
        IN_WORLD(every_login_is_named_and_tried_once),
        IN_WORLD(a_client_certificate_of_the_token_logs_in),
        IN_WORLD(no_secret_is_revealed),
        IN_WORLD(a_password_on_the_command_line_is_refused_and_not_repeated),
        IN_WORLD(a_request_submitted_twice_is_noticed),
        IN_WORLD(what_was_issued_is_not_requested_again),
        IN_WORLD(unusable_input_is_refused_before_anything_is_sent),
        IN_WORLD(an_issued_certificate_is_bound_with_its_chain),
        IN_WORLD(json_has_outcome_and_code),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
