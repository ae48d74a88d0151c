/* SPDX-License-Identifier: Apache-2.0 */
/* templates, submit, retrieve and renew by the enrolment services of Windows; openssl and jq judge, pkcs11-tool shows
 * the token, the server's record what was sent. */
#include "kill_sweep.h"

#include <unistd.h>

static const char *service(const char *authentication, const char *mood, const char *name)
{
    return text_of("%s/%s/%s/%s/service.svc", ca.https, authentication, mood, name);
}

#define CEP(mood) text_of("%s/CEP", service("anonymous", mood, "ADPolicyProvider_CEP_Anonymous"))
#define CES(mood) text_of("%s/CES", service("anonymous", mood, "Contoso_CES_Anonymous"))

static const run_result *templates(const char *url, const char *const *words)
{
    return run_ca("templates", url, words);
}

static int make_world(void **state)
{
    (void)ca_world_new(state);
    shell("rm -rf %s/seen/* %s/requests/ces-*", ca.dir, ca.dir);
    return 0;
}

static int make_world_with_request(void **state)
{
    (void)make_world(state);
    make_request("server");
    return 0;
}

static const char *seen_last(const char *name)
{
    return out_of(WORDS("sh", "-c", text_of("cat $(ls -d %s/seen/* | tail -1)/%s", ca.dir, name)));
}

/* --- templates --- */

static void templates_are_read_with_a_judgement(void **state)
{
    static const struct {
        const char *name;
        const char *verdict;
        const char *says;
    } rows[] = {
        { "WebServer", "note", "remains non-exportable" },
        { "OperationsManager", "note", "approves each request" },
        { "DomainServer", "warning", "from the directory account" },
        { "TpmServer", "refused", "in a TPM" },
        { "Archived", "refused", "archives the private key" },
        { "AgentOnly", "refused", "signature of a registration agent" },
        { "NotForYou", "refused", "may not enroll" },
        { "EcServer", "note", "for computers" },
    };

    (void)state;
    file_write("all.json", templates(CEP("contoso"), WORDS(NOBODY, "--json"))->out, 0600);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        shell("jq -e '.templates[] | select(.name == \"%s\") | .verdict == \"%s\" and "
              "any(.lines[]; .text | contains(\"%s\"))' all.json >/dev/null",
              rows[i].name, rows[i].verdict, rows[i].says);
    }
    shell("jq -e '.templates | length == 8' all.json >/dev/null; "
          "jq -e '.templates[] | select(.name == \"WebServer\") | .display == \"Web Server\" and .key.least_bits == "
          "2048 and "
          ".key.algorithm == \"RSA\" and .names_from == \"request\" and .usages == [\"1.3.6.1.5.5.7.3.1\", "
          "\"1.3.6.1.5.5.7.3.2\"] and .validity_sec == 63072000 and .cas[0].name == \"Contoso Issuing CA\"' all.json "
          ">/dev/null; "
          "jq -e '.templates[] | select(.name == \"EcServer\") | .key.algorithm == \"EC P-256\"' all.json >/dev/null; "
          "jq -e '.policy == \"Contoso policy\"' all.json >/dev/null");
}

static bool follows_schema(const char *file)
{
    return RUN("xmllint", "--noout", "--nonet", "--schema", WSTEP_FOLDER "/envelope.xsd", file)->exit_code == 0;
}

/* The schema judges our query, and the answers that we are tested with. */
static void messages_of_the_policy_service_follow_the_schema(void **state)
{
    static const char *const moods[] = { "contoso", "two-cas", "nil-lists", "two-dead", "ml-dsa", "auto-next" };

    (void)state;
    for (size_t i = 0; i < sizeof moods / sizeof *moods; i++) {
        expect_exit(templates(CEP(moods[i]), WORDS(NOBODY)), 0);
        file_write("question.xml", seen_last("body"), 0600);
        file_write("answer.xml", seen_last("answer"), 0600);
        assert_true(follows_schema("question.xml"));
        assert_true(follows_schema("answer.xml"));
    }
    static const char *const faults[] = {
        /* of the question, and of the last answer */
        "s,<client>.*</client>,, question.xml",
        "s,<clientVersion>0,<clientVersion>all, question.xml",
        "s,<policySchema>2</policySchema>,, answer.xml",
        "s,<group>9<,<group>10<, answer.xml",
    };

    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        shell("set -- '%.*s' %s; sed \"$1\" $2 >wrong.xml; ! cmp -s $2 wrong.xml", (int)strcspn(faults[i], " "),
              faults[i], strchr(faults[i], ' ') + 1);
        assert_false(follows_schema("wrong.xml"));
    }
}

static void one_template_is_found_by_either_name(void **state)
{
    const run_result *result = NULL;

    (void)state;
    expect_exit(templates(CEP("contoso"), WORDS(NOBODY, "--template", "webserver")), 0);
    result = templates(CEP("contoso"), WORDS(NOBODY, "--template", "Web Server"));
    expect_exit(result, 0);
    expect_contains(result, result->out, "WebServer (Web Server)");
    expect_lacks(result, result->out, "TpmServer");
    expect_exit(templates(CEP("contoso"), WORDS(NOBODY, "--template", "TpmServer")), 1);
    expect_exit(templates(CEP("contoso"), WORDS(NOBODY, "--template", "None")), 4);
    result = templates(CEP("two-cas"), WORDS(NOBODY, "--ca-name", "Contoso Stand-alone CA"));
    expect_exit(result, 0);
    expect_contains(result, result->out, "OtherServer");
    expect_lacks(result, result->out, "WebServer");
}

