/* SPDX-License-Identifier: Apache-2.0 */
/* submit, retrieve and renew by CMP. openssl's own client shows first that the server is a real one; openssl judges the
 * certificates, pkcs11-tool the token. */
#include "kill_sweep.h"

#include <unistd.h>

#include "cmp_server.h"

#define SECRET "--auth", "secret", "--user", CMP_REFERENCE, "--password-source", "file:secret"

static const char *cmp_url(const char *mood)
{
    return text_of("%s/%s/.well-known/cmp", cmp_server_address(), mood);
}

static int make_world(void **state)
{
    (void)ca_world_new(state);
    cmp_server_start(text_of("%s/ca", ca.dir));
    file_write("secret", CMP_SECRET, 0600);
    make_request("server");
    return 0;
}

static int remove_world(void **state)
{
    cmp_server_stop();
    (void)unlink(text_of("%s/ca/cmp-approved", ca.dir));
    return ca_world_remove(state);
}

/* Otherwise our client might only agree with our server. */
static void the_clients_of_others_get_a_certificate_from_the_server(void **state)
{
    (void)state;
    shell("openssl cmp -cmd p10cr -server %s -path issuing/.well-known/cmp -ref %s -secret file:secret -csr server.req "
          "-certout other.pem -trusted %s/ca/root.pem -implicit_confirm >/dev/null 2>&1; "
          "openssl verify -CAfile %s/ca/root.pem -untrusted %s/ca/issuing.pem other.pem",
          cmp_server_address() + strlen("http://"), CMP_REFERENCE, ca.dir, ca.dir, ca.dir);
}

static void a_request_is_issued_and_bound(void **state)
{
    static const char *const moods[] = { "issuing", "confirming" };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        const char *label = text_of("server%zu", i);

        make_request(label);
        expect_exit(SUBMIT(cmp_url(moods[i]), text_of("%s.req", label), SECRET, "--accept"), 0);
        expect_bound(label, text_of("%s.cer", label));
    }
}

static void a_pending_request_is_asked_for_by_another_process(void **state)
{
    const run_result *result = SUBMIT(cmp_url("pending"), "server.req", SECRET);

    (void)state;
    expect_exit(result, 0);
    expect_contains(result, result->out, "pending: request cmp-");
    assert_int_equal(1, records_on_token());
    expect_exit(RETRIEVE(SECRET), 1);
    expect_exit(RETRIEVE(SECRET), 1);
    file_write(text_of("%s/ca/cmp-approved", ca.dir), "", 0644);
    expect_exit(RETRIEVE(SECRET, "--accept"), 0);
    expect_bound("server", "server.cer");
}

