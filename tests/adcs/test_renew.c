/* SPDX-License-Identifier: Apache-2.0 */
/* p11cert renew against the stand-in CA; openssl judges requests and certificates, pkcs11-tool the token. */
#include "ca_world.h"

#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include "sweep_share.h"

#define RENEW(url, ...) run_ca("renew", url, WORDS(__VA_ARGS__))
#define ANYBODY         ca_url(ca.https, "anonymous/enterprise")
#define READ_BOUND \
    "pkcs11-tool --module " SOFTHSM " --token-label servers --login --pin " USER_PIN " --read-object --type cert"

/* A key with a certificate, LABEL.cer, that ends in a year, or tomorrow. */
static void make_server(const char *label, const char *mood)
{
    make_request(label);
    expect_exit(SUBMIT(ca_url(ca.https, text_of("anonymous/%s", mood)), text_of("%s.req", label), TEMPLATE, "--accept",
                       NOBODY),
                0);
}

/* If two certificates are issued in the same second, neither is the later one. */
static void begin_next_second(void)
{
    const time_t issued = time(NULL);

    WAIT_UNTIL(time(NULL) > issued);
}

/* Like keys that were enrolled manually: no CA is recorded for them. */
static void forget_cas(void)
{
    forget_data("p11cert CA of a key");
}

static int make_world(void **state)
{
    (void)ca_world_new(state);
    make_server("server", "enterprise");
    begin_next_second();
    return 0;
}

/* "label:" lines of private keys. */
static size_t keys_on_token(void)
{
    return count_of(token_objects("servers", "privkey"), "Private Key Object");
}

static const char *serial_of(const char *file)
{
    return out_of(
        WORDS("sh", "-c",
              text_of("openssl x509 -in %s -noout -serial | sed 's/.*=//' | tr 'A-F\\n' 'a-f '| tr -d ' '", file)));
}

/* The base name of the files of a renewal: server-renews-1a2b3c4d. */
static const char *renewal_of(const char *label, const char *file)
{
    const char *serial = serial_of(file);

    return text_of("%s-renews-%s", label, serial + strlen(serial) - 8);
}

static const char *new_label_of(const char *label, const char *file)
{
    const char *serial = serial_of(file);

    return text_of("%s renews %s", label, serial + strlen(serial) - 8);
}

/* Subject, names and usages are the old ones, the serial number is new, and the chain is valid. */
static void expect_renewed(const char *new_file, const char *old_file)
{
    shell("for f in '%s' '%s'; do openssl x509 -in \"$f\" -noout -subject -ext "
          "subjectAltName,keyUsage,extendedKeyUsage; done >both; "
          "[ $(sort both | uniq -u | wc -l) = 0 ]; [ $(wc -l <both) -ge 12 ]; rm both; "
          "[ $(openssl x509 -in '%s' -noout -serial) != $(openssl x509 -in '%s' -noout -serial) ]; "
          "[ $(openssl x509 -in '%s' -noout -text | grep -c 1.3.6.1.4.1.311.20.2) = 1 ]; "
          "openssl verify -CAfile %s/ca/root.pem -untrusted '%s' '%s' >/dev/null",
          new_file, old_file, new_file, old_file, new_file, ca.dir, new_file, new_file);
}

static void expect_same_key(const char *a, const char *b, bool same)
{
    shell("openssl x509 -in '%s' -noout -pubkey >a.pub; openssl x509 -in '%s' -noout -pubkey >b.pub; %s cmp -s a.pub "
          "b.pub; rm a.pub b.pub",
          a, b, same ? "" : "!");
}