static void what_the_policy_service_answers_decides(void **state)
{
    static const struct {
        const char *mood;
        int exit_code;
        const char *out;
        const char *err;
    } rows[] = {
        { "nil-lists", 0, "no template is offered to this login", "" },
        { "dangling", 0, "no CA offers it", "" },
        { "fault", 7, "", "internal error" },
        { "empty-500", 7, "", "Extended Protection" },
        { "soap-1.1", 7, "", "This gateway speaks SOAP 1.1 only" },
        { "other-xml", 7, "", "HTTP 403" },
        { "page", 7, "", "is not a SOAP message" },
        { "dtd", 7, "", "declares a document type" },
        { "wrong-relates", 7, "", "to another message" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const run_result *result = templates(CEP(rows[i].mood), WORDS(NOBODY));

        expect_exit(result, rows[i].exit_code);
        expect_contains(result, result->out, rows[i].out);
        expect_contains(result, result->err, rows[i].err);
    }
}

static void each_login_reaches_the_service(void **state)
{
    const char *by_ticket = text_of("%s/CEP", service("kerberos", "contoso", "ADPolicyProvider_CEP_Kerberos"));
    const char *by_password =
        text_of("%s/CEP", service("anonymous", "contoso", "ADPolicyProvider_CEP_UsernamePassword"));
    const run_result *result = templates(by_ticket, WORDS("--template", "WebServer"));

    (void)state;
    expect_exit(result, 0);
    expect_contains(result, result->out, "_CES_Kerberos/service.svc/CES");
    assert_string_equal(out_of(WORDS("sh", "-c", text_of("grep -l alice %s/seen/*/user | wc -l", ca.dir))), "1\n");
    file_write("password", "canary&wsse<3390", 0600);
    result = templates(by_password, WORDS("--auth", "wsse", "--user", "CONTOSO\\alice", "--password-source",
                                          "file:password", "--template", "WebServer", "--verbose"));
    expect_exit(result, 0);
    expect_lacks(result, result->err, "canary");
    expect_contains(result, result->out, "_CES_UsernamePassword/service.svc/CES");
    file_write("password", "canary-wrong-1", 0600);
    result = templates(by_password,
                       WORDS("--auth", "wsse", "--user", "CONTOSO\\alice", "--password-source", "file:password"));
    expect_exit(result, 5);
    expect_contains(result, result->err, "refuses the login: An error occurred when verifying security");
    expect_contains(result, result->err, "the clock of this machine, which says 2");
    make_request("server");
    result = run_ca("submit", text_of("%s/CES", service("anonymous", "contoso", "Contoso_CES_UsernamePassword")),
                    WORDS("server.req", "--template", "WebServer", "--auth", "wsse", "--user", "CONTOSO\\alice",
                          "--password-source", "file:password"));
    expect_exit(result, 5);
    expect_lacks(result, result->err, "may have received it");
    assert_int_equal(0, records_on_token());
    expect_exit(templates(ca_url(ca.https, "anonymous/enterprise"),
                          WORDS("--auth", "wsse", "--user", "a", "--password-source", "file:password")),
                2);
}

static void the_pages_give_names(void **state)
{
    const run_result *result = templates(ca_url(ca.https, "anonymous/enterprise"), WORDS(NOBODY));

    (void)state;
    expect_exit(result, 0);
    expect_contains(result, result->out, "unknown  WebServer");
}

static void an_inf_file_that_fits_is_written(void **state)
{
    static const char *const names[] = { "WebServer", "EcServer" };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        const char *file = text_of("%s.inf", names[i]);

        expect_exit(templates(CEP("contoso"), WORDS(NOBODY, "--template", names[i], "--inf", file)), 0);
        shell("sed -i 's/server.contoso.com/%s.example/' %s", names[i], file);
        expect_exit(P11CERT("explain", file), 0);
        expect_exit(run_ca("enroll", CEP("contoso"), WORDS(NOBODY, file)),
                    1); /* the check finds that SCOM needs more */
        shell("openssl verify -CAfile %s/ca/root.pem -untrusted %s.cer %s.cer", ca.dir, names[i], names[i]);
    }
    expect_exit(templates(CEP("contoso"), WORDS(NOBODY, "--template", "WebServer", "--inf", "WebServer.inf")), 8);
    expect_exit(templates(CEP("contoso"), WORDS(NOBODY, "--inf", "x.inf")), 2);
    expect_exit(templates(ca_url(ca.https, "anonymous/enterprise"), WORDS(NOBODY, TEMPLATE, "--inf", "x.inf")), 2);
    assert_false(file_exists("x.inf"));
}

/* --- requests --- */

static void a_request_is_issued_and_bound(void **state)
{
    static const char *const moods[] = { "contoso", "warning", "localised", "guid" };

    (void)state;
    for (size_t i = 0; i < sizeof moods / sizeof *moods; i++) {
        const char *label = text_of("server%zu", i);

        make_request(label);
        expect_exit(SUBMIT(CES(moods[i]), text_of("%s.req", label), TEMPLATE, NOBODY, "--accept"), 0);
        expect_bound(label, text_of("%s.cer", label));
    }
    assert_string_equal(seen_last("content-type"), "application/soap+xml; charset=utf-8");
    shell("xmllint --noout $(ls -d %s/seen/* | tail -1)/body; "
          "grep -q 'Name=\"CertificateTemplate\"><Value>WebServer<' $(ls -d %s/seen/* | tail -1)/body",
          ca.dir, ca.dir);
}

static void a_pending_request_is_asked_for_by_its_id(void **state)
{
    static const char *const moods[] = { "pending", "guid-pending" };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        const char *label = text_of("server%zu", i);

        make_request(label);
        expect_exit(SUBMIT(CES(moods[i]), text_of("%s.req", label), TEMPLATE, NOBODY), 0);
        expect_exit(RETRIEVE(NOBODY), 1);
        file_write(text_of("%s/requests/ces-approved", ca.dir), "", 0644);
        move_to_another_machine();
        expect_exit(RETRIEVE(NOBODY, "--accept"), 0);
        expect_bound(label, text_of("%s.cer", label));
        shell("rm %s/requests/ces-approved", ca.dir);
    }
}

