/* SPDX-License-Identifier: Apache-2.0 */
/* p11cert check: which files it accepts, when it opens a token, and that it never passes something that it cannot
 * examine. */
#include "harness.h"

#define CHECK(...) P11CERT("check", __VA_ARGS__)
#define SELF_SIGNED \
    "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "key", "-set_serial", \
        "0x11223344556677889900aabbccddeeff", "-days"

static int make_world(void **state)
{
    (void)world_new_with_token(state);
    (void)unsetenv("P11CERT_PIN_SOURCE");
    (void)out_of(WORDS(SELF_SIGNED, "200", "-subj", "/CN=server.example.com", "-addext",
                       "keyUsage=critical,digitalSignature", "-addext", "extendedKeyUsage=serverAuth", "-out",
                       "poor.cer"));
    (void)out_of(WORDS(SELF_SIGNED, "5", "-subj", "/CN=other.example.com", "-addext",
                       "keyUsage=critical,digitalSignature,keyEncipherment", "-addext",
                       "extendedKeyUsage=serverAuth,clientAuth", "-out", "short.cer"));
    file_write("good.inf",
               "[NewRequest]\nSubject = \"CN=server.example.com\"\nExportable = FALSE\nKeyLength = 2048\n"
               "KeySpec = 1\nKeyUsage = 0xa0\nMachineKeySet = TRUE\n\n[EnhancedKeyUsageExtension]\n"
               "OID = 1.3.6.1.5.5.7.3.1\nOID = 1.3.6.1.5.5.7.3.2\n",
               0644);
    return 0;
}

/* @return the verdict of a rule in a report. */
static const char *verdict_of(const run_result *result, const char *id)
{
    static char line[256]; /* read before the next call */
    char words[32];
    const char *at = NULL;

    (void)snprintf(words, sizeof words, " %s ", id);
    for (at = strstr(result->out, words); at; at = strstr(at + 1, words)) {
        const char *start = at;

        while (start > result->out && start[-1] != '\n') {
            start--;
        }
        if (at - start <= 12 && *start != ' ') {
            (void)snprintf(line, sizeof line, "%.*s", (int)strcspn(start, " "), start);
            return line;
        }
    }
    return "(not in the report)";
}

static void expect_verdict(const run_result *result, const char *id, const char *verdict)
{
    if (strcmp(verdict_of(result, id), verdict) != 0) {
        (void)fprintf(stderr, "$ %s\n%s", result->line, result->out);
        fail_msg("%s: %s where %s was expected", id, verdict_of(result, id), verdict);
    }
}

static void a_certificate_with_faults_fails_each_rule_it_breaks(void **state)
{
    const run_result *result;

    (void)state;
    result = CHECK("poor.cer", "--fqdn", "server.example.com");
    expect_golden(result, 1, "check-poor");
    expect_verdict(result, "EKU", "FAIL");
    expect_verdict(result, "SUBJ-CN", "pass");
    expect_verdict(result, "KEY-PRIV", "not");
    result = CHECK("short.cer", "--fqdn", "server.example.com");
    expect_exit(result, 1);
    expect_verdict(result, "SUBJ-CN", "FAIL");
    expect_verdict(result, "EXPIRY", "warning");
    expect_verdict(result, "EKU", "pass");
}

static void an_inf_alone_is_judged(void **state)
{
    const run_result *result;

    (void)state;
    result = CHECK("good.inf", "--fqdn", "server.example.com");
    expect_verdict(result, "KEY-SPEC", "pass");
    expect_verdict(result, "KEY-PRIV", "not");
    expect_verdict(result, "TIME", "not");
    expect_verdict(result, "CHAIN", "not");
}

