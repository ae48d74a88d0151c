/* SPDX-License-Identifier: Apache-2.0 */
/* p11cert enroll: all steps in one command, and every way to interrupt them. */
#include "ca_world.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sweep_share.h"

/* The INF of Microsoft's page for SCOM on an enterprise CA, corrected, with its template. */
static const char inf[] = "[Version]\n"
                          "Signature=\"$Windows NT$\"\n"
                          "[NewRequest]\n"
                          "Subject=\"CN=server.contoso.com\"\n"
                          "Exportable=TRUE\n"
                          "KeyLength=2048\n"
                          "KeySpec=1\n"
                          "KeyUsage=0xa0\n"
                          "MachineKeySet=TRUE\n"
                          "ProviderName=\"Microsoft RSA SChannel Cryptographic Provider\"\n"
                          "ProviderType=12\n"
                          "[EnhancedKeyUsageExtension]\n"
                          "OID=1.3.6.1.5.5.7.3.1\n"
                          "OID=1.3.6.1.5.5.7.3.2\n"
                          "[Extensions]\n"
                          "2.5.29.17=\"{text}\"\n"
                          "_continue_=\"dns=server.contoso.com\"\n"
                          "[RequestAttributes]\n"
                          "CertificateTemplate=OperationsManager\n";

#define LABEL "server.contoso.com"

#define ENROLL(url, ...) run_ca("enroll", url, WORDS("server.inf", __VA_ARGS__))

/* Every object of the token as pkcs11-tool lists it, without its handle. */
static const char *objects_on_token(void)
{
    return out_of(WORDS("sh", "-ec",
                        "for type in privkey pubkey cert data; do pkcs11-tool --module " SOFTHSM " --token-label "
                        "servers "
                        "--login --pin " USER_PIN " --list-objects --type $type 2>/dev/null; done | sort"));
}

/* The CA serves every test of the program: requests from before this one do not count. */
static size_t submissions_before;

static size_t submissions_seen(void)
{
    const char *list = out_of(WORDS("sh", "-c", text_of("ls %s/seen/*/CertRequest 2>/dev/null || true", ca.dir)));

    return count_of(list, "CertRequest") - submissions_before;
}

static int make_world(void **state)
{
    (void)ca_world_new(state);
    file_write("server.inf", inf, 0644);
    submissions_before = 0;
    submissions_before = submissions_seen();
    return 0;
}

/* Expects one key, its certificate, and no record; another run finds them, sends nothing to the CA and changes
 * nothing. */
static void expect_end(const char *url, int exit_code, const char *word)
{
    const char *before = objects_on_token();
    const char *files = folder_listing();
    const char *seen = out_of(WORDS("ls", text_of("%s/seen", ca.dir)));

    expect_bound(LABEL, "server.cer");
    assert_int_equal(1, token_count("servers", "privkey"));
    const run_result *result = ENROLL(url, "--json", word);

    expect_exit(result, exit_code);
    expect_contains(result, result->out, "\"state\": \"already\"");
    expect_contains(result, result->out, "\"policy\": \"scom\"");
    assert_string_equal(before, objects_on_token());
    assert_string_equal(files, folder_listing());
    assert_string_equal(seen, out_of(WORDS("ls", text_of("%s/seen", ca.dir))));
}

/* --- without interruption -------------------------------------------------------------------- */

static void an_enterprise_ca_enrols_the_whole_document_at_once(void **state)
{
    (void)state;
    const run_result *result = ENROLL(ENTERPRISE, "--non-exportable");

    expect_exit(result, 1); /* the file requests an exportable key, but does not get one */
    expect_contains(result, result->out, "issued: request");
    expect_contains(result, result->out, "written and read back, with 2 issuers");
    expect_contains(result, result->out, "policy scom");
    expect_contains(result, result->out, "FAIL        EXP-1");
    expect_contains(result, result->err, "creating the key \"" LABEL "\" on token \"servers\" and its request");
    shell(TEST_SUPPORT_DIR "/verify-request -in server.req; openssl x509 -in server.cer -noout "
                           "-checkhost " LABEL);
    shell("printf 'CertificateTemplate:OperationsManager\\r\\n' | cmp - $(dirname $(ls -d %s/seen/*/CertRequest | tail "
          "-n 1))/CertAttrib",
          ca.dir);
    expect_end(ENTERPRISE, 1, "--non-exportable");
}