static void what_the_server_answers_decides(void **state)
{
    static const ca_answer rows[] = {
        { "denied", 7, "no certificates for this subject", 1 },
        { "clock", 7, "the clock of this machine says 2", 1 },
        { "broken", 7, "is not a CMP message", 1 },
        { "busy", 7, "reports an internal error (HTTP 503)", 1 },
        { "stranger", 6, "is for a public key other than that of the request", 1 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const run_result *result =
            SUBMIT(cmp_url(rows[i].mood), "server.req", SECRET, "--again", "--out", text_of("%zu.cer", i));

        expect_answer(result, &rows[i], text_of("%zu.cer", i));
    }
}

static void a_wrong_secret_is_refused_and_not_shown(void **state)
{
    (void)state;
    file_write("secret", "canary-other-4410", 0600);
    const run_result *result = SUBMIT(cmp_url("issuing"), "server.req", SECRET);

    expect_exit(result, 7);
    expect_lacks(result, result->err, "canary");
    expect_contains(result, result->err, "the CMP transaction failed: ");
    expect_lacks(result, result->err, "no reason given");
    assert_false(file_exists("server.cer"));
}

static void without_protection_nothing_is_sent(void **state)
{
    const run_result *result = SUBMIT(cmp_url("issuing"), "server.req", "--auth", "none");

    (void)state;
    expect_exit(result, 2);
    expect_contains(result, result->err, "protected by a shared secret or by a certificate");
    assert_int_equal(0, records_on_token());
    expect_exit(SUBMIT(cmp_url("issuing"), "server.req"), 8); /* a ticket over plain HTTP */
    expect_exit(SUBMIT(ca_url(ca.https, "anonymous/enterprise"), "server.req", SECRET), 2);
    expect_exit(SUBMIT(cmp_url("issuing"), "server.req", SECRET, "--template", "WebServer"), 2);
    expect_exit(run_ca("ca-chain", cmp_url("issuing"), WORDS(SECRET)), 2);
}

static void the_key_that_is_renewed_protects_the_message(void **state)
{
    static const char *const kinds[] = { "--same-key", "--new-key" };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        const char *label = text_of("server%zu", i);

        make_request(label);
        expect_exit(SUBMIT(cmp_url("issuing"), text_of("%s.req", label), SECRET, "--accept"), 0);
        expect_exit(run_ca("renew", cmp_url("signed"),
                           WORDS("--key", label, kinds[i], "--out", text_of("%s-next.req", label))),
                    0); /* no login is named: the key itself is one */
        shell(
            "openssl verify -CAfile %s/ca/root.pem -untrusted %s-next.cer %s-next.cer; "
            "for f in %s.cer %s-next.cer; do openssl x509 -in $f -noout -subject -ext subjectAltName,extendedKeyUsage; "
            "done >both; [ $(sort both | uniq -u | wc -l) = 0 ]; rm both",
            ca.dir, label, label, label, label);
    }
}

/* The server verifies it. */
static void a_new_key_of_each_kind_proves_its_possession(void **state)
{
    static const char *const kinds[] = { "rsa-2048", "ec-p384" };

    (void)state;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        expect_exit(P11CERT("new", "--token", "servers", "--subject", text_of("CN=%s", kinds[i]), "--dns", kinds[i],
                            "--key-type", kinds[i], "--label", kinds[i], "--out", text_of("%s.req", kinds[i])),
                    0);
        expect_exit(SUBMIT(cmp_url("issuing"), text_of("%s.req", kinds[i]), SECRET, "--accept"), 0);
        expect_exit(run_ca("renew", cmp_url("signed"),
                           WORDS("--auth", "none", "--key", kinds[i], "--new-key", "--out",
                                 text_of("%s-next.req", kinds[i]))),
                    0);
        shell("openssl verify -CAfile %s/ca/root.pem -untrusted %s-next.cer %s-next.cer; openssl x509 -in %s-next.cer "
              "-noout -pubkey >next.pub; "
              "openssl x509 -in %s.cer -noout -pubkey >old.pub; ! cmp -s old.pub next.pub",
              ca.dir, kinds[i], kinds[i], kinds[i], kinds[i]);
    }
}

/* Such keys sign no digest. Whether OpenSSL's CMP knows that depends on its version: openssl's own client tells. */
static bool openssl_protects_by_ed25519(void)
{
    shell("openssl genpkey -algorithm ed25519 -out ed.key; openssl req -x509 -new -key ed.key -subj /CN=ed -days 9 "
          "-addext keyUsage=digitalSignature -out ed.pem");
    return RUN("sh", "-c",
               "openssl cmp -cmd kur -server 127.0.0.1:1 -oldcert ed.pem -cert ed.pem -key ed.key -newkey ed.key "
               "-path x -certout none.pem -trusted ed.pem 2>&1 | grep -q 'unsupported key type'")
               ->exit_code != 0;
}

