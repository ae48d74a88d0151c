/* SPDX-License-Identifier: Apache-2.0 */
/* p11cert issue --log, revoke and crl --log: what was signed is in the log, and nobody can change that unnoticed. */
#include "harness.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#define ISSUE(...)  P11CERT("issue", "--token", "ca", "--ca", "Root", "--issuance-log", "issued.log", __VA_ARGS__)
#define REVOKE(...) P11CERT("revoke", "--issuance-log", "issued.log", __VA_ARGS__)
#define CRL(...) \
    P11CERT("crl", "--token", "ca", "--ca", "Root", "--issuance-log", "issued.log", "--out", "root.crl", __VA_ARGS__)
#define EC_KEY "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"

static void make_request(const char *name)
{
    char request[32];
    char names[64];
    char subject[64];

    (void)snprintf(request, sizeof request, "%s.req", name);
    (void)snprintf(subject, sizeof subject, "/CN=%s.example.com", name);
    (void)snprintf(names, sizeof names, "subjectAltName=DNS:%s.example.com", name);
    (void)out_of(WORDS("openssl", "req", "-new", EC_KEY, "-keyout", "bare.key", "-subj", subject, "-addext", names,
                       "-out", request));
}

static int make_ca(void **state)
{
    (void)world_new_with_tokens(state);
    expect_exit(P11CERT("issue", "--token", "ca", "--self-signed", "--subject", "CN=Root", "--key-type", "ec-p256",
                        "--issuance-log", "issued.log", "--out", "root.cer"),
                0);
    make_request("a");
    make_request("b");
    expect_exit(ISSUE("a.req", "--profile", "tls-server", "--out", "a.cer"), 0);
    return 0;
}

/* Nothing is left of what it recorded: a CRL without it must not look complete. */
static void an_empty_log_is_not_the_source_of_a_crl(void **state)
{
    (void)state;
    file_write("empty.log", "", 0644);
    const run_result *result =
        P11CERT("crl", "--token", "ca", "--ca", "Root", "--issuance-log", "empty.log", "--first", "--out", "empty.crl");

    expect_exit(result, 3);
    expect_contains(result, result->err, "the issuance log \"empty.log\" is empty");
    assert_false(file_exists("empty.crl"));
}

/* Computed in another way: the digest of a line without its line end is the next one's "prev". */
static void expect_whole_chain(const char *log)
{
    (void)setenv("LOG", log, 1);
    (void)out_of(WORDS("sh", "-c",
                       "prev=$(printf '%064d' 0); while IFS= read -r line; do "
                       "[ \"$(printf %s \"$line\" | jq -r .prev)\" = \"$prev\" ] || exit 1; "
                       "prev=$(printf %s \"$line\" | sha256sum | cut -d' ' -f1); done <\"$LOG\""));
}

/* There is room for the first of the two lines, which is longer than 512 bytes, like the second. */
static void a_log_without_room_for_the_second_line_keeps_the_certificate_back(void **state)
{
    (void)state;
    make_request("late");
    const run_result *result = RUN(
        "sh", "-c",
        "cp issued.log full.log; blocks=$((($(stat -c %s full.log) + 1300) / 512)); "
        "{ (ulimit -f $blocks; exec \"$0\" issue --token ca --ca Root --issuance-log full.log late.req --out -) 2>&1; "
        "echo $? >code; } | cat >out; exit \"$(cat code)\"",
        P11CERT_PROGRAM);
    const char *out = out_of(WORDS("cat", "out"));

    expect_exit(result, 3);
    assert_non_null(strstr(out, "the CA has signed this certificate, which is not written because the issuance log"));
    assert_null(strstr(out, "BEGIN CERTIFICATE"));
    (void)out_of(WORDS("sh", "-c", "tail -n 1 full.log | jq -e '.kind == \"signing\"'"));
    expect_whole_chain("full.log");
}

static void the_chain_holds_for_sha256sum(void **state)
{
    (void)state;
    expect_whole_chain("issued.log");
    (void)out_of(WORDS("sh", "-c",
                       "serial=$(openssl x509 -in a.cer -noout -serial | cut -d= -f2 | tr A-Z a-z | sed 's/^0*//'); "
                       "jq -e --arg s \"$serial\" 'select(.body.serial | ltrimstr(\"0\") == $s)' issued.log"));
}

