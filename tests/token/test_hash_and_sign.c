/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "fault.h"
#include "pair/public_key.h"
#include "raw_token.h"
#include "run.h"
#include "signer/sign.h"
#include "token/key.h"
#include "x509/auto.h"

/* Tokens and keys that only sign what they have hashed themselves: the engine cannot request that. */

/* CKM_RSA_PKCS is refused, CKM_SHA256_RSA_PKCS is not. If the engine is the default signer, it requests the first
 * before the native signer does. */
static const char *const hashes_itself[] = { "C_SignInit=1 return=0x70",
                                             "C_SignInit=1 return=0x70;C_SignInit=2 return=0x70" };

static bool has_engine(void)
{
    return strcmp(pc_signer_kinds[0]->name, "engine") == 0;
}

static token_store store;

static int make_store(void **state)
{
    raw_token raw;

    (void)state;
    token_store_make(&store);
    token_store_add_token(&store, "keys");
    raw_open("keys", &raw);
    (void)raw_generate(&raw, &(raw_key_plan){ .kind = RAW_RSA_2048, .label = "rsa", .id = "rsa" }, NULL);
    raw_close(&raw);
    return 0;
}

static int remove_store(void **state)
{
    (void)state;
    token_store_remove(&store);
    return 0;
}

static pc_status prove(const pc_signer *signer, pc_error *err)
{
    return pc_sign_proves(signer, pc_signer_public(signer), err);
}

static pc_status sign_request(const pc_signer *signer, pc_error *err)
{
    PC_AUTO(X509_REQ) X509_REQ *csr = X509_REQ_new();

    assert_int_equal(X509_REQ_set_version(csr, X509_REQ_VERSION_1), 1);
    assert_int_equal(X509_REQ_set_pubkey(csr, pc_signer_public(signer)), 1);
    return pc_sign_csr(signer, (pc_signature_form){ .digest = PC_DIGEST_SHA256 }, csr, err); /* which verifies it */
}

static pc_status sign_certificate(const pc_signer *signer, pc_error *err)
{
    PC_AUTO(X509) X509 *certificate = X509_new();

    PC_AUTO(EVP_PKEY) EVP_PKEY *throwaway = NULL;
    const pc_signature_form form = { .digest = PC_DIGEST_SHA256 };

    assert_int_equal(X509_set_pubkey(certificate, pc_signer_public(signer)), 1);
    assert_int_equal(ASN1_TIME_set_string(X509_getm_notBefore(certificate), "260101000000Z"), 1);
    assert_int_equal(ASN1_TIME_set_string(X509_getm_notAfter(certificate), "460101000000Z"), 1);
    assert_int_equal(pc_throwaway_key(pc_signer_public(signer), &throwaway, NULL), PC_OK);
    assert_int_equal(pc_rehearse_certificate(throwaway, form, certificate, NULL), PC_OK);
    return pc_sign_certificate(signer, form, &certificate, err);
}

static pc_status (*const signatures[])(const pc_signer *signer, pc_error *err) = { prove, sign_request,
                                                                                   sign_certificate };

/* One signature with the signer of that name, NULL for the default. */
static pc_status sign(size_t kind, const char *signer_name, const char *plan, pc_error *err)
{
    const pc_key_selector selector = { .words = "rsa", .label = "rsa" };
    pc_token_access access = token_store_access(&store, FAULT_MODULE, "keys");
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    PC_AUTO(pc_token) pc_token *token = NULL;
    PC_AUTO(pc_signer) pc_signer *signer = NULL;
    pc_key key;

    access.signer = signer_name;
    fault_plan(&store, plan);
    assert_int_equal(pc_token_open(&access, PC_TOKEN_READ, &token, NULL), PC_OK);
    assert_int_equal(pc_key_find(token, &selector, arena, &key, NULL), PC_OK);
    assert_int_equal(pc_signer_open(token, &key, &signer, NULL), PC_OK);
    return signatures[kind](signer, err);
}

static void the_token_hashes_the_message_if_it_signs_nothing_else(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(signatures); i++) {
        pc_error err = { .status = PC_OK };

        if (sign(i, NULL, hashes_itself[has_engine()], &err) != PC_OK) {
            fail_msg("%zu: %s", i, err.frames[0]);
        }
        assert_int_equal(fault_calls(&store, "C_SignInit"), has_engine() ? 3 : 2);
        assert_int_equal(fault_calls(&store, "C_Sign"), 1);
    }
}

static void a_signer_that_was_named_is_the_only_one(void **state)
{
    (void)state;
    if (!has_engine()) {
        print_message("not here: the engine, which cannot let the token hash\n");
        skip();
    }
    for (size_t i = 0; i < PC_COUNT(signatures); i++) {
        pc_error err = { .status = PC_OK };

        assert_int_not_equal(sign(i, "engine", hashes_itself[true], &err), PC_OK);
        assert_int_equal(err.code, CKR_MECHANISM_INVALID);
        assert_int_equal(fault_calls(&store, "C_SignInit"), 1);
    }
}

static void a_token_that_refuses_every_mechanism_is_reported_by_its_code(void **state)
{
    pc_error err = { .status = PC_OK };

    (void)state;
    assert_int_not_equal(sign(0, NULL, "C_SignInit=1+ return=0x70", &err), PC_OK);
    assert_int_equal(err.code, CKR_MECHANISM_INVALID);
    assert_int_equal(fault_calls(&store, "C_Sign"), 0);
}

static void any_other_refusal_is_final(void **state)
{
    static const char *const plans[] = { "C_SignInit=1 return=0x30", "C_SignInit=1 return=0x68",
                                         "C_Sign=1 return=0x70" };

    (void)state;
    for (size_t i = 0; i < PC_COUNT(plans); i++) {
        pc_error err = { .status = PC_OK };

        assert_int_not_equal(sign(1, NULL, plans[i], &err), PC_OK);
        assert_int_equal(fault_calls(&store, "C_SignInit"), 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_token_hashes_the_message_if_it_signs_nothing_else),
        cmocka_unit_test(a_signer_that_was_named_is_the_only_one),
        cmocka_unit_test(a_token_that_refuses_every_mechanism_is_reported_by_its_code),
        cmocka_unit_test(any_other_refusal_is_final),
    };

    return cmocka_run_group_tests(tests, make_store, remove_store);
}