/* A login follows an address from an answer on the same host over TLS only. */
static void an_address_in_an_answer_is_followed_within_the_host(void **state)
{
    static const struct {
        const char *mood;
        const char *asked; /* the end of the path */
    } rows[] = {
        { "pending", "/Contoso_CES_Anonymous/service.svc/CES" },
        { "pending-moved", "/Moved/service.svc/CES" },
        { "pending-abroad", "/Contoso_CES_Anonymous/service.svc/CES" },
        { "pending-plain", "/Contoso_CES_Anonymous/service.svc/CES" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *label = text_of("server%zu", i);

        make_request(label);
        expect_exit(SUBMIT(CES(rows[i].mood), text_of("%s.req", label), TEMPLATE, NOBODY), 0);
        forget_seen();
        file_write(text_of("%s/requests/ces-approved", ca.dir), "", 0644);
        expect_exit(RETRIEVE(NOBODY, "--accept"), 0);
        expect_bound(label, text_of("%s.cer", label));
        shell("[ $(ls %s/seen | wc -l) = 1 ]; grep -q '%s$' %s/seen/*/uri", ca.dir, rows[i].asked, ca.dir);
        shell("rm %s/requests/ces-approved; rm -rf %s/requests/ces-*", ca.dir, ca.dir);
    }
}

static void what_the_web_service_answers_decides(void **state)
{
    static const ca_answer rows[] = {
        { "denied", 7, "CERTSRV_E_TEMPLATE_DENIED (0x80094012)", 1 },
        { "fault", 7, "the CA may have received it", 1 },
        { "empty-500", 7, "the CA may have received it", 1 },
        { "soap-1.1", 7, "This gateway speaks SOAP 1.1 only", 1 },
        { "too-large", 7, "uploadReadAheadSize", 0 },
        { "wrong-relates", 7, "to another message", 1 },
        { "dtd", 7, "declares a document type", 1 },
        { "stranger", 6, "for a public key other than that of the request", 1 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const run_result *result =
            SUBMIT(CES(rows[i].mood), "server.req", TEMPLATE, NOBODY, "--again", "--out", text_of("%zu.cer", i));

        expect_answer(result, &rows[i], text_of("%zu.cer", i));
        forget_data("p11cert pending request");
    }
}

static void a_renewal_is_signed_by_the_old_key(void **state)
{
    (void)state;
    expect_exit(SUBMIT(CES("contoso"), "server.req", TEMPLATE, NOBODY, "--accept"), 0);
    expect_exit(run_ca("renew", CES("contoso"),
                       WORDS(NOBODY, "--key", "server", "--pkcs7", "--new-key", "--out", "next.req")),
                0);
    shell("body=$(ls -d %s/seen/* | tail -1)/body; grep -q 'oasis-200401-wss-wssecurity-secext-1.0.xsd#PKCS7' $body; "
          "! grep -q CertificateTemplate $body; openssl verify -CAfile %s/ca/root.pem -untrusted next.cer next.cer",
          ca.dir, ca.dir);
}

static void a_policy_service_takes_no_requests(void **state)
{
    const run_result *result = SUBMIT(CEP("contoso"), "server.req", TEMPLATE, NOBODY);

    (void)state;
    expect_exit(result, 2);
    expect_contains(result, result->err, "p11cert templates");
    assert_int_equal(0, records_on_token());
}

/* --- all in one --- */

#define ENROLL(mood, label, ...) \
    run_ca("enroll", CEP(mood), \
           WORDS(NOBODY, "--subject", "CN=" label, "--dns", label, "--request", label ".req", __VA_ARGS__))

static void the_policy_leads_from_nothing_to_a_bound_certificate(void **state)
{
    const run_result *result = ENROLL("contoso", "server", "--template", "Web Server");

    (void)state;
    expect_exit(result, 1); /* the check finds that SCOM needs more */
    expect_bound("server", "server.cer");
    shell("openssl x509 -in server.cer -noout -text | grep -q 'Public-Key: (2048 bit)'");
    expect_exit(ENROLL("contoso", "second", "--template", "EcServer"), 1);
    shell("openssl x509 -in second.cer -noout -text | grep -q 'NIST CURVE: P-256'");
    result = ENROLL("pending", "third", "--template", "WebServer");
    expect_exit(result, 1);
    file_write(text_of("%s/requests/ces-approved", ca.dir), "", 0644);
    expect_exit(ENROLL("pending", "third", "--template", "WebServer"), 1);
    shell("openssl verify -CAfile %s/ca/root.pem -untrusted third.cer third.cer", ca.dir);
    assert_int_equal(0, records_on_token());
}

static void impossible_requests_are_refused_before_a_key_is_made(void **state)
{
    static const struct {
        const char *mood;
        const char *template_name;
        const char *key_type;
        int exit_code;
        const char *says;
    } rows[] = {
        { "contoso", "TpmServer", "rsa-2048", 8, "in a TPM" },
        { "contoso", "AgentOnly", "rsa-2048", 8, "registration agent" },
        { "contoso", "NotForYou", "rsa-2048", 8, "may not enroll" },
        { "contoso", "None", "rsa-2048", 4, "no template \"None\"" },
        { "contoso", "WebServer", "ec-p256", 8,
          "the key would be ec-p256, but the template \"WebServer\" requires RSA" },
        { "other-host", "WebServer", "rsa-2048", 8, "not on the same host over TLS" },
        { "plain-ces", "WebServer", "rsa-2048", 8, "not on the same host over TLS" },
        { "nil-lists", "WebServer", "rsa-2048", 4, "no template" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const run_result *result = run_ca("enroll", CEP(rows[i].mood),
                                          WORDS(NOBODY, "--subject", "CN=server", "--request", "server.req",
                                                "--template", rows[i].template_name, "--key-type", rows[i].key_type));

        expect_contains(result, result->err, rows[i].says);
        expect_exit(result, rows[i].exit_code);
    }
    assert_int_equal(0, token_count("servers", "privkey"));
    assert_false(file_exists("server.req"));
    expect_exit(run_ca("enroll", CEP("contoso"), WORDS(NOBODY, "--subject", "CN=server", "--request", "server.req")),
                2);
    shell("! grep -l CES$ %s/seen/*/uri", ca.dir);
}

/* How many requests reached the web service. */
static size_t requests_seen(void)
{
    return count_of(
        out_of(
            WORDS("sh", "-c",
                  text_of("grep -l 'Name=\"CertificateTemplate\"' $(ls -d %s/seen/*/body) /dev/null || true", ca.dir))),
        "/body");
}

/* --- several addresses of one CA --- */

static void the_next_address_is_tried_if_nothing_can_have_arrived(void **state)
{
    const run_result *result = ENROLL("two-dead", "server", "--template", "WebServer");

    (void)state;
    expect_exit(result, 1); /* the check finds that SCOM needs more */
    expect_contains(result, result->err,
                    ":1/anonymous/two-dead/Contoso_CES_Anonymous/service.svc/CES cannot be reached");
    expect_contains(result, result->err,
                    ":2/anonymous/two-dead/Contoso_CES_Anonymous/service.svc/CES cannot be reached");
    expect_bound("server", "server.cer");
    assert_int_equal(1, requests_seen());
    assert_int_equal(0, records_on_token());
}

/* A pending request is asked for where it arrived, though that is not the first address. */
static void what_is_pending_at_another_address_is_asked_for_there(void **state)
{
    (void)state;
    expect_exit(ENROLL("two-dead-pending", "server", "--template", "WebServer"), 1);
    assert_int_equal(1, records_on_token());
    file_write(text_of("%s/requests/ces-approved", ca.dir), "", 0644);
    expect_exit(ENROLL("two-dead-pending", "server", "--template", "WebServer"), 1);
    expect_bound("server", "server.cer");
    assert_int_equal(1, requests_seen());
}

/* Change a record on the token with a filter of jq, as if its address had been another one. */
static void edit_record(const char *application, const char *label, const char *filter)
{
    const char *tool =
        text_of("pkcs11-tool --module %s --token-label servers --login --pin %s --type data --label '%s'", SOFTHSM,
                USER_PIN, label);

    shell("%s --application-label '%s' --read-object -o old.json >/dev/null 2>&1; jq -cj '%s' old.json >new.json; "
          "! cmp -s old.json new.json; %s --delete-object >/dev/null 2>&1; "
          "%s --application-label '%s' --write-object new.json --private >/dev/null 2>&1",
          tool, application, filter, tool, tool, application);
}

/* At the address where it was submitted, nobody listens any more. */
static void what_is_pending_at_an_address_that_is_gone_is_asked_for_at_the_next(void **state)
{
    (void)state;
    expect_exit(ENROLL("two-dead-pending", "server", "--template", "WebServer"), 1);
    edit_record("p11cert pending request", "request of server", ".ca |= sub(\":[0-9]+/\"; \":2/\")");
    file_write(text_of("%s/requests/ces-approved", ca.dir), "", 0644);
    const run_result *result = ENROLL("two-dead-pending", "server", "--template", "WebServer");

    expect_exit(result, 1);
    expect_contains(result, result->err, ":2/anonymous/two-dead-pending/Contoso_CES_Anonymous/service.svc/CES cannot");
    expect_contains(result, result->err, ":1/anonymous/two-dead-pending/Contoso_CES_Anonymous/service.svc/CES cannot");
    expect_bound("server", "server.cer");
    assert_int_equal(1, requests_seen());
}

/* A filter for a record with two spare addresses where nobody listens: the address that works becomes the last. */
#define FIRST_IS_DEAD ".ca as $live | .ca = .spares[0] | .spares = [.spares[1], $live]"

/* The addresses that the policy service gave are recorded beside the key. */
static void a_renewal_is_sent_to_the_next_address_that_is_recorded(void **state)
{
    (void)state;
    expect_exit(ENROLL("two-dead", "server", "--template", "WebServer"), 1);
    edit_record("p11cert CA of a key", "CA of server", FIRST_IS_DEAD);
    for (size_t i = 0; i < 2; i++) {
        const run_result *result = run_ca("renew", "recorded", WORDS(NOBODY, "--key", "server", "--pkcs7", "--json"));

        expect_exit(result, 0);
        expect_contains(result, result->err, ":1/anonymous/two-dead/Contoso_CES_Anonymous/service.svc/CES cannot");
        expect_contains(result, result->err, ":2/anonymous/two-dead/Contoso_CES_Anonymous/service.svc/CES cannot");
        edit_record("p11cert CA of a key", "CA of server", FIRST_IS_DEAD);
    }
    assert_int_equal(0, records_on_token());
    shell("test \"$(ls server-renews-*.cer | wc -l)\" = 2");
}

/* The pending record has them too, so that `retrieve`, which no policy service tells of them, can ask elsewhere. */
static void what_is_pending_is_asked_for_at_the_next_address_that_is_recorded(void **state)
{
    (void)state;
    expect_exit(ENROLL("two-dead-pending", "server", "--template", "WebServer"), 1);
    edit_record("p11cert pending request", "request of server", FIRST_IS_DEAD);
    for (size_t i = 0; i < 2; i++) {
        const run_result *result = i == 0 ? RETRIEVE(NOBODY) : RETRIEVE(NOBODY, "--accept");

        expect_exit(result, i == 0 ? 1 : 0);
        expect_contains(result, result->err,
                        ":1/anonymous/two-dead-pending/Contoso_CES_Anonymous/service.svc/CES cannot");
        expect_contains(result, result->err,
                        ":2/anonymous/two-dead-pending/Contoso_CES_Anonymous/service.svc/CES cannot");
        file_write(text_of("%s/requests/ces-approved", ca.dir), "", 0644);
    }
    assert_int_equal(0, records_on_token());
    assert_int_equal(1, requests_seen());
    expect_exit(run_ca("renew", "recorded", WORDS(NOBODY, "--key", "server", "--pkcs7")), 0);
}

/* At the port of plain HTTP, TLS fails, but there is a connection. */
static void what_is_pending_is_not_asked_for_at_another_address_once_there_was_a_connection(void **state)
{
    const char *port = strrchr(ca.http, ':');

    (void)state;
    expect_exit(ENROLL("two-dead-pending", "server", "--template", "WebServer"), 1);
    edit_record("p11cert pending request", "request of server",
                text_of(".spares = [.ca] | .ca |= sub(\":[0-9]+/\"; \"%s/\")", port));
    forget_seen();
    const run_result *result = RETRIEVE(NOBODY);

    expect_exit(result, 7);
    expect_contains(result, result->err, text_of("%s/anonymous", port));
    expect_lacks(result, result->err, "cannot be reached");
    shell("test \"$(ls %s/seen | wc -l)\" = 0", ca.dir);
    assert_int_equal(1, records_on_token());
}

/* Another program may listen there. Without a login, two-dead and all-dead show that the other ports are tried. */
static void a_password_or_ticket_does_not_follow_to_another_port(void **state)
{
    static const char *const rows[][2] = { { "anonymous", "UsernamePassword" }, { "kerberos", "Kerberos" } };

    (void)state;
    file_write("password", "canary&wsse<3390", 0600);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *const *login =
            i == 0 ? WORDS("--auth", "wsse", "--user", "CONTOSO\\alice", "--password-source", "file:password")
                   : WORDS("--auth", "ticket");
        const char *name = text_of("ADPolicyProvider_CEP_%s", rows[i][1]);
        const char *words[16] = { "--subject", text_of("CN=%s", rows[i][1]), "--template", "WebServer",
                                  "--request", text_of("%s.req", rows[i][0]) };

        for (size_t at = 6; *login; at++) {
            words[at] = *login++;
        }
        const run_result *result = run_ca("enroll", text_of("%s/CEP", service(rows[i][0], "all-dead", name)), words);

        expect_exit(result, 8);
        expect_contains(result, result->err, "not on the same host and port over TLS; nothing was sent there");
        assert_int_equal(i, token_count("servers", "privkey"));
        result = run_ca("enroll", text_of("%s/CEP", service(rows[i][0], "two-dead", name)), words);
        expect_exit(result, 1);
        expect_lacks(result, result->err, "cannot be reached");
        assert_int_equal(i + 1, token_count("servers", "privkey"));
    }
}

/* The addresses were recorded by a run without a login. */
static void a_ticket_does_not_follow_a_record_to_another_port(void **state)
{
    (void)state;
    expect_exit(ENROLL("two-dead", "server", "--template", "WebServer"), 1);
    edit_record("p11cert CA of a key", "CA of server", FIRST_IS_DEAD);
    const run_result *result = run_ca("renew", "recorded", WORDS("--key", "server", "--pkcs7", "--auth", "ticket"));

    expect_exit(result, 7);
    expect_contains(result, result->err, ":1/anonymous/two-dead/");
    expect_lacks(result, result->err, "trying another address");
    assert_int_equal(0, records_on_token());
}

/* Anyone with the PIN can write to a record. */
static void a_login_does_not_follow_a_record_to_another_host(void **state)
{
    (void)state;
    expect_exit(ENROLL("two-dead-pending", "server", "--template", "WebServer"), 1);
    edit_record("p11cert pending request", "request of server",
                FIRST_IS_DEAD " | .spares = [\"https://ces.evil.example/service.svc/CES\"]");
    const run_result *result = RETRIEVE(NOBODY);

    expect_exit(result, 3);
    expect_contains(result, result->err, "warning: the record of a request on token \"servers\" cannot be read");
    expect_contains(result, result->err, "p11cert: no request whose record can be read is pending");
    expect_lacks(result, result->err, "ces.evil.example");
    assert_int_equal(1, records_on_token());
}

static void a_renewal_is_not_sent_to_another_address_once_something_may_have_arrived(void **state)
{
    (void)state;
    expect_exit(ENROLL("two-dead", "server", "--template", "WebServer"), 1);
    edit_record("p11cert CA of a key", "CA of server", ".spares = [.ca] | .ca |= sub(\"two-dead\"; \"empty-500\")");
    forget_seen();
    for (size_t i = 0; i < 3; i++) {
        const run_result *result = run_ca("renew", "recorded", WORDS(NOBODY, "--key", "server", "--pkcs7"));

        expect_exit(result, i == 0 ? 7 : 8);
        expect_contains(result, result->err, "/empty-500/");
        expect_lacks(result, result->err, "cannot be reached");
        shell("test \"$(grep -l 'secext-1.0.xsd#PKCS7' %s/seen/*/body | wc -l)\" = 1", ca.dir);
        assert_int_equal(1, records_on_token());
    }
}

static void no_other_address_is_tried_once_something_may_have_arrived(void **state)
{
    const run_result *result = ENROLL("first-breaks", "server", "--template", "WebServer");

    (void)state;
    expect_exit(result, 7);
    expect_contains(result, result->err, "the CA may have received it");
    expect_lacks(result, result->err, "cannot be reached");
    assert_int_equal(1, requests_seen());
    assert_int_equal(1, records_on_token());
}

static void addresses_that_all_fail_leave_a_key_for_the_next_run(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        const run_result *result = i == 0 ? ENROLL("all-dead", "server", "--template", "WebServer")
                                          : ENROLL("spare-abroad", "server", "--template", "WebServer");

        expect_exit(result, 7);
        expect_contains(result, result->err, "does not accept the connection");
        expect_lacks(result, result->err, "ces.evil.example");
        assert_int_equal(0, records_on_token());
        assert_int_equal(0, requests_seen());
        assert_int_equal(1, token_count("servers", "privkey"));
    }
    expect_exit(ENROLL("contoso", "server", "--template", "WebServer"), 1);
    assert_int_equal(1, token_count("servers", "privkey"));
    expect_bound("server", "server.cer");
}

/* --- ML-DSA --- */

static bool openssl_has_ml_dsa(void)
{
    return strstr(out_of(WORDS("openssl", "list", "-public-key-algorithms")), "ML-DSA-65") != NULL;
}

/* SoftHSM makes no such keys: that is found out before a key is made, like everything else. */
static void a_template_for_ml_dsa_requires_an_openssl_and_a_token_for_it(void **state)
{
    const bool is_here = openssl_has_ml_dsa();
    const run_result *result = templates(CEP("ml-dsa"), WORDS(NOBODY, "--template", "MlDsaServer"));

    (void)state;
    expect_exit(result, is_here ? 0 : 1);
    expect_contains(result, result->out, "key: ML-DSA-65");
    expect_contains(result, result->out, is_here ? "the signer \"native\"" : "ML-DSA requires OpenSSL 3.5 or later");
    result = run_ca("enroll", CEP("ml-dsa"),
                    WORDS(NOBODY, "--signer", "native", "--subject", "CN=server", "--request", "server.req",
                          "--template", "MlDsaServer"));
    expect_exit(result, is_here ? 6 : 8);
    expect_contains(result, result->err, is_here ? "CKM_ML_DSA_KEY_PAIR_GEN" : "ML-DSA requires OpenSSL 3.5 or later");
    result = run_ca("enroll", CEP("ml-dsa"),
                    WORDS(NOBODY, "--subject", "CN=server", "--request", "server.req", "--template", "MlDsaServer",
                          "--key-type", "ec-p256"));
    expect_exit(result, 8);
    expect_contains(result, result->err, is_here ? "requires ML-DSA-65;" : "ML-DSA requires OpenSSL 3.5 or later");
    assert_int_equal(0, token_count("servers", "privkey"));
    expect_exit(templates(CEP("ml-dsa"), WORDS(NOBODY, "--template", "MlDsaServer", "--inf", "ml.inf")),
                is_here ? 0 : 1);
    if (is_here) {
        shell("grep -q 'KeyAlgorithm = \"ML-DSA:65\"' ml.inf; grep -q 'HashAlgorithm = NoHash' ml.inf; "
              "grep -q 'KeyUsage = 0x80' ml.inf");
        expect_exit(P11CERT("explain", "ml.inf"), 0);
    }
}

/* --- auto-enrolment --- */

#define AUTO(mood, ...) run_ca("enroll", CEP(mood), WORDS(NOBODY, "--auto", __VA_ARGS__))

static void expect_states(const run_result *result, const char *states)
{
    file_write("auto.json", result->out, 0600);
    shell("jq -r '[.templates[] | .template + \"=\" + .state] | join(\" \")' auto.json >states; "
          "echo '%s' | cmp - states",
          states);
}

static void auto_enrolment_converges_and_renews_when_due(void **state)
{
    const run_result *result = AUTO("auto", "--dry-run");

    (void)state;
    expect_exit(result, 0);
    expect_contains(result, result->out, "to-enroll   DomainServer  key \"DomainServer\"\n");
    assert_int_equal(0, token_count("servers", "privkey"));
    expect_exit(AUTO("auto", "--folder", "."), 0);
    expect_bound("DomainServer", "DomainServer.cer");
    assert_int_equal(1, requests_seen());
    result = AUTO("auto", "--json");
    expect_exit(result, 0);
    expect_states(result, "DomainServer=held");
    assert_int_equal(1, requests_seen());
    result = AUTO("auto-due", "--dry-run", "--json");
    expect_states(result, "DomainServer=to-renew");
    assert_int_equal(1, requests_seen());
    result = AUTO("auto-due", "--json");
    expect_exit(result, 0);
    expect_states(result, "DomainServer=renewed");
    shell("body=$(ls -d %s/seen/* | tail -1)/body; grep -q 'secext-1.0.xsd#PKCS7' $body; "
          "cp DomainServer-renews-*.cer renewed.cer; "
          "openssl verify -CAfile %s/ca/root.pem -untrusted renewed.cer renewed.cer",
          ca.dir, ca.dir);
    assert_int_equal(1, token_count("servers", "privkey"));
}

static void auto_enrolment_renews_at_the_next_address(void **state)
{
    (void)state;
    expect_exit(AUTO("auto-dead", "--json"), 0);
    const run_result *result = AUTO("auto-dead-due", "--json");

    expect_exit(result, 0);
    expect_states(result, "DomainServer=renewed");
    expect_contains(result, result->err, ":1/anonymous/auto-dead-due/Contoso_CES_Anonymous/service.svc/CES cannot");
    assert_int_equal(0, records_on_token());
    shell("test \"$(grep -l 'secext-1.0.xsd#PKCS7' %s/seen/*/body | wc -l)\" = 1", ca.dir);
}

/* Only to the host and port that the user named, and the renewal goes there, too. */
static void auto_enrolment_uses_a_web_service_elsewhere_if_it_is_named(void **state)
{
    const char *url = text_of("%s/CEP", service("kerberos", "auto-elsewhere", "ADPolicyProvider_CEP_Kerberos"));
    const char *due = text_of("%s/CEP", service("kerberos", "auto-elsewhere-due", "ADPolicyProvider_CEP_Kerberos"));
    const char *host = ca.middle + strlen("https://");
    const run_result *result = run_ca("enroll", url, WORDS("--auto"));

    (void)state;
    expect_exit(result, 8);
    expect_contains(result, result->out, "nothing was sent there");
    expect_contains(result, result->out, "--ces-host HOST[:PORT]");
    expect_exit(run_ca("enroll", url, WORDS("--auto", "--ces-host", "localhost")), 8);
    expect_exit(run_ca("enroll", url, WORDS("--auto", "--ces-host", ca.middle)), 2);
    assert_int_equal(0, token_count("servers", "privkey"));
    assert_int_equal(0, requests_seen());
    expect_exit(run_ca("enroll", url, WORDS("--auto", "--ces-host", host)), 0);
    expect_bound("DomainServer", "DomainServer.cer");
    assert_int_equal(1, requests_seen());
    result = run_ca("enroll", due, WORDS("--auto", "--ces-host", host, "--json"));
    expect_exit(result, 0);
    expect_states(result, "DomainServer=renewed");
    shell("test \"$(grep -l 'secext-1.0.xsd#PKCS7' %s/seen/*/body | wc -l)\" = 1", ca.dir);
}

static void a_file_is_compared_with_a_template_before_a_key_exists(void **state)
{
    static const struct {
        const char *template_name;
        int exit_code;
        const char *words; /* of the JSON form, which does not wrap them */
    } rows[] = {
        { "WebServer", 0, "\"verdict\": \"note\"" },
        { "EcServer", 1, "a key rsa-3072, and the template requires EC P-256 (ec-p256 satisfies it)" },
        { "EcServer", 1, "the request names another template" },
        { "TpmServer", 1, "that the key is in a TPM" },
        { "Nobody", 4, "no template" },
    };

    (void)state;
    file_write("asked.inf",
               "[NewRequest]\nSubject=\"CN=a.contoso.com\"\nKeyLength=3072\n[RequestAttributes]\n"
               "CertificateTemplate=WebServer\n",
               0644);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const run_result *result = P11CERT("explain", "asked.inf", "--template", rows[i].template_name, "--cacert",
                                           ca.cacert, "--auth", "none", "--ca", CEP("contoso"), "--json");

        expect_exit(result, rows[i].exit_code);
        expect_contains(result, result->out, rows[i].words);
    }
    const run_result *result = P11CERT("explain", "asked.inf", "--template", "EcServer", "--cacert", ca.cacert,
                                       "--auth", "none", "--ca", CEP("contoso"));

    expect_exit(result, 1);
    expect_contains(result, result->out, "refused  EcServer");
    expect_exit(P11CERT("explain", "asked.inf", "--template", "EcServer"), 2);
    expect_exit(P11CERT("explain", "asked.inf", "--cacert", ca.cacert), 2);
    expect_exit(P11CERT("explain", "asked.inf", "--template", "EcServer", "--ca", CEP("contoso"), "--client-key", "x"),
                2);
}

