/* SPDX-License-Identifier: Apache-2.0 */
/* p11cert issue: a root CA, certificates for requests, and requests that are not to be trusted. */
#include "harness.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#define ISSUE(...) P11CERT("issue", "--token", "ca", __VA_ARGS__)
#define EC_KEY     "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"

static int make_world(void **state)
{
    (void)world_new_with_tokens(state);
    expect_exit(ISSUE("--self-signed", "--subject", "CN=Root", "--key-type", "ec-p256", "--out", "ca.cer"), 0);
    (void)out_of(WORDS("openssl", "req", "-new", EC_KEY, "-keyout", "bare.key", "-subj", "/CN=bare.example.com", "-out",
                       "bare.req"));
    return 0;
}

static void a_root_that_is_there_is_written_out_again(void **state)
{
    (void)state;
    expect_golden(ISSUE("--self-signed", "--subject", "CN=Root", "--key-type", "ec-p256", "--out", "again.cer"), 0,
                  "issue-root-again");
    assert_string_equal(file_read("ca.cer", NULL), file_read("again.cer", NULL));
    assert_int_equal(1, token_count("ca", "privkey"));
    assert_int_equal(1, token_count("ca", "cert"));
}

/* A CA's signature is as strong as its key. */
static void the_digest_follows_the_key_of_the_ca(void **state)
{
    static const char *const rows[][3] = {
        { "rsa-2048", "sha256WithRSAEncryption", "R2" },
        { "ec-p256", "ecdsa-with-SHA256", "P2" },
        { "ec-p384", "ecdsa-with-SHA384", "P3" },
        { "ec-p521", "ecdsa-with-SHA512", "P5" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char subject[32];
        char root[32];
        char leaf[32];

        (void)snprintf(subject, sizeof subject, "CN=%s", rows[i][2]);
        (void)snprintf(root, sizeof root, "%s.root.cer", rows[i][2]);
        (void)snprintf(leaf, sizeof leaf, "%s.leaf.cer", rows[i][2]);
        expect_exit(ISSUE("--self-signed", "--subject", subject, "--key-type", rows[i][0], "--out", root), 0);
        expect_exit(ISSUE("bare.req", "--ca", rows[i][2], "--out", leaf), 0);
        assert_non_null(strstr(out_of(WORDS("openssl", "x509", "-in", root, "-noout", "-text")), rows[i][1]));
        assert_non_null(strstr(out_of(WORDS("openssl", "x509", "-in", leaf, "-noout", "-text")), rows[i][1]));
        (void)out_of(WORDS("openssl", "verify", "-CAfile", root, leaf));
    }
}

static void a_request_without_uses_gets_those_of_a_server_and_client(void **state)
{
    const char *text;

    (void)state;
    expect_golden(ISSUE("bare.req", "--ca", "Root", "--out", "bare.cer"), 0, "issue-bare");
    text = out_of(WORDS("openssl", "x509", "-in", "bare.cer", "-noout", "-text"));
    assert_non_null(strstr(text, "TLS Web Server Authentication, TLS Web Client Authentication"));
    assert_non_null(strstr(text, "X509v3 Key Usage: critical\n                Digital Signature\n"));
    (void)out_of(WORDS("openssl", "verify", "-x509_strict", "-CAfile", "ca.cer", "bare.cer"));
}

static void what_a_request_may_not_ask_for_is_left_out_and_named(void **state)
{
    const char *text;

    (void)state;
    (void)out_of(WORDS("openssl", "req", "-new", EC_KEY, "-keyout", "greedy.key", "-subj", "/CN=greedy.example.com",
                       "-addext", "basicConstraints=critical,CA:TRUE", "-addext",
                       "subjectAltName=DNS:greedy.example.com", "-addext", "nsComment=hello", "-out", "greedy.req"));
    const run_result *result = ISSUE("greedy.req", "--ca", "Root", "--out", "greedy.cer");

    expect_exit(result, 0);
    expect_contains(result, result->out, "requested but not included: ");
    expect_contains(result, result->out, "Netscape Comment");
    expect_contains(result, result->out, "Basic Constraints");
    text = out_of(WORDS("openssl", "x509", "-in", "greedy.cer", "-noout", "-text"));
    assert_non_null(strstr(text, "DNS:greedy.example.com"));
    assert_null(strstr(text, "CA:TRUE"));
    assert_null(strstr(text, "hello"));
}

/* Flip the lowest bit of the last byte, which belongs to the signature. */
static void change_last_byte(const char *path)
{
    FILE *file = fopen(path, "r+b");

    assert_non_null(file);
    assert_int_equal(0, fseek(file, -1, SEEK_END));
    int last = fgetc(file);

    assert_int_equal(0, fseek(file, -1, SEEK_END));
    assert_int_not_equal(EOF, fputc(last ^ 1, file));
    assert_int_equal(0, fclose(file));
}

static void a_request_that_was_changed_is_refused(void **state)
{
    (void)state;
    (void)out_of(WORDS("openssl", "req", "-in", "bare.req", "-outform", "DER", "-out", "changed.der"));
    change_last_byte("changed.der");
    expect_golden(ISSUE("changed.der", "--ca", "Root", "--out", "changed.cer"), 3, "issue-changed-request");
    assert_false(file_exists("changed.cer"));
}

static void a_weak_key_is_refused(void **state)
{
    (void)state;
    (void)out_of(WORDS("openssl", "req", "-new", "-newkey", "rsa:1024", "-nodes", "-keyout", "weak.key", "-subj",
                       "/CN=weak", "-out", "weak.req"));
    expect_golden(ISSUE("weak.req", "--ca", "Root", "--out", "weak.cer"), 3, "issue-weak-key");
    assert_false(file_exists("weak.cer"));
}

/* Two basic constraints, of a CA and of none. `openssl req` of OpenSSL 3.5 writes only one of them. */
static void write_request_with_two_constraints(const char *path)
{
    static const char *const constraints[] = { "CA:FALSE", "CA:TRUE" };
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509_REQ *csr = X509_REQ_new();
    X509_NAME *name = X509_NAME_new();
    STACK_OF(X509_EXTENSION) *twice = sk_X509_EXTENSION_new_null();

    assert_true(key && csr && name && twice);
    for (size_t i = 0; i < sizeof constraints / sizeof *constraints; i++) {
        assert_true(
            sk_X509_EXTENSION_push(twice, X509V3_EXT_conf_nid(NULL, NULL, NID_basic_constraints, constraints[i])));
    }
    assert_int_equal(1,
                     X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"twice", -1, -1, 0));
    assert_int_equal(1, X509_REQ_set_subject_name(csr, name));
    assert_int_equal(1, X509_REQ_set_pubkey(csr, key));
    assert_int_equal(1, X509_REQ_add_extensions(csr, twice));
    assert_true(X509_REQ_sign(csr, key, EVP_sha256()) > 0);
    FILE *out = fopen(path, "w");

    assert_true(out && PEM_write_X509_REQ(out, csr) == 1 && fclose(out) == 0);
    sk_X509_EXTENSION_pop_free(twice, X509_EXTENSION_free);
    X509_NAME_free(name);
    X509_REQ_free(csr);
    EVP_PKEY_free(key);
}

