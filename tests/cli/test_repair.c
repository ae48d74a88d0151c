/* SPDX-License-Identifier: Apache-2.0 */
/* p11cert repair: what it shows, what it writes, and what pkcs11-tool finds afterwards. */
#include "harness.h"

#include <signal.h>

#define PKCS11_TOOL "pkcs11-tool", "--module", SOFTHSM, "--token-label", "servers", "--login", "--pin", USER_PIN

/* On "servers": key "a" with certificate, both as they ought to be. */
static int make_world(void **state)
{
    (void)world_new_with_tokens(state);
    expect_exit(P11CERT("new", "--token", "servers", "--subject", "CN=a", "--key-type", "ec-p256", "--out", "a.req"),
                0);
    expect_exit(P11CERT("issue", "--token", "ca", "--self-signed", "--subject", "CN=Root", "--key-type", "ec-p256",
                        "--out", "ca.cer"),
                0);
    expect_exit(P11CERT("issue", "a.req", "--token", "ca", "--ca", "Root", "--out", "a.cer"), 0);
    expect_exit(P11CERT("accept", "a.cer", "--chain", "ca.cer", "--token", "servers"), 0);
    return 0;
}

static void what_new_and_accept_made_needs_no_repair(void **state)
{
    (void)state;
    expect_golden(P11CERT("repair", "--token", "servers"), 0, "repair-well");
    expect_exit(P11CERT("repair", "--token", "ca", "--apply"), 0);
}

/* The key is not modifiable (p11cert made it), so the rest is fitted to it: its public key is gone from its place, and
 * the certificate was written by another tool without CKA_ID. */
static void a_damaged_pair_is_shown_then_repaired(void **state)
{
    const run_result *result;
    const char *before;

    (void)state;
    (void)out_of(WORDS(PKCS11_TOOL, "--delete-object", "--type", "cert", "--label", "a"));
    (void)out_of(WORDS("openssl", "x509", "-in", "a.cer", "-outform", "DER", "-out", "a.der"));
    (void)out_of(WORDS(PKCS11_TOOL, "--write-object", "a.der", "--type", "cert", "--label", "a"));
    (void)out_of(WORDS(PKCS11_TOOL, "--delete-object", "--type", "pubkey", "--label", "a"));
    before = token_objects("servers", "cert");
    expect_golden(P11CERT("repair", "--token", "servers"), 1, "repair-shown");
    assert_string_equal(before, token_objects("servers", "cert"));
    assert_int_equal(0, token_count("servers", "pubkey"));
    expect_golden(P11CERT("repair", "--token", "servers", "--apply"), 0, "repair-repaired");
    assert_int_equal(1, token_count("servers", "pubkey"));
    expect_exit(P11CERT("repair", "--token", "servers"), 0);
    result = P11CERT("list", "--token", "servers", "--json");
    expect_exit(result, 0);
    expect_contains(result, result->out, "\"belongs\": true");
}

/* Judged by another program: the private key signs, and openssl verifies with the public key that was written. While
 * there is one key: pkcs11-tool 0.23 signs with any key, whatever label it was given. */
static void the_public_key_that_was_written_verifies(void **state)
{
    (void)state;
    file_write("text", "0123456789abcdef0123456789abcdef", 0644);
    (void)out_of(WORDS(PKCS11_TOOL, "--sign", "--mechanism", "ECDSA", "--label", "a", "--input-file", "text",
                       "--output-file", "sig", "--signature-format", "openssl"));
    (void)out_of(WORDS(PKCS11_TOOL, "--read-object", "--type", "pubkey", "--label", "a", "--output-file", "pub.der"));
    (void)out_of(WORDS("openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", "pub.der", "-in", "text",
                       "-sigfile", "sig"));
}

