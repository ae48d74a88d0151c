/* SPDX-License-Identifier: Apache-2.0 */
/* p11cert issue: what breaks a rule is never signed, as the count of calls to the token shows. */
#include "harness.h"

#define EC_KEY       "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"
#define REQUEST(...) out_of(WORDS("openssl", "req", "-new", "-keyout", "bare.key", __VA_ARGS__))

static int make_ca(void **state)
{
    (void)world_new_with_tokens(state);
    expect_exit(P11CERT("issue", "--token", "ca", "--self-signed", "--subject", "CN=Root", "--key-type", "ec-p384",
                        "--out", "ca.cer"),
                0);
    return 0;
}

static const run_result *issue(const char *request, const char *profile, size_t *ret_signatures)
{
    const char *const with[] = { "issue", request, "--token",   "ca",    "--ca", "Root",
                                 "--out", "a.cer", "--profile", profile, NULL };
    const char *const without[] = { "issue", request, "--token", "ca", "--ca", "Root", "--out", "a.cer", NULL };

    return run_spied(profile ? with : without, "C_Sign", ret_signatures);
}

static void a_good_certificate_is_signed_once(void **state)
{
    size_t signatures = 0;

    (void)state;
    (void)REQUEST(EC_KEY, "-subj", "/CN=a.example.com", "-addext", "subjectAltName=DNS:a.example.com", "-out", "a.req");
    expect_exit(issue("a.req", "tls-server", &signatures), 0);
    assert_int_equal(1, signatures);
    (void)out_of(WORDS("openssl", "verify", "-x509_strict", "-CAfile", "ca.cer", "a.cer"));
    assert_int_equal(0, remove("a.cer"));
}

static void what_breaks_a_rule_is_not_signed(void **state)
{
    static const struct {
        const char *golden;
        const char *profile;
        const char *words[10];
    } rows[] = {
        { "lint-no-name", "tls-server", { "-subj", "/CN=a.example.com" } },
        { "lint-no-subject", NULL, { "-subj", "/" } },
        { "lint-key-usage", NULL, { "-subj", "/CN=a", "-addext", "keyUsage=keyEncipherment" } },
        { "lint-string", "tls-client", { "-subj", "/CN=a\xc3\xa4", "-utf8", "-config", "odd.cnf" } },
    };

    (void)state;
    file_write("odd.cnf", "[req]\ndistinguished_name=dn\nstring_mask=MASK:0x0800\n[dn]\n", 0644); /* BMPString */
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *words[24] = { "openssl", "req", "-new", EC_KEY, "-keyout", "bare.key", "-out", "bad.req" };
        size_t count = 0;

        while (words[count]) {
            count++;
        }

        size_t signatures = 77;

        for (size_t k = 0; k < 10 && rows[i].words[k]; k++) {
            words[count++] = rows[i].words[k];
        }
        (void)out_of(words);
        expect_golden(issue("bad.req", rows[i].profile, &signatures), 8, rows[i].golden);
        assert_int_equal(0, signatures);
        assert_false(file_exists("a.cer"));
        assert_int_equal(0, remove("bad.req"));
    }
}

/* A request may have any bytes in its names: programs would read another name than the one that was certified. */
static void a_name_that_programs_read_differently_is_not_signed(void **state)
{
    static const struct {
        const char *subject;
        const char *names;
        const char *says; /* NULL: it is signed */
    } rows[] = {
        { "/CN=a", "DER:30:0D:82:0B:61:2E:62:00:2E:65:76:69:6C:2E:78", "\"a.b\\x00.evil.x\" is not a valid host name" },
        { "/CN=a", "DER:30:02:82:00", "\"\" is not a valid host name" },
        { "/CN=a", "DER:30:07:87:05:01:02:03:04:05", "is not a valid address of IPv4 or IPv6" },
        { "/CN=a", "DER:30:02:86:00", "\"\" is not a valid URI" },
        { "/CN=a", "email:nobody", "\"nobody\" is not a valid mail address" },
        { "/CN=a", "DNS:*", "\"*\" is not a valid host name" },
        { "/CN=a", "DNS:a.*.example.com", "\"a.*.example.com\" is not a valid host name" },
        { "/CN=a", "DNS:*a.example.com", "\"*a.example.com\" is not a valid host name" },
        { "/CN=a", "DNS:ok.example.com,DNS:a..example.com", "\"a..example.com\" is not a valid host name" },
        { "/CN=a", "DNS:.example.com", "\".example.com\" is not a valid host name" },
        { "/CN=a", "DNS:a.example.com.", "\"a.example.com.\" is not a valid host name" },
        { "/CN=a\nb", "DNS:a", "commonName of its subject, \"a\\x0ab\", has a character that is not seen" },
        { "/O=x/CN=a\u202eb", "DNS:a", "has a character that is not seen" },
        { "/CN=a", "DNS:*.example.com,DNS:host_1,DNS:A.Example.COM,IP:::1,email:a@b,URI:urn:x,RID:1.2.3", NULL },
        { "/CN=\u00c4rzte \u0418", "DNS:a", NULL },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char names[128];
        size_t signatures = 77;

        (void)snprintf(names, sizeof names, "subjectAltName=%s", rows[i].names);
        (void)out_of(WORDS("openssl", "req", "-new", EC_KEY, "-keyout", "bare.key", "-utf8", "-subj", rows[i].subject,
                           "-addext", names, "-out", "odd.req"));
        const run_result *result = issue("odd.req", NULL, &signatures);

        expect_exit(result, rows[i].says ? 8 : 0);
        expect_contains(result, result->err, rows[i].says ? rows[i].says : "");
        assert_int_equal(rows[i].says ? 0 : 1, signatures);
        assert_int_equal(rows[i].says == NULL, file_exists("a.cer"));
        (void)remove("a.cer");
        assert_int_equal(0, remove("odd.req"));
    }
}

