/* SPDX-License-Identifier: Apache-2.0 */
/* p11cert explain: words of logs, CAs and reports; files that it writes. */
#include "harness.h"

#define EXPLAIN(...) P11CERT("explain", __VA_ARGS__)

/* The events that Microsoft's page names, and those that follow from them. */
static void each_event_has_a_meaning_and_a_remedy(void **state)
{
    static const char *const events[] = { "20049", "20050", "20051", "20052", "20053", "20057", "20066", "20068",
                                          "20069", "20070", "20071", "20072", "20077", "21001", "21002", "21005",
                                          "21006", "21007", "21016", "21021", "21022", "21036" };

    (void)state;
    for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
        const run_result *result = EXPLAIN(events[i]);

        expect_exit(result, 0);
        expect_contains(result, result->out, events[i]);
        expect_contains(result, result->out, "meaning:\n    ");
        expect_contains(result, result->out, "what to do:\n    ");
    }
    expect_golden(EXPLAIN("20071"), 0, "explain-event");
}

/* A rule that an event names exists, and is explained by the row of the document. */
static void each_rule_is_explained(void **state)
{
    (void)state;
    expect_golden(EXPLAIN("EXP-3", "--json"), 0, "explain-rule-json");
    (void)out_of(WORDS("sh", "-ec",
                       P11CERT_PROGRAM
                       " check --list-rules --json | jq -r '.rules[].id' > ids; [ $(wc -l < ids) -gt 50 ]\n"
                       "for id in $(cat ids); do " P11CERT_PROGRAM " explain $id > one; "
                       "grep -q '^requirement:' one; grep -q '^what to do:' one; done\n"
                       "for e in $(seq 20049 20077) $(seq 21001 21036); do " P11CERT_PROGRAM
                       " explain $e --json 2> err | jq -r '.rules // empty'; done | tr ' ' '\\n' | "
                       "while read id; do grep -qx \"$id\" ids; done"));
}

static void each_finding_is_explained(void **state)
{
    (void)state;
    expect_golden(EXPLAIN("inf.open-quote"), 0, "explain-finding");
    (void)out_of(WORDS("sh", "-ec",
                       "sed -n 's/^| `\\(inf[.][a-z0-9-]*\\)` .*/\\1/p' " INF_FINDINGS
                       " > ids; [ $(wc -l < ids) -ge 50 ]\n"
                       "for id in $(cat ids); do " P11CERT_PROGRAM " explain $id > one; "
                       "grep -q '^meaning:' one; grep -q '^what to do:' one; grep -q '^severity:' one; done"));
    expect_exit(EXPLAIN("inf.unknown-key", "--json"), 0);
}

static void a_code_of_a_ca_is_explained(void **state)
{
    (void)state;
    expect_golden(EXPLAIN("0x80094800"), 0, "explain-code");
    expect_exit(EXPLAIN("80094800"), 0);
    expect_exit(EXPLAIN("0X800B0109"), 0);
}

static void a_word_that_is_not_known_is_refused(void **state)
{
    static const char *const words[] = { "99999", "0x80094fff", "ZZ-9",      "2007",
                                         "exp-3", "EXP-3 ",     "0x8009480", "inf.no-such-finding" };

    (void)state;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        expect_exit(EXPLAIN(words[i]), 4);
    }
    expect_golden(EXPLAIN("99999"), 4, "explain-unknown-event");
    /* A file of that name comes first. */
    file_write("20071", "[NewRequest]\nSubject = \"CN=a\"\n", 0644);
    const run_result *result = EXPLAIN("20071");

    expect_exit(result, 0);
    expect_contains(result, result->out, "a certificate request");
}

/* --- files --- */

static void a_written_file_has_no_findings(void **state)
{
    const run_result *result;

    (void)state;
    expect_exit(EXPLAIN("--write", "scom", "--fqdn", "server.contoso.com", "--out", "scom.inf"), 0);
    (void)out_of(WORDS("sh", "-ec",
                       P11CERT_PROGRAM " explain scom.inf --json | jq -e '.findings == [] and .request.key "
                                       "== {algorithm: \"RSA\", bits: 2048, spec: 1}' >checked"));
    expect_exit(P11CERT("new", "scom.inf", "--token", "servers", "--out", "scom.req"), 0);
    expect_request_verifies("scom.req");
    expect_exit(P11CERT("check", "scom.inf", "scom.req", "--fqdn", "server.contoso.com", "--policy", "scom",
                        "--no-token"),
                0);
    result = EXPLAIN("--write", "scom", "--fqdn", "server.contoso.com", "--out", "scom.inf", "--json");
    expect_exit(result, 0);
    expect_contains(result, result->out, "\"changed\": false");
    expect_exit(EXPLAIN("--write", "scom", "--fqdn", "other.contoso.com", "--out", "scom.inf"), 8);
    expect_exit(EXPLAIN("--write", "scom", "--fqdn", "other.contoso.com", "--out", "scom.inf", "--force"), 0);
    expect_golden(EXPLAIN("--write", "scom", "--fqdn", "server.contoso.com"), 0, "explain-write");
    expect_exit(EXPLAIN("--write", "scom", "--fqdn", "a\" b"), 2);
    expect_exit(EXPLAIN("--write", "scom"), 2);
    expect_exit(EXPLAIN("--write", "other", "--fqdn", "a.b"), 2);
    expect_exit(EXPLAIN("scom.inf", "--write", "scom", "--fqdn", "a.b"), 2);
}

