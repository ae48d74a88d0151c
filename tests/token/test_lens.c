/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
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
 * What a request for an existing key costs, counted at the module, and that it is signed by the key that
 * was meant. Without the lens the engine needs some seven calls for each key on the token.
 */

/* An RSA key shows its public half itself; of an EC key it takes four calls more to read it from the public object. */
#define MOST_CALLS_RSA 13u
#define MOST_CALLS_EC 17u

static token_store store;

static int make_store(void **state)
{
    (void)state;
    token_store_make(&store);
    return 0;
}

static int remove_store(void **state)
{
    (void)state;
    token_store_remove(&store);
    return 0;
}

/* A token with one key "wanted" and whatever else `fill` puts there. */
static void make_token(const char *label, raw_kind kind, void (*fill)(const raw_token *raw))
{
    raw_token raw;

    token_store_add_token(&store, label);
    raw_open(label, &raw);
    if (fill) {
        fill(&raw);
    }
    (void)raw_generate(&raw, &(raw_key_plan){ .kind = kind, .label = "wanted", .id = "wanted-id" }, NULL);
    raw_close(&raw);
}

/* `new --key wanted`: signed by that key, says OpenSSL. The calls are in the log afterwards. */
static unsigned make_request(const char *token)
{
    char out[128];
    pc_error err = { 0 };
    raw_token raw;
    pc_new_key_origin origin = PC_NEW_KEY_MADE;
    const pc_token_access access = token_store_access(&store, FAULT_MODULE, token);
    const pc_new_order order = {
        .subject = "CN=server.contoso.com", .key = "wanted", .out = token_store_path(&store, "request.pem", out), .force = true,
    };

    (void)unlink(out);
    fault_plan(&store, "");
    if (run_new(&order, &access, &origin, &err) != PC_OK) {
        print_error("%s\n", err.frames[0]);
        fail();
    }
    assert_int_equal(origin, PC_NEW_KEY_NAMED);
    unsigned calls = fault_calls(&store, NULL);
    X509_REQ *request = judge_request(out);

    assert_non_null(request);
    raw_open(token, &raw);
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
        const char *token;
        raw_kind kind;
        void (*fill)(const raw_token *raw);
    } rows[] = {
        { "ec, alone", RAW_EC_P256, NULL },
        { "ec, 10 others", RAW_EC_P256, fill_10 },
        { "ec, 1000 others", RAW_EC_P256, fill_1000 },
        { "ec, an Ed25519 key beside", RAW_EC_P256, fill_ed25519 },
        { "ec, 20 pairs of one id beside", RAW_EC_P256, fill_shared_id },
    };
    char first[4096] = "";
    char calls[4096];

    (void)state;
    for (size_t i = 0; i < PC_COUNT(rows); i++) {
        make_token(rows[i].token, rows[i].kind, rows[i].fill);
        unsigned count = make_request(rows[i].token);
        /* One call for each token in the store is none of this one's doing. */
        unsigned own = count - fault_calls(&store, "C_GetTokenInfo") + 1;

        print_message("%s: %u calls\n", rows[i].token, own);
        assert_in_range(own, 1, MOST_CALLS_EC);
        for (char *at = strstr(fault_log(&store, calls, sizeof calls), "C_GetTokenInfo\n"); at;
             at = strstr(at, "C_GetTokenInfo\n")) {
            memmove(at, at + strlen("C_GetTokenInfo\n"), strlen(at + strlen("C_GetTokenInfo\n")) + 1);
        }
        if (i == 0) {
            memcpy(first, calls, sizeof first);
        }
        assert_string_equal(calls, first);
    }
}

static void rsa_request_costs_no_more(void **state)
{
    (void)state;
    make_token("rsa", RAW_RSA_2048, fill_10);
    unsigned count = make_request("rsa");

    assert_in_range(count - fault_calls(&store, "C_GetTokenInfo") + 1, 1, MOST_CALLS_RSA);
}

static void nothing_but_the_signature_passes_the_lens(void **state)
{
    (void)state;
    make_token("counted", RAW_EC_P256, fill_10);
    (void)make_request("counted");
    assert_int_equal(fault_calls(&store, "C_Sign"), 1);
    assert_int_equal(fault_calls(&store, "C_SignInit"), 1);
    assert_int_equal(fault_calls(&store, "C_Login"), 1);
    assert_int_equal(fault_calls(&store, "C_OpenSession"), 1);
    assert_int_equal(fault_calls(&store, "C_CloseSession"), 1);
    assert_int_equal(fault_calls(&store, "C_Initialize"), 1);
    assert_int_equal(fault_calls(&store, "C_Finalize"), 1);
}