static void the_same_key_gets_a_new_certificate(void **state)
{
    (void)state;
    const char *base = renewal_of("server", "server.cer");
    const run_result *result = RENEW(ENTERPRISE, "--key", "server");

    expect_exit(result, 0);
    expect_contains(result, result->out, text_of("RENEWED: serial %s", serial_of(text_of("%s.cer", base))));
    expect_contains(result, result->out, "ChannelCertificateSerialNumber");
    expect_renewed(text_of("%s.cer", base), "server.cer");
    expect_same_key(text_of("%s.cer", base), "server.cer", true);
    shell(TEST_SUPPORT_DIR "/verify-request -in %s.req", base);
    assert_int_equal(1, keys_on_token());
    assert_int_equal(2, count_of(token_objects("servers", "cert"), "label:      server\n"));
    assert_int_equal(0, records_on_token());
    const run_result *list = P11CERT("list", "--token", "servers");

    assert_int_equal(2, count_of(list->out, "urrent\n") + count_of(list->out, "URRENT\n"));
}

static void a_new_key_has_the_policy_of_the_old_one(void **state)
{
    (void)state;
    const char *base = renewal_of("server", "server.cer");
    const char *label = new_label_of("server", "server.cer");
    const run_result *result = RENEW(ENTERPRISE, "--key", "server", "--new-key");

    expect_exit(result, 0);
    expect_renewed(text_of("%s.cer", base), "server.cer");
    expect_same_key(text_of("%s.cer", base), "server.cer", false);
    assert_int_equal(2, keys_on_token());
    assert_int_equal(2, count_of(token_objects("servers", "privkey"), "never extractable"));
    assert_int_equal(2, count_of(token_objects("servers", "privkey"), "EC"));
    shell(
        READ_BOUND
        " --label '%s' --output-file bound.der >/dev/null 2>&1; openssl x509 -in %s.cer -outform DER | cmp - bound.der",
        label, base);
    const run_result *list = P11CERT("list", "--token", "servers");

    expect_contains(list, list->out, text_of("superseded by the key \"%s\"", label));

    result = RENEW(ENTERPRISE, "--key", "server", "--new-key");
    expect_exit(result, 0);
    expect_contains(result, result->out, "already renewed");
    assert_int_equal(2, keys_on_token());
    result = P11CERT("renew", "--token", "servers", "--key", "server", "--out", "superseded.req");
    expect_exit(result, 8);
    expect_contains(result, result->err, "the key \"server\" is superseded");
    expect_exit(P11CERT("renew", "--token", "servers", "--key", "server", "--out", "superseded.req",
                        "--allow-superseded"),
                0);
    result = RENEW(ENTERPRISE, "--due", "2y", "--new-key");
    expect_exit(result, 0);
    assert_int_equal(1, count_of(result->out, "RENEWED: "));
    expect_contains(result, result->out, text_of("new key \"%s\"", new_label_of("server", text_of("%s.cer", base))));
    assert_int_equal(3, keys_on_token());
}

static void an_exportable_key_is_renewed_by_an_exportable_one(void **state)
{
    (void)state;
    expect_exit(P11CERT("new", "--token", "servers", "--subject", "CN=moves", "--label", "moves", "--key-type",
                        "rsa-2048", "--exportable", "--out", "moves.req"),
                0);
    expect_exit(SUBMIT(ANYBODY, "moves.req", TEMPLATE, "--accept", NOBODY), 0);
    expect_exit(RENEW(ANYBODY, "--key", "moves", "--new-key", NOBODY), 0);
    assert_int_equal(1, count_of(token_objects("servers", "privkey"), "never extractable"));
    assert_int_equal(2, count_of(token_objects("servers", "privkey"), "RSA"));
}

static void a_pkcs7_is_signed_by_the_old_key_and_names_the_old_certificate(void **state)
{
    static const char *const keys[] = { "--same-key", "--new-key" };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        expect_exit(P11CERT("renew", "--token", "servers", "--key", "server", "--pkcs7", keys[i], "--out", "r.p7"), 0);
        shell("grep -q 'BEGIN PKCS7' r.p7; cat %s/ca/root.pem %s/ca/issuing.pem >cas.pem; openssl cms -verify -binary "
              "-inform PEM -in r.p7 "
              "-CAfile cas.pem -purpose any -signer signer.pem -out inner.der 2>/dev/null; " TEST_SUPPORT_DIR
              "/verify-request -in inner.der -inform DER; "
              "openssl x509 -in signer.pem -outform DER >a; openssl x509 -in server.cer -outform DER >b; cmp a b; "
              "openssl req -in inner.der -inform DER -text -noout | grep -q 1.3.6.1.4.1.311.13.1; "
              "openssl req -in inner.der -inform DER -pubkey -noout >a; openssl x509 -in server.cer -pubkey -noout >b; "
              "%s cmp -s a b; "
              "rm a b r.p7 inner.der signer.pem cas.pem",
              ca.dir, ca.dir, i ? "!" : "");
    }
    const char *base = renewal_of("server", "server.cer");

    expect_exit(RENEW(ENTERPRISE, "--key", "server", "--pkcs7", "--new-key"), 0);
    expect_renewed(text_of("%s.cer", base), "server.cer");
    shell("grep -l 'BEGIN PKCS7' %s/seen/*/CertRequest | wc -l | grep -qx '[1-9]*'", ca.dir);
}

