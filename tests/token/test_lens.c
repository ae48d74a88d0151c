/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "fault.h"
#include "judge.h"
#include "run.h"
#include "signer/sign.h"
#include "token/key.h"
#include "x509/auto.h"

/*
 * What a request for an existing key costs, counted at the module, and that it is signed by the right key. Without the
 * lens the engine needs about seven calls for each key on the token.
 */

/* One of them is for SoftHSM's free slot, and of an EC key it takes four to read its public half from the public
 * object; an RSA key shows its own. */
#define CALLS_RSA 15u
#define CALLS_EC  19u

static token_store store;

static int remove_store(void **state)
{
    (void)state;
    token_store_remove(&store);
    return 0;
}

/* A separate store for each case: SoftHSM looks at every object of every token when it starts. */
static int make_store(void **state)
{
    (void)remove_store(state);
    token_store_make(&store);
    return 0;
}

/* A token "t" with one key "wanted" and whatever else `fill` puts there. */
static void make_token(const raw_key_plan *wanted, void (*fill)(const raw_token *raw))
{
    raw_token raw;

    token_store_add_token(&store, "t");
    raw_open("t", &raw);
    if (fill) {
        fill(&raw);
    }
    (void)raw_generate(&raw, wanted, NULL);
    raw_close(&raw);
}

static const raw_key_plan wanted_ec = { .kind = RAW_EC_P256, .label = "wanted", .id = "wanted-id" };
static const raw_key_plan wanted_rsa = { .kind = RAW_RSA_2048, .label = "wanted", .id = "wanted-id" };

static pc_status new_for_key(const char *module, const char *plan, const char *out, pc_error *err)
{
    const pc_token_access access = token_store_access(&store, module, "t");
    const pc_new_order order = { .subject = "CN=server.contoso.com", .key = "wanted", .out = out };
    pc_new_key_origin origin = PC_NEW_KEY_NAMED;

    (void)unlink(out);
    fault_plan(&store, plan);
    pc_status status = run_new(&order, &access, &origin, err);

    assert_int_equal(origin, PC_NEW_KEY_NAMED);
    return status;
}

/* `new --key wanted`: signed by that key, says OpenSSL. The calls are in the log afterwards. */
static unsigned make_request(void)
{
    char out[128];
    pc_error err = { 0 };
    raw_token raw;

    if (new_for_key(FAULT_MODULE, "", token_store_path(&store, "request.pem", out), &err) != PC_OK) {
        fail_msg("%s", err.frames[0]);
    }
    unsigned calls = fault_calls(&store, NULL);
    X509_REQ *request = judge_request(out);

    assert_non_null(request);
    raw_open("t", &raw);
    assert_true(judge_key_is_labelled(X509_REQ_get0_pubkey(request), &raw, "wanted"));
    raw_close(&raw);
    X509_REQ_free(request);
    return calls;
}

static void fill_10(const raw_token *raw)
{
    raw_generate_many(raw, "other", NULL, 10);
}

static void fill_1000(const raw_token *raw)
{
    raw_generate_many(raw, "other", NULL, 1000);
}

static void fill_ed25519(const raw_token *raw)
{
    (void)raw_generate(raw, &(raw_key_plan){ .kind = RAW_ED25519, .label = "edwards", .id = "edwards" }, NULL);
}

static void fill_shared_id(const raw_token *raw)
{
    raw_generate_many(raw, "twin", "one-id-for-all", 20);
}

static void request_costs_few_calls_whatever_the_token_holds(void **state)
{
    static const struct {
        const char *name;
        void (*fill)(const raw_token *raw);
    } rows[] = {
        { "alone", NULL },
        { "10 others", fill_10 },
        { "1000 others", fill_1000 },
        { "an Ed25519 key beside", fill_ed25519 },
        { "20 pairs of one id beside", fill_shared_id },
    };
    char first[4096] = "";
    char calls[4096];

    for (size_t i = 0; i < PC_COUNT(rows); i++) {
        (void)make_store(state);
        make_token(&wanted_ec, rows[i].fill);
        unsigned count = make_request();

        print_message("EC key, %s: %u calls\n", rows[i].name, count);
        assert_int_equal(count, CALLS_EC);
        (void)fault_log(&store, calls, sizeof calls);
        if (i == 0) {
            memcpy(first, calls, sizeof first);
        }
        assert_string_equal(calls, first);
    }
}

