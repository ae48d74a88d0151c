/* SPDX-License-Identifier: Apache-2.0 */
/* p11cert crl: what is revoked stays revoked, judged by openssl and certtool. */
#include "harness.h"

#include <sys/syscall.h>
#include <sys/wait.h>

#define ISSUE(...) P11CERT("issue", "--token", "ca", __VA_ARGS__)
#define CRL(...)   P11CERT("crl", "--token", "ca", "--ca", "Root", "--out", "root.crl", __VA_ARGS__)
#define EC_KEY     "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"
#define URL        "http://pki.example.com/root.crl"

static char *serial_of(const char *file)
{
    const char *line = out_of(WORDS("openssl", "x509", "-in", file, "-noout", "-serial"));
    char *serial = strdup(strchr(line, '=') + 1);

    serial[strcspn(serial, "\n")] = '\0';
    return serial;
}

static char *first_serial;

static int make_certificates(void **state)
{
    (void)world_new_with_tokens(state);
    expect_exit(ISSUE("--self-signed", "--subject", "CN=Root,O=Bank", "--key-type", "ec-p384", "--out", "root.cer"), 0);
    (void)out_of(WORDS("openssl", "req", "-new", EC_KEY, "-keyout", "bare.key", "-subj", "/CN=a.example.com", "-addext",
                       "subjectAltName=DNS:a.example.com", "-out", "a.req"));
    expect_exit(ISSUE("a.req", "--ca", "Root", "--profile", "tls-server", "--crl-url", URL, "--out", "a.cer"), 0);
    expect_exit(ISSUE("a.req", "--ca", "Root", "--profile", "tls-server", "--crl-url", URL, "--out", "b.cer"), 0);
    first_serial = serial_of("a.cer");
    return 0;
}

static int remove_certificates(void **state)
{
    free(first_serial);
    return world_remove(state);
}

/* "1.cer: OK", or how it ends. */
static const run_result *verify(const char *check, const char *file)
{
    return RUN("openssl", "verify", check, "-CAfile", "root.cer", "-CRLfile", "root.crl", file);
}

__attribute__((format(printf, 1, 2))) static void write_list(const char *format, ...)
{
    char text[512];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    file_write("revoked", text, 0644);
}

static const char *crl_text(void)
{
    return out_of(WORDS("openssl", "crl", "-in", "root.crl", "-noout", "-text"));
}

/* The layout of openssl crl -text depends on the version. */
static long crl_number(void)
{
    const char *text = out_of(WORDS("openssl", "crl", "-in", "root.crl", "-noout", "-crlnumber"));

    assert_non_null(strchr(text, '='));
    return strtol(strchr(text, '=') + 1, NULL, 16);
}

static void start_anew(void)
{
    (void)remove("root.crl");
    expect_exit(CRL("--first"), 0);
}

static void the_previous_crl_must_be_named_or_first_given(void **state)
{
    (void)state;
    expect_golden(CRL("--next-update", "30d"), 2, "crl-no-previous");
    assert_false(file_exists("root.crl"));
    expect_golden(CRL("--first", "--next-update", "30d"), 0, "crl-first");
    expect_golden(CRL("--first"), 8, "crl-exists");
    expect_exit(verify("-crl_check_all", "a.cer"), 0);
    assert_non_null(strstr(crl_text(), "ecdsa-with-SHA384"));
    expect_exit(RUN("certtool", "--verify-crl", "--load-ca-certificate", "root.cer", "--infile", "root.crl"), 0);
}

static void a_revoked_certificate_is_refused_and_others_are_not(void **state)
{
    (void)state;
    start_anew();
    write_list("serial,time,reason,invalidity-date\n%s,2026-01-02T03:04:05Z,keyCompromise,2026-01-01\n", first_serial);
    expect_golden(CRL("--revoked", "revoked", "--force", "--url", URL), 0, "crl-revoked");
    const run_result *revoked = verify("-crl_check", "a.cer");

    expect_contains(revoked, revoked->err, "certificate revoked");
    expect_exit(verify("-crl_check", "b.cer"), 0);
    const char *text = crl_text();

    assert_non_null(strstr(text, "Key Compromise"));
    assert_non_null(strstr(text, "Issuing Distribution Point: critical"));
    assert_non_null(strstr(text, "Jan  2 03:04:05 2026 GMT"));
    assert_non_null(strstr(text, "Invalidity Date: \n                Jan  1 00:00:00 2026 GMT"));
}