static void without_a_token_nothing_of_the_key_is_passed(void **state)
{
    size_t calls = 0;
    const run_result *result;

    (void)state;
    result = run_spied(WORDS("check", "poor.cer", "good.inf", "--no-token", "--pin-source", "file:user.pin"),
                       "C_Initialize", &calls);
    assert_int_equal(0, calls);
    expect_verdict(result, "KEY-PRIV", "not");
    expect_verdict(result, "EXP-6", "not");
}

static void a_certificate_whose_key_is_not_on_the_token_fails(void **state)
{
    const run_result *result;

    (void)state;
    result = CHECK("poor.cer", "--token", "servers", "--pin-source", "file:user.pin");
    expect_exit(result, 1);
    expect_verdict(result, "KEY-PRIV", "FAIL");
}

static void a_key_alone_is_judged(void **state)
{
    const run_result *result;

    (void)state;
    expect_exit(P11CERT("new", "--token", "servers", "--pin-source", "file:user.pin", "--subject", "CN=a", "--key-type",
                        "ec-p256", "--out", "a.req"),
                0);
    result = CHECK("--key", "a", "--token", "servers", "--pin-source", "file:user.pin");
    expect_golden(result, 1, "check-key");
    expect_verdict(result, "KEY-PRIV", "pass");
    expect_verdict(result, "EXP-6", "pass");
    expect_verdict(result, "EKU", "not");
    result = CHECK("a.req", "--token", "servers", "--pin-source", "file:user.pin");
    expect_exit(result, 1);
    expect_verdict(result, "KEY-PRIV", "pass");
}

/* The certificate and its issuers are where the key is; a certificate made by OpenSSL, bound by accept. */
static void a_key_alone_brings_its_certificate_and_chain_from_the_token(void **state)
{
    const run_result *result;

    (void)state;
    expect_exit(P11CERT("new", "--token", "servers", "--pin-source", "file:user.pin", "--subject",
                        "CN=bound.example.com", "--label", "bound", "--out", "bound.req"),
                0);
    result = CHECK("--key", "bound", "--token", "servers", "--pin-source", "file:user.pin");
    expect_verdict(result, "TIME", "not");
    (void)out_of(WORDS(SELF_SIGNED, "900", "-subj", "/CN=Root", "-addext", "keyUsage=critical,keyCertSign", "-keyout",
                       "root.key", "-out", "root.cer"));
    file_write("leaf.ext",
               "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature,keyEncipherment\n"
               "extendedKeyUsage=serverAuth,clientAuth\n",
               0644);
    (void)out_of(WORDS("openssl", "x509", "-req", "-in", "bound.req", "-CA", "root.cer", "-CAkey", "root.key", "-days",
                       "90", "-extfile", "leaf.ext", "-out", "bound.cer"));
    expect_exit(P11CERT("accept", "bound.cer", "--chain", "root.cer", "--token", "servers", "--pin-source",
                        "file:user.pin"),
                0);
    result =
        CHECK("--key", "bound", "--token", "servers", "--pin-source", "file:user.pin", "--fqdn", "bound.example.com");
    expect_verdict(result, "SUBJ-CN", "pass");
    expect_verdict(result, "TIME", "pass");
    expect_verdict(result, "CHAIN", "pass");
    expect_verdict(result, "KU", "pass");
    assert_non_null(strstr(result->out, "on token \"servers\": valid from"));
}