/* openssl and other verifiers accept no such certificate. */
static void a_name_that_the_ca_may_not_certify_is_not_signed(void **state)
{
    static const struct {
        const char *subject;
        const char *names;
        const char *says;
    } rows[] = {
        { "/O=Own/CN=a", "subjectAltName=DNS:a.example.org", "permitted subtree violation" },
        { "/O=Own/CN=a", "subjectAltName=DNS:a.test.example.com", "excluded subtree violation" },
        { "/O=Other/CN=a", "subjectAltName=DNS:a.example.com", "permitted subtree violation" },
        { "/O=Own/CN=a", "subjectAltName=DNS:a.example.com", NULL },
    };

    (void)state;
    file_write("narrow.yaml",
               "name: narrow\nbase: root\nname-constraints:\n  permitted: [\"dns:example.com\", \"directory:O=Own\"]\n"
               "  excluded: [\"dns:test.example.com\"]\n",
               0644);
    expect_exit(P11CERT("issue", "--token", "ca", "--self-signed", "--profile", "narrow.yaml", "--subject",
                        "O=Own,CN=Narrow", "--ca", "Narrow", "--key-type", "ec-p256", "--out", "narrow.cer"),
                0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t signatures = 77;

        (void)REQUEST(EC_KEY, "-subj", rows[i].subject, "-addext", rows[i].names, "-out", "n.req");
        const run_result *result = run_spied(WORDS("issue", "n.req", "--token", "ca", "--ca", "Narrow", "--profile",
                                                   "tls-server", "--out", "n.cer"),
                                             "C_Sign", &signatures);

        expect_exit(result, rows[i].says ? 8 : 0);
        assert_int_equal(rows[i].says ? 0 : 1, signatures);
        if (rows[i].says) {
            expect_contains(result, result->err, rows[i].says);
        }
    }
    (void)out_of(WORDS("openssl", "verify", "-x509_strict", "-CAfile", "narrow.cer", "n.cer"));
}

