/* SPDX-License-Identifier: Apache-2.0 */
/* What a token says about its mechanisms is read before a key is made on it (tests/support/odd_module.c). */
#include "harness.h"

#include <unistd.h>

/* From now on the module has these habits, and does not list these mechanisms. */
static void use_habits(const char *habits, const char *hidden)
{
    assert_int_equal(0, setenv("P11CERT_MODULE", habits ? ODD_MODULE : SOFTHSM, 1));
    assert_int_equal(0, setenv("P11CERT_ODD", habits ? habits : "", 1));
    assert_int_equal(0, setenv("P11CERT_ODD_HIDES", hidden ? hidden : "", 1));
}

static int forget_habits(void **state)
{
    (void)state;
    use_habits(NULL, NULL);
    return 0;
}

static size_t keys_on_token(void)
{
    use_habits(NULL, NULL);
    return count_of(token_objects("servers", "privkey"), "Private Key Object");
}

static void expect_refused(const run_result *result, const char *says)
{
    expect_exit(result, 6);
    expect_contains(result, result->err, says);
    expect_contains(result, result->err, "no key was created");
}

/* ---- new, for every kind of key ---- */

typedef struct {
    const char *key_type;
    const char *habits;
    const char *hidden; /* numbers of mechanisms */
    const char *says;   /* NULL: a key is made */
} mechanism_row;

static const mechanism_row rows[] = {
    { "rsa-2048", "hides", "0", "cannot generate keys of type rsa-2048: it does not list CKM_RSA_PKCS_KEY_PAIR_GEN" },
    { "ec-p256", "hides", "1040", "cannot generate keys of type ec-p256: it does not list CKM_EC_KEY_PAIR_GEN" },
    { "rsa-2048", "hides", "1,40",
      "cannot sign with a key of type rsa-2048: it does not list any of CKM_RSA_PKCS, CKM_SHA256_RSA_PKCS" },
    { "ec-p256", "hides", "1041",
      "cannot sign with a key of type ec-p256: it does not list any of CKM_ECDSA, CKM_ECDSA_SHA256" },
    { "ed25519", "hides", "1055",
      "cannot generate keys of type ed25519: it does not list CKM_EC_EDWARDS_KEY_PAIR_GEN" },
    { "ed25519", "hides", "1057", "cannot sign with a key of type ed25519: it does not list CKM_EDDSA" },
    { "rsa-3072", "small-keys", "",
      "cannot generate keys of type rsa-3072: for CKM_RSA_PKCS_KEY_PAIR_GEN it reports 1024 to 2048 bits" },
    { "ec-p384", "small-keys", "",
      "cannot generate keys of type ec-p384: for CKM_EC_KEY_PAIR_GEN it reports 256 to 256 bits" },
    { "rsa-2048", "small-keys", "", NULL },
    { "ec-p256", "small-keys", "", NULL },
    { "rsa-2048", "hides", "1", NULL }, /* the token can hash */
    { "rsa-2048", "hides", "40", NULL },
    { "rsa-2048", "counts-bytes", "", NULL },
    { "ec-p384", "counts-bytes", "", NULL },
    { "ec-p256", "no-sizes", "", NULL },
};

/* The default signer has the native one take over where it fails; Ed25519 is signed by no other. */
static const run_result *new_key(const mechanism_row *row, const char *label)
{
    const char *signer = strcmp(row->key_type, "ed25519") == 0 ? "native" : NULL;

    use_habits(row->habits, row->hidden);
    return signer ? P11CERT("new", "--token", "servers", "--subject", "CN=mechanisms", "--label", label, "--key-type",
                            row->key_type, "--out", label, "--signer", signer)
                  : P11CERT("new", "--token", "servers", "--subject", "CN=mechanisms", "--label", label, "--key-type",
                            row->key_type, "--out", label);
}

/* A signer of others has needs of its own: pkcs11-provider requires the list, and mechanisms that hash. */
static bool signs_by_provider(void)
{
    const char *signer = getenv("P11CERT_SIGNER");

    return signer && strcmp(signer, "provider") == 0;
}

static void a_key_that_the_token_cannot_use_is_not_made(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char label[32];

        if (signs_by_provider() && *rows[i].hidden && !rows[i].says) {
            continue;
        }
        const size_t before = keys_on_token();

        (void)snprintf(label, sizeof label, "row-%zu", i);
        const run_result *result = new_key(&rows[i], label);

        if (rows[i].says) {
            expect_refused(result, rows[i].says);
            expect_lacks(result, result->err, "C_GenerateKeyPair");
            assert_int_not_equal(0, access(label, F_OK));
        } else {
            expect_exit(result, 0);
            expect_lacks(result, result->err, "mechanisms");
        }
        assert_int_equal(keys_on_token(), before + (rows[i].says ? 0u : 1u));
    }
}

/* ---- the signer and the digest ---- */

static void a_signer_that_hashes_needs_a_mechanism_for_digests(void **state)
{
    const size_t before = keys_on_token();

    (void)state;
    only_with_engine();
    use_habits("hides", "1");
    const run_result *result = P11CERT("new", "--token", "servers", "--subject", "CN=raw", "--label", "raw",
                                       "--key-type", "rsa-2048", "--out", "raw.req", "--signer", "engine");

    expect_refused(result, "cannot sign with a key of type rsa-2048: it does not list CKM_RSA_PKCS;");
    assert_int_equal(keys_on_token(), before);
}

static void a_mechanism_with_another_digest_than_requested_is_not_enough(void **state)
{
    const size_t before = keys_on_token();

    (void)state;
    use_habits("hides", "1,41");
    const run_result *result = P11CERT("new", "--token", "servers", "--subject", "CN=hash", "--label", "hash",
                                       "--key-type", "rsa-2048", "--digest", "sha384", "--out", "hash.req");

    expect_refused(result, "it does not list any of CKM_RSA_PKCS, CKM_SHA384_RSA_PKCS;");
    assert_int_equal(keys_on_token(), before);
}