/* What openssl verify -purpose sslclient says about the same three files. */
static void an_issuer_for_servers_only_is_found(void **state)
{
    const run_result *result;

    (void)state;
    (void)out_of(WORDS(SELF_SIGNED, "900", "-subj", "/CN=Nested Root", "-addext", "keyUsage=critical,keyCertSign",
                       "-keyout", "nested.key", "-out", "nested-root.cer"));
    file_write("sub.ext",
               "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\nextendedKeyUsage=serverAuth\n"
               "crlDistributionPoints=URI:ldap:///CN=Nested\n",
               0644);
    file_write("nested.ext",
               "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature,keyEncipherment\n"
               "extendedKeyUsage=serverAuth,clientAuth\ncrlDistributionPoints=URI:http://pki.example.com/a.crl\n",
               0644);
    (void)out_of(WORDS("openssl", "req", "-new", "-key", "key", "-subj", "/CN=Nested Sub", "-out", "sub.req"));
    (void)out_of(WORDS("openssl", "x509", "-req", "-in", "sub.req", "-CA", "nested-root.cer", "-CAkey", "nested.key",
                       "-days", "500", "-extfile", "sub.ext", "-out", "sub.cer"));
    (void)out_of(WORDS("openssl", "req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", "leaf.key", "-subj",
                       "/CN=server.example.com", "-out", "leaf.req"));
    (void)out_of(WORDS("openssl", "x509", "-req", "-in", "leaf.req", "-CA", "sub.cer", "-CAkey", "key", "-days", "200",
                       "-extfile", "nested.ext", "-out", "nested.cer"));
    result = RUN("openssl", "verify", "-purpose", "sslclient", "-CAfile", "nested-root.cer", "-untrusted", "sub.cer",
                 "nested.cer");
    expect_contains(result, result->err, "error 26");
    result = CHECK("nested.cer", "sub.cer", "nested-root.cer", "--no-token");
    expect_exit(result, 1);
    expect_verdict(result, "CHAIN", "pass");
    expect_verdict(result, "EKU-CHAIN", "FAIL");
    expect_verdict(result, "EKU", "FAIL");
    expect_verdict(result, "REVOC-HTTP", "warning");
    /* Without the root the chain is unknown, and the restriction is not. */
    expect_verdict(CHECK("nested.cer", "sub.cer", "--no-token"), "EKU-CHAIN", "FAIL");
    expect_verdict(CHECK("nested.cer", "nested-root.cer", "--no-token"), "EKU-CHAIN", "not");
}

/* Every file has a place in the report, and none can be left out by its order. */
static void every_certificate_is_judged_and_every_file_named(void **state)
{
    const run_result *result;

    (void)state;
    (void)out_of(WORDS(SELF_SIGNED, "900", "-subj", "/CN=Stray Root", "-out", "stray.cer"));
    (void)out_of(WORDS(SELF_SIGNED, "900", "-subj", "/CN=alone.example.com", "-addext", "basicConstraints=CA:FALSE",
                       "-addext", "keyUsage=critical,digitalSignature,keyEncipherment", "-addext",
                       "extendedKeyUsage=serverAuth,clientAuth", "-out", "alone.cer"));
    (void)out_of(WORDS(SELF_SIGNED, "900", "-subj", "/CN=second.example.com", "-addext", "basicConstraints=CA:FALSE",
                       "-out", "second.cer"));
    expect_exit(CHECK("alone.cer", "--no-token"), 0);
    result = CHECK("alone.cer", "second.cer", "--no-token");
    expect_exit(result, 1);
    expect_contains(result, result->out, "\n2 of 2: second.cer, serial ");
    expect_contains(result, result->out, "\n    passed          alone.cer, serial ");
    expect_contains(result, result->out, "\n    FAILED          second.cer, serial ");
    expect_contains(result, result->out, "\n2 checked, 1 failed\n");
    assert_int_equal(count_of(result->out, "    file: second.cer: certificate, checked\n"), 2);
    result = CHECK("alone.cer", "stray.cer", "--no-token");
    expect_exit(result, 1);
    expect_contains(result, result->out, "    file: stray.cer: NOT USED");
    expect_contains(result, result->out, "FAILED: file \"stray.cer\" was not used");
    result = CHECK("alone.cer", "second.cer", "stray.cer", "--no-token", "--json");
    expect_exit(result, 1);
    file_write("several.json", result->out, 0644);
    assert_string_equal("3\nchecked,checked,unused\ntrue\n2\n",
                        out_of(WORDS("jq", "-r",
                                     "(.files | length), ([.files[].use] | join(\",\")), .failed, "
                                     "([.reports[] | select(.name | test(\"serial\"))] | length)",
                                     "several.json")));
    /* The same certificate twice is one; two of two keys cannot be the certificate of one key. */
    expect_exit(CHECK("alone.cer", "alone.cer", "--no-token"), 0);
    result = CHECK("alone.cer", "poor.cer", "--key", "a", "--token", "servers", "--pin-source", "file:user.pin");
    expect_exit(result, 2);
}