static void a_check_that_passes_gives_exit_code_0(void **state)
{
    (void)state;
    const run_result *result = ENROLL(ENTERPRISE, "--json");

    expect_exit(result, 0);
    static const char *const parts[] = { "\"state\": \"done\"",         "\"token\": \"servers\"",
                                         "\"key\": \"" LABEL "\"",      "\"origin\": \"made\"",
                                         "\"disposition\": \"issued\"", "\"kept\": false",
                                         "\"already\": null",           "\"request\": \"server.req\"",
                                         "\"out\": \"server.cer\"",     "\"policy\": \"scom\"" };

    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        expect_contains(result, result->out, parts[i]);
    }
    assert_string_equal("", result->err);
    expect_end(ENTERPRISE, 0, "--exportable");
    shell("rm server.cer");
    result = ENROLL(ENTERPRISE, "--verbose");
    expect_exit(result, 0);
    expect_contains(result, result->out, "already enrolled: the key \"" LABEL "\"");
    assert_int_equal(1, submissions_seen());
}

/* --- the kit --------------------------------------------------------------------------------- */

static void expect_kit(const char *folder, const char *key_moves)
{
    shell("serial=$(openssl x509 -in server.cer -noout -serial); cd %s; sha256sum --quiet -c SHA256SUMS; "
          "test \"$(openssl x509 -in server.cer -noout -serial)\" = \"$serial\"; %s test -f server.pfx",
          folder, key_moves);
}

static void the_kit_is_the_last_step_and_is_made_once(void **state)
{
    (void)state;
    const run_result *result = ENROLL(ENTERPRISE, "--non-exportable", "--kit", "kit");

    expect_exit(result, 1);
    expect_contains(result, result->out, "kit for the SCOM administrator in kit (the key cannot leave its token");
    expect_kit("kit", "!");
    const char *before = out_of(WORDS("sh", "-c", "stat -c '%n %i %Y' kit kit/*"));

    result = ENROLL(ENTERPRISE, "--non-exportable", "--kit", "kit", "--json");
    expect_exit(result, 1);
    expect_contains(result, result->out, "\"state\": \"already\"");
    expect_contains(result, result->out, "\"kit\": \"kit\"");
    assert_string_equal(before, out_of(WORDS("sh", "-c", "stat -c '%n %i %Y' kit kit/*")));
    shell("echo changed >>kit/README.txt");
    expect_exit(ENROLL(ENTERPRISE, "--non-exportable", "--kit", "kit"), 8);
    shell("rm server.cer");
    expect_exit(ENROLL(ENTERPRISE, "--non-exportable", "--kit", "from-the-token"), 1);
    assert_int_equal(1, submissions_seen());
}

/* A password that cannot be read costs the kit alone, and the same command creates it then. */
static void a_kit_that_failed_is_made_by_the_same_command(void **state)
{
    (void)state;
    const run_result *result = run_words(WORDS("setsid", "--wait", P11CERT_PROGRAM, "enroll", "server.inf", "--token",
                                               "servers", "--ca", ENTERPRISE, "--cacert", ca.cacert, "--kit", "kit"));

    expect_contains(result, result->err, "the certificate is bound, but its kit was not created");
    expect_contains(result, result->err, "hint:    give --kit-password-source ");
    shell("test ! -e kit");
    file_write("pfx.password", "correct horse battery staple 71\n", 0600);
    expect_exit(ENROLL(ENTERPRISE, "--kit", "kit", "--kit-password-source", "file:pfx.password"), 0);
    expect_kit("kit", "");
    shell("openssl pkcs12 -in kit/server.pfx -passin file:pfx.password -nokeys -clcerts 2>/dev/null | "
          "openssl x509 -noout -checkhost " LABEL);
    assert_int_equal(1, submissions_seen());
}