static void rsa_request_costs_no_more(void **state)
{
    (void)state;
    make_token(&wanted_rsa, fill_10);
    unsigned count = make_request();

    print_message("RSA key, 10 others: %u calls\n", count);
    assert_int_equal(count, CALLS_RSA);
}

static void only_the_signature_passes_the_lens(void **state)
{
    (void)state;
    make_token(&wanted_ec, fill_10);
    (void)make_request();
    assert_int_equal(fault_calls(&store, "C_Sign"), 1);
    assert_int_equal(fault_calls(&store, "C_SignInit"), 1);
    assert_int_equal(fault_calls(&store, "C_Login"), 1);
    assert_int_equal(fault_calls(&store, "C_OpenSession"), 1);
    assert_int_equal(fault_calls(&store, "C_CloseSession"), 1);
    assert_int_equal(fault_calls(&store, "C_Initialize"), 1);
    assert_int_equal(fault_calls(&store, "C_Finalize"), 1);
}

static unsigned count_spied(const char *log)
{
    char line[512];
    unsigned spied = 0;
    FILE *file = fopen(log, "re");

    assert_non_null(file);
    while (fgets(line, sizeof line, file)) {
        unsigned number = 0;
        char function[64];

        /* Each call starts with a line like "12: C_Sign". */
        spied += sscanf(line, "%u: %63s", &number, function) == 2 && strncmp(function, "C_", 2) == 0 &&
                 strcmp(function, "C_GetFunctionList") != 0 && strcmp(function, "C_GetInterface") != 0;
    }
    (void)fclose(file);
    return spied;
}

/* pkcs11-spy is independent of us: its count must equal that of our own log. */
static void spy_counts_the_same(void **state)
{
    char out[128];
    char log[128];
    pc_error err = { 0 };

    (void)state;
    make_token(&wanted_ec, fill_10);
    unsigned counted = make_request();

    assert_int_equal(setenv("PKCS11SPY", SOFTHSM_MODULE, 1), 0);
    assert_int_equal(setenv("PKCS11SPY_OUTPUT", token_store_path(&store, "spy.log", log), 1), 0);
    assert_int_equal(new_for_key(SPY_MODULE, "", token_store_path(&store, "spied.pem", out), &err), PC_OK);
    assert_int_equal(count_spied(log), counted);
}

/* --- keys that require the PIN at each use --- */

static const raw_key_plan wanted_careful = { .label = "wanted", .id = "careful", .always_authenticate = true };

static void key_that_always_authenticates_signs_after_a_login_of_its_own(void **state)
{
    raw_token raw;

    (void)state;
    make_token(&wanted_careful, NULL);
    raw_open("t", &raw);
    assert_int_equal(raw_flag(&raw, raw_labelled(&raw, CKO_PRIVATE_KEY, "wanted"), CKA_ALWAYS_AUTHENTICATE), 1);
    raw_close(&raw);
    (void)make_request();
    assert_int_equal(fault_calls(&store, "C_Login"), 2);
}

/* After a failed start of a signature, the engine starts again in another way: that would be a second attempt with the
 * PIN. */
static void refused_login_for_the_key_is_not_tried_again(void **state)
{
    char out[128];
    pc_error err = { 0 };

    (void)state;
    make_token(&wanted_careful, NULL);
    (void)token_store_path(&store, "none.pem", out);
    pc_status status = new_for_key(FAULT_MODULE, "C_Login=2 return=0xa0", out, &err);

    assert_int_equal(status, PC_E_AUTH);
    assert_int_equal(err.code, CKR_PIN_INCORRECT);
    assert_true(error_says(&err, "C_Login"));
    assert_int_equal(fault_calls(&store, "C_Login"), 2);
    assert_int_equal(fault_calls(&store, "C_SignInit"), 1);
    assert_int_equal(fault_calls(&store, "C_Sign"), 0);
}

/* --- one lens, many keys --- */

#define KEY_COUNT 300u

#define POINT_HEADER 2u /* of the OCTET STRING around a P-256 point, which some modules omit */

