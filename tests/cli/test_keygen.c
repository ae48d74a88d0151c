/* SPDX-License-Identifier: Apache-2.0 */
/* p11cert keygen: each type and use, as pkcs11-tool sees it; and a second run. */
#include "harness.h"

#define KEYGEN(...) P11CERT("keygen", "--token", "servers", __VA_ARGS__)

/* What pkcs11-tool prints about one object, from its label to the next object. */
static const char *object_of(const char *type, const char *label)
{
    const char *all = token_objects("servers", type);
    char line[64];

    (void)snprintf(line, sizeof line, "label:      %s\n", label);
    const char *found = strstr(all, line);

    assert_non_null(found);
    const char *end = strstr(found, "Object;");
    static char text[2048];

    (void)snprintf(text, sizeof text, "%.*s", end ? (int)(end - found) : (int)strlen(found), found);
    return text;
}

static const struct {
    const char *label;
    const char *type;
    const char *use;
    const char *private_usage; /* as pkcs11-tool says it */
    const char *public_usage;
} pairs[] = {
    { "signs-rsa", "rsa-2048", "sign", "Usage:      sign\n", "Usage:      verify\n" },
    { "decrypts-rsa", "rsa-2048", "decrypt", "Usage:      decrypt\n", "Usage:      encrypt\n" },
    { "wraps-rsa", "rsa-2048", "wrap", "Usage:      unwrap\n", "Usage:      wrap\n" },
    { "signs-ec", "ec-p256", "sign", "Usage:      sign\n", "Usage:      verify\n" },
    { "signs-ed", "ed25519", "sign", "Usage:      sign\n", "Usage:      verify\n" },
    { "a-ca", "ec-p384", "ca", "Usage:      sign\n", "Usage:      verify\n" },
    { "agrees-ec", "ec-p521", "decrypt", "Usage:      derive\n", "Usage:      none\n" },
};

static void a_pair_may_do_one_thing_only(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        const run_result *result =
            KEYGEN("--label", pairs[i].label, "--key-type", pairs[i].type, "--use", pairs[i].use);

        expect_exit(result, 0);
        expect_contains(result, result->out, "proof:");
        expect_contains(result, object_of("privkey", pairs[i].label), pairs[i].private_usage);
        expect_contains(result, object_of("privkey", pairs[i].label), "never extractable");
        if (strcmp(pairs[i].public_usage, "Usage:      none\n") != 0) {
            expect_contains(result, object_of("pubkey", pairs[i].label), pairs[i].public_usage);
        }
    }
}

static void an_aes_key_encrypts_or_wraps(void **state)
{
    const run_result *result;

    (void)state;
    expect_golden(KEYGEN("--label", "cipher", "--key-type", "aes-256"), 0, "keygen-aes");
    result = KEYGEN("--label", "wrapper", "--key-type", "aes-128", "--use", "wrap", "--json");
    expect_golden(result, 0, "keygen-aes-json");
    expect_contains(result, object_of("secrkey", "cipher"), "Usage:      encrypt, decrypt\n");
    expect_contains(result, object_of("secrkey", "cipher"), "always sensitive, never extractable, local");
    expect_contains(result, object_of("secrkey", "wrapper"), "Usage:      wrap, unwrap\n");
}

static void a_second_run_changes_nothing(void **state)
{
    size_t calls = 0;
    const run_result *result;

    (void)state;
    result = run_spied(WORDS("keygen", "--token", "servers", "--label", "signs-rsa", "--key-type", "rsa-2048"),
                       "C_GenerateKeyPair", &calls);
    expect_golden(result, 0, "keygen-again");
    assert_int_equal(0, calls);
    result = run_spied(WORDS("keygen", "--token", "servers", "--label", "cipher", "--key-type", "aes-256", "--json"),
                       "C_GenerateKey", &calls);
    expect_exit(result, 0);
    expect_contains(result, result->out, "\"changed\": false");
    assert_int_equal(1, calls); /* the temporary key of the proof */
}

static void a_key_of_that_label_that_is_another_is_refused(void **state)
{
    (void)state;
    expect_golden(KEYGEN("--label", "signs-rsa", "--key-type", "rsa-2048", "--use", "decrypt"), 8, "keygen-other-use");
    expect_exit(KEYGEN("--label", "signs-rsa", "--key-type", "rsa-2048", "--id", "c1"), 8);
    expect_exit(KEYGEN("--label", "signs-rsa", "--key-type", "ec-p256"), 8);
    expect_exit(KEYGEN("--label", "signs-ec", "--key-type", "ec-p256", "--exportable"), 8);
    expect_golden(KEYGEN("--label", "cipher", "--key-type", "aes-128"), 8, "keygen-other-length");
    expect_exit(KEYGEN("--label", "cipher", "--key-type", "aes-256", "--use", "wrap"), 8);
    expect_exit(KEYGEN("--label", "cipher", "--key-type", "aes-256", "--exportable"), 8);
    assert_int_equal(1, count_of(token_objects("servers", "secrkey"), "label:      cipher\n"));
}

