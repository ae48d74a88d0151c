/* SPDX-License-Identifier: Apache-2.0 */
/* Ed25519 keys, which only the signer "native" signs with: the whole life of a certificate, and what refuses such
 * keys. */
#include "harness.h"

#include <unistd.h>

#define NATIVELY(verb, ...) P11CERT(verb, "--signer", "native", "--token", "servers", __VA_ARGS__)

static int make_world(void **state)
{
    (void)world_new_with_tokens(state);
    (void)unsetenv("P11CERT_SIGNER");
    expect_exit(NATIVELY("issue", "--self-signed", "--subject", "CN=Root", "--key-type", "ed25519", "--out",
                         "root.cer"),
                0);
    expect_exit(NATIVELY("new", "--subject", "CN=server.contoso.com", "--dns", "server.contoso.com", "--key-type",
                         "ed25519", "--label", "server", "--out", "server.req"),
                0);
    expect_exit(NATIVELY("issue", "server.req", "--ca", "Root", "--out", "server.cer"), 0);
    expect_exit(NATIVELY("accept", "server.cer", "--chain", "root.cer"), 0);
    return 0;
}

static void openssl_verifies_what_ed25519_keys_signed(void **state)
{
    (void)state;
    expect_request_verifies("server.req");
    (void)out_of(WORDS("openssl", "verify", "-x509_strict", "-CAfile", "root.cer", "server.cer"));
    const char *text = out_of(WORDS("openssl", "x509", "-in", "server.cer", "-noout", "-text"));

    assert_int_equal(2, count_of(text, "Signature Algorithm: ED25519"));
    assert_int_equal(1, count_of(text, "Public Key Algorithm: ED25519"));
}

static void list_and_check_know_the_kind(void **state)
{
    (void)state;
    const run_result *result = NATIVELY("list", "--json");

    expect_exit(result, 0);
    assert_int_equal(2, count_of(result->out, "Ed25519"));
    result = NATIVELY("check", "server.cer", "--key", "server", "--policy", "hsm", "--json");
    expect_exit(result, 0);
    expect_contains(result, result->out, "the key is ED25519");
}

static void renewal_is_a_request_of_the_same_or_a_new_key(void **state)
{
    (void)state;
    expect_exit(NATIVELY("renew", "--key", "server", "--out", "renewed.req"), 0);
    expect_request_verifies("renewed.req");
    const run_result *result = NATIVELY("renew", "--key", "server", "--new-key", "--out", "new-key.req");

    expect_exit(result, 0);
    expect_contains(result, result->out, "Ed25519");
    expect_request_verifies("new-key.req");
}

/* OpenSSL has had Ed25519 in CMS since some version after 3.0. Either way nothing is written that does not verify. */
static void pkcs7_renewal_verifies_or_is_refused_by_the_version(void **state)
{
    (void)state;
    const run_result *result = NATIVELY("renew", "--key", "server", "--pkcs7", "--out", "signed.req");

    if (result->exit_code != 0) {
        expect_contains(result, result->err, "cannot make the PKCS#7 signature of a renewal with an Ed25519 key");
        assert_false(file_exists("signed.req"));
        return;
    }
    (void)out_of(WORDS("openssl", "cms", "-verify", "-noverify", "-binary", "-inform", "PEM", "-in", "signed.req",
                       "-out", "content.der"));
}

static void repair_proves_the_pairs(void **state)
{
    (void)state;
    const run_result *result = NATIVELY("repair", "--json");

    expect_exit(result, 0);
    expect_lacks(result, result->out, "repair.not-proved");
    expect_lacks(result, result->out, "repair.no-key");
}