static void what_was_revoked_does_not_vanish(void **state)
{
    (void)state;
    start_anew();
    write_list("{\"serial\":\"%s\",\"time\":\"2026-01-02\"}\n{\"serial\":\"0A\",\"time\":\"2026-01-02\"}\n",
               first_serial);
    expect_exit(CRL("--revoked", "revoked", "--force"), 0);
    expect_golden(CRL("--force"), 0, "crl-kept");
    const run_result *revoked = verify("-crl_check_all", "a.cer");

    expect_contains(revoked, revoked->err, "certificate revoked");
    /* Until the certificate had expired when the previous CRL was issued. */
    file_write("revoked", "revoked:\n  - serial: 0a\n    time: 2026-01-02\n    expires: 2026-01-03\n", 0644);
    expect_golden(CRL("--revoked", "revoked", "--force"), 0, "crl-expired");
    assert_null(strstr(crl_text(), "Serial Number: 0A"));
    assert_non_null(strstr(crl_text(), first_serial));
}

static void numbers_only_grow(void **state)
{
    (void)state;
    start_anew();
    for (long i = 2; i < 5; i++) {
        expect_exit(CRL("--force"), 0);
        assert_int_equal(i, crl_number());
    }
    expect_exit(P11CERT("crl", "--token", "ca", "--ca", "Root", "--previous", "root.crl", "--der", "--out", "next.crl"),
                0);
    assert_non_null(strstr(out_of(WORDS("openssl", "crl", "-inform", "DER", "-in", "next.crl", "-noout", "-crlnumber")),
                           "crlNumber=0x05"));
}

/* Without a log, the file to be replaced alone says that a later one exists. */
static void a_later_crl_is_not_replaced(void **state)
{
    (void)state;
    start_anew();
    (void)out_of(WORDS("cp", "root.crl", "old.crl"));
    expect_exit(CRL("--force"), 0);
    (void)out_of(WORDS("cp", "root.crl", "later.crl"));
    expect_golden(CRL("--previous", "old.crl", "--force"), 8, "crl-later");
    expect_golden(CRL("--first", "--force"), 8, "crl-not-first");
    expect_exit(RUN("cmp", "root.crl", "later.crl"), 0);
    /* The same one is not later, and neither are a CRL of another CA and what is not a CRL. */
    expect_exit(CRL("--previous", "later.crl", "--force"), 0);
    assert_int_equal(3, crl_number());
    (void)out_of(WORDS("sh", "-c",
                       "openssl req -x509 -newkey rsa:2048 -nodes -keyout soft.key -subj /CN=Root/O=Bank "
                       "-out soft.cer && : >index.txt && printf '[ca]\ndefault_ca=d\n[d]\ndatabase="
                       "index.txt\ndefault_md=sha256\ndefault_crl_days=7\n' >ca.cnf && openssl ca -config "
                       "ca.cnf -gencrl -keyfile soft.key -cert soft.cer -out root.crl"));
    expect_exit(CRL("--previous", "later.crl", "--force"), 0);
    file_write("root.crl", "-----BEGIN X509 CRL-----\n", 0644);
    expect_exit(CRL("--previous", "later.crl", "--force"), 0);
    assert_int_equal(3, crl_number());
}

static void a_hold_ends_and_nothing_else_does(void **state)
{
    (void)state;
    start_anew();
    write_list("serial,time,reason\n%s,2026-01-02,certificateHold\n0B,2026-01-02,superseded\n", first_serial);
    expect_exit(CRL("--revoked", "revoked", "--force"), 0);
    write_list("serial,time,reason\n%s,2026-01-02,removeFromCRL\n", first_serial);
    expect_golden(CRL("--revoked", "revoked", "--force"), 0, "crl-released");
    expect_exit(verify("-crl_check_all", "a.cer"), 0);
    write_list("serial,time,reason\n0B,2026-01-02,removeFromCRL\n");
    expect_golden(CRL("--revoked", "revoked", "--force"), 8, "crl-no-hold");
    assert_non_null(strstr(crl_text(), "Serial Number: 0B"));
}

static void the_previous_crl_must_be_of_the_same_ca(void **state)
{
    (void)state;
    start_anew();
    expect_exit(ISSUE("--self-signed", "--subject", "CN=Other", "--key-type", "ec-p256", "--out", "other.cer"), 0);
    expect_golden(P11CERT("crl", "--token", "ca", "--ca", "Other", "--previous", "root.crl", "--out", "other.crl"), 6,
                  "crl-other-ca");
    expect_exit(P11CERT("crl", "--token", "ca", "--ca", "Other", "--previous", "root.cer", "--out", "other.crl"), 3);
    assert_false(file_exists("other.crl"));
}