static void an_ed25519_key_proves_its_possession_or_is_refused_by_name(void **state)
{
    const bool is_here = openssl_protects_by_ed25519();

    (void)state;
    expect_exit(P11CERT("new", "--token", "servers", "--signer", "native", "--subject", "CN=edwards", "--dns",
                        "edwards", "--key-type", "ed25519", "--label", "edwards", "--out", "edwards.req"),
                0);
    expect_exit(SUBMIT(cmp_url("issuing"), "edwards.req", SECRET, "--signer", "native", "--accept"), 0);
    const run_result *result =
        run_ca("renew", cmp_url("signed"),
               WORDS("--auth", "none", "--signer", "native", "--key", "edwards", "--new-key", "--out", "next.req"));

    expect_exit(result, is_here ? 0 : 6);
    assert_int_equal(is_here ? 2 : 1, token_count("servers", "privkey") - 1); /* refused before a key is made */
    assert_int_equal(0, records_on_token());
    if (is_here) {
        shell("openssl verify -CAfile %s/ca/root.pem -untrusted next.cer next.cer; "
              "openssl x509 -in next.cer -noout -text | grep -qi ed25519",
              ca.dir);
    } else {
        expect_contains(result, result->err,
                        "cannot protect a CMP message with a key of type ED25519; nothing was sent");
    }
}

/* The new key has signed once, before the request was sent: another machine needs the old key alone, and the token. */
static void a_pending_key_update_is_asked_for_again(void **state)
{
    static const char *const kinds[] = { "--same-key", "--new-key" };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        const char *label = text_of("server%zu", i);
        const char *const *words =
            WORDS("--auth", "none", "--key", label, kinds[i], "--out", text_of("%s-next.req", label));

        (void)unlink(text_of("%s/ca/cmp-approved", ca.dir));
        make_request(label);
        expect_exit(SUBMIT(cmp_url("issuing"), text_of("%s.req", label), SECRET, "--accept"), 0);
        expect_exit(run_ca("renew", cmp_url("pending-signed"), words), 0);
        expect_exit(run_ca("renew", cmp_url("pending-signed"), words), 0);
        file_write(text_of("%s/ca/cmp-approved", ca.dir), "", 0644);
        expect_exit(run_ca("renew", cmp_url("pending-signed"), words), 0);
        assert_int_equal(0, records_on_token());
        shell("openssl verify -CAfile %s/ca/root.pem -untrusted %s-next.cer %s-next.cer", ca.dir, label, label);
    }
    assert_int_equal(3, token_count("servers", "privkey") - 1); /* and that of the fixture */
}

/* Only the token is left of the first machine. */
/* The CA could still issue: then the key would have two certificates. */
static void a_key_with_a_pending_request_gets_no_certificate_here(void **state)
{
    (void)state;
    file_write("pending.inf", "[NewRequest]\nSubject=\"CN=pending.contoso.com\"\nKeyLength=2048\n", 0644);
    expect_exit(run_ca("enroll", cmp_url("pending"), WORDS("pending.inf", SECRET)), 1);
    expect_exit(P11CERT("issue", "--self-signed", "--subject", "CN=Here", "--ca", "here", "--token", "servers", "--out",
                        "here.cer"),
                0);
    const run_result *result = P11CERT("enroll", "pending.inf", "--token", "servers", "--issue-with", "here");

    expect_exit(result, 8);
    expect_contains(result, result->err, "which may still issue for it; nothing was issued here");
    assert_int_equal(1, records_on_token());
}

static void a_pending_request_is_retrieved_on_another_machine(void **state)
{
    (void)state;
    expect_exit(SUBMIT(cmp_url("pending"), "server.req", SECRET), 0);
    move_to_another_machine();
    file_write("secret", CMP_SECRET, 0600);
    expect_exit(RETRIEVE(SECRET), 1);
    file_write(text_of("%s/ca/cmp-approved", ca.dir), "", 0644);
    expect_exit(RETRIEVE(SECRET, "--accept"), 0);
    expect_bound("server", "server.cer");
}

