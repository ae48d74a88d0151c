/* SPDX-License-Identifier: Apache-2.0 */
/* p11cert issue --profile: a small hierarchy, judged by openssl and certtool, and requests that ask for more. */
#include "harness.h"

#define ISSUE(...)   P11CERT("issue", "--token", "ca", __VA_ARGS__)
#define EC_KEY       "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"
#define RSA_KEY      "-newkey", "rsa:2048", "-nodes"
#define REQUEST(...) out_of(WORDS("openssl", "req", "-new", "-keyout", "bare.key", __VA_ARGS__))
#define TEXT(file)   out_of(WORDS("openssl", "x509", "-in", file, "-noout", "-nameopt", "oneline", "-text"))

/* Root and issuing CA, as an operator makes them. */
static int make_hierarchy(void **state)
{
    (void)world_new_with_tokens(state);
    expect_exit(ISSUE("--self-signed", "--profile", "root", "--subject", "CN=Root,O=Bank", "--key-type", "ec-p384",
                      "--days", "36500", "--out", "root.cer"),
                0);
    expect_exit(P11CERT("new", "--token", "servers", "--subject", "CN=Issuing,O=Bank", "--key-type", "ec-p256",
                        "--label", "Issuing", "--out", "issuing.req"),
                0);
    expect_golden(ISSUE("issuing.req", "--profile", "issuing-ca", "--ca", "Root", "--crl-url",
                        "http://pki.example.com/root.crl", "--issuer-url", "http://pki.example.com/root.cer", "--out",
                        "issuing.cer"),
                  0, "issue-issuing-ca");
    expect_exit(P11CERT("accept", "issuing.cer", "--token", "servers", "--chain", "root.cer"), 0);
    (void)REQUEST(EC_KEY, "-subj", "/CN=a.example.com", "-addext", "subjectAltName=DNS:a.example.com", "-out",
                  "plain.req");
    return 0;
}

#define ISSUE_BELOW(...) P11CERT("issue", "--token", "servers", "--ca", "Issuing", __VA_ARGS__)

static void verify(const char *file, const char *purpose)
{
    (void)out_of(WORDS("openssl", "verify", "-x509_strict", "-purpose", purpose, "-CAfile", "root.cer", "-untrusted",
                       "issuing.cer", file));
}

static void the_profiles_are_listed_with_their_sources(void **state)
{
    (void)state;
    expect_golden(P11CERT("issue", "--list-profiles"), 0, "issue-list-profiles");
    const run_result *one = P11CERT("issue", "--list-profiles", "--profile", "scom", "--json");

    expect_exit(one, 0);
    expect_contains(one, one->out, "\"extended_key_usage\"");
    expect_exit(P11CERT("issue", "--list-profiles", "--ca", "Root"), 2);
}

static void an_issuing_ca_is_what_the_profile_says(void **state)
{
    (void)state;
    const char *text = TEXT("issuing.cer");

    assert_non_null(strstr(text, "ecdsa-with-SHA384")); /* the root's key is P-384 */
    assert_non_null(strstr(text, "CA:TRUE, pathlen:0"));
    assert_non_null(strstr(text, "Certificate Sign, CRL Sign"));
    assert_non_null(strstr(text, "URI:http://pki.example.com/root.crl"));
    assert_non_null(strstr(text, "CA Issuers - URI:http://pki.example.com/root.cer"));
    (void)out_of(WORDS("openssl", "verify", "-x509_strict", "-CAfile", "root.cer", "issuing.cer"));
}