static void a_damaged_list_is_refused_by_line(void **state)
{
    static const char *const rows[][2] = {
        { "crl-list-serial", "serial,time\nxx,2026-01-01\n" },
        { "crl-list-column", "serial,tim\na,2026-01-01\n" },
        { "crl-list-twice", "serial,time\na,2026-01-01\n0A,2026-01-01\n" },
        { "crl-list-future", "serial,time\na,2999-01-01\n" },
        { "crl-list-reason", "serial,time,reason\na,2026-01-01,hold\n" },
        { "crl-list-quote", "serial,time\n\"a,2026-01-01\n" },
        { "crl-list-number", "{\"serial\":77,\"time\":\"2026-01-01\"}\n" },
        { "crl-list-json", "{\"serial\":\"77\",\"time\":\"2026-01-01\"}\n{\n" },
        { "crl-list-key", "revoked:\n  - serial: 0A\n    tme: 2026-01-01\n" },
        { "crl-list-unseen", "revoked:\n  # \u2066\n  - serial: 0A\n    time: 2026-01-01\n" },
        { "crl-list-missing", "{\"serial\":\"77\"}\n" },
    };

    (void)state;
    start_anew();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        file_write("revoked", rows[i][1], 0644);
        expect_golden(CRL("--revoked", "revoked", "--force"), 3, rows[i][0]);
    }
    assert_non_null(strstr(crl_text(), "No Revoked Certificates"));
}

/* OpenSSL's own CA, from the same list: the same certificates with the same reasons and dates. */
static void openssl_ca_says_the_same(void **state)
{
    char index[256];

    (void)state;
    start_anew();
    (void)out_of(
        WORDS("openssl", "req", "-x509", EC_KEY, "-keyout", "soft.key", "-subj", "/CN=Soft", "-out", "soft.cer"));
    (void)snprintf(index, sizeof index, "R\t301231000000Z\t260102030405Z,superseded\t%s\tunknown\t/CN=a\n",
                   first_serial);
    file_write("index.txt", index, 0644);
    file_write("crlnumber", "01\n", 0644);
    file_write("ca.cnf",
               "[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\ncrlnumber=crlnumber\ndefault_md=sha256\n"
               "default_crl_days=7\nprivate_key=soft.key\ncertificate=soft.cer\n",
               0644);
    (void)out_of(WORDS("openssl", "ca", "-config", "ca.cnf", "-gencrl", "-out", "soft.crl"));
    write_list("serial,time,reason\n%s,2026-01-02T03:04:05Z,superseded\n", first_serial);
    expect_exit(CRL("--revoked", "revoked", "--force"), 0);
    char *ours = strdup(strstr(crl_text(), "Revoked Certificates:"));
    const char *theirs =
        strstr(out_of(WORDS("openssl", "crl", "-in", "soft.crl", "-noout", "-text")), "Revoked Certificates:");
    size_t len = (size_t)(strstr(ours, "    Signature Algorithm") - ours);

    assert_memory_equal(ours, theirs, len);
    free(ours);
}

static bool has_ended(pid_t pid)
{
    siginfo_t info = { .si_pid = 0 };

    return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == pid;
}

/* The second one waits, and reads what the first one wrote. */
static void two_runs_at_once_draw_two_numbers(void **state)
{
    const run_order order = { .words = WORDS(P11CERT_PROGRAM, "crl", "--token", "ca", "--ca", "Root", "--force",
                                             "--out", "root.crl", "--module", FAULT_MODULE) };

    (void)state;
    start_anew();
    running first = run_start_with_fault(&order, "C_Sign=1 hold=120", "C_Sign", 1);
    running second = run_start(&(run_order){
        .words = WORDS(P11CERT_PROGRAM, "crl", "--token", "ca", "--ca", "Root", "--force", "--out", "root.crl") });

    WAIT_UNTIL(has_ended(second.pid) || is_blocked_in(second.pid, SYS_clock_nanosleep));
    gate_open();
    expect_exit(run_finish(&first), 0);
    expect_exit(run_finish(&second), 0);
    assert_int_equal(3, crl_number());
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_previous_crl_must_be_named_or_first_given),
        cmocka_unit_test(a_revoked_certificate_is_refused_and_others_are_not),
        cmocka_unit_test(what_was_revoked_does_not_vanish),
        cmocka_unit_test(numbers_only_grow),
        cmocka_unit_test(a_later_crl_is_not_replaced),
        cmocka_unit_test(a_hold_ends_and_nothing_else_does),
        cmocka_unit_test(the_previous_crl_must_be_of_the_same_ca),
        cmocka_unit_test(a_damaged_list_is_refused_by_line),
        cmocka_unit_test(openssl_ca_says_the_same),
        cmocka_unit_test(two_runs_at_once_draw_two_numbers),
    };

    return cmocka_run_group_tests(tests, make_certificates, remove_certificates);
}