/* In the background of a shell. Two runs have the same request, for which only one of them may sign. */
static void runs_at_the_same_time_wait_for_each_other(void **state)
{
    (void)state;
    (void)setenv("P11CERT", P11CERT_PROGRAM, 1);
    for (int i = 1; i <= 3; i++) {
        make_request(i == 1 ? "p1" : i == 2 ? "p2" : "p3");
    }
    file_write("at-once.sh",
               "run() { \"$P11CERT\" \"$@\" >/dev/null 2>&1; echo \"$?\"; }\n"
               "issue() { run issue \"$1.req\" --token ca --ca Root --issuance-log many.log --out \"$2.cer\"; }\n"
               "cp issued.log many.log\n"
               "issue p1 p1 >1 & issue p2 p2 >2 & issue p3 p3 >3 & issue p3 p4 >4 &\n"
               "run crl --token ca --ca Root --issuance-log many.log --first --next-update 7d --out many.crl >5 &\n"
               "run revoke a.cer --issuance-log many.log >6 &\n"
               "wait; cat 1 2 5 6; sort 3 4; wc -l <many.log; ls p?.cer many.crl | wc -l\n"
               "jq -r 'select(.kind == \"issued\").body.serial' many.log | sort | uniq -d\n",
               0644);
    assert_string_equal(out_of(WORDS("sh", "-c", "wc -l <issued.log")), "4\n");
    assert_string_equal(out_of(WORDS("sh", "at-once.sh")), "0\n0\n0\n0\n0\n8\n13\n4\n");
    expect_whole_chain("many.log");
}

static void a_known_key_is_refused_unless_allowed(void **state)
{
    (void)state;
    expect_golden(ISSUE("a.req", "--profile", "tls-server", "--out", "again.cer"), 8, "log-known-key");
    assert_false(file_exists("again.cer"));
    expect_exit(ISSUE("a.req", "--profile", "tls-server", "--allow-known-key", "--out", "again.cer"), 0);
    expect_exit(P11CERT("issue", "a.req", "--token", "ca", "--ca", "Root", "--allow-known-key", "--out", "x.cer"), 2);
    /* Another CA's certificate for the key does not matter. */
    expect_exit(P11CERT("issue", "--token", "ca", "--self-signed", "--subject", "CN=Other", "--key-type", "ec-p256",
                        "--issuance-log", "issued.log", "--out", "other.cer"),
                0);
    expect_exit(P11CERT("issue", "a.req", "--token", "ca", "--ca", "Other", "--issuance-log", "issued.log", "--out",
                        "o.cer"),
                0);
}

static void what_is_revoked_in_the_log_is_on_the_crl(void **state)
{
    (void)state;
    expect_exit(ISSUE("b.req", "--profile", "tls-server", "--out", "b.cer"), 0);
    expect_golden(REVOKE("a.cer", "--reason", "keyCompromise", "--time", "2026-01-02", "--invalidity-date",
                         "2026-01-01"),
                  0, "log-revoke");
    expect_golden(REVOKE("a.cer", "--reason", "keyCompromise"), 0, "log-revoke-again");
    expect_golden(REVOKE("a.cer", "--reason", "superseded"), 8, "log-revoke-final");
    expect_golden(REVOKE("--serial", "77"), 4, "log-revoke-unknown");
    expect_exit(REVOKE("b.cer", "--reason", "certificateHold"), 0);
    expect_exit(CRL("--first"), 0);
    const run_result *revoked =
        RUN("openssl", "verify", "-crl_check", "-CAfile", "root.cer", "-CRLfile", "root.crl", "a.cer");

    expect_contains(revoked, revoked->err, "certificate revoked");
    assert_non_null(strstr(out_of(WORDS("openssl", "crl", "-in", "root.crl", "-noout", "-text")), "Certificate Hold"));
    expect_exit(REVOKE("b.cer", "--reason", "removeFromCRL"), 0);
    expect_exit(CRL("--force"), 0);
    expect_exit(RUN("openssl", "verify", "-crl_check", "-CAfile", "root.cer", "-CRLfile", "root.crl", "b.cer"), 0);
    expect_exit(CRL("--force"), 0); /* the hold is no longer on the previous CRL */
    expect_exit(REVOKE("b.cer", "--reason", "removeFromCRL", "--json"), 0);
    expect_exit(P11CERT("revoke", "a.cer", "--issuance-log", "none.log"), 4);
    assert_false(file_exists("none.log"));
    /* A log that cannot be examined is not reported as missing. */
    const run_result *closed = P11CERT("revoke", "a.cer", "--issuance-log", "a.cer/issued.log");

    expect_exit(closed, 3);
    expect_contains(closed, closed->err, "cannot open the issuance log");
    expect_lacks(closed, closed->err, "there is no issuance log");
    assert_false(file_exists("none.log"));
}