/* OpenSSL's client finds the changes that ours made at the CA, and ours those of OpenSSL's client. */
static void a_certificate_is_revoked_once(void **state)
{
    static const char *const logins[][6] = {
        { SECRET },
        { "--auth", "none", "--client-key", "server", "--reason", "superseded" },
    };

    (void)state;
    expect_exit(SUBMIT(cmp_url("issuing"), "server.req", SECRET, "--accept"), 0);
    shell("openssl x509 -in server.cer -out leaf.cer");
    const run_result *result = run_ca("revoke", cmp_url("denied"), WORDS("server.cer", SECRET));

    expect_exit(result, 7);
    expect_contains(result, result->err, "not by this login");
    for (size_t i = 0; i < 2; i++) {
        const char *const *login = logins[i];

        result =
            i == 0 ? run_ca("revoke", cmp_url("issuing"), WORDS("leaf.cer", SECRET, "--json"))
                   : run_ca("revoke", cmp_url("signed"),
                            WORDS("server.cer", login[0], login[1], login[2], login[3], login[4], login[5], "--json"));
        expect_exit(result, 0);
        file_write("revoked.json", result->out, 0600);
        shell("jq -e '.changed == %s and .log == null and .time == null and .reason == %s' revoked.json >/dev/null",
              i ? "false" : "true", i ? "null" : "\"unspecified\"");
    }
    shell(
        "! openssl cmp -cmd rr -server %s -path issuing/.well-known/cmp -ref %s -secret file:secret -oldcert leaf.cer "
        "-trusted %s/ca/root.pem >others 2>&1; grep -q certRevoked others",
        cmp_server_address() + strlen("http://"), CMP_REFERENCE, ca.dir);
}

static void what_other_clients_revoked_is_found(void **state)
{
    (void)state;
    expect_exit(SUBMIT(cmp_url("issuing"), "server.req", SECRET, "--accept"), 0);
    shell(
        "openssl x509 -in server.cer -out leaf.cer; openssl cmp -cmd rr -server %s -path issuing/.well-known/cmp -ref "
        "%s -secret file:secret -oldcert leaf.cer -trusted %s/ca/root.pem >others 2>&1",
        cmp_server_address() + strlen("http://"), CMP_REFERENCE, ca.dir);
    const run_result *result =
        run_ca("revoke", cmp_url("signed"), WORDS("leaf.cer", "--auth", "none", "--client-key", "server"));

    expect_exit(result, 0);
    expect_contains(result, result->out, "was already revoked: ");
}

/* It counts as done only if the CA says that it is, or already was. */
static void what_the_ca_does_not_say_is_not_claimed(void **state)
{
    static const struct {
        const char *mood;
        const char *reason;
        int exit_code;
        const char *says;
    } rows[] = {
        { "pending", "superseded", 7, "has not decided on it yet" },
        { "broken", "superseded", 7, "it is not known whether the certificate is revoked" },
        { "busy", "superseded", 7, "it is not known whether the certificate is revoked" },
        { "issuing", "certificateHold", 0, "certificateHold, at http" },
        { "issuing", "keyCompromise", 0, "was already revoked: " },
        { "issuing", "removeFromCRL", 7, "refused to end the hold" }, /* of one that is revoked */
    };

    (void)state;
    expect_exit(SUBMIT(cmp_url("issuing"), "server.req", SECRET, "--accept"), 0);
    shell("openssl x509 -in server.cer -out leaf.cer");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const run_result *result =
            run_ca("revoke", cmp_url(rows[i].mood), WORDS("leaf.cer", SECRET, "--reason", rows[i].reason));

        expect_exit(result, rows[i].exit_code);
        expect_contains(result, rows[i].exit_code ? result->err : result->out, rows[i].says);
        if (strstr(rows[i].says, "already")) {
            expect_lacks(result, result->out, rows[i].reason);
        }
    }
}

