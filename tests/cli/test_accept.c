/* SPDX-License-Identifier: Apache-2.0 */
/* p11cert accept: binding, binding again, and certificates that do not belong. */
#include <signal.h>
#include <sys/wait.h>

#include "harness.h"

#define ACCEPT(...) P11CERT("accept", "--token", "servers", __VA_ARGS__)
#define FOREIGN_KEY "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "foreign.key"

/* A key "a" with its request, and a CA outside of any token, run by openssl. */
static int make_world(void **state)
{
    (void)world_new_with_token(state);
    expect_exit(P11CERT("new", "--token", "servers", "--subject", "CN=a", "--key-type", "ec-p256", "--out", "a.req"),
                0);
    (void)out_of(
        WORDS("openssl", "req", "-x509", FOREIGN_KEY, "-subj", "/CN=Outer Root", "-days", "30", "-out", "ca.pem"));
    (void)out_of(WORDS("openssl", "x509", "-req", "-in", "a.req", "-CA", "ca.pem", "-CAkey", "foreign.key",
                       "-set_serial", "0x11223344556677889900aabbccddeeff", "-days", "20", "-out", "a.pem"));
    (void)out_of(
        WORDS("openssl", "req", "-x509", FOREIGN_KEY, "-subj", "/CN=Other Root", "-days", "30", "-out", "other.pem"));
    return 0;
}

static void expect_certificates(size_t count)
{
    assert_int_equal(count, token_count("servers", "cert"));
}

static void a_certificate_for_another_key_is_refused(void **state)
{
    (void)state;
    expect_golden(ACCEPT("other.pem"), 4, "accept-other-key");
    expect_certificates(0);
}

static void a_chain_that_does_not_fit_is_refused(void **state)
{
    size_t calls = 0;

    (void)state;
    expect_golden(run_spied(WORDS("accept", "a.pem", "--chain", "other.pem", "--token", "servers"), "C_Login", &calls),
                  3, "accept-wrong-chain");
    assert_int_equal(0, calls);
    expect_certificates(0);
}

/* The file may hold the certificate of another CA, which issued none of the others either. */
static void the_certificate_of_a_key_on_the_token_is_the_one_to_bind(void **state)
{
    static const char *const orders[] = { "cat other.pem a.pem ca.pem", "cat other.pem ca.pem a.pem",
                                          "cat ca.pem a.pem other.pem", "cat other.pem a.pem" };

    (void)state;
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        char command[80];

        (void)snprintf(command, sizeof command, "mkdir -p fleet; %s >fleet/bundle.pem", orders[i]);
        (void)out_of(WORDS("sh", "-c", command));
        const run_result *result = ACCEPT("fleet/bundle.pem");

        if (i < 3) { /* in the last one its issuer is missing */
            expect_exit(result, 0);
            expect_contains(result, result->out, "chain verified: CN=a <- CN=Outer Root");
            expect_certificates(2);
            expect_exit(P11CERT("batch", "accept", "fleet", "--token", "servers"), 0);
        } else {
            expect_exit(result, 3);
            expect_contains(result, result->err, "does not chain up to the issuers given");
        }
    }
    (void)out_of(WORDS("sh", "-c", "cat other.pem ca.pem >fleet/bundle.pem"));
    expect_exit(ACCEPT("fleet/bundle.pem"), 4);
    expect_certificates(2);
}

static void what_is_not_a_certificate_is_refused(void **state)
{
    (void)state;
    (void)out_of(WORDS("sh", "-c",
                       "head -n 4 a.pem >cut.pem; sed 's/^MII/MIJ/' a.pem | head -c 300 >torn.pem; "
                       "printf -- '-----END CERTIFICATE-----\\n' >>torn.pem; "
                       "openssl x509 -in a.pem -outform DER | head -c 200 >cut.der; : >empty.pem"));
    expect_golden(ACCEPT("cut.pem"), 3, "accept-cut-pem");
    expect_exit(ACCEPT("torn.pem"), 3);
    expect_golden(ACCEPT("cut.der"), 3, "accept-cut-der");
    expect_golden(ACCEPT("empty.pem"), 3, "accept-empty");
    expect_golden(ACCEPT("a.req"), 3, "accept-request");
    expect_golden(ACCEPT("user.pin"), 3, "accept-text");
    expect_golden(ACCEPT("none.pem"), 4, "accept-none");
    expect_golden(ACCEPT("a.pem", "--chain", "cut.pem"), 3, "accept-cut-chain");
    expect_certificates(0);
}