/* Before a key is made. */
static void a_kit_whose_place_is_taken_is_refused_at_the_beginning(void **state)
{
    (void)state;
    shell("mkdir kit");
    expect_exit(ENROLL(ENTERPRISE, "--kit", "kit"), 8);
    expect_exit(ENROLL(ENTERPRISE, "--kit-password-source", "prompt"), 2);
    assert_int_equal(0, token_count("servers", "privkey"));
    assert_int_equal(0, submissions_seen());
}

static void another_template_policy_and_names_can_be_given(void **state)
{
    (void)state;
    expect_exit(ENROLL(ENTERPRISE, "--template", "WebServer", "--label", "other", "--dns", "alias.contoso.com",
                       "--request", "a.req", "--out", "b.cer", "--fqdn", "elsewhere.contoso.com"),
                1);
    shell("printf 'CertificateTemplate:WebServer\\r\\n' | cmp - $(dirname $(ls -d %s/seen/*/CertRequest | tail -n "
          "1))/CertAttrib",
          ca.dir);
    shell("openssl req -in a.req -noout -text | grep -q DNS:alias.contoso.com");
    expect_bound("other", "b.cer");
    expect_exit(ENROLL(ENTERPRISE, "--policy", "nonsense", "--label", "third"), 2);
    expect_exit(run_ca("enroll", ENTERPRISE, WORDS("--subject", "CN=third", "--template", "WebServer")), 2);
    assert_int_equal(1, token_count("servers", "privkey"));
    expect_exit(run_ca("enroll", ENTERPRISE,
                       WORDS("--subject", "CN=third", "--dns", "third", "--template", "WebServer", "--request",
                             "third.req", "--exportable")),
                0);
    expect_bound("third", "third.cer");
}

/* --- approval -------------------------------------------------------------------------------- */

static const char *expect_pending(const char *const *words)
{
    const run_result *result = run_ca("enroll", STANDALONE, words);

    expect_exit(result, 1);
    expect_contains(result, result->out, "still pending: run the same command again");
    assert_int_equal(1, records_on_token());
    assert_int_equal(0, token_count("servers", "cert"));
    return number_in(result);
}

static void a_pending_request_is_resumed_when_it_is_approved(void **state)
{
    (void)state;
    const char *number = expect_pending(WORDS("server.inf"));

    assert_string_equal(number, expect_pending(WORDS("server.inf")));
    assert_int_equal(1, submissions_seen());
    const run_result *result = ENROLL(STANDALONE, "--json");

    expect_exit(result, 1);
    expect_contains(result, result->out, "\"state\": \"pending\"");
    approve(number);
    expect_exit(ENROLL(STANDALONE, "--verbose"), 0);
    assert_int_equal(1, submissions_seen());
    expect_end(STANDALONE, 0, "--verbose");
}

static running start_waiting(void)
{
    const run_order order = { .words = WORDS(P11CERT_PROGRAM, "enroll", "server.inf", "--token", "servers", "--cacert",
                                             ca.cacert, "--ca", STANDALONE, "--wait", "1h") };
    running waiting = run_start(&order);

    WAIT_UNTIL(has_told(&waiting, "asking again in"));
    return waiting;
}

static void it_waits_for_an_approval(void **state)
{
    (void)state;
    running waiting = start_waiting();

    assert_int_equal(1, records_on_token());
    shell("for each in $(grep -l pending %s/requests/*/disposition); do " ADCS_FOLDER
          "/approve %s $(basename $(dirname $each)); done",
          ca.dir, ca.dir);
    const run_result *result = run_finish(&waiting);

    expect_exit(result, 0);
    expect_contains(result, result->err, "is pending; asking again in");
    expect_end(STANDALONE, 0, "--verbose");
}

static void an_interrupt_ends_the_wait_and_not_the_enrolment(void **state)
{
    (void)state;
    running waiting = start_waiting();

    assert_int_equal(0, kill(waiting.pid, SIGINT));
    const run_result *result = run_finish(&waiting);

    expect_exit(result, 1);
    expect_contains(result, result->out, "still pending: run the same command again");
    assert_int_equal(1, records_on_token());
}