/* As iPAddress, it is not compared as text. */
static void a_common_name_may_be_an_ip_address(void **state)
{
    static const char *const rows[][3] = {
        { "/CN=192.0.2.9", "subjectAltName=IP:192.0.2.9", "!CA-CN" },
        { "/CN=2001:db8::9", "subjectAltName=DNS:a.example.com,IP:2001:0db8:0::9", "!CA-CN" },
        { "/CN=192.0.2.9", "subjectAltName=IP:192.0.2.8", "CA-CN" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        (void)REQUEST(EC_KEY, "-subj", rows[i][0], "-addext", rows[i][1], "-out", "ip.req");
        const run_result *result = P11CERT("issue", "ip.req", "--token", "ca", "--ca", "Root", "--out", "ip.cer",
                                           "--profile", "tls-server", "--days", "300", "--json");

        expect_exit(result, 0);
        expect_said(result, rows[i][2]);
        assert_int_equal(0, remove("ip.cer"));
    }
}

static void warnings_are_printed_and_stop_nothing(void **state)
{
    size_t signatures = 0;

    (void)state;
    (void)REQUEST(EC_KEY, "-subj", "/CN=a.example.com", "-addext", "subjectAltName=DNS:b.example.com", "-out", "b.req");
    expect_golden(P11CERT("issue", "b.req", "--token", "ca", "--ca", "Root", "--out", "a.cer", "--profile",
                          "tls-server", "--days", "300"),
                  0, "lint-warnings");
    assert_int_equal(0, remove("a.cer"));
    const run_result *json = issue("b.req", "tls-server", &signatures);

    expect_exit(json, 0);
    assert_int_equal(1, signatures);
    assert_int_equal(0, remove("a.cer"));
}

static void a_linter_that_objects_keeps_the_token_from_signing(void **state)
{
    size_t signatures = 77;

    (void)state;
    file_write("strict",
               "#!/bin/sh\necho \"$1 ${P11CERT_PIN_SOURCE-no pin}: $(head -1 \"$2\")\"\n"
               "exit \"$1\"\n",
               0755);
    const run_result *refused =
        run_spied(WORDS("issue", "a.req", "--token", "ca", "--ca", "Root", "--linter", "./strict 3", "--out", "l.cer"),
                  "C_Sign", &signatures);

    expect_golden(refused, 8, "lint-linter");
    assert_int_equal(0, signatures);
    assert_false(file_exists("l.cer"));
    expect_golden(P11CERT("issue", "a.req", "--token", "ca", "--ca", "Root", "--linter", "./strict 0", "--linter",
                          "true", "--out", "l.cer"),
                  0, "lint-linters");
    expect_exit(P11CERT("issue", "a.req", "--token", "ca", "--ca", "Root", "--linter", "./none", "--out", "m.cer"), 4);
    expect_exit(P11CERT("issue", "a.req", "--token", "ca", "--ca", "Root", "--linter", " ", "--out", "m.cer"), 2);
    assert_false(file_exists("m.cer"));
}

/* A key that was imported may be weaker than any that p11cert would generate. Its CRLs are still needed. */
static void a_ca_whose_key_is_weak_issues_only_crls(void **state)
{
    size_t signatures = 77;

    (void)state;
    file_write("password", "correct horse battery", 0600);
    (void)out_of(WORDS("sh", "-c",
                       "openssl req -x509 -newkey rsa:2048 -pkeyopt rsa_keygen_pubexp:3 -nodes -keyout weak.key -subj "
                       "/CN=Weak -days 30 -addext keyUsage=critical,keyCertSign,cRLSign -out weak.cer && "
                       "openssl pkcs12 -export -inkey weak.key -in weak.cer -passout file:password -out weak.pfx"));
    expect_exit(P11CERT("import", "weak.pfx", "--token", "ca", "--password-source", "file:password"), 0);
    const run_result *refused =
        run_spied(WORDS("issue", "a.req", "--token", "ca", "--ca", "Weak", "--out", "w.cer"), "C_Sign", &signatures);

    expect_exit(refused, 8);
    expect_contains(refused, refused->err, "CA-KEY: Its issuer's key is not allowed: its RSA public exponent is 3");
    assert_int_equal(0, signatures);
    assert_false(file_exists("w.cer"));
    expect_exit(P11CERT("crl", "--token", "ca", "--ca", "Weak", "--first", "--next-update", "7d", "--out", "w.crl"), 0);
    (void)out_of(WORDS("openssl", "crl", "-in", "w.crl", "-CAfile", "weak.cer", "-noout"));
}

/* Whatever the key of the CA: the part that was judged with a temporary key is the part that the token signed. */
static void every_kind_of_ca_key_signs_what_was_judged(void **state)
{
    static const char *const kinds[] = { "rsa-2048", "ec-p256", "ec-p521" };

    (void)state;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        char subject[32];
        char root[32];

        (void)snprintf(subject, sizeof subject, "CN=%s", kinds[i]);
        (void)snprintf(root, sizeof root, "%s.cer", kinds[i]);
        expect_exit(P11CERT("issue", "--token", "ca", "--self-signed", "--subject", subject, "--key-type", kinds[i],
                            "--out", root),
                    0);
        expect_exit(P11CERT("issue", "a.req", "--token", "ca", "--ca", kinds[i], "--profile", "tls-server", "--out",
                            "k.cer"),
                    0);
        (void)out_of(WORDS("openssl", "verify", "-x509_strict", "-CAfile", root, "k.cer"));
        assert_int_equal(0, remove("k.cer"));
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_certificate_is_signed_once),
        cmocka_unit_test(what_breaks_a_rule_is_not_signed),
        cmocka_unit_test(a_name_that_programs_read_differently_is_not_signed),
        cmocka_unit_test(a_name_that_the_ca_may_not_certify_is_not_signed),
        cmocka_unit_test(a_common_name_may_be_an_ip_address),
        cmocka_unit_test(warnings_are_printed_and_stop_nothing),
        cmocka_unit_test(a_linter_that_objects_keeps_the_token_from_signing),
        cmocka_unit_test(a_ca_whose_key_is_weak_issues_only_crls),
        cmocka_unit_test(every_kind_of_ca_key_signs_what_was_judged),
    };

    return cmocka_run_group_tests(tests, make_ca, world_remove);
}