/* The key is on the token, without a certificate. */
static void check_compares_a_key_with_a_template(void **state)
{
    static const struct {
        const char *template_name;
        const char *key;
        int exit_code;
        const char *rule;
        const char *verdict;
        const char *words; /* in the evidence */
    } rows[] = {
        { "WebServer", "compared", 0, "TEMPLATE-TOKEN", "pass", "can satisfy template" },
        { "WebServer", "compared", 0, "TEMPLATE-KEY", "pass", "RSA with 2048 bits" },
        { "Web Server", "compared", 0, "TEMPLATE-EXPORT", "pass", "permits an exportable key" },
        { "EcServer", "compared", 1, "TEMPLATE-KEY", "fail", "requires EC P-256" },
        { "EcServer", "compared-ec", 0, "TEMPLATE-KEY", "pass", "EC with 256 bits" },
        { "WebServer", "compared-ec", 1, "TEMPLATE-KEY", "fail", "but template" },
        { "TpmServer", "compared", 1, "TEMPLATE-TOKEN", "fail", "in a TPM" },
        { "Archived", "compared", 1, "TEMPLATE-TOKEN", "fail", "archives the private key" },
        { "DomainServer", "compared", 0, "TEMPLATE-TOKEN", "warning", "DomainServer" },
    };

    (void)state;
    expect_exit(P11CERT("keygen", "--label", "compared", "--key-type", "rsa-2048", "--token", "servers"), 0);
    expect_exit(P11CERT("keygen", "--label", "compared-ec", "--key-type", "ec-p256", "--token", "servers"), 0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const run_result *result =
            P11CERT("check", "--key", rows[i].key, "--policy", "template", "--template", rows[i].template_name,
                    "--token", "servers", "--cacert", ca.cacert, NOBODY, "--ca", CEP("contoso"), "--json");

        expect_exit(result, rows[i].exit_code);
        file_write("check.json", result->out, 0600);
        shell("jq -e 'any(.. | objects | select(.id? == \"%s\"); .verdict == \"%s\" and (.evidence | "
              "contains(\"%s\")))' check.json >/dev/null",
              rows[i].rule, rows[i].verdict, rows[i].words);
    }
    const run_result *result = P11CERT("check", "--key", "compared", "--policy", "hsm", "--template", "WebServer",
                                       "--token", "servers", "--cacert", ca.cacert, NOBODY, "--ca", CEP("contoso"));

    expect_contains(result, result->out, "TEMPLATE-KEY");
    expect_contains(result, result->out, "template: WebServer");
}

