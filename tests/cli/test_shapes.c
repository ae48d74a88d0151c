/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens whose values, signatures and sessions have other shapes than SoftHSM's (tests/support/shape_module.c). */
#include "harness.h"

/* From now on the module has these shapes; it is SoftHSM if NULL. */
static void use_shapes(const char *shapes)
{
    assert_int_equal(0, setenv("P11CERT_MODULE", shapes ? SHAPE_MODULE : SOFTHSM, 1));
    assert_int_equal(0, setenv("P11CERT_SHAPES", shapes ? shapes : "", 1));
}

static int forget_shapes(void **state)
{
    (void)state;
    use_shapes(NULL);
    return 0;
}

#define SHAPED(shapes, ...) (use_shapes(shapes), P11CERT(__VA_ARGS__))

static size_t count_labelled(const char *type, const char *label)
{
    char line[80];

    (void)snprintf(line, sizeof line, "label:      %s\n", label);
    return count_of(token_objects("servers", type), line);
}

static int make_world(void **state)
{
    (void)world_new_with_tokens(state);
    use_shapes(NULL);
    expect_exit(P11CERT("issue", "--self-signed", "--subject", "CN=Root", "--key-type", "ec-p256", "--token", "ca",
                        "--out", "root.cer"),
                0);
    return 0;
}

/* ---- what is no fault ---- */

#define NEW_WORDS(name, type) \
    "new", "--token", "servers", "--subject", "CN=" name, "--key-type", type, "--force", "--out", name ".req"

/* The request is made again, the certificate bound again, and the key destroyed: whatever its shape, all is found. */
static void use_key(const char *shapes, const char *type)
{
    const char *const new_words[] = { P11CERT_PROGRAM, "new", "--token", "servers", "--subject", "CN=bound",
                                      "--key-type",    type,  "--force", "--out",   "bound.req", NULL };

    use_shapes(shapes);
    expect_exit(run_words(new_words), 0);
    expect_request_verifies("bound.req");
    expect_exit(run_words(new_words), 0);
    use_shapes(NULL);
    assert_int_equal(1, count_labelled("privkey", "bound"));
    expect_exit(P11CERT("issue", "bound.req", "--ca", "Root", "--token", "ca", "--force", "--out", "bound.cer"), 0);
    for (int i = 0; i < 2; i++) {
        expect_exit(SHAPED(shapes, "accept", "bound.cer", "--chain", "root.cer", "--token", "servers"), 0);
    }
    use_shapes(NULL);
    assert_int_equal(1, count_of(token_objects("servers", "cert"), "CN=bound\n"));
    expect_exit(SHAPED(shapes, "retire", "--key", "bound", "--token", "servers", "--allow-valid", "--yes"), 0);
    use_shapes(NULL);
    assert_int_equal(0, count_labelled("privkey", "bound") + count_labelled("pubkey", "bound"));
}

static void keys_and_certificates_of_any_shape_are_found_again(void **state)
{
    static const char *const shapes[] = {
        "padded-ids",     "terminated-labels", "blank-labels",  "compressed-points",  "bit-string-points",
        "hybrid-points",  "named-curves",      "long-values",   "true-is-255",        "sensitive-whole",
        "silent-unknown", "short-sizes",       "long-sizes",    "der-signatures",     "wide-signatures",
        "small-buffer",   "already-in",        "growing-slots", "growing-mechanisms",
    };

    (void)state;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        use_key(shapes[i], "ec-p256");
    }
}

static void rsa_keys_of_any_shape_are_found_again(void **state)
{
    static const char *const shapes[] = { "wide-exponents", "cut-signatures,small-buffer", "sizes-in-bytes" };

    (void)state;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        use_key(shapes[i], "rsa-2048");
    }
}

/* Every signer brings a signature into the form that OpenSSL expects. */
static void signatures_of_any_shape_verify(void **state)
{
    static const char *const shapes[] = { "der-signatures", "wide-signatures", "small-buffer" };
    static const char *const signers[] = { "native", "engine" };

    (void)state;
    only_with_engine();
    expect_exit(SHAPED(NULL, NEW_WORDS("signing", "ec-p256")), 0);
    (void)out_of(WORDS("sh", "-c", "echo signed >text && openssl req -in signing.req -pubkey -noout >signing.pub"));
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        for (size_t j = 0; j < sizeof signers / sizeof *signers; j++) {
            expect_exit(SHAPED(shapes[i], "sign", "text", "--raw", "--key", "signing", "--token", "servers", "--force",
                               "--signer", signers[j], "--out", "text.sig"),
                        0);
            (void)out_of(
                WORDS("openssl", "dgst", "-sha256", "-verify", "signing.pub", "-signature", "text.sig", "text"));
        }
    }
}