static void a_denial_is_reported_and_can_be_retried(void **state)
{
    (void)state;
    deny(expect_pending(WORDS("server.inf")));
    const run_result *result = ENROLL(STANDALONE, "--verbose");

    expect_exit(result, 7);
    expect_contains(result, result->err, ": Denied by CONTOSO\\admin\n");
    expect_contains(result, result->err, "the same command submits the request again");
    assert_int_equal(1, records_on_token()); /* closed */
    result = ENROLL(ca_url(ca.https, "kerberos/denied-80094012"), "--json");
    expect_exit(result, 7);
    expect_contains(result, result->out, "\"disposition\": \"denied\"");
    assert_int_equal(1, records_on_token());
    approve(expect_pending(WORDS("server.inf")));
    expect_exit(ENROLL(STANDALONE, "--verbose"), 0);
    expect_end(STANDALONE, 0, "--verbose");
}

/* --- CAs and networks that fail -------------------------------------------------------------- */

static void an_unknown_page_is_not_a_certificate(void **state)
{
    (void)state;
    const run_result *result = ENROLL(ca_url(ca.https, "kerberos/unknown-page"), "--verbose");

    expect_exit(result, 7);
    expect_contains(result, result->err, "that is not from AD CS");
    assert_true(file_exists("server.cer.page.html"));
    assert_int_equal(1, records_on_token());
    assert_int_equal(0, token_count("servers", "cert"));
    result = ENROLL(ENTERPRISE, "--verbose");
    expect_exit(result, 0);
    expect_contains(result, result->err, "that CA may have it too");
    expect_end(ENTERPRISE, 0, "--verbose");
}

static void a_certificate_of_another_key_is_not_bound(void **state)
{
    const char *url = ca_url(ca.https, "kerberos/other-certificate");

    (void)state;
    for (int i = 0; i < 2; i++) {
        const run_result *result = ENROLL(url, "--verbose");

        expect_exit(result, 6);
        expect_contains(result, result->err, "is for a public key other than that of the request");
        assert_int_equal(1, records_on_token());
        assert_int_equal(0, token_count("servers", "cert"));
        assert_false(file_exists("server.cer"));
    }
    const run_result *result = ENROLL(ENTERPRISE, "--verbose");

    expect_exit(result, 8);
    expect_contains(result, result->err, "is pending at another CA");
    assert_int_equal(1, submissions_seen());
}

static void names_that_the_ca_drops_are_reported_and_fail_the_check(void **state)
{
    const char *url = ca_url(ca.https, "kerberos/san-dropped");

    (void)state;
    const run_result *result = ENROLL(url, "--verbose");

    expect_contains(result, result->out, "not as requested: subject alternative names: requested DNS:" LABEL);
    expect_contains(result, result->out, "policy scom");
    int exit_code = result->exit_code;

    assert_true(exit_code == 0 || exit_code == 1);
    expect_end(url, exit_code, "--verbose");
}

static void a_network_that_was_down_costs_nothing(void **state)
{
    (void)state;
    const run_result *result = ENROLL("https://localhost:1/certsrv", "--verbose");

    expect_exit(result, 7);
    expect_contains(result, result->err, "the same command continues where this one stopped");
    assert_int_equal(0, records_on_token());
    assert_int_equal(1, token_count("servers", "privkey"));
    shell("cp server.req before.req");
    expect_exit(ENROLL(ca_url(ca.https, "anonymous/raw-closed"), "--verbose"), 7);
    assert_int_equal(1, records_on_token());
    result = ENROLL(ENTERPRISE, "--verbose");
    expect_exit(result, 0);
    expect_contains(result, result->err, "and its request \"server.req\" exist");
    shell("cmp server.req before.req; rm before.req");
    expect_end(ENTERPRISE, 0, "--verbose");
}