static void two_keys_of_one_id_are_refused(void **state)
{
    const run_result *result;

    (void)state;
    token_make_key("servers", "x", "0a0b");
    token_make_key("servers", "y", "0a0b");
    expect_exit(P11CERT("repair", "--token", "servers"), 1);
    result = P11CERT("repair", "--token", "servers", "--apply");
    expect_exit(result, 8);
    expect_contains(result, result->out, "REFUSED");
    expect_contains(result, result->out, "[repair.shared-id]");
    expect_exit(P11CERT("repair", "--token", "servers", "--key", "x", "--apply"), 0);
    result = P11CERT("repair", "--token", "servers", "--json");
    expect_exit(result, 0);
    expect_contains(result, result->out, "\"refused\": 0");
    assert_int_equal(1, count_of(token_objects("servers", "privkey"), "ID:         0a0b\n"));
    assert_int_equal(1, count_of(token_objects("servers", "pubkey"), "ID:         0a0b\n"));
}

/* Each plans from what it has read; the one that comes too late finds the work done, or reports that. */
static void two_runs_at_once_do_not_spoil_the_token(void **state)
{
    const char *const words[] = { P11CERT_PROGRAM, "repair", "--token", "servers", "--apply", NULL };
    const run_order order = { .words = words };

    (void)state;
    token_make_key("servers", "pair", "0d0d");
    for (int i = 0; i < 5; i++) {
        (void)out_of(WORDS(PKCS11_TOOL, "--set-id", "0e0e", "--type", "pubkey", "--id", "0d0d"));
        running first = run_start(&order);
        running second = run_start(&order);
        const run_result *one = run_finish(&first);
        const run_result *other = run_finish(&second);

        /* 4: SoftHSM does not show a token to which another process is writing when it starts. 8: an object that the
         * other process was just writing is refused. */
        if (!strchr("0468", '0' + one->exit_code) || !strchr("0468", '0' + other->exit_code)) {
            fail_msg("%d %d\n%s%s%s%s", one->exit_code, other->exit_code, one->out, one->err, other->out, other->err);
        }
        expect_exit(P11CERT("repair", "--token", "servers", "--apply"), 0);
        expect_exit(P11CERT("repair", "--token", "servers"), 0);
        assert_int_equal(1, count_of(token_objects("servers", "pubkey"), "ID:         0d0d\n"));
    }
}

static void the_words_are_checked(void **state)
{
    (void)state;
    expect_exit(P11CERT("repair", "--token", "servers", "--key", "a", "--cert", "a.cer"), 2);
    expect_exit(P11CERT("repair", "--token", "servers", "--key", "nobody"), 4);
    expect_exit(P11CERT("repair", "--token", "servers", "--cert", "ca.cer"), 4);
    expect_exit(P11CERT("repair", "--token", "servers", "--cert", "none"), 4);
    expect_exit(P11CERT("repair", "--token", "servers", "--cert", "text"), 3);
    expect_exit(P11CERT("repair", "--token", "servers", "--cert", "a.cer"), 0);
}

static void showing_needs_one_login_and_writes_nothing(void **state)
{
    static const char *const words[] = { "repair", "--token", "servers", NULL };
    size_t calls = 0;

    (void)state;
    (void)run_spied(words, "C_Login", &calls);
    assert_int_equal(1, calls);
    (void)run_spied(words, "C_SetAttributeValue", &calls);
    assert_int_equal(0, calls);
}

/* As SoftHSM leaves it if it is killed while it creates an object. pkcs11-tool takes its missing class for 0. */
static void what_a_killed_program_left_is_named_stepped_over_and_removed(void **state)
{
    (void)state;
    (void)out_of(WORDS(
        "sh", "-c",
        "for token in tokens/*/; do printf '\\0\\0\\0\\0\\0\\0\\0\\1' >$token/left.object; : >$token/left.lock; done"));
    assert_int_equal(1, count_of(out_of(WORDS(PKCS11_TOOL, "--list-objects")), "Data object"));
    const run_result *result = P11CERT("doctor", "--token", "servers");

    expect_contains(result, result->out, "token.leftover");
    expect_contains(result, result->out, "1 empty object");
    result = P11CERT("list", "--token", "servers", "--json");
    expect_exit(result, 0);
    assert_int_equal(2, count_of(result->out, "\"belongs\""));
    expect_exit(P11CERT("new", "--token", "servers", "--key", "a", "--subject", "CN=a", "--out", "again.req"), 0);
    expect_exit(P11CERT("accept", "a.cer", "--token", "servers"), 0);
    expect_golden(P11CERT("repair", "--token", "servers"), 1, "repair-leftover");
    expect_golden(P11CERT("repair", "--token", "servers", "--apply"), 0, "repair-leftover-removed");
    assert_int_equal(0, count_of(out_of(WORDS(PKCS11_TOOL, "--list-objects")), "Data object"));
    result = P11CERT("doctor", "--token", "servers");
    expect_lacks(result, result->out, "token.leftover");
}