static void a_report_without_results_does_not_pass(void **state)
{
    const run_result *result;

    (void)state;
    result = CHECK("alone.cer", "--no-token", "--policy", "hsm");
    expect_exit(result, 1);
    expect_contains(result, result->out, "FAILED: no rule of policy hsm could be checked");
    expect_exit(CHECK("alone.cer", "--no-token", "--fail-on", "fail"), 0);
    expect_exit(CHECK("alone.cer", "--no-token", "--fail-on", "warning"), 1);
    expect_exit(CHECK("alone.cer", "--no-token", "--fail-on", "not-checked"), 1);
    file_write("waived.yaml",
               "name: waived\nrules:\n  - {id: TIME, severity: error}\n  - {id: REG, severity: info}\n"
               "waivers:\n  - {rule: REG, reason: compared on the host}\n",
               0644);
    expect_exit(CHECK("alone.cer", "--no-token", "--policy", "waived.yaml", "--fail-on", "not-checked"), 0);
    result = CHECK("alone.cer", "--no-token", "--fail-on", "nothing");
    expect_exit(result, 2);
}

static void all_keys_of_a_token_are_judged_with_one_login(void **state)
{
    size_t logins = 0;
    const run_result *result;

    (void)state;
    result =
        run_spied(WORDS("check", "--all", "--token", "servers", "--pin-source", "file:user.pin", "--policy", "hsm"),
                  "C_Login", &logins);
    expect_exit(result, 0);
    assert_int_equal(1, logins);
    assert_int_equal(count_of(result->out, "\nchecked at: ") + count_of(result->out, "    checked at: "),
                     token_count("servers", "privkey"));
    expect_contains(result, result->out, "1 of 2: key a, CKA_ID ");
    expect_contains(result, result->out, "2 of 2: key bound, CKA_ID ");
    expect_contains(result, result->out, "\n2 checked, ");
    /* Issuers may be given, and must be those of something. */
    expect_exit(CHECK("--all", "alone.cer", "--token", "servers", "--pin-source", "file:user.pin"), 2);
    expect_exit(CHECK("--all", "--key", "a", "--token", "servers", "--pin-source", "file:user.pin"), 2);
    result = CHECK("--all", "root.cer", "stray.cer", "--token", "servers", "--pin-source", "file:user.pin");
    expect_contains(result, result->out, "    file: root.cer: issuer\n");
    expect_contains(result, result->out, "FAILED: file \"stray.cer\" was not used");
}