static void a_certificate_bound_by_other_means_is_found(void **state)
{
    (void)state;
    expect_exit(ENROLL(ca_url(ca.https, "anonymous/raw-closed"), "--verbose"), 7);
    shell("openssl x509 -req -in server.req -CA %s/ca/root0.pem -CAkey %s/ca/root0.key -days 90 -set_serial 1 "
          "-out by-mail.cer 2>/dev/null",
          ca.dir, ca.dir);
    expect_exit(P11CERT("accept", "by-mail.cer", "--token", "servers"), 0);
    const char *before = objects_on_token();
    const run_result *result = ENROLL(ENTERPRISE, "--verbose");

    expect_contains(result, result->out, "already enrolled");
    expect_contains(result, result->err, "that record is left unchanged");
    assert_string_equal(before, objects_on_token());
    assert_int_equal(0, submissions_seen());
}

/* --- files and keys in the way --------------------------------------------------------------- */

static void nothing_of_anyone_is_replaced(void **state)
{
    (void)state;
    file_write("server.req", "there\n", 0644);
    expect_exit(ENROLL(ENTERPRISE, "--verbose"), 8);
    assert_int_equal(0, token_count("servers", "privkey"));
    shell("rm server.req");
    file_write("server.cer", "there\n", 0644);
    expect_exit(ENROLL(ENTERPRISE, "--verbose"), 8);
    assert_string_equal("there\n", file_read("server.cer", NULL));
    assert_int_equal(0, submissions_seen());
    expect_exit(ENROLL(ENTERPRISE, "--force"), 0);
    expect_bound(LABEL, "server.cer");
}

static void a_request_made_from_an_older_file_is_not_sent(void **state)
{
    (void)state;
    expect_exit(ENROLL("https://localhost:1/certsrv", "--verbose"), 7);
    shell("sed -i 's/dns=server/dns=repaired/' server.inf");
    const run_result *result = ENROLL(ENTERPRISE, "--verbose");

    expect_exit(result, 8);
    expect_contains(result, result->err, "is not the request for the key \"" LABEL "\" that is needed now");
    assert_int_equal(0, submissions_seen());
    result = ENROLL(ENTERPRISE, "--force");
    expect_contains(result, result->out, "issued: request");
    shell("openssl x509 -in server.cer -noout -text | grep -q DNS:repaired.contoso.com");
    assert_int_equal(1, token_count("servers", "privkey"));
}

static void a_key_that_does_not_match_the_file_is_not_used(void **state)
{
    (void)state;
    expect_exit(P11CERT("new", "server.inf", "--token", "servers", "--non-exportable", "--out", "server.req"), 0);
    const run_result *result = ENROLL(ENTERPRISE, "--verbose");

    expect_exit(result, 8);
    expect_contains(result, result->err, "it is not as requested");
    assert_int_equal(0, submissions_seen());
    expect_exit(ENROLL(ENTERPRISE, "--non-exportable"), 1);
    expect_bound(LABEL, "server.cer");
}

static void a_key_with_an_expired_certificate_is_left_alone(void **state)
{
    (void)state;
    expect_exit(ENROLL("https://localhost:1/certsrv", "--verbose"), 7);
    shell(TEST_SUPPORT_DIR "/issue-ended server.req ended.cer %s/ca/root0.pem %s/ca/root0.key", ca.dir, ca.dir);
    expect_exit(P11CERT("accept", "ended.cer", "--token", "servers"), 0);
    const char *before = objects_on_token();
    const run_result *result = ENROLL(ENTERPRISE, "--force");

    expect_exit(result, 8);
    expect_contains(result, result->err, "has expired");
    assert_int_equal(0, submissions_seen());
    assert_string_equal(before, objects_on_token());
}

static void pin_and_password_are_read_once(void **state)
{
    const char *url = ca_url(ca.https, "basic/standalone");
    const run_order by_pin = { .words =
                                   WORDS(P11CERT_PROGRAM, "enroll", "server.inf", "--token", "servers", "--cacert",
                                         ca.cacert, "--ca", url, "--auth", "basic", "--user", "alice",
                                         "--password-source", "file:password", "--pin-source", "fd:3", "--wait", "1s"),
                               .fd3 = "user.pin" };
    const run_order by_password = { .words = WORDS(P11CERT_PROGRAM, "enroll", "server.inf", "--token", "servers",
                                                   "--cacert", ca.cacert, "--ca", url, "--auth", "basic", "--user",
                                                   "alice", "--password-source", "fd:3", "--wait", "1s", "--label",
                                                   "second", "--request", "second.req"),
                                    .fd3 = "password" };

    (void)state;
    file_write("password", "canary-basic-2290\n", 0600);
    expect_exit(run_order_now(&by_pin), 1);
    expect_exit(run_order_now(&by_password), 1);
    assert_int_equal(2, records_on_token());
    const run_result *result = P11CERT("enroll", "server.inf", "--token", "servers", "--ca", url, "--label", "third",
                                       "--request", "third.req", "--pin-source", "file:password");

    expect_exit(result, 5);
    assert_int_equal(2, token_count("servers", "privkey"));
}