static void key_from_a_file_is_imported_and_proved(void **state)
{
    (void)state;
    file_write("password", "correct horse Battery 9 staple\n", 0600);
    (void)out_of(WORDS("openssl", "req", "-x509", "-newkey", "ed25519", "-nodes", "-keyout", "file.key", "-out",
                       "file.cer", "-subj", "/CN=file.contoso.com"));
    (void)out_of(WORDS("openssl", "pkcs12", "-export", "-inkey", "file.key", "-in", "file.cer", "-passout",
                       "file:password", "-out", "file.pfx"));
    const run_result *result =
        NATIVELY("import", "file.pfx", "--password-source", "file:password", "--label", "from-file");

    expect_exit(result, 0);
    expect_contains(result, result->out, "Ed25519 key \"from-file\" imported");
    expect_contains(result, result->out, "signed a challenge, which verified with the certificate");
    result = NATIVELY("renew", "--key", "from-file", "--out", "from-file.req");
    expect_exit(result, 0);
    expect_request_verifies("from-file.req");
}

/* SoftHSM wraps no Edwards key. The advice for keys that are not exportable would not help. */
static void export_says_that_the_token_does_not_wrap_the_kind(void **state)
{
    (void)state;
    expect_exit(NATIVELY("new", "--subject", "CN=movable", "--key-type", "ed25519", "--exportable", "--label",
                         "movable", "--out", "movable.req"),
                0);
    expect_exit(NATIVELY("issue", "movable.req", "--ca", "Root", "--out", "movable.cer"), 0);
    expect_exit(NATIVELY("accept", "movable.cer"), 0);
    const run_result *result =
        NATIVELY("export", "--key", "movable", "--out", "movable.pfx", "--password-source", "file:password");

    expect_exit(result, 8);
    expect_contains(result, result->err, "token \"servers\" refuses to wrap the key \"movable\"");
    expect_contains(result, result->err, "CKR_KEY_NOT_WRAPPABLE");
    expect_lacks(result, result->err, "never be set back");
    assert_false(file_exists("movable.pfx"));
}

/* --- the engine --- */

static void engine_refuses_before_a_key_is_made(void **state)
{
    (void)state;
    only_with_engine();
    size_t keys = token_count("servers", "privkey");

    expect_golden(P11CERT("new", "--signer", "engine", "--token", "servers", "--subject", "CN=a", "--key-type",
                          "ed25519", "--out", "a.req"),
                  3, "ed25519-engine-new");
    expect_golden(P11CERT("issue", "--signer", "engine", "--token", "servers", "--self-signed", "--subject",
                          "CN=Second", "--key-type", "ed25519", "--out", "second.cer"),
                  3, "ed25519-engine-new");
    assert_false(file_exists("a.req"));
    assert_int_equal(keys, token_count("servers", "privkey"));
}

static void engine_refuses_to_sign_with_a_key_that_is_there(void **state)
{
    (void)state;
    only_with_engine();
    expect_golden(P11CERT("renew", "--signer", "engine", "--token", "servers", "--key", "server", "--out", "b.req"), 3,
                  "ed25519-engine-renew");
    assert_false(file_exists("b.req"));
}

static void engine_signs_with_other_keys_beside(void **state)
{
    (void)state;
    only_with_engine();
    expect_exit(P11CERT("new", "--signer", "engine", "--token", "servers", "--subject", "CN=beside", "--key-type",
                        "ec-p256", "--out", "beside.req"),
                0);
    expect_request_verifies("beside.req");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(openssl_verifies_what_ed25519_keys_signed),
        cmocka_unit_test(list_and_check_know_the_kind),
        cmocka_unit_test(repair_proves_the_pairs),
        cmocka_unit_test(renewal_is_a_request_of_the_same_or_a_new_key),
        cmocka_unit_test(pkcs7_renewal_verifies_or_is_refused_by_the_version),
        cmocka_unit_test(key_from_a_file_is_imported_and_proved),
        cmocka_unit_test(export_says_that_the_token_does_not_wrap_the_kind),
        cmocka_unit_test(engine_refuses_before_a_key_is_made),
        cmocka_unit_test(engine_refuses_to_sign_with_a_key_that_is_there),
        cmocka_unit_test(engine_signs_with_other_keys_beside),
    };

    return cmocka_run_group_tests(tests, make_world, world_remove);
}