/* What can be checked of the key alone passes, and nearly all of the policy is about its certificate. */
static void a_key_without_a_certificate_does_not_pass(void **state)
{
    static const char lacking[] = "no readable certificate was given or found on the token";
    const run_result *result;

    (void)state;
    token_make("keys");
    assert_int_equal(0, setenv("P11CERT_PIN_SOURCE", "file:user.pin", 1));
    file_write("strength.yaml", "name: strength\nrules:\n  - {id: KEY-STRENGTH, severity: error}\n", 0644);
    file_write("both.yaml",
               "name: both\nrules:\n  - {id: KEY-STRENGTH, severity: error}\n  - {id: EXPIRY, severity: error}\n",
               0644);
    expect_exit(P11CERT("new", "--token", "keys", "--subject", "CN=lone", "--label", "lone", "--key-type", "ec-p256",
                        "--out", "lone.req"),
                0);
    expect_exit(CHECK("--all", "--token", "keys", "--policy", "strength.yaml"), 0);
    expect_exit(CHECK("--key", "lone", "--token", "keys", "--policy", "strength.yaml"), 0);
    result = CHECK("--key", "lone", "--token", "keys", "--policy", "both.yaml");
    expect_exit(result, 1);
    expect_contains(result, result->out, "FAILED: no readable certificate was given or found on the token");
    result = CHECK("--all", "--token", "keys", "--policy", "both.yaml", "--junit", "lone.xml", "--html", "lone.html");
    expect_exit(result, 1);
    assert_non_null(strstr(file_read("lone.xml", NULL), lacking));
    assert_non_null(strstr(file_read("lone.xml", NULL), "failures=\"1\""));
    assert_non_null(strstr(file_read("lone.html", NULL), "No readable certificate was given or found on the token"));
    assert_non_null(strstr(file_read("lone.html", NULL), ">FAILED<"));
    result = CHECK("--all", "--token", "keys", "--policy", "both.yaml", "--json");
    expect_exit(result, 1);
    expect_said(result, "\"failed\": true|\"lacks_certificate\": true|\"nothing_checked\": false");
    expect_exit(CHECK("lone.req", "--token", "keys", "--policy", "both.yaml"), 0);
    (void)unsetenv("P11CERT_PIN_SOURCE");
}

static void after_a_login_none_is_advised(void **state)
{
    (void)state;
    const run_result *result = run_with_fault(WORDS("check", "--key", "a", "--token", "servers", "--pin-source",
                                                    "file:user.pin", "--policy", "hsm"),
                                              "C_GetAttributeValue=1+ length=-1@0x164");

    expect_said(result, "CKA_NEVER_EXTRACTABLE unknown|!There was no login|!token's PIN source");
    token_make("empty");
    result = CHECK("--all", "--token", "empty", "--pin-source", "file:user.pin");
    expect_exit(result, 4);
    expect_contains(result, result->err, "token \"empty\" has no private key");
    expect_lacks(result, result->err, "login");
}

/* The verdicts on the certificate would be about one key, those on the token about another. */
static void a_key_and_a_certificate_that_do_not_belong_together_are_refused(void **state)
{
    static const char *const files[] = { "mine.req", "mine.cer" };

    (void)state;
    assert_int_equal(0, setenv("P11CERT_PIN_SOURCE", "file:user.pin", 1));
    expect_exit(P11CERT("new", "--token", "servers", "--subject", "CN=mine", "--label", "mine", "--key-type", "ec-p256",
                        "--out", "mine.req"),
                0);
    expect_exit(P11CERT("keygen", "--token", "servers", "--label", "ec", "--key-type", "ec-p256"), 0);
    expect_exit(P11CERT("keygen", "--token", "servers", "--label", "rsa", "--key-type", "rsa-2048"), 0);
    (void)out_of(WORDS("sh", "-e", "-c",
                       "openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -subj /CN=CA -days 9 -out ca.cer; "
                       "openssl x509 -req -in mine.req -CA ca.cer -CAkey ca.key -days 9 -out mine.cer"));
    file_write("strength.yaml", "name: strength\nrules:\n  - {id: KEY-STRENGTH, severity: error}\n", 0644);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        expect_exit(CHECK(files[i], "--policy", "strength.yaml", "--token", "servers", "--key", "mine"), 0);
        const run_result *other = CHECK(files[i], "--policy", "strength.yaml", "--token", "servers", "--key", "ec");

        expect_exit(other, 3);
        expect_contains(other, other->err, "do not belong together");
        expect_exit(CHECK(files[i], "--policy", "strength.yaml", "--token", "servers", "--key", "rsa"), 3);
    }
    (void)unsetenv("P11CERT_PIN_SOURCE");
}