static void a_request_with_an_extension_twice_is_refused(void **state)
{
    (void)state;
    write_request_with_two_constraints("twice.req");
    const run_result *result = ISSUE("twice.req", "--ca", "Root", "--out", "twice.cer");

    expect_exit(result, 3);
    expect_contains(result, result->err, "has two extensions \"X509v3 Basic Constraints\"");
    assert_false(file_exists("twice.cer"));
}

/* Each is refused for its reason; unit/x509_weak_key has more keys. */
static void a_request_that_no_ca_should_sign_is_refused(void **state)
{
    static const struct {
        const char *request; /* for a shell */
        const char *says;
    } rows[] = {
        { "-newkey rsa:2048 -pkeyopt rsa_keygen_pubexp:3", "its RSA public exponent is 3, and 65537 is the least" },
        { "-newkey ec -pkeyopt ec_paramgen_curve:secp256k1", "its curve is secp256k1, and only P-256" },
        { "-key good.key -sha1", "is signed with SHA1" },
        { "-key good.key -md5", "is signed with MD5" },
    };

    (void)state;
    (void)out_of(WORDS("openssl", "genpkey", "-algorithm", "RSA", "-out", "good.key"));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char line[256];

        (void)snprintf(line, sizeof line, "openssl req -new -nodes -keyout odd.key -subj /CN=odd -out odd.req %s",
                       rows[i].request);
        (void)out_of(WORDS("sh", "-c", line));
        const run_result *result = ISSUE("odd.req", "--ca", "Root", "--out", "odd.cer");

        expect_exit(result, 3);
        expect_contains(result, result->err, rows[i].says);
        assert_false(file_exists("odd.cer"));
    }
    (void)out_of(WORDS("openssl", "req", "-new", "-key", "good.key", "-subj", "/CN=odd", "-out", "odd.req"));
    expect_exit(ISSUE("odd.req", "--ca", "Root", "--out", "odd.cer"), 0);
    assert_int_equal(0, remove("odd.cer"));
}

