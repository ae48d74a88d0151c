/* SPDX-License-Identifier: Apache-2.0 */
/* The main job from end to end, twice: with a key that stays on the token, and with one that may leave it. */
#include "harness.h"

#define INF "CertRequestConfig.inf"

static int make_world(void **state)
{
    (void)world_new(state);
    file_write(INF, file_read(TEST_DATA_DIR "/" INF, NULL), 0644);
    return 0;
}

static void init_makes_the_two_tokens(void **state)
{
    (void)state;
    expect_golden(P11CERT("init", "servers", "--so-pin-source", "file:so.pin"), 0, "story-init");
    expect_exit(P11CERT("init", "ca", "--so-pin-source", "file:so.pin"), 0);
    const char *slots = out_of(WORDS("softhsm2-util", "--show-slots"));

    assert_int_equal(1, count_of(slots, "servers"));
    assert_int_equal(1, count_of(slots, "Label:            ca "));
}

static void new_makes_a_key_that_stays_and_reports_the_conflict(void **state)
{
    (void)state;
    expect_golden(P11CERT("new", INF, "--token", "servers", "--out", "server.req"), 0, "story-new");
    const run_result *key = RUN("pkcs11-tool", "--module", SOFTHSM, "--token-label", "servers", "--login", "--pin",
                                USER_PIN, "--list-objects", "--type", "privkey");

    expect_contains(key, key->out, "sensitive, always sensitive, never extractable, local");
    expect_lacks(key, key->out, "extractable, local, extractable");
    expect_contains(key, key->out, "label:      server.contoso.com");
    expect_contains(key, key->out, "Usage:      decrypt, sign\n");
    assert_int_equal(1, token_count("servers", "privkey"));
}

static void the_request_holds_up_under_openssl_and_certtool(void **state)
{
    const run_result *request;

    (void)state;
    request = RUN("openssl", "req", "-in", "server.req", "-noout", "-text", "-subject", "-nameopt", "RFC2253");
    expect_exit(request, 0);
    expect_request_verifies("server.req");
    expect_contains(request, request->out, "subject=CN=server.contoso.com\n");
    expect_contains(request, request->out, "Public-Key: (2048 bit)");
    expect_contains(request, request->out, "sha256WithRSAEncryption");
    expect_contains(request, request->out,
                    "X509v3 Key Usage: critical\n                    Digital Signature, "
                    "Non Repudiation, Key Encipherment, Data Encipherment\n");
    expect_contains(request, request->out, "TLS Web Server Authentication, TLS Web Client Authentication\n");
    request = RUN("certtool", "--crq-info", "--infile", "server.req");
    expect_exit(request, 0);
    expect_contains(request, request->out, "Self signature: verified");
}

static void issue_makes_a_root_and_a_server_certificate(void **state)
{
    (void)state;
    expect_golden(P11CERT("issue", "--self-signed", "--subject", "CN=Contoso Root CA,O=Contoso", "--token", "ca",
                          "--out", "ca.cer"),
                  0, "story-issue-root");
    expect_golden(P11CERT("issue", "server.req", "--ca", "Contoso Root CA", "--token", "ca", "--out", "server.cer"), 0,
                  "story-issue");
}

static void the_certificates_hold_up_under_openssl_and_certtool(void **state)
{
    const run_result *verified;

    (void)state;
    verified = RUN("openssl", "verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", "ca.cer", "server.cer");
    expect_exit(verified, 0);
    verified = RUN("openssl", "verify", "-x509_strict", "-purpose", "sslclient", "-CAfile", "ca.cer", "server.cer");
    expect_exit(verified, 0);
    verified = RUN("certtool", "--verify", "--load-ca-certificate", "ca.cer", "--infile", "server.cer");
    expect_exit(verified, 0);
    expect_contains(verified, verified->out, "Chain verification output: Verified. The certificate is trusted.");
    verified = RUN("openssl", "x509", "-in", "ca.cer", "-noout", "-text");
    expect_contains(verified, verified->out, "X509v3 Basic Constraints: critical\n                CA:TRUE");
    expect_contains(verified, verified->out, "Certificate Sign, CRL Sign\n");
    verified = RUN("openssl", "x509", "-in", "server.cer", "-noout", "-text");
    expect_contains(verified, verified->out, "X509v3 Authority Key Identifier:");
    expect_contains(verified, verified->out, "TLS Web Server Authentication, TLS Web Client Authentication\n");
    assert_string_equal(out_of(WORDS("openssl", "x509", "-in", "server.cer", "-noout", "-pubkey")),
                        out_of(WORDS("openssl", "req", "-in", "server.req", "-noout", "-pubkey")));
}