/* Signs a request with one key and checks it with OpenSSL against that key as the bare token showed it. */
static void sign_with(const pc_token *token, const char *label, bool bare_point, const EVP_PKEY *expected)
{
    pc_arena *arena = pc_arena_new();
    const pc_key_selector selector = { .words = label, .label = label };
    pc_signer *signer = NULL;
    X509_REQ *request = X509_REQ_new();
    pc_error err = { 0 };
    pc_key key;

    assert_int_equal(pc_key_find(token, &selector, arena, &key, &err), PC_OK);
    key.half.point.data += bare_point ? POINT_HEADER : 0;
    key.half.point.len -= bare_point ? POINT_HEADER : 0;
    assert_int_equal(pc_signer_open(token, &key, &signer, &err), PC_OK);
    assert_int_equal(X509_REQ_set_version(request, X509_REQ_VERSION_1), 1);
    assert_int_equal(X509_REQ_set_pubkey(request, pc_signer_public(signer)), 1);
    assert_int_equal(pc_sign_csr(signer, (pc_signature_form){ .digest = PC_DIGEST_SHA256 }, request, &err), PC_OK);
    assert_int_equal(EVP_PKEY_eq(pc_signer_public(signer), expected), 1);
    assert_int_equal(X509_REQ_verify(request, pc_signer_public(signer)), 1);
    pc_signer_close(signer);
    X509_REQ_free(request);
    pc_arena_free(arena);
}

static void many_keys_in_one_process_are_not_mixed_up(void **state)
{
    static EVP_PKEY *expected[KEY_COUNT];
    pc_token *token = NULL;
    pc_error err = { 0 };
    raw_token raw;
    char label[32];
    const pc_token_access access = token_store_access(&store, SOFTHSM_MODULE, "t");

    (void)state;
    token_store_add_token(&store, "t");
    raw_open("t", &raw);
    raw_generate_many(&raw, "key", NULL, KEY_COUNT);
    for (unsigned i = 0; i < KEY_COUNT; i++) {
        (void)snprintf(label, sizeof label, "key-%u", i);
        expected[i] = judge_public_key(&raw, raw_labelled(&raw, CKO_PUBLIC_KEY, label));
    }
    raw_close(&raw);
    assert_int_equal(pc_token_open(&access, PC_TOKEN_READ, &token, &err), PC_OK);
    for (unsigned i = 0; i < KEY_COUNT; i++) {
        (void)snprintf(label, sizeof label, "key-%u", i);
        sign_with(token, label, i % 2, expected[i]);
    }
    pc_token_close(token);
    for (unsigned i = 0; i < KEY_COUNT; i++) {
        EVP_PKEY_free(expected[i]);
    }
}

/* A pair "odd" whose bare point, 04 3f …, looks like an OCTET STRING: one in 256 does. Its public half. */
static EVP_PKEY *make_odd_key(void)
{
    raw_token raw;
    EVP_PKEY *found = NULL;

    token_store_add_token(&store, "t");
    raw_open("t", &raw);
    for (unsigned i = 0; i < 20000 && !found; i++) {
        unsigned char point[67];
        CK_OBJECT_HANDLE public_key = 0;
        CK_OBJECT_HANDLE private_key = raw_generate(&raw, &(raw_key_plan){ .label = "odd", .id = "odd" }, &public_key);

        assert_int_equal(raw_read(&raw, public_key, CKA_EC_POINT, point, sizeof point), sizeof point);
        if (point[POINT_HEADER + 1] == sizeof point - POINT_HEADER - 2) {
            found = judge_public_key(&raw, public_key);
        } else {
            raw_destroy(&raw, private_key);
            raw_destroy(&raw, public_key);
        }
    }
    raw_close(&raw);
    assert_non_null(found);
    return found;
}

static void a_bare_point_that_looks_wrapped_belongs_to_a_key_that_signs(void **state)
{
    pc_token *token = NULL;
    EVP_PKEY *expected = make_odd_key();
    const pc_token_access access = token_store_access(&store, SOFTHSM_MODULE, "t");

    (void)state;
    assert_int_equal(pc_token_open(&access, PC_TOKEN_READ, &token, NULL), PC_OK);
    sign_with(token, "odd", false, expected);
    sign_with(token, "odd", true, expected);
    pc_token_close(token);
    EVP_PKEY_free(expected);
}

/* --- signatures that are not valid --- */