/* openssl verifies no such certificate. */
static void a_curve_without_a_name_is_refused(void **state)
{
    (void)state;
    (void)out_of(WORDS("openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-pkeyopt",
                       "ec_param_enc:explicit", "-out", "curve.key"));
    (void)out_of(WORDS("openssl", "req", "-new", "-key", "curve.key", "-subj", "/CN=curve", "-out", "curve.req"));
    const run_result *result = ISSUE("curve.req", "--ca", "Root", "--out", "curve.cer");

    expect_exit(result, 3);
    expect_contains(result, result->err, "gives the parameters of its curve, and not its name");
    assert_false(file_exists("curve.cer"));
}

static void what_is_not_a_request_is_refused(void **state)
{
    (void)state;
    expect_golden(ISSUE("ca.cer", "--ca", "Root", "--out", "a.cer"), 3, "issue-not-a-request");
    expect_exit(ISSUE("none.req", "--ca", "Root", "--out", "a.cer"), 4);
    expect_exit(ISSUE("tokens", "--ca", "Root", "--out", "a.cer"), 3);
    assert_false(file_exists("a.cer"));
}

static void a_certificate_that_is_not_a_cas_is_refused(void **state)
{
    (void)state;
    expect_golden(ISSUE("bare.req", "--ca", "Nobody", "--out", "a.cer"), 4, "issue-no-such-ca");
    token_make_key("ca", "plain", "77");
    expect_golden(ISSUE("bare.req", "--ca", "plain", "--out", "a.cer"), 4, "issue-ca-without-certificate");
    expect_golden(ISSUE("bare.req", "--ca", "Root", "--ca-cert", "bare.cer", "--out", "a.cer"), 3,
                  "issue-wrong-ca-certificate");
    expect_golden(ISSUE("bare.req", "--ca", "Root", "--days", "4000", "--out", "long.cer"), 0, "issue-clamped");
    assert_false(file_exists("a.cer"));
}

static void an_output_file_that_exists_is_refused_before_login(void **state)
{
    size_t calls = 0;

    (void)state;
    expect_golden(run_spied(WORDS("issue", "bare.req", "--token", "ca", "--ca", "Root", "--out", "ca.cer"), "C_Login",
                            &calls),
                  8, "issue-out-exists");
    assert_int_equal(0, calls);
}

/* As a playbook does on its second run. */
static void a_certificate_that_was_issued_is_not_issued_again(void **state)
{
    const run_result *result;
    size_t calls = 0;

    (void)state;
    expect_exit(ISSUE("bare.req", "--ca", "Root", "--out", "twice.cer"), 0);
    const char *before = file_read("twice.cer", NULL);

    result = run_spied(WORDS("issue", "bare.req", "--token", "ca", "--ca", "Root", "--out", "twice.cer", "--json"),
                       "C_Sign", &calls);
    expect_exit(result, 0);
    expect_contains(result, result->out, "\"changed\": false");
    assert_int_equal(0, calls);
    assert_string_equal(before, file_read("twice.cer", NULL));
    expect_golden(ISSUE("bare.req", "--ca", "Root", "--out", "twice.cer"), 0, "issue-unchanged");
}

static void a_file_with_another_certificate_is_still_refused(void **state)
{
    const char *before = file_read("twice.cer", NULL);

    (void)state;
    expect_golden(ISSUE("bare.req", "--ca", "Root", "--out", "twice.cer", "--days", "30"), 8, "issue-other-span");
    expect_exit(ISSUE("bare.req", "--ca", "Root", "--out", "ca.cer"), 8);
    expect_exit(ISSUE("--self-signed", "--subject", "CN=Never made", "--out", "twice.cer"), 8);
    assert_string_equal(before, file_read("twice.cer", NULL));
    assert_int_equal(0, count_of(token_objects("ca", "privkey"), "Never made"));
}