/* Without a lock, a run looks for the keys of other runs after it has made its own. */
static void expect_new_half(bool has_lock)
{
    char *lock = strdup(getenv("P11CERT_LOCK"));

    if (!has_lock) {
        assert_int_equal(0, setenv("P11CERT_LOCK", "/dev/null/none", 1));
    }
    expect_exit(P11CERT("new", "--token", "servers", "--subject", "CN=half", "--key-type", "ec-p256", "--out",
                        "half.req", "--force"),
                0);
    assert_int_equal(0, setenv("P11CERT_LOCK", lock, 1));
    free(lock);
}

/* The public key is whole by then. Before the last write the private key has label and CKA_ID, and some writes earlier
 * not even these: without a label it belongs to nobody, and with one it must not prevent the label from being used. */
static void a_key_without_key_material_is_stepped_over_and_removed(void **state)
{
    static const struct {
        unsigned missing;
        bool has_lock;
    } killed[] = { { 1, true }, { 10, true }, { 1, false } };
    unsigned writes = writes_in_call(WORDS("new", "--token", "servers", "--subject", "CN=counted", "--key-type",
                                           "ec-p256", "--out", "counted.req"),
                                     "C_GenerateKeyPair=1");

    (void)state;
    for (size_t i = 0; i < sizeof killed / sizeof *killed; i++) {
        char plan[64];
        size_t keys = token_count("servers", "privkey");

        (void)snprintf(plan, sizeof plan, "C_GenerateKeyPair=1 halfkill=%u", writes - killed[i].missing);
        const run_result *result = run_with_fault(WORDS("new", "--token", "servers", "--subject", "CN=half",
                                                        "--key-type", "ec-p256", "--out", "half.req", "--force"),
                                                  plan);
        assert_int_equal(SIGKILL, result->signal);
        assert_int_equal(keys + 1, token_count("servers", "privkey"));
        result = P11CERT("doctor", "--token", "servers");
        expect_contains(result, result->out, "1 empty object");
        result = P11CERT("list", "--token", "servers", "--json");
        assert_int_equal(keys, count_of(result->out, "\"extractable\": false"));
        expect_new_half(killed[i].has_lock);
        expect_exit(P11CERT("repair", "--token", "servers", "--apply"), 0);
        assert_int_equal(keys + 1, token_count("servers", "privkey"));
        assert_int_equal(keys + 1, token_count("servers", "pubkey"));
        expect_exit(P11CERT("retire", "--token", "servers", "--key", "half", "--yes"), 0);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_new_and_accept_made_needs_no_repair),
        cmocka_unit_test(a_damaged_pair_is_shown_then_repaired),
        cmocka_unit_test(the_public_key_that_was_written_verifies),
        cmocka_unit_test(what_a_killed_program_left_is_named_stepped_over_and_removed),
        cmocka_unit_test(a_key_without_key_material_is_stepped_over_and_removed),
        cmocka_unit_test(two_keys_of_one_id_are_refused),
        cmocka_unit_test(two_runs_at_once_do_not_spoil_the_token),
        cmocka_unit_test(the_words_are_checked),
        cmocka_unit_test(showing_needs_one_login_and_writes_nothing),
    };

    return cmocka_run_group_tests(tests, make_world, world_remove);
}