static void each_end_entity_serves_its_purpose(void **state)
{
    static const char *const rows[][3] = {
        { "tls-server", "sslserver", "TLS Web Server Authentication\n" },
        { "tls-client", "sslclient", "TLS Web Client Authentication\n" },
        { "scom", "sslserver", "TLS Web Server Authentication, TLS Web Client Authentication\n" },
        { "ocsp-signer", "ocsphelper", "OCSP No Check" },
        { "time-stamp-signer", "timestampsign", "X509v3 Extended Key Usage: critical\n" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char file[64];

        (void)snprintf(file, sizeof file, "%s.cer", rows[i][0]);
        expect_exit(ISSUE_BELOW("plain.req", "--profile", rows[i][0], "--out", file), 0);
        verify(file, rows[i][1]);
        assert_non_null(strstr(TEXT(file), rows[i][2]));
    }
    (void)out_of(WORDS("sh", "-c",
                       "cat tls-server.cer issuing.cer root.cer >chain.pem && "
                       "certtool --verify-chain --infile chain.pem --verify-profile medium"));
}

static void what_goes_beyond_the_profile_is_left_out_and_named(void **state)
{
    (void)state;
    (void)REQUEST(RSA_KEY, "-subj", "/CN=b.example.com", "-addext",
                  "subjectAltName=DNS:b.example.com,email:b@example.com", "-addext",
                  "extendedKeyUsage=serverAuth,clientAuth", "-addext",
                  "keyUsage=digitalSignature,nonRepudiation,keyEncipherment", "-addext", "nsComment=hello", "-out",
                  "greedy.req");
    expect_golden(ISSUE_BELOW("greedy.req", "--profile", "tls-server", "--out", "greedy.cer"), 0, "issue-profile-cut");
    const char *text = TEXT("greedy.cer");

    assert_non_null(strstr(text, "TLS Web Server Authentication\n"));
    assert_non_null(strstr(text, "Digital Signature, Key Encipherment\n"));
    assert_null(strstr(text, "email"));
    assert_null(strstr(text, "hello"));
}

static void a_custom_profile_may_refuse_what_goes_beyond_it(void **state)
{
    (void)state;
    file_write("strict.yaml", "name: strict\nbase: tls-server\nexcess: refuse\n", 0644);
    (void)REQUEST(EC_KEY, "-subj", "/CN=c.example.com", "-addext",
                  "subjectAltName=DNS:c.example.com,email:c@example.com", "-out", "mail.req");
    expect_golden(ISSUE_BELOW("mail.req", "--profile", "strict.yaml", "--out", "mail.cer"), 8, "issue-profile-refused");
    assert_false(file_exists("mail.cer"));
    expect_exit(ISSUE_BELOW("plain.req", "--profile", "strict.yaml", "--out", "strict.cer"), 0);
}

/* Never reduced: a requester is either a CA, or must not get anything. */
static void a_request_for_a_cas_rights_is_refused_by_other_profiles(void **state)
{
    static const char *const asked[] = { "basicConstraints=critical,CA:TRUE", "keyUsage=keyCertSign",
                                         "keyUsage=digitalSignature,cRLSign" };

    (void)state;
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        (void)REQUEST(EC_KEY, "-subj", "/CN=d.example.com", "-addext", asked[i], "-out", "ca.req");
        expect_golden(ISSUE_BELOW("ca.req", "--profile", "tls-server", "--out", "ca.cer"), 8, "issue-profile-no-ca");
        assert_false(file_exists("ca.cer"));
    }
    expect_golden(ISSUE("ca.req", "--ca", "Root", "--out", "ca.cer"), 3, "issue-ca-without-profile");
}

static void no_ca_is_made_below_one_that_may_have_none(void **state)
{
    (void)state;
    expect_golden(ISSUE_BELOW("issuing.req", "--profile", "issuing-ca", "--out", "sub.cer"), 8,
                  "issue-below-pathlen-0");
    expect_exit(ISSUE("--self-signed", "--profile", "tls-server", "--subject", "CN=Self", "--out", "self.cer"), 8);
    assert_false(file_exists("sub.cer"));
    assert_false(file_exists("self.cer"));
}

static void a_cross_certificate_keeps_name_key_and_key_identifier(void **state)
{
    (void)state;
    expect_exit(P11CERT("issue", "--token", "servers", "--self-signed", "--subject", "CN=Old Root", "--key-type",
                        "ec-p256", "--out", "old.cer"),
                0);
    expect_exit(ISSUE("old.cer", "--profile", "cross", "--ca", "Root", "--out", "cross.cer"), 0);
    static const char *const kept[] = { "-subject", "-pubkey", "-ext=subjectKeyIdentifier" };

    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        bool is_extension = strncmp(kept[i], "-ext=", 5) == 0;
        const char *option = is_extension ? "-ext" : kept[i];
        const char *value = is_extension ? kept[i] + 5 : "-noout";
        const char *before = out_of(WORDS("openssl", "x509", "-in", "old.cer", "-noout", option, value));

        assert_string_equal(before, out_of(WORDS("openssl", "x509", "-in", "cross.cer", "-noout", option, value)));
    }
    /* Certificates of the other CA now also chain to this root. */
    expect_exit(P11CERT("issue", "--token", "servers", "plain.req", "--ca", "Old Root", "--profile", "tls-server",
                        "--out", "crossed.cer"),
                0);
    (void)out_of(WORDS("openssl", "verify", "-CAfile", "root.cer", "-untrusted", "cross.cer", "crossed.cer"));
    expect_exit(ISSUE("issuing.cer", "--profile", "cross", "--ca", "Root", "--out", "other.cer"), 3);
}