/* Nothing is passed, and the report is not begun. */
static void check_reports_a_template_that_it_cannot_read(void **state)
{
    static const struct {
        const char *mood;
        const char *template_name;
        int exit_code;
    } rows[] = { { "contoso", "Nobody", 4 }, { "fault", "WebServer", 7 } };

    (void)state;
    file_write("asked.inf", "[NewRequest]\nSubject=\"CN=a.contoso.com\"\n", 0644);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const run_result *result = P11CERT("check", "asked.inf", "--template", rows[i].template_name, "--cacert",
                                           ca.cacert, NOBODY, "--ca", CEP(rows[i].mood), "--junit", "report.xml");

        expect_exit(result, rows[i].exit_code);
        expect_contains(result, result->err, "nothing was checked");
        shell("test ! -e report.xml");
    }
    expect_exit(P11CERT("check", "asked.inf", "--template", "WebServer"), 2);
    expect_exit(P11CERT("check", "asked.inf", "--ca", CEP("contoso")), 2);
}

static const run_result *doctor(const char *url, const char *template_name, const char *module)
{
    return P11CERT("doctor", "--token", "servers", "--module", module, "--json", "--cacert", ca.cacert, NOBODY, "--ca",
                   url, "--template", template_name);
}

/* CKM_EC_KEY_PAIR_GEN is 1040, CKM_RSA_PKCS_KEY_PAIR_GEN 0. */
static void doctor_says_whether_the_token_can_make_a_key_for_a_template(void **state)
{
    static const struct {
        const char *mood;
        const char *template_name;
        const char *hidden; /* a mechanism that the token lacks */
        int exit_code;
        const char *id;
        const char *diagnosis; /* its state and what was found */
    } rows[] = {
        { "contoso", "WebServer", "", 0, "template.key", "ok the token can generate a key rsa-2048" },
        { "contoso", "Web Server", "", 0, "template",
          "info \\\"WebServer\\\": the template permits an exportable key" },
        { "contoso", "DomainServer", "", 0, "template", "warning \\\"DomainServer\\\": " },
        { "contoso", "EcServer", "", 0, "template.key", "ok the token can generate a key ec-p256" },
        { "contoso", "EcServer", "0", 0, "template.key", "ok the token can generate a key ec-p256" },
        { "contoso", "EcServer", "1040", 6, "template.key",
          "error token \\\"servers\\\" cannot generate keys of type ec-p256" },
        { "contoso", "WebServer", "0", 6, "template.key",
          "error token \\\"servers\\\" cannot generate keys of type rsa-2048" },
        { "contoso", "TpmServer", "", 6, "template", "error \\\"TpmServer\\\": the CA requires a proof" },
        { "contoso", "Archived", "", 6, "template", "error \\\"Archived\\\": the CA archives the private key" },
        { "contoso", "AgentOnly", "", 6, "template", "error \\\"AgentOnly\\\": " },
        { "contoso", "Nobody", "", 6, "template", "error not checked: no template" },
        { "fault", "WebServer", "", 6, "template", "error not checked: " },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(0, setenv("P11CERT_ODD", "hides", 1));
        assert_int_equal(0, setenv("P11CERT_ODD_HIDES", rows[i].hidden, 1));
        const run_result *result =
            doctor(CEP(rows[i].mood), rows[i].template_name, *rows[i].hidden ? ODD_MODULE : SOFTHSM);

        expect_exit(result, rows[i].exit_code);
        file_write("doctor.json", result->out, 0600);
        shell("jq -e 'any(.diagnoses[] | select(.id == \"%s\"); \"\\(.state) \\(.found)\" | startswith(\"%s\"))' "
              "doctor.json >/dev/null",
              rows[i].id, rows[i].diagnosis);
        shell("jq -e 'any(.diagnoses[]; .id == \"template.key\" and .state == \"ok\") == %s' doctor.json >/dev/null",
              rows[i].exit_code ? "false" : "true");
    }
    assert_int_equal(0, unsetenv("P11CERT_ODD"));
    assert_int_equal(0, unsetenv("P11CERT_ODD_HIDES"));
    assert_int_equal(0, token_count("servers", "privkey"));
}