static void all_steps_share_one_login(void **state)
{
    const char *url = ca_url(ca.https, "anonymous/enterprise");
    size_t calls = 0;

    (void)state;
    expect_exit(run_spied(WORDS("enroll", "server.inf", "--token", "servers", "--cacert", ca.cacert, "--auth", "none",
                                "--ca", url),
                          "C_Login", &calls),
                0);
    assert_int_equal(1, calls);
    expect_end(url, 0, "--verbose");
}

/* --- killed ---------------------------------------------------------------------------------- */

#define QUICK \
    "server.inf", "--token", "servers", "--cacert", ca.cacert, "--auth", "none", "--key-type", "ec-p256", "--ca", url

static void expect_same_end(const char *url, int exit_code)
{
    const run_result *result = P11CERT("enroll", QUICK);

    expect_exit(result, exit_code);
    const char *objects = out_of(WORDS("pkcs11-tool", "--module", SOFTHSM, "--token-label", "servers", "--login",
                                       "--pin", USER_PIN, "--list-objects"));

    assert_int_equal(0, count_of(objects, "'p11cert pending request'"));
    assert_int_equal(1, count_of(objects, "Private Key Object"));
    assert_int_equal(3, count_of(objects, "  label:      " LABEL "\n")); /* private and public key, certificate */
    assert_int_equal(3, count_of(objects, "Certificate Object"));
    shell("pkcs11-tool --module %s --token-label servers --login --pin %s --read-object --type cert --label " LABEL
          " --output-file bound.der >/dev/null 2>&1; openssl x509 -in server.cer -outform DER | cmp - bound.der; rm "
          "bound.der",
          SOFTHSM, USER_PIN);
    result = P11CERT("enroll", QUICK, "--json");
    expect_exit(result, exit_code);
    expect_contains(result, result->out, "\"state\": \"already\"");
    assert_string_equal(objects, out_of(WORDS("pkcs11-tool", "--module", SOFTHSM, "--token-label", "servers", "--login",
                                              "--pin", USER_PIN, "--list-objects")));
}

static void start_anew(void)
{
    shell("rm -rf tokens server.req server.cer*; cp -a before tokens");
}

/* One call in `step`, starting with the `first`, so that the parts can run at the same time. */
static void killed_at_calls(unsigned first, unsigned step)
{
    const char *url = ca_url(ca.https, "anonymous/enterprise");
    unsigned call = first;

    shell("cp -a tokens before");
    int exit_code = P11CERT("enroll", QUICK)->exit_code;

    assert_true(exit_code == 0 || exit_code == 1);
    for (;; call += step) {
        if (!sweep_takes(call)) {
            continue;
        }
        start_anew();
        const run_result *killed = run_with_fault(WORDS("enroll", QUICK), text_of("call=%u kill=0", call));

        if (killed->signal == 0) {
            expect_exit(killed, exit_code);
            break;
        }
        assert_int_equal(SIGKILL, killed->signal);
        expect_same_end(url, exit_code);
    }
    (void)fprintf(stderr, "    killed at %u%% of each %uth of %u calls\n", sweep_share(100), step, call);
    assert_true(call > 60);
}

static void killed_at_each_call_0(void **state)
{
    (void)state;
    killed_at_calls(1, 4);
}

static void killed_at_each_call_1(void **state)
{
    (void)state;
    killed_at_calls(2, 4);
}

static void killed_at_each_call_2(void **state)
{
    (void)state;
    killed_at_calls(3, 4);
}

static void killed_at_each_call_3(void **state)
{
    (void)state;
    killed_at_calls(4, 4);
}