/* pkcs11-spy is not ours: its count must be the one of our own log. */
static void spy_counts_the_same(void **state)
{
    char out[128];
    char log[128];
    char line[512];
    pc_error err = { 0 };
    unsigned spied = 0;
    const pc_token_access access = token_store_access(&store, SPY_MODULE, "spied");
    const pc_new_order order = { .subject = "CN=a", .key = "wanted", .out = token_store_path(&store, "spied.pem", out) };

    (void)state;
    make_token("spied", RAW_EC_P256, fill_10);
    unsigned counted = make_request("spied");

    assert_int_equal(setenv("PKCS11SPY", SOFTHSM_MODULE, 1), 0);
    assert_int_equal(setenv("PKCS11SPY_OUTPUT", token_store_path(&store, "spy.log", log), 1), 0);
    assert_int_equal(run_new(&order, &access, NULL, &err), PC_OK);
    FILE *file = fopen(log, "re");

    assert_non_null(file);
    while (fgets(line, sizeof line, file)) {
        unsigned number = 0;
        char function[64];

        /* Each call starts with a line like "12: C_Sign". */
        spied += sscanf(line, "%u: %63s", &number, function) == 2 && strncmp(function, "C_", 2) == 0 &&
                 strcmp(function, "C_GetFunctionList") != 0;
    }
    (void)fclose(file);
    assert_int_equal(spied, counted);
}

/* --- keys that want the PIN at each use --- */

static void key_that_always_authenticates_signs_after_a_login_of_its_own(void **state)
{
    raw_token raw;

    (void)state;
    token_store_add_token(&store, "careful");
    raw_open("careful", &raw);
    CK_OBJECT_HANDLE key = raw_generate(
        &raw, &(raw_key_plan){ .label = "wanted", .id = "careful", .always_authenticate = true }, NULL);

    assert_int_equal(raw_flag(&raw, key, CKA_ALWAYS_AUTHENTICATE), 1);
    raw_close(&raw);
    (void)make_request("careful");
    assert_int_equal(fault_calls(&store, "C_Login"), 2);
}

/* The engine takes a failed start of a signature for a reason to start again by another road: that would be a
 * second try of the PIN. */
static void refused_login_for_the_key_is_not_tried_again(void **state)
{
    char out[128];
    pc_error err = { 0 };
    const pc_token_access access = token_store_access(&store, FAULT_MODULE, "careful");
    const pc_new_order order = { .subject = "CN=a", .key = "wanted", .out = token_store_path(&store, "none.pem", out) };

    (void)state;
    fault_plan(&store, "C_Login=2 return=0xa0");
    assert_int_equal(run_new(&order, &access, NULL, &err), PC_E_AUTH);
    assert_int_equal(err.code, CKR_PIN_INCORRECT);
    assert_true(error_says(&err, "C_Login"));
    assert_int_equal(fault_calls(&store, "C_Login"), 2);
    assert_int_equal(fault_calls(&store, "C_SignInit"), 1);
    assert_int_equal(fault_calls(&store, "C_Sign"), 0);
}

/* --- one lens, many keys --- */

#define KEY_COUNT 300u

/* Signs a request with one key and checks it with OpenSSL against that key as the bare token showed it. */
static void sign_with(const pc_token *token, const char *label, EVP_PKEY *expected)
{
    pc_arena *arena = pc_arena_new();
    const pc_key_selector selector = { .words = label, .label = label };
    pc_signer *signer = NULL;
    X509_REQ *request = X509_REQ_new();
    pc_error err = { 0 };
    pc_key key;

    assert_int_equal(pc_key_find(token, &selector, arena, &key, &err), PC_OK);
    assert_int_equal(pc_signer_open(token, &key, &signer, &err), PC_OK);
    assert_int_equal(X509_REQ_set_pubkey(request, pc_signer_public(signer)), 1);
    assert_int_equal(pc_sign_csr(signer, PC_DIGEST_SHA256, request, &err), PC_OK);
    assert_int_equal(X509_REQ_verify(request, expected), 1);
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
    const pc_token_access access = token_store_access(&store, SOFTHSM_MODULE, "many");

    (void)state;
    token_store_add_token(&store, "many");
    raw_open("many", &raw);
    raw_generate_many(&raw, "key", NULL, KEY_COUNT);
    for (unsigned i = 0; i < KEY_COUNT; i++) {
        (void)snprintf(label, sizeof label, "key-%u", i);
        expected[i] = judge_public_key(&raw, raw_labelled(&raw, CKO_PUBLIC_KEY, label));
    }
    raw_close(&raw);
    assert_int_equal(pc_token_open(&access, PC_TOKEN_READ, &token, &err), PC_OK);
    for (unsigned i = 0; i < KEY_COUNT; i++) {
        (void)snprintf(label, sizeof label, "key-%u", i);
        sign_with(token, label, expected[i]);
    }
    pc_token_close(token);
    for (unsigned i = 0; i < KEY_COUNT; i++) {
        EVP_PKEY_free(expected[i]);
    }
}