static const run_result *new_by_pss(const char *label, const char *hidden)
{
    file_write("pss.inf",
               "[NewRequest]\nSubject = \"CN=pss\"\nKeyLength = 2048\nHashAlgorithm = sha256\n"
               "AlternateSignatureAlgorithm = TRUE\n",
               0644);
    use_habits("hides", hidden);
    return P11CERT("new", "--token", "servers", "pss.inf", "--label", label, "--out", label);
}

static void pss_needs_a_mechanism_of_its_own(void **state)
{
    const size_t before = keys_on_token();

    (void)state;
    expect_refused(new_by_pss("pss-1", "d,43"), "RSASSA-PSS");
    assert_int_equal(keys_on_token(), before);
    if (!signs_by_provider()) {
        expect_exit(new_by_pss("pss-2", "1"), 0); /* CKM_RSA_PKCS is not needed */
        expect_exit(new_by_pss("pss-3", "d"), 0); /* CKM_SHA256_RSA_PKCS_PSS will do */
        assert_int_equal(keys_on_token(), before + 2);
    }
}

/* ---- the other verbs that make keys ---- */

static void every_verb_that_makes_a_key_refuses(void **state)
{
    const size_t before = keys_on_token();

    (void)state;
    file_write("fleet.csv", "fqdn\nm1.contoso.com\nm2.contoso.com\n", 0644);
    use_habits("hides", "1041");
    expect_refused(P11CERT("keygen", "--token", "servers", "--label", "k", "--key-type", "ec-p256"), "CKM_ECDSA");
    expect_refused(P11CERT("issue", "--self-signed", "--token", "servers", "--subject", "CN=Root", "--key-type",
                           "ec-p256", "--out", "root.cer"),
                   "CKM_ECDSA");
    const run_result *result =
        P11CERT("batch", "--token", "servers", "--key-type", "ec-p256", "--hosts", "fleet.csv", "--out", "fleet");

    expect_exit(result, 6);
    assert_int_equal(2, count_of(result->err, "it does not list any of CKM_ECDSA"));
    /* A key that only decrypts needs no mechanism that signs. */
    expect_exit(P11CERT("keygen", "--token", "servers", "--label", "agrees", "--key-type", "ec-p256", "--use",
                        "decrypt"),
                0);
    assert_int_equal(keys_on_token(), before + 1);
}

/* ---- no answer ---- */

static void a_list_that_cannot_be_read_is_not_empty(void **state)
{
    static const char *const habits[] = { "list-fails", "no-mechanisms" };

    (void)state;
    if (signs_by_provider()) {
        print_message("not here: pkcs11-provider requires the list\n");
        skip();
    }
    for (size_t i = 0; i < 2; i++) {
        const size_t before = keys_on_token();
        const mechanism_row row = { "ec-p256", habits[i], "", NULL };
        const run_result *result = new_key(&row, habits[i]);

        expect_exit(result, 0);
        assert_int_equal(1, count_of(result->err, "the module does not report the token's mechanisms"));
        assert_int_equal(keys_on_token(), before + 1);
    }
}

/* An existing key is used as before: nothing is to be generated. */
static void a_key_that_is_there_needs_no_mechanism_that_generates(void **state)
{
    const mechanism_row plain = { "ec-p256", "hides", "", NULL };

    (void)state;
    expect_exit(new_key(&plain, "there"), 0);
    use_habits("hides", "1040");
    expect_exit(P11CERT("new", "--token", "servers", "--subject", "CN=mechanisms", "--key", "there", "--out",
                        "again.req"),
                0);
    (void)unlink("there");
    const mechanism_row hidden = { "ec-p256", "hides", "1040", NULL };

    expect_exit(new_key(&hidden, "there"), 0);
}

/* ---- keys from outside ---- */

/* A token need not generate such keys, but it must sign with them. */
static void a_key_that_could_not_sign_is_not_imported(void **state)
{
    const size_t before = keys_on_token();

    (void)state;
    file_write("empty", "", 0600);
    (void)out_of(
        WORDS("sh", "-c",
              "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout o.key -days 30 "
              "-subj /CN=outside -out o.pem 2>/dev/null && openssl pkcs12 -export -inkey o.key -in o.pem "
              "-passout pass: -out o.pfx"));
    use_habits("hides", "1041");
    expect_refused(P11CERT("import", "o.pfx", "--token", "servers", "--password-source", "file:empty"),
                   "cannot sign with a key of type ec-p256");
    assert_int_equal(keys_on_token(), before);
    assert_int_equal(0, count_of(token_objects("servers", "pubkey"), "outside"));
    use_habits("hides", "1040");
    expect_exit(P11CERT("import", "o.pfx", "--token", "servers", "--password-source", "file:empty"), 0);
    assert_int_equal(keys_on_token(), before + 1);
}

#define CASE(name) cmocka_unit_test_teardown(name, forget_habits)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_key_that_the_token_cannot_use_is_not_made),
        CASE(a_signer_that_hashes_needs_a_mechanism_for_digests),
        CASE(a_mechanism_with_another_digest_than_requested_is_not_enough),
        CASE(pss_needs_a_mechanism_of_its_own),
        CASE(every_verb_that_makes_a_key_refuses),
        CASE(a_list_that_cannot_be_read_is_not_empty),
        CASE(a_key_that_is_there_needs_no_mechanism_that_generates),
        CASE(a_key_that_could_not_sign_is_not_imported),
    };

    return RUN_ON_SOFTHSM(tests, world_new_with_token, world_remove);
}