static void doctor_passes_no_template_that_it_could_not_check(void **state)
{
    (void)state;
    const run_result *result = run_with_fault(WORDS("doctor", "--token", "servers", "--json", "--cacert", ca.cacert,
                                                    NOBODY, "--ca", CEP("contoso"), "--template", "WebServer"),
                                              "C_GetMechanismList=1+ return=0x70");

    file_write("doctor.json", result->out, 0600);
    shell("jq -e 'any(.diagnoses[]; .id == \"template.key\" and .state == \"warning\" and (.found | startswith(\"not "
          "checked: \")))' doctor.json >/dev/null");
    expect_exit(P11CERT("doctor", "--token", "servers", "--template", "WebServer"), 2);
    expect_exit(P11CERT("doctor", "--token", "servers", "--ca", CEP("contoso")), 2);
    expect_exit(doctor("https://ca.contoso.com/.well-known/est", "WebServer", SOFTHSM), 2);
}

/* Other addresses choose no CA and name no other host: these options would do nothing. */
static void options_for_a_policy_service_are_refused_elsewhere(void **state)
{
    static const char *const urls[] = { "https://ca.contoso.com/certsrv", "https://ca.contoso.com/.well-known/est",
                                        "https://ca.contoso.com/.well-known/cmp",
                                        "https://ca.contoso.com/X_CES_Kerberos/service.svc/CES" };
    static const char *const options[] = { "--ces-host", "--ca-name" };

    (void)state;
    for (size_t i = 0; i < 8; i++) {
        const char *option = options[i % 2];
        const run_result *result =
            run_ca("enroll", urls[i / 2],
                   WORDS("--subject", "CN=server.contoso.com", "--request", "server.req", option, "other.contoso.com"));

        expect_exit(result, 2);
        expect_contains(result, result->err, text_of("%s is for an enrolment policy service (CEP)", option));
    }
    assert_int_equal(0, token_count("servers", "privkey"));
}