static void without_a_chain_only_the_certificate_is_bound(void **state)
{
    (void)state;
    expect_golden(ACCEPT("a.pem"), 0, "accept-alone");
    expect_certificates(1);
}

static void binding_again_says_so_and_finishes_the_rest(void **state)
{
    (void)state;
    expect_golden(ACCEPT("a.pem", "--chain", "ca.pem"), 0, "accept-finished");
    expect_certificates(2);
    expect_golden(ACCEPT("a.pem", "--chain", "ca.pem"), 0, "accept-again");
    expect_certificates(2);
}

static void der_and_pkcs7_are_understood(void **state)
{
    (void)state;
    (void)out_of(WORDS("openssl", "x509", "-in", "a.pem", "-outform", "DER", "-out", "a.der"));
    (void)out_of(WORDS("openssl", "crl2pkcs7", "-nocrl", "-certfile", "a.pem", "-certfile", "ca.pem", "-out", "a.p7b"));
    expect_exit(ACCEPT("a.der"), 0);
    expect_golden(ACCEPT("a.p7b"), 0, "accept-pkcs7");
    expect_certificates(2);
}

static void a_renewed_certificate_is_bound_beside_the_old_one(void **state)
{
    (void)state;
    (void)out_of(WORDS("sh", "-c",
                       "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout k2 "
                       "-subj '/CN=Next Root' -days 30 -out next.pem; openssl x509 -req -in a.req -CA next.pem "
                       "-CAkey k2 -set_serial 0x22223344556677889900aabbccddeeff -days 20 -out a2.pem"));
    expect_golden(ACCEPT("a2.pem", "--chain", "next.pem"), 0, "accept-renewed");
    expect_certificates(4);
}

/* It stays as it is, so the report must not name the CKA_ID that it would have been given. */
static void an_issuer_is_reported_with_the_cka_id_that_it_has(void **state)
{
    (void)state;
    token_make("issuers");
    expect_exit(P11CERT("new", "--token", "issuers", "--subject", "CN=i", "--key-type", "ec-p256", "--out", "i.req"),
                0);
    (void)out_of(WORDS("sh", "-c",
                       "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout k3 -subj "
                       "'/CN=Root' -days 30 -out i-ca.pem && openssl x509 -in i-ca.pem -outform DER -out i-ca.der && "
                       "openssl x509 -req -in i.req -CA i-ca.pem -CAkey k3 -days 20 -out i.pem"));
    (void)out_of(WORDS("pkcs11-tool", "--module", SOFTHSM, "--token-label", "issuers", "--login", "--pin", USER_PIN,
                       "--write-object", "i-ca.der", "--type", "cert", "--id", "beef01", "--label", "by hand"));
    const run_result *result = P11CERT("accept", "i.pem", "--token", "issuers", "--chain", "i-ca.pem");

    expect_exit(result, 0);
    expect_contains(result, result->out, "CKA_ID beef01: already there");
    result = P11CERT("accept", "i.pem", "--token", "issuers", "--chain", "i-ca.pem", "--json");
    file_write("bound.json", result->out, 0644);
    expect_exit(RUN("jq", "-e", ".issuers[0].id == \"beef01\"", "bound.json"), 0);
    assert_int_equal(2, token_count("issuers", "cert"));
}

static void a_key_with_a_certificate_is_not_taken_for_a_half_finished_one(void **state)
{
    (void)state;
    expect_golden(P11CERT("new", "--token", "servers", "--subject", "CN=a", "--key-type", "ec-p256", "--out",
                          "a-new.req"),
                  8, "accept-then-new");
    assert_false(file_exists("a-new.req"));
    assert_int_equal(1, token_count("servers", "privkey"));
}