static const struct {
    const char *damage; /* to the call that gives the signature */
    pc_status ec;       /* the result with an EC key, and with an RSA key */
    pc_status rsa;
} damages[] = {
    { "flip=0", PC_E_VERIFY, PC_E_VERIFY },
    { "flip=255", PC_E_VERIFY, PC_E_VERIFY },
    { "flip=256", PC_E_VERIFY, PC_E_VERIFY },
    { "flip=511", PC_E_VERIFY, PC_E_VERIFY },
    { "flip=7", PC_E_VERIFY, PC_E_VERIFY },
    /* Claims to have filled the whole buffer, but has not: that is more than a signature can have. */
    { "skip=0", PC_E_TOKEN, PC_E_TOKEN },
    { "length=+1", PC_E_TOKEN, PC_E_TOKEN },
    { "length=66", PC_E_TOKEN, PC_E_VERIFY },
    { "length=68", PC_E_TOKEN, PC_E_VERIFY },
    { "length=80", PC_E_TOKEN, PC_E_VERIFY },
    { "length=512", PC_E_TOKEN, PC_E_TOKEN },
    { "length=0x7fffffff", PC_E_TOKEN, PC_E_TOKEN },
    { "length=-1", PC_E_TOKEN, PC_E_TOKEN },
    { "length=0", PC_E_TOKEN, PC_E_TOKEN },
    { "length=63", PC_E_TOKEN, PC_E_VERIFY },
};

/* pkcs11-provider has an RSA key sign in parts. */
static const char *signing_call(void)
{
    char out[128];
    pc_error err = { 0 };

    if (new_for_key(FAULT_MODULE, "", token_store_path(&store, "good.pem", out), &err) != PC_OK) {
        fail_msg("%s", err.frames[0]);
    }
    return fault_calls(&store, "C_SignFinal") ? "C_SignFinal" : "C_Sign";
}

/* One RSA signature in 256 begins with a zero byte. With a byte more at its end it is then a number that fits, and
 * wrong. */
static bool is_as_expected(size_t row, bool rsa, pc_status status)
{
    const bool may_fit = rsa && strcmp(damages[row].damage, "length=+1") == 0;

    return status == (rsa ? damages[row].rsa : damages[row].ec) || (may_fit && status == PC_E_VERIFY);
}

static void judge_damage(size_t row, bool rsa, const char *call)
{
    char out[128];
    char plan[128];
    pc_error err = { 0 };

    (void)snprintf(plan, sizeof plan, "%s=1 %s", call, damages[row].damage);
    pc_status status = new_for_key(FAULT_MODULE, plan, token_store_path(&store, "bad.pem", out), &err);

    if (!is_as_expected(row, rsa, status)) {
        print_error("%s, %s: %s\n", plan, rsa ? "RSA" : "EC", err.frames[0]);
        fail();
    }
    assert_int_not_equal(faccessat(AT_FDCWD, out, F_OK, 0), 0);
}

static void damaged_signature_is_found_and_nothing_is_written(void **state)
{
    for (unsigned rsa = 0; rsa < 2; rsa++) {
        (void)make_store(state);
        make_token(rsa ? &wanted_rsa : &wanted_ec, NULL);
        const char *call = signing_call();

        for (size_t i = 0; i < PC_COUNT(damages); i++) {
            judge_damage(i, rsa, call);
        }
    }
}

/* Each case with a separate store. */
#define IN_A_STORE(test) cmocka_unit_test_setup_teardown(test, make_store, remove_store)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_A_STORE(request_costs_few_calls_whatever_the_token_holds),
        IN_A_STORE(rsa_request_costs_no_more),
        IN_A_STORE(only_the_signature_passes_the_lens),
        IN_A_STORE(spy_counts_the_same),
        IN_A_STORE(key_that_always_authenticates_signs_after_a_login_of_its_own),
        IN_A_STORE(refused_login_for_the_key_is_not_tried_again),
        IN_A_STORE(many_keys_in_one_process_are_not_mixed_up),
        IN_A_STORE(a_bare_point_that_looks_wrapped_belongs_to_a_key_that_signs),
        IN_A_STORE(damaged_signature_is_found_and_nothing_is_written),
    };

    /* The others count calls, of which a provider makes more. */
    const char *signer = getenv("P11CERT_SIGNER");

    cmocka_set_test_filter(signer && strcmp(signer, "provider") == 0 ? "damaged*" : NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