static void without_a_ca_the_request_is_written_and_resumed(void **state)
{
    (void)state;
    const char *request = text_of("%s.req", renewal_of("server", "server.cer"));

    expect_exit(P11CERT("renew", "--token", "servers", "--key", "server", "--new-key"), 0);
    shell("cp %s first.req; " TEST_SUPPORT_DIR "/verify-request -in first.req", request);
    const run_result *again = P11CERT("renew", "--token", "servers", "--key", "server", "--new-key", "--json");

    expect_exit(again, 0);
    expect_contains(again, again->out, "\"resumed\": true");
    shell("cmp first.req %s", request);
    assert_int_equal(2, keys_on_token());
    const run_result *other = P11CERT("renew", "--token", "servers", "--key", "server", "--out", "first.req");

    expect_exit(other, 8);
    expect_contains(other, other->err, "is not the request of this renewal");
    shell("cmp first.req %s", request);
    expect_exit(P11CERT("renew", "--token", "servers", "--key", "server", "--out", "/nonexistent/x.req", "--new-key"),
                3);
}

/* A device holds no earlier request. */
static void without_a_ca_the_request_can_go_to_a_device(void **state)
{
    static const char *const devices[] = { "-", "/dev/stdout", "/dev/null" };

    (void)state;
    for (size_t i = 0; i < sizeof devices / sizeof *devices; i++) {
        const run_result *result = P11CERT("renew", "--token", "servers", "--key", "server", "--out", devices[i]);

        expect_exit(result, 0);
        if (i < 2) {
            expect_contains(result, result->out, "-----BEGIN CERTIFICATE REQUEST-----");
        }
    }
    expect_exit(RENEW(ENTERPRISE, "--key", "server", "--out", "/dev/stdout"), 2);
}

static void an_expired_certificate_is_refused_with_a_hint(void **state)
{
    (void)state;
    make_request("old");
    shell(TEST_SUPPORT_DIR "/issue-ended old.req old.pem %s/ca/issuing.pem %s/ca/issuing.key 0badcafe01020304", ca.dir,
          ca.dir);
    expect_exit(P11CERT("accept", "--token", "servers", "old.pem"), 0);
    const run_result *result = RENEW(ENTERPRISE, "--key", "old", "--new-key");

    expect_exit(result, 8);
    expect_contains(result, result->err, "has expired");
    expect_contains(result, result->err, "p11cert new --key \"old\"");
    assert_int_equal(2, keys_on_token());
    expect_exit(RENEW(ENTERPRISE, "--key", "none"), 4);
    expect_exit(P11CERT("new", "--token", "servers", "--subject", "CN=bare", "--key-type", "ec-p256", "--out",
                        "bare.req"),
                0);
    result = RENEW(ENTERPRISE, "--key", "bare");
    expect_exit(result, 4);
    expect_contains(result, result->err, "there is nothing to renew");
}