static void auto_enrolment_reports_what_it_cannot_do(void **state)
{
    const run_result *result = AUTO("auto-all", "--json");

    (void)state;
    expect_exit(result, 8);
    expect_states(result, "WebServer=to-enroll DomainServer=enrolled TpmServer=to-enroll");
    shell("jq -e '.status == \"failed\" and (.templates[0].problem | contains(\"no INF file\")) and "
          "(.templates[2].problem | contains(\"in a TPM\"))' auto.json >/dev/null");
    shell("printf '[NewRequest]\\nSubject = \"CN=www.example\"\\nKeyLength = 2048\\n' >WebServer.inf");
    result = AUTO("auto-all", "--template", "Web Server", "--json");
    expect_exit(result, 0);
    expect_states(result, "WebServer=enrolled");
    shell("openssl x509 -in WebServer.cer -noout -subject | grep -q www.example");
    expect_exit(AUTO("auto", "--subject", "CN=x"), 2);
    expect_exit(AUTO("auto", "--policy", "none-such"), 2);
    expect_exit(run_ca("enroll", CES("contoso"), WORDS(NOBODY, "--auto")), 2);
    result = AUTO("contoso", "--json");
    expect_exit(result, 0);
    expect_states(result, "");
}

static void auto_enrolment_follows_superseding_templates_and_approval(void **state)
{
    const run_result *result = AUTO("auto-pending", "--json");

    (void)state;
    expect_exit(result, 1);
    expect_states(result, "DomainServer=pending");
    expect_exit(AUTO("auto-pending", "--json"), 1);
    assert_int_equal(1, requests_seen());
    file_write(text_of("%s/requests/ces-approved", ca.dir), "", 0644);
    result = AUTO("auto-pending", "--json");
    expect_exit(result, 0);
    expect_states(result, "DomainServer=enrolled");
    result = AUTO("auto-next", "--json");
    expect_exit(result, 0);
    expect_states(result, "DomainServer=superseded NextServer=enrolled");
    result = AUTO("auto-denied", "--template", "DomainServer", "--dry-run");
    expect_contains(result, result->out, "held        DomainServer");
}