static void a_signature_of_an_impossible_length_is_called_that(void **state)
{
    static const char *const plans[] = { "C_Sign=1 length=9", "C_Sign=1 length=0x7fffffff", "C_Sign=1 length=0" };

    (void)state;
    expect_exit(SHAPED(NULL, NEW_WORDS("odd-length", "ec-p256")), 0);
    for (size_t i = 0; i < sizeof plans / sizeof *plans; i++) {
        const run_result *result =
            run_with_fault(WORDS(NEW_WORDS("odd-length", "ec-p256"), "--signer", "native"), plans[i]);

        expect_exit(result, 6);
        expect_contains(result, result->err,
                        "C_Sign: the module returned CKR_OK and a signature of an impossible length");
        expect_lacks(result, result->err, "CKR_DEVICE_ERROR");
    }
}

static void the_label_of_a_token_ends_with_the_first_nul(void **state)
{
    const run_result *result = SHAPED("odd-label", "list", "--token", "servers");

    (void)state;
    expect_exit(result, 0);
    expect_contains(result, result->out, "token \"servers\"\n");
}

/* ---- what is one ---- */

/* Without a login a token shows no private objects: none of these may say that there is no key. */
static void a_session_without_the_login_is_reported(void **state)
{
    static const char *const shapes[] = { "never-in", "login-does-nothing" };
    static const char *const verbs[][8] = {
        { "list" },
        { "show", "--key", "there" },
        { "check", "--key", "there" },
        { "export", "--key", "there", "--out", "there.pfx", "--generate-password", "there.password" },
        { "sign", "text", "--key", "there" },
        { "accept", "root.cer" },
        { "retire", "--key", "there", "--yes" },
        { "new", "--subject", "CN=there", "--out", "none.req" },
    };

    (void)state;
    expect_exit(SHAPED(NULL, NEW_WORDS("there", "ec-p256")), 0);
    file_write("text", "text", 0600);
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        for (size_t j = 0; j < sizeof verbs / sizeof *verbs; j++) {
            const char *words[12] = { P11CERT_PROGRAM };
            size_t count = 1;

            for (size_t k = 0; k < 8 && verbs[j][k]; k++) {
                words[count++] = verbs[j][k];
            }
            words[count++] = "--token";
            words[count++] = "servers";
            use_shapes(shapes[i]);
            const run_result *result = run_words(words);

            expect_exit(result, 5);
            expect_contains(result, result->err, "but C_GetSessionInfo reports no login");
        }
    }
}

/* Then it is not known whether the token has no keys. */
static void a_question_about_the_login_that_fails_is_the_error(void **state)
{
    static const char *const plans[] = { "C_GetSessionInfo=1 return=0x30", "C_FindObjectsInit=2+ return=0x30",
                                         "C_FindObjects=2+ return=0x30" };

    (void)state;
    use_shapes("login-does-nothing");
    assert_int_equal(0, setenv("P11CERT_MODULE", FAULT_MODULE, 1));
    assert_int_equal(0, setenv("P11CERT_FAULT_MODULE", SHAPE_MODULE, 1));
    for (size_t i = 0; i < sizeof plans / sizeof *plans; i++) {
        assert_int_equal(0, setenv("P11CERT_FAULT_PLAN", plans[i], 1));
        const run_result *result = P11CERT("list", "--token", "servers");

        expect_exit(result, 6);
        expect_contains(result, result->err, "CKR_DEVICE_ERROR");
        expect_lacks(result, result->err, "reports no login");
    }
    assert_int_equal(0, unsetenv("P11CERT_FAULT_MODULE"));
    assert_int_equal(0, unsetenv("P11CERT_FAULT_PLAN"));
}

#define LONG_LABEL "a-label-that-is-longer-than-thirty-two-bytes"

/* The same command would not find such a key, and would create another. */
static void a_key_that_gets_another_label_is_destroyed_again(void **state)
{
    static const char *const keygen[] = { P11CERT_PROGRAM, "keygen", "--token",    "servers", "--label", LONG_LABEL,
                                          "--use",         "wrap",   "--key-type", "aes-256", NULL };
    const run_result *result = SHAPED("short-labels", NEW_WORDS("cut", "ec-p256"), "--label", LONG_LABEL);

    (void)state;
    expect_exit(result, 6);
    expect_contains(result, result->err, "its label is \"a-label-that-is-longer-than-thir\"");
    expect_contains(result, result->err, "give a shorter one");
    expect_contains(result, result->err, "was destroyed again");
    result = run_words(keygen);
    expect_exit(result, 6);
    expect_contains(result, result->err, "its label is \"a-label-that-is-longer-than-thir\"");
    use_shapes(NULL);
    assert_int_equal(0, count_labelled("privkey", LONG_LABEL) + count_labelled("pubkey", LONG_LABEL));
    assert_int_equal(0, count_labelled("secrkey", LONG_LABEL));
}