static void a_pending_renewal_is_resumed_by_another_process(void **state)
{
    const char *renewed = ca_url(ca.https, "anonymous/standalone");

    (void)state;
    const run_result *pending = RENEW(renewed, "--key", "server", "--new-key", NOBODY);

    expect_exit(pending, 0);
    expect_contains(pending, pending->out, "pending as request");
    const run_result *still = RENEW(renewed, "--key", "server", "--new-key", NOBODY);

    expect_exit(still, 0);
    expect_contains(still, still->out, "pending as request");
    assert_int_equal(1, records_on_token());
    approve(text_of("%.*s", (int)strspn(strstr(pending->out, "as request ") + 11, "0123456789"),
                    strstr(pending->out, "as request ") + 11));
    const run_result *result = RENEW(renewed, "--key", "server", "--new-key", NOBODY);

    expect_exit(result, 0);
    expect_contains(result, result->out, "RENEWED: ");
    assert_int_equal(2, keys_on_token());
    assert_int_equal(0, records_on_token());
    shell("[ $(ls -d %s/requests/* | wc -l) -ge 1 ]", ca.dir);
}

static void the_hook_learns_what_happened_and_nothing_secret(void **state)
{
    (void)state;
    const char *old = serial_of("server.cer");
    const char *base = renewal_of("server", "server.cer");

    file_write("secret.pin", USER_PIN, 0600);
    assert_int_equal(0, setenv("CREDENTIALS_DIRECTORY", "/run/credentials/canary", 1));
    const run_result *result =
        RENEW(ENTERPRISE, "--key", "server", "--on-renewed",
              "env >hook.env; ls /proc/self/fd | wc -l >hook.fds; cat >hook.in; p11cert_says=$P11CERT_RENEWED_LABEL; "
              "echo \"$p11cert_says\"; exit 0",
              "--json");

    (void)unsetenv("CREDENTIALS_DIRECTORY");
    expect_exit(result, 0);
    shell(
        "grep -qx 'P11CERT_RENEWED_LABEL=server' hook.env; grep -qx 'P11CERT_RENEWED_OLD_LABEL=server' hook.env; "
        "grep -qx 'P11CERT_RENEWED_TOKEN=servers' hook.env; grep -qx 'P11CERT_RENEWED_OLD_SERIAL=%s' hook.env; "
        "grep -qx 'P11CERT_RENEWED_NEW_SERIAL=%s' hook.env; grep -qx 'P11CERT_RENEWED_CERTIFICATE=%s/%s.cer' hook.env; "
        "! grep -q 'PIN_SOURCE\\|CREDENTIALS\\|%s' hook.env; [ ! -s hook.in ]; [ $(cat hook.fds) -le 5 ]",
        old, serial_of(text_of("%s.cer", base)), world_folder(), base, USER_PIN);
    expect_contains(result, result->err, "server");
    expect_contains(result, result->out, "\"hook_exit\": 0");
}

static void a_failing_hook_sets_the_exit_code_and_the_certificate_stays(void **state)
{
    (void)state;
    const run_result *result = RENEW(ENTERPRISE, "--key", "server", "--on-renewed", "exit 3");

    expect_exit(result, 1);
    expect_contains(result, result->out, "ended with exit code 3: FAILED");
    expect_contains(result, result->out, "RENEWED: ");
    assert_int_equal(2, count_of(token_objects("servers", "cert"), "label:      server\n"));
    begin_next_second();
    result = RENEW(ENTERPRISE, "--key", "server", "--on-renewed", "kill -9 $$");
    expect_exit(result, 1);
    expect_contains(result, result->out, "ended with exit code 137");
}