static void a_log_that_was_changed_is_refused(void **state)
{
    static const char *const changes[] = {
        "sed -i '3s/a.example/c.example/' changed.log", /* a text */
        "sed -i 2d changed.log",                        /* a line less */
        "sed -i '2{p}' changed.log",                    /* a line twice */
        "sed -i '1{h;d};2{G}' changed.log",             /* two lines in another order */
    };

    (void)state;
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        (void)out_of(WORDS("cp", "issued.log", "changed.log"));
        (void)out_of(WORDS("sh", "-c", changes[i]));
        const run_result *result = P11CERT("revoke", "b.cer", "--issuance-log", "changed.log");

        expect_exit(result, 6);
        expect_contains(result, result->err, "of the issuance log \"changed.log\" is not as it was written");
    }
}

/* Its certificate was not written out. */
static void an_incomplete_last_line_is_removed(void **state)
{
    size_t before = 0;
    size_t after = 0;

    (void)state;
    (void)file_read("issued.log", &before);
    (void)out_of(WORDS("sh", "-c", "printf '{\"at\":\"2026' >>issued.log"));
    expect_exit(REVOKE("a.cer", "--reason", "keyCompromise"), 0);
    (void)file_read("issued.log", &after);
    assert_int_equal(before, after);
}

static void nothing_is_issued_if_the_log_cannot_be_written(void **state)
{
    (void)state;
    make_request("d");
    expect_exit(P11CERT("issue", "d.req", "--token", "ca", "--ca", "Root", "--issuance-log", "/dev/full", "--out",
                        "d.cer"),
                3);
    expect_exit(P11CERT("issue", "d.req", "--token", "ca", "--ca", "Root", "--issuance-log", "none/issued.log", "--out",
                        "d.cer"),
                3);
    assert_false(file_exists("d.cer"));
}

static const char *last_line(const char *filter)
{
    static char command[256];

    (void)snprintf(command, sizeof command, "tail -n 1 issued.log | jq -r '%s'", filter);
    return out_of(WORDS("sh", "-c", command));
}

/* What is to be signed is on the disk before; the two lines name the same certificate. */
static void a_signature_has_two_lines_and_the_first_has_the_digest_of_the_signed_part(void **state)
{
    (void)state;
    make_request("e");
    expect_exit(ISSUE("e.req", "--profile", "tls-server", "--out", "e.cer"), 0);
    (void)out_of(
        WORDS("sh", "-c",
              "openssl x509 -in e.cer -outform DER -out e.der && "
              "openssl asn1parse -inform DER -in e.der -strparse 4 -noout -out e.tbs && "
              "digest=$(sha256sum <e.tbs | cut -d' ' -f1) && tail -n 2 issued.log | jq -se --arg d \"$digest\" "
              "'.[0].kind == \"signing\" and .[0].body.tbs_sha256 == $d and .[1].kind == \"issued\" and "
              ".[0].body.serial == .[1].body.serial'"));
}