static void a_custom_profile_decides_every_field(void **state)
{
    static const char *const expected[] = {
        "ecdsa-with-SHA512",
        "Not Before: Jan 28 00:00:00 2090 GMT",
        "Not After : Jan  1 12:00:00 2095 GMT",
        "Subject: O = Own, CN = X",
        "CA:TRUE, pathlen:3",
        "DNS:example.com",
        "IP:10.0.0.0/255.0.0.0",
        "DirName:O", /* with or without blanks around the equals sign */
        "Bank",
        "email:.example.org",
        "Policy: 1.2.3.4",
        "CPS: http://cps.example.com",
        "Explicit Text: Hello",
        "URI:http://a/b.crl",
        "URI:http://c/d.crl",
        "OCSP - URI:http://o/",
    };

    (void)state;
    file_write("own.yaml",
               "name: own\nbase: issuing-ca\npath-length: 3\ndigest: sha512\nsubject: \"O=Own,CN=X\"\n"
               "not-before: 2090-01-28\nnot-after: 2095-01-01T12:00:00Z\n"
               "crl-urls: [http://a/b.crl, http://c/d.crl]\nocsp-urls: [http://o/]\n"
               "policies:\n  - oid: 1.2.3.4\n    cps: [http://cps.example.com]\n    notices: [Hello]\n"
               "name-constraints:\n  permitted: [\"dns:example.com\", \"ip:10.0.0.0/8\", \"directory:O=Bank\"]\n"
               "  excluded: [\"email:.example.org\"]\n",
               0644);
    expect_exit(ISSUE("issuing.req", "--profile", "own.yaml", "--ca", "Root", "--out", "own.cer"), 0);
    const char *text = TEXT("own.cer");

    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        assert_non_null(strstr(text, expected[i]));
    }
    expect_golden(ISSUE("issuing.req", "--profile", "own.yaml", "--ca", "Root", "--days", "3", "--out", "days.cer"), 2,
                  "issue-profile-days");
    file_write("long.yaml", "name: long\nbase: issuing-ca\nnot-before: 2090-01-28\nnot-after: 2999-01-01\n", 0644);
    expect_golden(ISSUE("issuing.req", "--profile", "long.yaml", "--ca", "Root", "--out", "long.cer"), 8,
                  "issue-profile-dates");
}

static void a_pss_profile_signs_with_pss(void **state)
{
    (void)state;
    file_write("pss.yaml", "name: pss\nbase: tls-server\npss: true\n", 0644);
    expect_exit(ISSUE("--self-signed", "--subject", "CN=RSA", "--key-type", "rsa-2048", "--out", "rsa.cer"), 0);
    expect_exit(ISSUE("plain.req", "--profile", "pss.yaml", "--ca", "RSA", "--out", "pss.cer"), 0);
    assert_non_null(strstr(TEXT("pss.cer"), "rsassaPss"));
    (void)out_of(WORDS("openssl", "verify", "-CAfile", "rsa.cer", "pss.cer"));
    expect_exit(ISSUE("plain.req", "--profile", "pss.yaml", "--ca", "Root", "--out", "no.cer"), 3);
}

static void a_damaged_profile_is_refused_by_line(void **state)
{
    static const struct {
        const char *golden;
        const char *text;
    } rows[] = {
        { "issue-profile-key", "name: x\nbase: root\npath-lenght: 1\n" },
        { "issue-profile-base", "name: x\nbase: issuing\n" },
        { "issue-profile-word", "name: x\nbase: tls-server\nkey-usage: [digitalSignatur]\n" },
        { "issue-profile-url", "name: x\nbase: tls-server\ncrl-urls: [\"ftp://a/b.crl\"]\n" },
        { "issue-profile-span", "name: x\nbase: tls-server\nvalidity: 90\n" },
        { "issue-profile-unseen", "name: x\nbase: tls-server\nsubject: \"O=Contoso\\u2060\"\n" },
        { "issue-profile-constraint", "name: x\nbase: root\nname-constraints:\n  permitted: [example.com]\n" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        file_write("bad.yaml", rows[i].text, 0644);
        expect_golden(ISSUE("plain.req", "--profile", "bad.yaml", "--ca", "Root", "--out", "bad.cer"), 3,
                      rows[i].golden);
        assert_false(file_exists("bad.cer"));
    }
    expect_golden(ISSUE("plain.req", "--profile", "tls-serve", "--ca", "Root", "--out", "bad.cer"), 2,
                  "issue-profile-unknown");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_profiles_are_listed_with_their_sources),
        cmocka_unit_test(an_issuing_ca_is_what_the_profile_says),
        cmocka_unit_test(each_end_entity_serves_its_purpose),
        cmocka_unit_test(what_goes_beyond_the_profile_is_left_out_and_named),
        cmocka_unit_test(a_custom_profile_may_refuse_what_goes_beyond_it),
        cmocka_unit_test(a_request_for_a_cas_rights_is_refused_by_other_profiles),
        cmocka_unit_test(no_ca_is_made_below_one_that_may_have_none),
        cmocka_unit_test(a_cross_certificate_keeps_name_key_and_key_identifier),
        cmocka_unit_test(a_custom_profile_decides_every_field),
        cmocka_unit_test(a_pss_profile_signs_with_pss),
        cmocka_unit_test(a_damaged_profile_is_refused_by_line),
    };

    return cmocka_run_group_tests(tests, make_hierarchy, world_remove);
}