static void the_new_kit_names_the_new_serial_number(void **state)
{
    (void)state;
    const char *new_file = text_of("%s.cer", renewal_of("server", "server.cer"));

    expect_exit(RENEW(ENTERPRISE, "--key", "server", "--kit", "home"), 8);
    assert_int_equal(1, count_of(token_objects("servers", "cert"), "label:      server\n"));
    /* This key cannot leave its token, so the password is not read: the hook must not be able to read it either. */
    assert_int_equal(0, setenv("KIT_WORDS", "correct horse battery staple 72", 1));
    const run_result *result = RENEW(ENTERPRISE, "--key", "server", "--kit", "kit", "--kit-password-source",
                                     "env:KIT_WORDS", "--on-renewed", "test -z \"${KIT_WORDS+there}\"");

    assert_int_equal(0, unsetenv("KIT_WORDS"));
    expect_exit(result, 0);
    expect_contains(result, result->out, "kit for this in kit");
    /* ChannelCertificateSerialNumber is the serial number, its bytes from the last to the first. */
    shell("wanted=$(openssl x509 -in %s -noout -serial | sed 's/.*=//' | tr A-F a-f | fold -w2 | tac | tr '\\n' ',' | "
          "sed 's/,$//'); "
          "cat kit/*.reg | tr -d '\\000\\r\\n\\\\ ' | tr A-F a-f | grep -q \"$wanted\"",
          new_file);
    expect_exit(P11CERT("new", "--token", "servers", "--subject", "CN=moves.contoso.com", "--dns", "moves.contoso.com",
                        "--label", "moves", "--exportable", "--out", "moves.req"),
                0);
    expect_exit(SUBMIT(ANYBODY, "moves.req", TEMPLATE, "--accept", NOBODY), 0);
    file_write("basic.password", "canary-basic-2290\n", 0600);
    file_write("pfx.password", "correct horse battery staple 71\n", 0600);
    expect_exit(RENEW(ca_url(ca.https, "basic/enterprise"), "--key", "moves", "--new-key", "--kit", "kit2", "--auth",
                      "basic", "--user", "alice", "--password-source", "file:basic.password", "--kit-password-source",
                      "file:pfx.password"),
                0);
    /* The password of the kit has an option of its own, which the error must name. */
    const run_result *nobody_there =
        RUN("setsid", "--wait", P11CERT_PROGRAM, "renew", "--token", "servers", "--key", "moves", "--ca", ANYBODY,
            NOBODY, "--cacert", ca.cacert, "--allow-superseded", "--out", "again.req", "--kit", "kit3");

    expect_exit(nobody_there, 5);
    expect_contains(nobody_there, nobody_there->err, "hint:    give --kit-password-source ");
    shell("openssl pkcs12 -in kit2/server.pfx -passin 'pass:correct horse battery staple 71' -nodes 2>/dev/null | "
          "openssl pkey -pubout >a; "
          "openssl x509 -in moves-renews-*.cer -noout -pubkey >b; cmp a b");
}

static void of_several_due_one_failure_does_not_stop_the_rest(void **state)
{
    (void)state;
    expect_exit(RENEW(ENTERPRISE, "--due", "30d"), 0);
    make_request("aaa");
    shell(TEST_SUPPORT_DIR "/issue-ended aaa.req aaa.pem %s/ca/issuing.pem %s/ca/issuing.key 0badcafe01020304", ca.dir,
          ca.dir);
    expect_exit(P11CERT("accept", "--token", "servers", "aaa.pem"), 0);
    make_server("soon", "short-validity");
    make_server("soon-too", "short-validity");
    forget_cas();
    shell("mkdir out");
    const run_result *result =
        RENEW(ENTERPRISE, "--due", "30d", "--out", "out", "--on-renewed", "echo $P11CERT_RENEWED_LABEL >>renewed");

    expect_exit(result, 8);
    assert_int_equal(2, count_of(result->out, "    RENEWED: "));
    assert_int_equal(1, count_of(result->out, "NOT RENEWED: "));
    expect_contains(result, result->err, "1 of 3 certificates were not renewed");
    shell("sort renewed | tr '\\n' ' ' | grep -qx 'soon soon-too '; ls out | grep -c cer | grep -qx 2");
    result = RENEW(ENTERPRISE, "--due", "30d", "--out", "out");
    expect_exit(result, 8);
    assert_int_equal(0, count_of(result->out, "    RENEWED: "));
}

/* Of two certificates of a key, the current one was issued in a later second. */
static void pass_this_second(void)
{
    const time_t now = time(NULL);

    while (time(NULL) == now) {
        (void)sched_yield();
    }
}