/* Nobody knows whether the token signed: the next run says so, until the serial number is revoked. */
static void a_run_that_was_killed_while_the_token_signed_leaves_a_line_that_says_so(void **state)
{
    char serial[64];

    (void)state;
    make_request("f");
    const run_result *killed = run_with_fault(WORDS("issue", "f.req", "--token", "ca", "--ca", "Root", "--issuance-log",
                                                    "issued.log", "--out", "f.cer"),
                                              "C_Sign=1 kill=0");

    assert_int_equal(SIGKILL, killed->signal);
    assert_false(file_exists("f.cer"));
    assert_string_equal("signing\n", last_line(".kind"));
    (void)snprintf(serial, sizeof serial, "%s", last_line(".body.serial"));
    serial[strcspn(serial, "\n")] = '\0';

    const run_result *again = ISSUE("f.req", "--out", "f.cer");

    expect_exit(again, 0);
    expect_contains(again, again->err, serial);
    expect_contains(again, again->err, "does not record the outcome of");
    expect_exit(REVOKE("--serial", serial, "--reason", "superseded"), 0);
    const run_result *later = CRL("--force");

    expect_exit(later, 0);
    expect_lacks(later, later->err, "does not record the outcome of");
    assert_non_null(strstr(out_of(WORDS("sh", "-c", "openssl crl -in root.crl -noout -text | tr A-F a-f")), serial));
}

static void a_signature_that_the_token_refused_is_recorded_as_failed(void **state)
{
    (void)state;
    make_request("g");
    expect_exit(run_with_fault(WORDS("issue", "g.req", "--token", "ca", "--ca", "Root", "--issuance-log", "issued.log",
                                     "--out", "g.cer"),
                               "C_Sign=1+ return=0x30"),
                6);
    assert_string_equal("failed\n", last_line(".kind"));
    const run_result *again = ISSUE("g.req", "--out", "g.cer");

    expect_exit(again, 0);
    expect_lacks(again, again->err, "does not record the outcome of");
}

/* Two first CRLs, or a CRL file that was lost: the log knows. */
static void a_crl_number_continues_from_the_log(void **state)
{
    (void)state;
    (void)remove("root.crl");
    expect_exit(CRL("--first"), 0);
    const long before = strtol(last_line(".body.crl_number"), NULL, 10);

    (void)remove("root.crl");
    expect_exit(CRL("--first"), 0);
    assert_string_equal("crl\n", last_line(".kind"));
    assert_int_equal(before + 1, strtol(last_line(".body.crl_number"), NULL, 10));
    (void)out_of(WORDS("sh", "-c",
                       "digest=$(openssl crl -in root.crl -outform DER | sha256sum | cut -d' ' -f1); "
                       "tail -n 1 issued.log | jq -e --arg d \"$digest\" '.body.crl_sha256 == $d'"));
}

/* From a version that wrote no line before the signature. */
static void a_log_of_an_earlier_version_is_read_and_continued(void **state)
{
    (void)state;
    file_write("old.log", file_read(TEST_DATA_DIR "/issuance-log/0.1.jsonl", NULL), 0644);
    expect_exit(P11CERT("revoke", "--serial", "d76b274956a7896c941ab74326606dcb", "--issuance-log", "old.log",
                        "--reason", "superseded"),
                0);
    const run_result *again =
        P11CERT("issue", "b.req", "--token", "ca", "--ca", "Root", "--issuance-log", "old.log", "--out", "old.cer");

    expect_exit(again, 0);
    expect_lacks(again, again->err, "does not record the outcome of");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_chain_holds_for_sha256sum),
        cmocka_unit_test(runs_at_the_same_time_wait_for_each_other),
        cmocka_unit_test(an_empty_log_is_not_the_source_of_a_crl),
        cmocka_unit_test(a_known_key_is_refused_unless_allowed),
        cmocka_unit_test(what_is_revoked_in_the_log_is_on_the_crl),
        cmocka_unit_test(a_log_that_was_changed_is_refused),
        cmocka_unit_test(an_incomplete_last_line_is_removed),
        cmocka_unit_test(nothing_is_issued_if_the_log_cannot_be_written),
        cmocka_unit_test(a_signature_has_two_lines_and_the_first_has_the_digest_of_the_signed_part),
        cmocka_unit_test(a_run_that_was_killed_while_the_token_signed_leaves_a_line_that_says_so),
        cmocka_unit_test(a_signature_that_the_token_refused_is_recorded_as_failed),
        cmocka_unit_test(a_log_without_room_for_the_second_line_keeps_the_certificate_back),
        cmocka_unit_test(a_crl_number_continues_from_the_log),
        cmocka_unit_test(a_log_of_an_earlier_version_is_read_and_continued),
    };

    return cmocka_run_group_tests(tests, make_ca, world_remove);
}