/* The text after "ID:" in what pkcs11-tool lists. */
static const char *id_of(const char *objects)
{
    const char *at = strstr(objects, "ID:");

    assert_non_null(at);
    return at;
}

static void accept_binds_certificate_and_root_to_the_key(void **state)
{
    char id[45]; /* "ID:", nine blanks, 32 digits */

    (void)state;
    expect_golden(P11CERT("accept", "server.cer", "--chain", "ca.cer", "--token", "servers"), 0, "story-accept");
    const char *certificates = token_objects("servers", "cert");

    assert_int_equal(2, token_count("servers", "cert"));
    (void)snprintf(id, sizeof id, "%s", id_of(token_objects("servers", "privkey")));
    assert_int_equal(1, count_of(certificates, id));
    assert_int_equal(1, count_of(certificates, "subject:    DN: CN=server.contoso.com\n"));
    assert_int_equal(1, count_of(certificates, "label:      Contoso Root CA\n"));
}

static void the_certificate_on_the_token_is_the_one_in_the_file(void **state)
{
    (void)state;
    (void)out_of(WORDS("pkcs11-tool", "--module", SOFTHSM, "--token-label", "servers", "--read-object", "--type",
                       "cert", "--label", "server.contoso.com", "--output-file", "read-back.der"));
    assert_string_equal(out_of(WORDS("openssl", "x509", "-inform", "DER", "-in", "read-back.der")),
                        out_of(WORDS("openssl", "x509", "-in", "server.cer")));
}

static void list_shows_the_tree(void **state)
{
    (void)state;
    expect_golden(P11CERT("list", "--token", "servers"), 0, "story-list");
}

static void check_flags_the_conflict(void **state)
{
    (void)state;
    expect_golden(P11CERT("check", "server.cer", "ca.cer", INF, "--policy", "scom", "--token", "servers", "--fqdn",
                          "server.contoso.com"),
                  1, "story-check");
}

static void an_exportable_key_takes_the_same_way(void **state)
{
    (void)state;
    expect_golden(P11CERT("new", INF, "--exportable", "--label", "server-exportable", "--token", "servers", "--out",
                          "exportable.req"),
                  0, "story-exportable-new");
    expect_exit(P11CERT("issue", "exportable.req", "--ca", "Contoso Root CA", "--token", "ca", "--out",
                        "exportable.cer"),
                0);
    expect_golden(P11CERT("accept", "exportable.cer", "--chain", "ca.cer", "--token", "servers"), 0,
                  "story-exportable-accept");
    assert_int_equal(2, token_count("servers", "privkey"));
    assert_int_equal(3, token_count("servers", "cert"));
    assert_int_equal(1, count_of(token_objects("servers", "privkey"), "never extractable"));
    (void)out_of(WORDS("openssl", "verify", "-CAfile", "ca.cer", "exportable.cer"));
}

static void with_an_exportable_key_the_conflict_is_gone(void **state)
{
    (void)state;
    expect_golden(P11CERT("check", "exportable.cer", "ca.cer", INF, "--policy", "scom", "--token", "servers", "--fqdn",
                          "server.contoso.com"),
                  0, "story-exportable-check");
}

static void the_files_are_exactly_those_requested(void **state)
{
    (void)state;
    assert_string_equal(INF "\nca.cer\nexportable.cer\nexportable.req\nread-back.der\nserver.cer\nserver.req\nso.pin\n"
                            "softhsm2.conf\ntokens\nuser.pin\n",
                        folder_listing());
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(init_makes_the_two_tokens),
        cmocka_unit_test(new_makes_a_key_that_stays_and_reports_the_conflict),
        cmocka_unit_test(the_request_holds_up_under_openssl_and_certtool),
        cmocka_unit_test(issue_makes_a_root_and_a_server_certificate),
        cmocka_unit_test(the_certificates_hold_up_under_openssl_and_certtool),
        cmocka_unit_test(accept_binds_certificate_and_root_to_the_key),
        cmocka_unit_test(the_certificate_on_the_token_is_the_one_in_the_file),
        cmocka_unit_test(list_shows_the_tree),
        cmocka_unit_test(check_flags_the_conflict),
        cmocka_unit_test(an_exportable_key_takes_the_same_way),
        cmocka_unit_test(with_an_exportable_key_the_conflict_is_gone),
        cmocka_unit_test(the_files_are_exactly_those_requested),
    };

    return cmocka_run_group_tests(tests, make_world, world_remove);
}