static void each_due_key_is_renewed_at_its_own_ca(void **state)
{
    const char *by_ticket = ca_url(ca.https, "kerberos/short-validity");
    const run_result *result = NULL;

    (void)state;
    make_server("soon", "short-validity");
    make_request("soon-too");
    expect_exit(SUBMIT(by_ticket, "soon-too.req", TEMPLATE, "--accept"), 0);
    forget_seen();
    pass_this_second();
    result = RENEW("recorded", "--due", "30d");
    expect_exit(result, 0);
    assert_int_equal(2, count_of(result->out, "    RENEWED: "));
    expect_contains(result, result->out, "/anonymous/short-validity/certsrv\n");
    expect_contains(result, result->out, "/kerberos/short-validity/certsrv\n");
    shell("for f in %s/seen/*/uri; do cat $f; echo; done >uris; grep -q ^/anonymous/short-validity/ uris; grep -q "
          "^/kerberos/short-validity/ uris; "
          "! grep -v /short-validity/ uris",
          ca.dir);
    /* The CA that is named is used for keys without a recorded one. */
    pass_this_second();
    result = RENEW(ENTERPRISE, "--due", "30d", "--json");
    expect_exit(result, 0);
    file_write("renewed.json", result->out, 0600);
    shell("jq -e '[.renewals[].ca | contains(\"short-validity\")] == [true, true]' renewed.json >/dev/null");
    forget_cas();
    result = RENEW("recorded", "--due", "30d");
    expect_exit(result, 4);
    assert_int_equal(2, count_of(result->out, "no CA is recorded on the token for the key"));
    expect_exit(RENEW("recorded", "--key", "soon"), 4);
    pass_this_second();
    result = RENEW(ENTERPRISE, "--due", "30d");
    expect_exit(result, 0);
    assert_int_equal(2, count_of(result->out, "/kerberos/enterprise/certsrv\n"));
}

/* Anyone who can write to the token could name another host. */
static void a_password_does_not_follow_a_record(void **state)
{
    const run_result *result = NULL;

    (void)state;
    make_server("soon", "short-validity");
    file_write("password", "canary-basic-2290\n", 0600);
    forget_seen();
    result = RENEW("https://127.0.0.1:1/certsrv", "--due", "30d", "--auth", "basic", "--user", "alice",
                   "--password-source", "file:password");
    expect_exit(result, 8);
    expect_contains(result, result->out, "the password was not sent there");
    expect_lacks(result, result->err, "canary");
    expect_exit(RENEW("recorded", "--due", "30d", "--auth", "basic", "--user", "alice", "--password-source",
                      "file:password"),
                2);
    shell("test -z \"$(ls %s/seen)\"", ca.dir);
}

static void nothing_due_is_reported_and_not_a_failure(void **state)
{
    (void)state;
    const run_result *result = RENEW(ENTERPRISE, "--due", "30d");

    expect_exit(result, 0);
    assert_string_equal("nothing is due on token \"servers\"\n", result->out);
    expect_exit(RENEW(ENTERPRISE, "--due", "soon"), 2);
    expect_exit(RENEW(ENTERPRISE, "--due", "30d", "--key", "server"), 2);
    expect_exit(RENEW(ENTERPRISE, "--key", "server", "--same-key", "--new-key"), 2);
    expect_exit(P11CERT("renew", "--token", "servers", "--key", "server", "--on-renewed", "true"), 2);
}

static void a_refused_password_is_tried_for_one_key_only(void **state)
{
    (void)state;
    make_server("soon", "short-validity");
    make_server("soon-too", "short-validity");
    forget_cas();
    file_write("wrong.password", "not-the-password\n", 0600);
    shell("ls %s/seen | wc -l >before", ca.dir);
    const run_result *result = RENEW(ca_url(ca.https, "basic/enterprise"), "--due", "30d", "--auth", "basic", "--user",
                                     "alice", "--password-source", "file:wrong.password");

    expect_exit(result, 5);
    assert_int_equal(1, count_of(result->out, "not submitted, because the login was refused before"));
    assert_int_equal(0, records_on_token());
    file_write("right.password", "canary-basic-2290\n", 0600);
    const run_order once = { .words = WORDS(P11CERT_PROGRAM, "renew", "--token", "servers", "--cacert", ca.cacert,
                                            "--ca", ca_url(ca.https, "basic/enterprise"), "--due", "30d", "--auth",
                                            "basic", "--user", "alice", "--password-source", "fd:3"),
                             .fd3 = "right.password" };

    result = run_order_now(&once);
    expect_exit(result, 0);
    assert_int_equal(2, count_of(result->out, "RENEWED: "));
}