static void repair_leaves_no_copy_that_corrects_nothing(void **state)
{
    (void)state;
    use_key("no-subjects", "ec-p256");
    expect_exit(SHAPED(NULL, NEW_WORDS("repaired", "ec-p256")), 0);
    expect_exit(P11CERT("issue", "repaired.req", "--ca", "Root", "--token", "ca", "--out", "repaired.cer"), 0);
    expect_exit(P11CERT("accept", "repaired.cer", "--chain", "root.cer", "--token", "servers"), 0);
    const size_t before = token_count("servers", "cert");
    const run_result *result = SHAPED("no-subjects", "repair", "--apply", "--token", "servers");

    expect_exit(result, 6);
    expect_contains(result, result->err, "back");
    use_shapes(NULL);
    assert_int_equal(before, token_count("servers", "cert"));
}

/* The issuer's certificate is then found by what is in it. */
static void the_issuer_is_found_without_its_subject(void **state)
{
    (void)state;
    use_shapes(NULL);
    token_make("second");
    expect_exit(P11CERT(NEW_WORDS("carried", "ec-p256"), "--exportable"), 0);
    expect_exit(P11CERT("issue", "carried.req", "--ca", "Root", "--token", "ca", "--out", "carried.cer"), 0);
    expect_exit(P11CERT("accept", "carried.cer", "--chain", "root.cer", "--token", "servers"), 0);
    const run_result *result = SHAPED("no-subjects", "copy", "--key", "carried", "--token", "servers", "--to", "second",
                                      "--to-pin-source", "file:user.pin");

    expect_exit(result, 0);
    use_shapes(NULL);
    assert_int_equal(1, count_of(token_objects("second", "cert"), "label:      carried\n"));
    assert_int_equal(1, count_of(token_objects("second", "cert"), "label:      Root\n"));
    result = SHAPED("no-subjects", "check", "--key", "carried", "--token", "servers", "--json");
    expect_contains(result, result->out, "the chain is valid: CN=carried <- CN=Root");
    result = SHAPED("no-subjects", "check", "--all", "--token", "servers", "--json");
    expect_contains(result, result->out, "the chain is valid: CN=carried <- CN=Root");
}

static void a_curve_that_is_not_named_is_reported_as_that(void **state)
{
    static const char *const words[][6] = {
        { "sign", "text", "--key", "explicit" },
        { "renew", "--key", "explicit", "--same-key", "--out", "again.req" },
    };

    (void)state;
    use_shapes(NULL);
    expect_exit(P11CERT("issue", "--self-signed", "--subject", "CN=explicit", "--key-type", "ec-p256", "--token",
                        "servers", "--out", "explicit.cer"),
                0);
    file_write("text", "text", 0600);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        const char *whole[10] = { P11CERT_PROGRAM };

        memcpy(whole + 1, words[i], sizeof words[i]);
        assert_int_equal(0, setenv("P11CERT_TOKEN", "servers", 1));
        use_shapes("explicit-curves");
        const run_result *result = run_words(whole);

        expect_exit(result, 3);
        expect_contains(result, result->err, "CKA_EC_PARAMS does not name a known curve\n");
        assert_int_equal(0, unsetenv("P11CERT_TOKEN"));
    }
}

static void a_token_that_cannot_be_written_to_is_left_alone(void **state)
{
    static const char *const shapes[] = { "write-protected", "write-late" };

    (void)state;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        const run_result *result = SHAPED(shapes[i], NEW_WORDS("read-only", "ec-p256"));

        expect_exit(result, 6);
        expect_contains(result, result->err, "the token is read-only");
        expect_contains(result, result->err, "token \"servers\"");
    }
    use_shapes(NULL);
    assert_int_equal(0, count_labelled("privkey", "read-only"));
}

#define SHAPE_TEST(test) cmocka_unit_test_teardown(test, forget_shapes)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SHAPE_TEST(keys_and_certificates_of_any_shape_are_found_again),
        SHAPE_TEST(rsa_keys_of_any_shape_are_found_again),
        SHAPE_TEST(signatures_of_any_shape_verify),
        SHAPE_TEST(a_signature_of_an_impossible_length_is_called_that),
        SHAPE_TEST(the_label_of_a_token_ends_with_the_first_nul),
        SHAPE_TEST(a_session_without_the_login_is_reported),
        SHAPE_TEST(a_question_about_the_login_that_fails_is_the_error),
        SHAPE_TEST(a_key_that_gets_another_label_is_destroyed_again),
        SHAPE_TEST(the_issuer_is_found_without_its_subject),
        SHAPE_TEST(repair_leaves_no_copy_that_corrects_nothing),
        SHAPE_TEST(a_curve_that_is_not_named_is_reported_as_that),
        SHAPE_TEST(a_token_that_cannot_be_written_to_is_left_alone),
    };

    return RUN_ON_SOFTHSM(tests, make_world, world_remove);
}