static void a_fixed_file_keeps_comments_and_order(void **state)
{
    static const char faulty[] = "; first comment\r\n[NewRequest]\r\nSubject = \"CN=server.contoso.com\" ; who\r\n"
                                 "Key Exportable = TRUE ; moves once\r\n\r\n; before the length\r\nKeyLength = 2048\r\n"
                                 "KeySpec = 1\r\nProviderName = \"Microsoft RSA SChannel Cryptographic Provider and "
                                 "Microsoft Enhanced Cryptographic Provider v1.0\"\r\nProviderType = 12\r\n; last\r\n";
    static const char fixed[] = "; first comment\r\n[NewRequest]\r\nSubject = \"CN=server.contoso.com\" ; who\r\n"
                                "Exportable = TRUE ; moves once\r\n\r\n; before the length\r\nKeyLength = 2048\r\n"
                                "KeySpec = 1\r\nProviderName = \"Microsoft RSA SChannel Cryptographic Provider\"\r\n"
                                "ProviderType = 12\r\n; last\r\n";
    size_t len = 0;

    (void)state;
    file_write("faulty.inf", faulty, 0644);
    expect_golden(EXPLAIN("faulty.inf", "--fix", "fixed.inf"), 0, "explain-fix");
    assert_string_equal(fixed, file_read("fixed.inf", &len));
    /* Nothing is left to fix, and a second run writes nothing. */
    const run_result *result = EXPLAIN("faulty.inf", "--fix", "fixed.inf", "--json");

    expect_contains(result, result->out, "\"changed\": false");
    result = EXPLAIN("fixed.inf", "--fix", "-");
    expect_exit(result, 0);
    assert_string_equal(fixed, result->out);
    expect_exit(EXPLAIN("faulty.inf", "--fix", "faulty.inf"), 8);
    expect_exit(EXPLAIN("nowhere.inf", "--fix", "new.inf"), 4);
    assert_false(file_exists("new.inf"));
}

/* Decisions that only the author can make are reported, and the file is written anyway. */
static void what_cannot_be_fixed_is_reported(void **state)
{
    const run_result *result;

    (void)state;
    file_write("hash.inf", "[NewRequest]\nSubject = \"CN=a\"\nHashAlgorithm = MD5\nKey Exportable = TRUE\n", 0644);
    result = EXPLAIN("hash.inf", "--fix", "hash-fixed.inf");
    expect_exit(result, 1);
    expect_contains(result, result->out, "fixed: line 4 [inf.unknown-key]");
    expect_contains(result, result->out, "left:  line 3 [");
    expect_contains(result, result->out, "`p11cert new` still refuses it");
    result = EXPLAIN("hash.inf", "--fix", "hash-fixed.inf", "--json");
    expect_exit(result, 1);
    expect_contains(result, result->out, "\"accepted\": false");
    expect_contains(result, result->out, "\"status\": \"finding\"");
    result = EXPLAIN("hash.inf", "--fix", "-");
    expect_exit(result, 1);
    expect_contains(result, result->err, "`p11cert new` still refuses it");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_event_has_a_meaning_and_a_remedy),
        cmocka_unit_test(each_rule_is_explained),
        cmocka_unit_test(each_finding_is_explained),
        cmocka_unit_test(a_code_of_a_ca_is_explained),
        cmocka_unit_test(a_word_that_is_not_known_is_refused),
        cmocka_unit_test(a_written_file_has_no_findings),
        cmocka_unit_test(a_fixed_file_keeps_comments_and_order),
        cmocka_unit_test(what_cannot_be_fixed_is_reported),
    };

    return cmocka_run_group_tests_name("cli/explain_words", tests, world_new_with_token, world_remove);
}