static void a_denied_auto_enrolment_is_reported_each_time(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        const run_result *result = AUTO("auto-denied", "--json");

        expect_exit(result, 7);
        expect_states(result, "DomainServer=to-enroll");
        assert_int_equal(1, token_count("servers", "privkey"));
    }
}

static void two_auto_enrolments_at_once_send_one_request(void **state)
{
    const char *words = text_of(P11CERT_PROGRAM " enroll --token servers --cacert %s --auth none --auto --ca %s",
                                ca.cacert, CEP("auto"));

    (void)state;
    shell("%s >first 2>&1 & pid=$!; %s >second 2>&1; wait $pid; cat first second | cut -d' ' -f1 | sort | tr '\\n' ' ' "
          ">both; grep -c enrolled first second >/dev/null; grep -q 'enrolled held' both",
          words, words);
    assert_int_equal(1, requests_seen());
    assert_int_equal(1, token_count("servers", "privkey"));
}

/* --- killed --- */

static void killed_submission(void **state)
{
    const kill_sweep sweep = {
        .url = CES("contoso"),
        .login = WORDS(NOBODY),
        .words = WORDS(TEMPLATE),
        .begin = forget_seen,
        .requests = requests_seen,
    };

    (void)state;
    killed_while_submitting(&sweep);
}

static void killed_retrieval(void **state)
{
    const kill_sweep sweep = { .url = CES("pending"), .login = WORDS(NOBODY) };

    (void)state;
    expect_exit(SUBMIT(sweep.url, "server.req", TEMPLATE, NOBODY), 0);
    file_write(text_of("%s/requests/ces-approved", ca.dir), "", 0644);
    killed_while_retrieving(&sweep);
}

int main(int argc, char **argv)
{
#define TEST(name)         cmocka_unit_test_setup_teardown(name, make_world, ca_world_remove)
#define TEST_REQUEST(name) cmocka_unit_test_setup_teardown(name, make_world_with_request, ca_world_remove)
    const struct CMUnitTest tests[] = {
        TEST(templates_are_read_with_a_judgement),
        TEST(messages_of_the_policy_service_follow_the_schema),
        TEST(one_template_is_found_by_either_name),
        TEST(what_the_policy_service_answers_decides),
        TEST(each_login_reaches_the_service),
        TEST(an_inf_file_that_fits_is_written),
        TEST(the_pages_give_names),
        TEST(a_request_is_issued_and_bound),
        TEST(a_pending_request_is_asked_for_by_its_id),
        TEST(an_address_in_an_answer_is_followed_within_the_host),
        TEST(the_policy_leads_from_nothing_to_a_bound_certificate),
        TEST(impossible_requests_are_refused_before_a_key_is_made),
        TEST_REQUEST(what_the_web_service_answers_decides),
        TEST_REQUEST(a_renewal_is_signed_by_the_old_key),
        TEST_REQUEST(a_policy_service_takes_no_requests),
        TEST_REQUEST(killed_submission),
        TEST_REQUEST(killed_retrieval),
        TEST(the_next_address_is_tried_if_nothing_can_have_arrived),
        TEST(what_is_pending_at_another_address_is_asked_for_there),
        TEST(what_is_pending_at_an_address_that_is_gone_is_asked_for_at_the_next),
        TEST(a_renewal_is_sent_to_the_next_address_that_is_recorded),
        TEST(what_is_pending_is_asked_for_at_the_next_address_that_is_recorded),
        TEST(what_is_pending_is_not_asked_for_at_another_address_once_there_was_a_connection),
        TEST(a_password_or_ticket_does_not_follow_to_another_port),
        TEST(a_ticket_does_not_follow_a_record_to_another_port),
        TEST(a_login_does_not_follow_a_record_to_another_host),
        TEST(a_renewal_is_not_sent_to_another_address_once_something_may_have_arrived),
        TEST(no_other_address_is_tried_once_something_may_have_arrived),
        TEST(addresses_that_all_fail_leave_a_key_for_the_next_run),
        TEST(a_template_for_ml_dsa_requires_an_openssl_and_a_token_for_it),
        TEST(auto_enrolment_converges_and_renews_when_due),
        TEST(auto_enrolment_renews_at_the_next_address),
        TEST(auto_enrolment_uses_a_web_service_elsewhere_if_it_is_named),
        TEST(a_file_is_compared_with_a_template_before_a_key_exists),
        TEST(check_compares_a_key_with_a_template),
        TEST(check_reports_a_template_that_it_cannot_read),
        TEST(doctor_says_whether_the_token_can_make_a_key_for_a_template),
        TEST(doctor_passes_no_template_that_it_could_not_check),
        TEST(options_for_a_policy_service_are_refused_elsewhere),
        TEST(auto_enrolment_reports_what_it_cannot_do),
        TEST(auto_enrolment_follows_superseding_templates_and_approval),
        TEST(a_denied_auto_enrolment_is_reported_each_time),
        TEST(two_auto_enrolments_at_once_send_one_request),
    };

    return RUN_TESTS(tests, argc, argv);
}