static void where_nothing_can_be_revoked_the_console_is_named(void **state)
{
    static const struct {
        const char *path;
        const char *says;
    } rows[] = {
        { "certsrv", " 1` on the CA" },
        { "Contoso_CES_Anonymous/service.svc/CES", "certsrv.msc" },
        { "CEP_Anonymous/service.svc/CEP", "certsrv.msc" },
        { ".well-known/est", "EST has no revocation" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const run_result *result =
            run_ca("revoke", text_of("%s/anonymous/%s", ca.https, rows[i].path),
                   WORDS(text_of("%s/ca/issuing.pem", ca.dir), "--auth", "none", "--reason", "keyCompromise"));

        expect_exit(result, 2);
        expect_contains(result, result->err, rows[i].says);
    }
    expect_exit(run_ca("revoke", cmp_url("issuing"), WORDS("server.req", "--serial", "17", SECRET)), 2);
    expect_exit(P11CERT("revoke", "server.cer", "--time", "2026-01-01", "--ca", cmp_url("issuing")), 2);
}

/* CMP sends it once: a token that takes no record of it must not cost the certificate. */
static void a_certificate_that_cannot_be_recorded_is_bound(void **state)
{
    const char *const *submission =
        WORDS("submit", "server.req", "--token", "servers", "--ca", cmp_url("issuing"), SECRET, "--accept");
    const char *const *retrieval = WORDS("retrieve", "--token", "servers", SECRET, "--accept", "--out", "other.cer");

    (void)state;
    const run_result *result = run_with_fault(submission, "C_CreateObject=2 return=0x6"); /* CKR_FUNCTION_FAILED */

    expect_exit(result, 0);
    expect_contains(result, result->err, "could not be recorded on the token before it is used");
    expect_contains(result, result->err, "CKR_FUNCTION_FAILED");
    expect_bound("server", "server.cer");
    make_request("other");
    expect_exit(SUBMIT(cmp_url("pending"), "other.req", SECRET), 0);
    file_write(text_of("%s/ca/cmp-approved", ca.dir), "", 0644);
    result = run_with_fault(retrieval, "C_CreateObject=1 return=0x6");
    expect_exit(result, 0);
    expect_contains(result, result->err, "could not be recorded on the token before it is used");
    expect_bound("other", "other.cer");
    assert_int_equal(0, records_on_token());
}

/* --- killed --- */

static void killed_submission(void **state)
{
    const kill_sweep sweep = { .url = cmp_url("confirming"), .login = WORDS(SECRET) };

    (void)state;
    killed_while_submitting(&sweep);
}

/* The server forgets a transaction once its certificate has been sent: each round has its own. */
static void begin_transaction(void)
{
    (void)unlink(text_of("%s/ca/cmp-approved", ca.dir));
    expect_exit(SUBMIT(cmp_url("pending"), "server.req", SECRET), 0);
    file_write(text_of("%s/ca/cmp-approved", ca.dir), "", 0644);
}

static void killed_retrieval(void **state)
{
    const kill_sweep sweep = {
        .url = cmp_url("pending"),
        .login = WORDS(SECRET),
        .begin = begin_transaction,
        .delivers_once = true,
    };

    (void)state;
    killed_while_retrieving(&sweep);
}

int main(int argc, char **argv)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_world, remove_world)
    const struct CMUnitTest tests[] = {
        TEST(the_clients_of_others_get_a_certificate_from_the_server),
        TEST(a_request_is_issued_and_bound),
        TEST(a_pending_request_is_asked_for_by_another_process),
        TEST(what_the_server_answers_decides),
        TEST(a_wrong_secret_is_refused_and_not_shown),
        TEST(without_protection_nothing_is_sent),
        TEST(the_key_that_is_renewed_protects_the_message),
        TEST(a_new_key_of_each_kind_proves_its_possession),
        TEST(an_ed25519_key_proves_its_possession_or_is_refused_by_name),
        TEST(a_pending_key_update_is_asked_for_again),
        TEST(a_key_with_a_pending_request_gets_no_certificate_here),
        TEST(a_pending_request_is_retrieved_on_another_machine),
        TEST(a_certificate_is_revoked_once),
        TEST(what_other_clients_revoked_is_found),
        TEST(what_the_ca_does_not_say_is_not_claimed),
        TEST(where_nothing_can_be_revoked_the_console_is_named),
        TEST(a_certificate_that_cannot_be_recorded_is_bound),
        TEST(killed_submission),
        TEST(killed_retrieval),
    };

    return RUN_TESTS(tests, argc, argv);
}