/* SoftHSM leaves an object without content where a signal cuts the writing of it. */
static void a_signal_waits_until_the_certificate_is_written(void **state)
{
    const run_order order = { .words = WORDS(P11CERT_PROGRAM, "accept", "--token", "servers", "cut.crt", "--module",
                                             FAULT_MODULE) };

    (void)state;
    expect_exit(P11CERT("new", "--token", "servers", "--subject", "CN=cut", "--key-type", "ec-p256", "--out",
                        "cut.req"),
                0);
    (void)out_of(WORDS("openssl", "x509", "-req", "-in", "cut.req", "-CA", "other.pem", "-CAkey", "foreign.key",
                       "-set_serial", "77", "-days", "20", "-out", "cut.crt"));
    size_t before = token_count("servers", "cert");
    running program = run_start_with_fault(&order, "C_CreateObject=1 hold=120", "C_CreateObject", 1);

    assert_int_equal(0, kill(program.pid, SIGINT));
    WAIT_UNTIL(holds_off(program.pid, SIGINT));
    assert_int_equal(0, waitpid(program.pid, NULL, WNOHANG));
    gate_open();
    assert_int_equal(SIGINT, run_finish(&program)->signal);
    expect_certificates(before + 1);
}

/* The same key with three CKA_IDs: which one gets the certificate is the user's choice. */
static void of_a_key_that_is_there_twice_one_is_named(void **state)
{
    static const char make[] =
        "openssl genpkey -algorithm $0 -pkeyopt $1 -out twin.key 2>/dev/null; "
        "openssl req -x509 -key twin.key -subj /CN=twin -days 9 -out twin.pem; for n in 1 2 3; do "
        "softhsm2-util --import twin.key --token servers --label $0-$n --id $2$n --pin " USER_PIN "; done >twin.log";
    static const struct {
        const char *algorithm;
        const char *option;
        const char *place;
        const char *second;
        const char *third;
        const char *third_says;
    } rows[] = {
        { "RSA", "rsa_keygen_bits:2048", "a", "RSA-2", "pkcs11:id=%a3", "the key \"RSA-3\"" },
        { "EC", "ec_paramgen_curve:P-256", "b", "EC-2", "pkcs11:id=%b3", "the key \"EC-3\"" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        (void)out_of(WORDS("sh", "-c", make, rows[i].algorithm, rows[i].option, rows[i].place));
        const run_result *result = ACCEPT("twin.pem");

        expect_exit(result, 4);
        expect_contains(result, result->err, "several private keys match \"CN=twin\"");
        expect_contains(result, result->err, "`p11cert accept CERTIFICATE --key ");
        result = ACCEPT("twin.pem", "--key", "a");
        expect_exit(result, 4);
        expect_contains(result, result->err, "no private key on token \"servers\" that \"a\" names belongs to");
        for (size_t run = 0; run < 2; run++) {
            result = ACCEPT("twin.pem", "--key", rows[i].third);
            expect_exit(result, 0);
            expect_contains(result, result->out, rows[i].third_says);
        }
        expect_exit(ACCEPT("twin.pem", "--key", rows[i].second), 0);
    }
    expect_exit(ACCEPT("a.pem", "--key", "a"), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_certificate_for_another_key_is_refused),
        cmocka_unit_test(a_chain_that_does_not_fit_is_refused),
        cmocka_unit_test(what_is_not_a_certificate_is_refused),
        cmocka_unit_test(without_a_chain_only_the_certificate_is_bound),
        cmocka_unit_test(binding_again_says_so_and_finishes_the_rest),
        cmocka_unit_test(der_and_pkcs7_are_understood),
        cmocka_unit_test(the_certificate_of_a_key_on_the_token_is_the_one_to_bind),
        cmocka_unit_test(a_renewed_certificate_is_bound_beside_the_old_one),
        cmocka_unit_test(an_issuer_is_reported_with_the_cka_id_that_it_has),
        cmocka_unit_test(a_key_with_a_certificate_is_not_taken_for_a_half_finished_one),
        cmocka_unit_test(a_signal_waits_until_the_certificate_is_written),
        cmocka_unit_test(of_a_key_that_is_there_twice_one_is_named),
    };

    return cmocka_run_group_tests(tests, make_world, world_remove);
}