static void a_ca_that_was_made_is_not_made_again(void **state)
{
    const run_result *result;

    (void)state;
    expect_exit(ISSUE("--self-signed", "--subject", "CN=Second run", "--key-type", "ec-p256", "--out", "run-again.cer"),
                0);
    result = ISSUE("--self-signed", "--subject", "CN=Second run", "--key-type", "ec-p256", "--out", "run-again.cer",
                   "--json");
    expect_exit(result, 0);
    expect_contains(result, result->out, "\"changed\": false");
    expect_exit(ISSUE("--self-signed", "--subject", "CN=Second run", "--key-type", "ec-p384", "--out", "run-again.cer"),
                8);
    assert_int_equal(1, count_of(token_objects("ca", "privkey"), "Second run"));
}

static void serial_numbers_differ_and_are_long(void **state)
{
    const char *first;
    const char *second;

    (void)state;
    expect_exit(ISSUE("bare.req", "--ca", "Root", "--out", "second.cer"), 0);
    first = out_of(WORDS("openssl", "x509", "-in", "bare.cer", "-noout", "-serial"));
    second = out_of(WORDS("openssl", "x509", "-in", "second.cer", "-noout", "-serial"));
    assert_string_not_equal(first, second);
    assert_true(strlen(first) > strlen("serial=") + 24);
}

static void only_the_certificate_is_on_standard_output(void **state)
{
    const run_result *result;

    (void)state;
    result = ISSUE("bare.req", "--ca", "Root", "--out", "-");
    expect_exit(result, 0);
    assert_int_equal(0, strncmp(result->out, "-----BEGIN CERTIFICATE-----\n", 28));
    assert_string_equal("-----END CERTIFICATE-----\n", strstr(result->out, "-----END CERTIFICATE-----"));
    expect_contains(result, result->err, "certificate issued to CN=bare.example.com");
}

static void a_full_disk_says_what_the_token_has(void **state)
{
    (void)state;
    const run_result *result =
        ISSUE("--self-signed", "--subject", "CN=Full", "--key-type", "ec-p256", "--out", "/dev/full");

    expect_exit(result, 3);
    expect_contains(result, result->err, "the CA \"Full\" and its certificate are on token \"ca\" and stay there");
    expect_exit(ISSUE("--self-signed", "--subject", "CN=Full", "--key-type", "ec-p256", "--out", "full.cer"), 0);
    assert_int_equal(1, count_of(token_objects("ca", "cert"), "label:      Full"));
    result = ISSUE("bare.req", "--ca", "Root", "--out", "/dev/full");
    expect_exit(result, 3);
    expect_contains(result, result->err, "was issued, but not written, and is lost");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_root_that_is_there_is_written_out_again),
        cmocka_unit_test(the_digest_follows_the_key_of_the_ca),
        cmocka_unit_test(a_request_without_uses_gets_those_of_a_server_and_client),
        cmocka_unit_test(what_a_request_may_not_ask_for_is_left_out_and_named),
        cmocka_unit_test(a_request_that_was_changed_is_refused),
        cmocka_unit_test(a_weak_key_is_refused),
        cmocka_unit_test(a_request_with_an_extension_twice_is_refused),
        cmocka_unit_test(a_request_that_no_ca_should_sign_is_refused),
        cmocka_unit_test(a_curve_without_a_name_is_refused),
        cmocka_unit_test(what_is_not_a_request_is_refused),
        cmocka_unit_test(a_certificate_that_is_not_a_cas_is_refused),
        cmocka_unit_test(an_output_file_that_exists_is_refused_before_login),
        cmocka_unit_test(a_certificate_that_was_issued_is_not_issued_again),
        cmocka_unit_test(a_file_with_another_certificate_is_still_refused),
        cmocka_unit_test(a_ca_that_was_made_is_not_made_again),
        cmocka_unit_test(serial_numbers_differ_and_are_long),
        cmocka_unit_test(only_the_certificate_is_on_standard_output),
        cmocka_unit_test(a_full_disk_says_what_the_token_has),
    };

    return cmocka_run_group_tests(tests, make_world, world_remove);
}