static size_t pages_told(const running *program)
{
    char text[16384] = "";
    ssize_t len = pread(program->err, text, sizeof text - 1, 0);

    return len > 0 ? count_of(text, " HTTP 200") : 0;
}

static bool has_ended(const running *program)
{
    siginfo_t ended = { .si_pid = 0 };

    (void)waitid(P_PID, (id_t)program->pid, &ended, WEXITED | WNOHANG | WNOWAIT);
    return ended.si_pid != 0;
}

/* SoftHSM leaves an object without attributes if it is killed while it creates one. The enrolment resumes regardless of
 * it, and repair removes it. */
static void remove_leftovers(void)
{
    expect_exit(P11CERT("repair", "--token", "servers", "--apply"), 0);
    const run_result *result = P11CERT("doctor", "--token", "servers");

    expect_lacks(result, result->out, "token.leftover");
}

static void killed_after_each_page(void **state)
{
    const char *url = ca_url(ca.https, "anonymous/enterprise");
    const run_order order = { .words = WORDS(P11CERT_PROGRAM, "enroll", QUICK, "--verbose") };
    size_t pages = 1;

    (void)state;
    shell("cp -a tokens before");
    int exit_code = P11CERT("enroll", QUICK)->exit_code;

    for (;; pages++) {
        start_anew();
        running program = run_start(&order);

        WAIT_UNTIL(pages_told(&program) >= pages || has_ended(&program));
        (void)kill(program.pid, SIGKILL);
        const run_result *killed = run_finish(&program);

        if (killed->signal == 0 && pages > 3) {
            break;
        }
        assert_true(killed->signal == SIGKILL || pages == 3); /* the last page is soon followed by the end */
        expect_exit(P11CERT("enroll", QUICK), exit_code);
        remove_leftovers();
        expect_same_end(url, exit_code);
    }
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, make_world, ca_world_remove)

/* The long ones by name, so that they can run at the same time. */
int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(an_enterprise_ca_enrols_the_whole_document_at_once),
        IN_WORLD(a_check_that_passes_gives_exit_code_0),
        IN_WORLD(another_template_policy_and_names_can_be_given),
        IN_WORLD(the_kit_is_the_last_step_and_is_made_once),
        IN_WORLD(a_kit_that_failed_is_made_by_the_same_command),
        IN_WORLD(a_kit_whose_place_is_taken_is_refused_at_the_beginning),
        IN_WORLD(a_pending_request_is_resumed_when_it_is_approved),
        IN_WORLD(it_waits_for_an_approval),
        IN_WORLD(an_interrupt_ends_the_wait_and_not_the_enrolment),
        IN_WORLD(a_denial_is_reported_and_can_be_retried),
        IN_WORLD(an_unknown_page_is_not_a_certificate),
        IN_WORLD(a_certificate_of_another_key_is_not_bound),
        IN_WORLD(names_that_the_ca_drops_are_reported_and_fail_the_check),
        IN_WORLD(a_network_that_was_down_costs_nothing),
        IN_WORLD(a_certificate_bound_by_other_means_is_found),
        IN_WORLD(nothing_of_anyone_is_replaced),
        IN_WORLD(a_request_made_from_an_older_file_is_not_sent),
        IN_WORLD(a_key_that_does_not_match_the_file_is_not_used),
        IN_WORLD(a_key_with_an_expired_certificate_is_left_alone),
        IN_WORLD(pin_and_password_are_read_once),
        IN_WORLD(all_steps_share_one_login),
    };
    const struct CMUnitTest kills[] = {
        IN_WORLD(killed_after_each_page), IN_WORLD(killed_at_each_call_0), IN_WORLD(killed_at_each_call_1),
        IN_WORLD(killed_at_each_call_2),  IN_WORLD(killed_at_each_call_3),
    };

    if (argc > 1) {
        cmocka_set_test_filter(argv[1]);
    }
    return argc > 1 && strncmp(argv[1], "killed", 6) == 0 ? cmocka_run_group_tests(kills, NULL, NULL)
                                                          : cmocka_run_group_tests(tests, NULL, NULL);
}