/* --- signatures that do not hold --- */

static const struct {
    const char *plan;
    pc_status ec; /* what it comes to with an EC key, and with an RSA key */
    pc_status rsa;
} damages[] = {
    { "C_Sign=1 flip=0", PC_E_VERIFY, PC_E_VERIFY },
    { "C_Sign=1 flip=255", PC_E_VERIFY, PC_E_VERIFY },
    { "C_Sign=1 flip=256", PC_E_VERIFY, PC_E_VERIFY },
    { "C_Sign=1 flip=511", PC_E_VERIFY, PC_E_VERIFY },
    { "C_Sign=1 put=0", PC_E_VERIFY, PC_E_VERIFY },
    /* Says that it has filled all the room there was, and has not. For EC that is more than a signature can be. */
    { "C_Sign=1 skip=0", PC_E_TOKEN, PC_E_VERIFY },
    { "C_Sign=1 length=+1", PC_E_TOKEN, PC_E_TOKEN },
    { "C_Sign=1 length=66", PC_E_TOKEN, PC_E_VERIFY },
    { "C_Sign=1 length=68", PC_E_TOKEN, PC_E_VERIFY },
    { "C_Sign=1 length=80", PC_E_TOKEN, PC_E_VERIFY },
    { "C_Sign=1 length=512", PC_E_TOKEN, PC_E_TOKEN },
    { "C_Sign=1 length=0x7fffffff", PC_E_TOKEN, PC_E_TOKEN },
    { "C_Sign=1 length=-1", PC_E_TOKEN, PC_E_TOKEN },
    { "C_Sign=1 length=0", PC_E_VERIFY, PC_E_CRYPTO },
    { "C_Sign=1 length=63", PC_E_VERIFY, PC_E_VERIFY },
};

static void damaged_signature_is_found_and_nothing_is_written(void **state)
{
    static const char *const tokens[] = { "ec, alone", "rsa" };

    (void)state;
    for (size_t i = 0; i < PC_COUNT(damages) * PC_COUNT(tokens); i++) {
        char out[128];
        pc_error err = { 0 };
        const pc_token_access access = token_store_access(&store, FAULT_MODULE, tokens[i % 2]);
        const pc_new_order order = { .subject = "CN=a", .key = "wanted", .out = token_store_path(&store, "bad.pem", out) };

        fault_plan(&store, damages[i / 2].plan);
        pc_status status = run_new(&order, &access, NULL, &err);
        pc_status expected = i % 2 ? damages[i / 2].rsa : damages[i / 2].ec;

        if (status != expected) {
            print_error("%s on %s: %s\n", damages[i / 2].plan, tokens[i % 2], err.frames[0]);
        }
        assert_int_equal(status, expected);
        assert_int_not_equal(faccessat(AT_FDCWD, out, F_OK, 0), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(request_costs_few_calls_whatever_the_token_holds),
        cmocka_unit_test(rsa_request_costs_no_more),
        cmocka_unit_test(nothing_but_the_signature_passes_the_lens),
        cmocka_unit_test(spy_counts_the_same),
        cmocka_unit_test(key_that_always_authenticates_signs_after_a_login_of_its_own),
        cmocka_unit_test(refused_login_for_the_key_is_not_tried_again),
        cmocka_unit_test(many_keys_in_one_process_are_not_mixed_up),
        cmocka_unit_test(damaged_signature_is_found_and_nothing_is_written),
    };

    return cmocka_run_group_tests(tests, make_store, remove_store);
}