static void what_a_type_cannot_do_is_refused(void **state)
{
    (void)state;
    expect_exit(KEYGEN("--label", "no", "--key-type", "ec-p256", "--use", "wrap"), 2);
    expect_exit(KEYGEN("--label", "no", "--key-type", "ed25519", "--use", "decrypt"), 2);
    expect_exit(KEYGEN("--label", "no", "--key-type", "aes-256", "--use", "sign"), 2);
    expect_exit(KEYGEN("--label", "no", "--key-type", "aes-256", "--id", "c1"), 2);
    expect_exit(KEYGEN("--label", "no", "--key-type", "ec-p256", "--id", "c"), 2);
    expect_exit(KEYGEN("--label", "no", "--key-type", "ec-p256", "--id", ""), 2);
    expect_exit(KEYGEN("--label", "no", "--key-type", "aes-512"), 2);
    expect_exit(KEYGEN("--label", "", "--key-type", "aes-256"), 2);
    expect_exit(KEYGEN("--label", "no", "--key-type", "aes-256", "--tolerate", "extractable"), 2);
    expect_exit(KEYGEN("--key-type", "aes-256"), 2);
    expect_lacks(KEYGEN("--help"), token_objects("servers", "privkey"), "label:      no\n");
}

static void the_cka_id_can_be_stated_and_is_nobody_elses(void **state)
{
    static const char *const order[] = { "keygen", "--token",    "servers", "--label", "stated", "--id",
                                         "c1c2",   "--key-type", "ec-p256", "--json",  NULL };
    size_t calls = 0;

    (void)state;
    expect_exit(KEYGEN("--label", "stated", "--id", "c1c2", "--key-type", "ec-p256"), 0);
    assert_int_equal(1, count_of(token_objects("servers", "privkey"), "ID:         c1c2\n"));
    assert_int_equal(1, count_of(token_objects("servers", "pubkey"), "ID:         c1c2\n"));
    const run_result *result = run_spied(order, "C_GenerateKeyPair", &calls);

    expect_exit(result, 0);
    expect_contains(result, result->out, "\"changed\": false");
    assert_int_equal(0, calls);
    expect_exit(KEYGEN("--label", "second", "--id", "c1c2", "--key-type", "ec-p256"), 8);
    expect_lacks(result, token_objects("servers", "privkey"), "label:      second\n");
}

static void an_exportable_key_is_not_tried(void **state)
{
    const run_result *result;

    (void)state;
    result = KEYGEN("--label", "leaves", "--key-type", "ec-p256", "--exportable");
    expect_exit(result, 0);
    expect_contains(result, result->out, "EXPORTABLE");
    expect_lacks(result, result->out, "proof:");
}

/* The keys are for the other verbs. */
static void new_and_issue_take_such_a_key(void **state)
{
    (void)state;
    expect_exit(P11CERT("issue", "--self-signed", "--token", "servers", "--key-type", "ec-p384", "--subject", "CN=a-ca",
                        "--out", "ca.cer"),
                0);
    assert_int_equal(1, count_of(token_objects("servers", "privkey"), "label:      a-ca\n"));
    expect_exit(P11CERT("new", "--token", "servers", "--key", "signs-rsa", "--subject", "CN=a", "--out", "a.req"), 0);
    expect_request_verifies("a.req");
    expect_exit(KEYGEN("--label", "a-ca", "--key-type", "ec-p384", "--use", "ca"), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pair_may_do_one_thing_only),
        cmocka_unit_test(an_aes_key_encrypts_or_wraps),
        cmocka_unit_test(a_second_run_changes_nothing),
        cmocka_unit_test(a_key_of_that_label_that_is_another_is_refused),
        cmocka_unit_test(what_a_type_cannot_do_is_refused),
        cmocka_unit_test(the_cka_id_can_be_stated_and_is_nobody_elses),
        cmocka_unit_test(an_exportable_key_is_not_tried),
        cmocka_unit_test(new_and_issue_take_such_a_key),
    };

    return cmocka_run_group_tests(tests, world_new_with_token, world_remove);
}