/* --- killed at each call of the module, and run again ---------------------------------------------------------------
 */

static const run_result *renew_again(const char *url)
{
    const run_result *result = RENEW(url, "--key", "server", "--new-key", NOBODY);

    if (result->exit_code == 8 && strstr(result->err, "submit it with --again")) {
        const char *base = renewal_of("server", "server.cer");

        expect_exit(SUBMIT(url, text_of("%s.req", base), TEMPLATE, "--accept", "--again", NOBODY), 0);
        result = RENEW(url, "--key", "server", "--new-key", NOBODY);
    }
    return result;
}

static void a_sweep_of_kills_ends_in_one_new_key_with_one_certificate(void **state)
{
    const char *url = ANYBODY;
    unsigned call = 1;

    (void)state;
    const char *label = new_label_of("server", "server.cer");
    const char *base = renewal_of("server", "server.cer");
    const char *const words[] = { "renew",  "--token", "servers", "--cacert", ca.cacert,   "--ca", url,
                                  "--auth", "none",    "--key",   "server",   "--new-key", NULL };

    shell("cp -a tokens before");
    for (;; call++) {
        if (!sweep_takes(call)) {
            continue;
        }
        const run_result *killed = run_with_fault(words, text_of("call=%u kill=0", call));

        if (killed->signal == 0) {
            expect_exit(killed, 0);
            break;
        }
        assert_int_equal(SIGKILL, killed->signal);
        expect_exit(renew_again(url), 0);
        assert_int_equal(2, keys_on_token());
        assert_int_equal(0, records_on_token());
        assert_int_equal(1, count_of(token_objects("servers", "cert"), text_of("label:      %s\n", label)));
        assert_int_equal(1, count_of(token_objects("servers", "cert"), "label:      server\n"));
        shell(READ_BOUND " --label '%s' --output-file bound.der >/dev/null 2>&1; openssl x509 -in %s.cer -outform DER "
                         "| cmp - bound.der; "
                         "rm -rf bound.der tokens %s.*; cp -a before tokens",
              label, base, base);
    }
    (void)fprintf(stderr, "    killed at %u%% of %u calls\n", sweep_share(100), call - 1);
    assert_true(call > 20);
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, make_world, ca_world_remove)

/* The sweep by name, so that it can run beside the rest. */
int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(the_same_key_gets_a_new_certificate),
        IN_WORLD(a_new_key_has_the_policy_of_the_old_one),
        IN_WORLD(an_exportable_key_is_renewed_by_an_exportable_one),
        IN_WORLD(a_pkcs7_is_signed_by_the_old_key_and_names_the_old_certificate),
        IN_WORLD(without_a_ca_the_request_is_written_and_resumed),
        IN_WORLD(without_a_ca_the_request_can_go_to_a_device),
        IN_WORLD(an_expired_certificate_is_refused_with_a_hint),
        IN_WORLD(a_pending_renewal_is_resumed_by_another_process),
        IN_WORLD(the_hook_learns_what_happened_and_nothing_secret),
        IN_WORLD(a_failing_hook_sets_the_exit_code_and_the_certificate_stays),
        IN_WORLD(the_new_kit_names_the_new_serial_number),
        IN_WORLD(of_several_due_one_failure_does_not_stop_the_rest),
        IN_WORLD(each_due_key_is_renewed_at_its_own_ca),
        IN_WORLD(a_password_does_not_follow_a_record),
        IN_WORLD(nothing_due_is_reported_and_not_a_failure),
        IN_WORLD(a_refused_password_is_tried_for_one_key_only),
        IN_WORLD(a_sweep_of_kills_ends_in_one_new_key_with_one_certificate),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    if (argc <= 1) {
        cmocka_set_skip_filter("a_sweep*");
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