/* A variable of a pipeline that is not set: no name would be compared. */
static void an_empty_server_name_is_not_taken_for_none(void **state)
{
    const run_result *result = CHECK("poor.cer", "--fqdn", "");

    (void)state;
    expect_exit(result, 2);
    expect_contains(result, result->err, "the value of --fqdn is empty");
    expect_exit(P11CERT("enroll", "good.inf", "--fqdn=", "--ca", "https://ca.invalid/certsrv", "--token", "servers"),
                2);
}

static void a_profile_in_a_file_is_used(void **state)
{
    const run_result *result;

    (void)state;
    file_write("own.yaml",
               "name: own\nrules:\n  - id: KEY-LEN\n    severity: error\n    parameters: "
               "{minimum-rsa-bits: 3072}\n",
               0644);
    result = CHECK("poor.cer", "--policy", "own.yaml");
    expect_exit(result, 1);
    expect_verdict(result, "KEY-LEN", "FAIL");
    assert_non_null(strstr(result->out, "1 failed, 0 warnings, 0 passed, 0 not checked, 0 waived"));
    file_write("broken.yaml", "name: own\nrules:\n  - id: KEY-LEN\n    severity: bad\n", 0644);
    result = CHECK("poor.cer", "--policy", "broken.yaml");
    expect_exit(result, 3);
    assert_non_null(strstr(result->err, "\"broken.yaml\", near line 4"));
}

static void what_cannot_be_judged_is_reported(void **state)
{
    (void)state;
    file_write("words.txt", "nothing of the kind\n", 0644);
    expect_golden(CHECK("none.cer"), 4, "check-none");
    expect_golden(CHECK("words.txt"), 3, "check-words");
    expect_golden(CHECK("tokens"), 3, "check-folder");
    expect_golden(CHECK("poor.cer", "--policy", "swom"), 2, "check-policy-unknown");
    expect_golden(CHECK("poor.cer", "--key", "a", "--no-token"), 2, "check-key-no-token");
    const run_result *unknown = CHECK("--key", "nobody", "--token", "servers", "--pin-source", "file:user.pin");

    expect_exit(unknown, 4);
    expect_contains(unknown, unknown->err, "`p11cert list` shows the keys on the token");
    expect_exit(CHECK("good.inf", "good.inf"), 2);
}

/* A CA's failure to log in is not a finding about the certificate. */
static void a_login_that_fails_is_not_a_finding(void **state)
{
    const run_result *result;

    (void)state;
    result = CHECK("poor.cer", "--token", "servers", "--pin-source", "file:so.pin");
    expect_exit(result, 5);
    assert_string_equal("", result->out);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_certificate_with_faults_fails_each_rule_it_breaks),
        cmocka_unit_test(an_inf_alone_is_judged),
        cmocka_unit_test(without_a_token_nothing_of_the_key_is_passed),
        cmocka_unit_test(a_certificate_whose_key_is_not_on_the_token_fails),
        cmocka_unit_test(a_key_alone_is_judged),
        cmocka_unit_test(a_key_alone_brings_its_certificate_and_chain_from_the_token),
        cmocka_unit_test(an_issuer_for_servers_only_is_found),
        cmocka_unit_test(every_certificate_is_judged_and_every_file_named),
        cmocka_unit_test(a_report_without_results_does_not_pass),
        cmocka_unit_test(all_keys_of_a_token_are_judged_with_one_login),
        cmocka_unit_test(a_key_without_a_certificate_does_not_pass),
        cmocka_unit_test(after_a_login_none_is_advised),
        cmocka_unit_test(a_key_and_a_certificate_that_do_not_belong_together_are_refused),
        cmocka_unit_test(an_empty_server_name_is_not_taken_for_none),
        cmocka_unit_test(a_profile_in_a_file_is_used),
        cmocka_unit_test(what_cannot_be_judged_is_reported),
        cmocka_unit_test(a_login_that_fails_is_not_a_finding),
    };

    return cmocka_run_group_tests(tests, make_world, world_remove);
}
