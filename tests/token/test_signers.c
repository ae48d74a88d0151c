/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/cms.h>
#include <openssl/pem.h>
#include <openssl/rand.h>

#include "must.h"
#include "run.h"
#include "signer/sign.h"
#include "token/key.h"
#include "token/keygen.h"
#include "x509/auto.h"
#include "x509/csr.h"

/*
 * The same objects, signed with each signer of this build: what is signed must be the same bytes, a signature that has
 * no random part the same signature, and OpenSSL's command line must verify each.
 */

static token_store store;

typedef struct {
    const char *label;
    pc_key_kind kind;
    pc_digest digest;
    bool is_random; /* the signature has a random part */
} key_row;

static const key_row keys[] = {
    { "rsa-2048", PC_KEY_RSA_2048, PC_DIGEST_SHA256, false },
    { "rsa-3072", PC_KEY_RSA_3072, PC_DIGEST_SHA384, false },
    { "ec-p256", PC_KEY_EC_P256, PC_DIGEST_SHA256, true },
    { "ec-p384", PC_KEY_EC_P384, PC_DIGEST_SHA384, true },
    { "ec-p521", PC_KEY_EC_P521, PC_DIGEST_SHA512, true },
    /* A digest that is longer than the curve's order. */
    { "ec-p256-long", PC_KEY_EC_P256, PC_DIGEST_SHA512, true },
    { "ed25519", PC_KEY_ED25519, PC_DIGEST_SHA256, false },
};

#define SIGNERS_MOST 4u

/* One signed object in its parts. */
typedef struct {
    unsigned char *signed_bytes;
    int signed_len;
    unsigned char *algorithm;
    int algorithm_len;
    unsigned char signature[1024];
    int signature_len;
} object;

static void object_clear(object *cleared)
{
    OPENSSL_free(cleared->signed_bytes);
    OPENSSL_free(cleared->algorithm);
    *cleared = (object){ .signed_len = 0 };
}

static void take_signature(object *taken, const X509_ALGOR *algorithm, const ASN1_BIT_STRING *signature)
{
    taken->algorithm_len = i2d_X509_ALGOR(algorithm, &taken->algorithm);
    taken->signature_len = ASN1_STRING_length(signature);
    assert_true(taken->algorithm_len > 0);
    assert_in_range(taken->signature_len, 1, sizeof taken->signature);
    memcpy(taken->signature, ASN1_STRING_get0_data(signature), (size_t)taken->signature_len);
}

static void assert_same(const char *what, const object *first, const object *other, bool is_random)
{
    print_message("  %s: %d bytes signed\n", what, first->signed_len);
    assert_int_equal(first->signed_len, other->signed_len);
    assert_memory_equal(first->signed_bytes, other->signed_bytes, (size_t)first->signed_len);
    assert_int_equal(first->algorithm_len, other->algorithm_len);
    assert_memory_equal(first->algorithm, other->algorithm, (size_t)first->algorithm_len);
    if (!is_random) {
        assert_int_equal(first->signature_len, other->signature_len);
        assert_memory_equal(first->signature, other->signature, (size_t)first->signature_len);
    }
}

static const char *in_store(const char *name)
{
    static char paths[8][128];
    static size_t next;

    return token_store_path(&store, name, paths[next++ % 8]);
}

/* Returns what the program printed. */
static const char *expect_program(const char *const *argv)
{
    static char output[16384];

    if (run_program(argv, output, sizeof output) != 0) {
        fail_msg("%s %s: %s", argv[0], argv[1], output);
    }
    return output;
}
#define PROGRAM(...) expect_program((const char *const[]){ __VA_ARGS__, NULL })

/* --- the objects --- */

static X509_NAME *make_name(void)
{
    X509_NAME *name = X509_NAME_new();
    union {
        const char *text;
        const unsigned char *bytes;
    } value = { .text = "same.example.org" };

    MUST(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, value.bytes, -1, -1, 0) == 1);
    return name;
}

static X509_REQ *make_request(const pc_signer *signer, pc_signature_form form)
{
    X509_REQ *request = X509_REQ_new();
    X509_NAME *name = make_name();
    pc_error err = { .status = PC_OK };

    MUST(X509_REQ_set_version(request, X509_REQ_VERSION_1) == 1 && X509_REQ_set_subject_name(request, name) == 1);
    MUST(X509_REQ_set_pubkey(request, pc_signer_public(signer)) == 1);
    if (pc_sign_csr(signer, form, request, &err) != PC_OK) {
        fail_msg("request: %s", err.frames[0]);
    }
    X509_NAME_free(name);
    return request;
}

static void sign_request(const pc_signer *signer, pc_signature_form form, object *ret_object)
{
    X509_REQ *request = make_request(signer, form);
    const X509_ALGOR *algorithm = NULL;
    const ASN1_BIT_STRING *signature = NULL;
    FILE *file = fopen(in_store("request.pem"), "we");

    ret_object->signed_len = i2d_re_X509_REQ_tbs(request, &ret_object->signed_bytes);
    X509_REQ_get0_signature(request, &signature, &algorithm);
    take_signature(ret_object, algorithm, signature);
    MUST(file && PEM_write_X509_REQ(file, request) == 1 && fclose(file) == 0);
    (void)PROGRAM(TEST_SUPPORT_DIR "/verify-request", "-in", in_store("request.pem"));
    X509_REQ_free(request);
}

static X509 *make_certificate(const pc_signer *signer, pc_digest digest)
{
    X509 *certificate = X509_new();
    X509_NAME *name = make_name();
    PC_AUTO(EVP_PKEY) EVP_PKEY *throwaway = NULL;
    pc_error err = { .status = PC_OK };

    MUST(X509_set_version(certificate, X509_VERSION_3) == 1 &&
         ASN1_INTEGER_set(X509_get_serialNumber(certificate), 4711) == 1);
    MUST(X509_set_subject_name(certificate, name) == 1 && X509_set_issuer_name(certificate, name) == 1);
    MUST(ASN1_TIME_set_string(X509_getm_notBefore(certificate), "260101000000Z") == 1);
    MUST(ASN1_TIME_set_string(X509_getm_notAfter(certificate), "460101000000Z") == 1);
    MUST(X509_set_pubkey(certificate, pc_signer_public(signer)) == 1);
    const pc_signature_form form = { .digest = digest };

    MUST(pc_throwaway_key(pc_signer_public(signer), &throwaway, NULL) == PC_OK);
    MUST(pc_rehearse_certificate(throwaway, form, certificate, NULL) == PC_OK);
    if (pc_sign_certificate(signer, form, &certificate, &err) != PC_OK) {
        fail_msg("certificate: %s", err.frames[0]);
    }
    X509_NAME_free(name);
    return certificate;
}

static void sign_certificate(X509 *certificate, object *ret_object)
{
    const X509_ALGOR *algorithm = NULL;
    const ASN1_BIT_STRING *signature = NULL;
    FILE *file = fopen(in_store("certificate.pem"), "we");

    ret_object->signed_len = i2d_re_X509_tbs(certificate, &ret_object->signed_bytes);
    X509_get0_signature(&signature, &algorithm, certificate);
    take_signature(ret_object, algorithm, signature);
    MUST(file && PEM_write_X509(file, certificate) == 1 && fclose(file) == 0);
    (void)PROGRAM("openssl", "verify", "-no_check_time", "-check_ss_sig", "-CAfile", in_store("certificate.pem"),
                  in_store("certificate.pem"));
}

static void sign_crl(const pc_signer *signer, const EVP_MD *md, object *ret_object)
{
    X509_CRL *crl = X509_CRL_new();
    X509_NAME *name = make_name();
    ASN1_TIME *time = ASN1_TIME_new();
    const X509_ALGOR *algorithm = NULL;
    const ASN1_BIT_STRING *signature = NULL;
    FILE *file = fopen(in_store("crl.pem"), "we");

    MUST(X509_CRL_set_version(crl, 1) == 1 && X509_CRL_set_issuer_name(crl, name) == 1);
    MUST(ASN1_TIME_set_string(time, "260101000000Z") == 1 && X509_CRL_set1_lastUpdate(crl, time) == 1);
    MUST(ASN1_TIME_set_string(time, "460101000000Z") == 1 && X509_CRL_set1_nextUpdate(crl, time) == 1);
    assert_true(X509_CRL_sign(crl, pc_signer_private(signer), md) > 0);
    ret_object->signed_len = i2d_re_X509_CRL_tbs(crl, &ret_object->signed_bytes);
    X509_CRL_get0_signature(crl, &signature, &algorithm);
    take_signature(ret_object, algorithm, signature);
    MUST(file && PEM_write_X509_CRL(file, crl) == 1 && fclose(file) == 0);
    const char *said =
        PROGRAM("openssl", "crl", "-noout", "-in", in_store("crl.pem"), "-CAfile", in_store("certificate.pem"));

    assert_non_null(strstr(said, "verify OK"));
    ASN1_TIME_free(time);
    X509_NAME_free(name);
    X509_CRL_free(crl);
}

/* The attributes except the time of signing, which is that of the run. */
static int encode_attributes(CMS_SignerInfo *info, unsigned char **ret_bytes)
{
    unsigned char *bytes = OPENSSL_malloc(4096);
    unsigned char *end = bytes;

    for (int i = 0; i < CMS_signed_get_attr_count(info); i++) {
        X509_ATTRIBUTE *attribute = CMS_signed_get_attr(info, i);

        if (OBJ_obj2nid(X509_ATTRIBUTE_get0_object(attribute)) != NID_pkcs9_signingTime) {
            MUST(i2d_X509_ATTRIBUTE(attribute, NULL) < 1024 && end - bytes < 2048);
            (void)i2d_X509_ATTRIBUTE(attribute, &end);
        }
    }
    *ret_bytes = bytes;
    return (int)(end - bytes);
}

/* As the signature covers the time, only its algorithms are comparable. */
static void take_cms(pc_bytes der, object *ret_object)
{
    const unsigned char *cursor = der.data;
    CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &cursor, (long)der.len);
    X509_ALGOR *algorithm = NULL;

    assert_non_null(cms);
    CMS_SignerInfo *info = sk_CMS_SignerInfo_value(CMS_get0_SignerInfos(cms), 0);

    CMS_SignerInfo_get0_algs(info, NULL, NULL, NULL, &algorithm);
    ret_object->algorithm_len = i2d_X509_ALGOR(algorithm, &ret_object->algorithm);
    ret_object->signed_len = encode_attributes(info, &ret_object->signed_bytes);
    CMS_ContentInfo_free(cms);
}

/* The request in every renewal, signed by an OpenSSL key: its digest is an attribute of the renewal. */
static X509_REQ *renewed;

static void make_renewed(void)
{
    EVP_PKEY *software = EVP_RSA_gen(2048);

    renewed = X509_REQ_new();
    MUST(X509_REQ_set_version(renewed, X509_REQ_VERSION_1) == 1 && X509_REQ_set_pubkey(renewed, software) == 1);
    MUST(X509_REQ_sign(renewed, software, EVP_sha256()) > 0);
    EVP_PKEY_free(software);
}

static void sign_renewal(const pc_signer *signer, X509 *old, object *ret_object)
{
    pc_arena *arena = pc_arena_new();
    const pc_renewal_request renewal = { .old = old, .csr = renewed };
    pc_bytes der;
    pc_error err = { .status = PC_OK };

    if (pc_sign_renewal(signer, &renewal, arena, &der, &err) != PC_OK) {
        fail_msg("renewal: %s", err.frames[0]);
    }
    take_cms(der, ret_object);
    token_store_write(&store, "renewal.der", der.data, der.len);
    (void)PROGRAM("openssl", "cms", "-verify", "-noverify", "-binary", "-inform", "DER", "-in", in_store("renewal.der"),
                  "-out", in_store("content.der"));
    pc_arena_free(arena);
}

/* --- everything that one signer signs with one key --- */

enum { REQUEST, REQUEST_PSS, CERTIFICATE, CRL, RENEWAL, OBJECT_COUNT };
static const char *const object_names[] = { "request", "request, PSS", "certificate", "CRL", "renewal" };

/* PSS has a salt, and a renewal the time. */
static bool is_random(const key_row *row, unsigned which)
{
    return row->is_random || which == REQUEST_PSS || which == RENEWAL;
}

static void sign_all(const pc_signer *signer, const key_row *row, object objects[static OBJECT_COUNT])
{
    pc_error err = { .status = PC_OK };
    X509 *certificate = make_certificate(signer, row->digest);

    sign_request(signer, (pc_signature_form){ .digest = row->digest }, &objects[REQUEST]);
    if (pc_key_kind_is_rsa(row->kind)) {
        sign_request(signer, (pc_signature_form){ .digest = row->digest, .pss = true }, &objects[REQUEST_PSS]);
    }
    sign_certificate(certificate, &objects[CERTIFICATE]);
    if (row->kind == PC_KEY_ED25519) {
        sign_crl(signer, NULL, &objects[CRL]); /* and its renewals, with OpenSSL 3.0, are refused */
    } else {
        sign_crl(signer, EVP_get_digestbyname(pc_digest_name(row->digest)), &objects[CRL]);
        sign_renewal(signer, certificate, &objects[RENEWAL]);
    }
    assert_int_equal(pc_sign_proves(signer, pc_signer_public(signer), &err), PC_OK);
    X509_free(certificate);
}

static void sign_by(const char *name, const key_row *row, object objects[static OBJECT_COUNT])
{
    pc_token_access access = token_store_access(&store, SOFTHSM_MODULE, "keys");
    const pc_key_selector selector = { .words = row->label, .label = row->label };
    pc_arena *arena = pc_arena_new();
    pc_token *token = NULL;
    pc_signer *signer = NULL;
    pc_key key;
    pc_error err = { .status = PC_OK };

    access.signer = name;
    assert_int_equal(pc_token_open(&access, PC_TOKEN_READ, &token, &err), PC_OK);
    assert_int_equal(pc_key_find(token, &selector, arena, &key, &err), PC_OK);
    if (pc_signer_open(token, &key, &signer, &err) != PC_OK) {
        fail_msg("%s: %s", name, err.frames[0]);
    }
    sign_all(signer, row, objects);
    pc_signer_close(signer);
    pc_token_close(token);
    pc_arena_free(arena);
}

/* pkcs11-provider opens the lens with RTLD_DEEPBIND, which ends a program under AddressSanitizer. */
static bool ends_a_sanitized_program(const char *signer)
{
#ifdef __SANITIZE_ADDRESS__
    return strcmp(signer, "provider") == 0;
#else
    (void)signer;
    return false;
#endif
}

/* Those that can be used on this machine; the others are counted. */
static size_t list_signers(const char *ret_names[static SIGNERS_MOST])
{
    size_t count = 0;

    for (size_t i = 0; i < pc_signer_kind_count; i++) {
        const char *name = pc_signer_kinds[i]->name;
        pc_error err = { .status = PC_OK };

        if (ends_a_sanitized_program(name)) {
            print_message("not here: %s (under AddressSanitizer)\n", name);
        } else if (pc_signer_kinds[i]->load(&err) == PC_OK) {
            ret_names[count++] = name;
        } else {
            print_message("not here: %s (%s)\n", name, err.frames[0]);
        }
    }
    return count;
}

static void compare_signers(const key_row *row, const char *const *names, size_t count)
{
    object objects[SIGNERS_MOST][OBJECT_COUNT] = { { { .signed_len = 0 } } };
    size_t able = 0;

    print_message("%s with %s\n", row->label, pc_digest_name(row->digest));
    for (size_t i = 0; i < count; i++) {
        pc_error err = { .status = PC_OK };

        if (pc_signer_check_kind(names[i], row->kind, &err) == PC_OK) {
            sign_by(names[i], row, objects[able++]);
        } else {
            print_message("  not with %s: %s\n", names[i], err.frames[0]);
        }
    }
    assert_int_not_equal(able, 0);
    for (unsigned which = 0; which < OBJECT_COUNT; which++) {
        for (size_t i = 1; i < able && objects[0][which].signed_bytes; i++) {
            assert_same(object_names[which], &objects[0][which], &objects[i][which], is_random(row, which));
        }
        for (size_t i = 0; i < able; i++) {
            object_clear(&objects[i][which]);
        }
    }
}

static void every_signer_signs_the_same_bytes(void **state)
{
    const char *names[SIGNERS_MOST];
    size_t count = list_signers(names);

    (void)state;
    assert_in_range(count, 1, SIGNERS_MOST);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        compare_signers(&keys[i], names, count);
    }
}

/* --- requests that a signer cannot fulfil --- */

static void key_of_a_type_that_a_signer_does_not_know_is_refused_by_name(void **state)
{
    const pc_key foreign = { .label = "foreign", .half = { .key_type = CKK_DSA } };
    pc_token_access access = token_store_access(&store, SOFTHSM_MODULE, "keys");

    (void)state;
    for (size_t i = 0; i < pc_signer_kind_count; i++) {
        pc_token *token = NULL;
        pc_signer *signer = NULL;
        pc_error err = { .status = PC_OK };

        access.signer = pc_signer_kinds[i]->name;
        assert_int_equal(pc_token_open(&access, PC_TOKEN_READ, &token, &err), PC_OK);
        assert_int_equal(pc_signer_open(token, &foreign, &signer, &err), PC_E_INPUT);
        assert_true(error_says(&err, pc_signer_kinds[i]->name));
        assert_true(error_says(&err, "\"foreign\""));
        pc_token_close(token);
    }
}

static int make_keys(void **state)
{
    pc_token_access access;
    pc_token *token = NULL;
    pc_error err = { .status = PC_OK };

    (void)state;
    token_store_make(&store);
    token_store_add_token(&store, "keys");
    access = token_store_access(&store, SOFTHSM_MODULE, "keys");
    MUST(pc_token_open(&access, PC_TOKEN_WRITE, &token, &err) == PC_OK);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        pc_arena *arena = pc_arena_new();
        pc_key_plan plan = { .kind = keys[i].kind, .label = keys[i].label };
        pc_keygen_result made;

        MUST(RAND_bytes(plan.id, sizeof plan.id) == 1);
        MUST(pc_keygen(token, &plan, arena, &made, &err) == PC_OK);
        pc_arena_free(arena);
    }
    pc_token_close(token);
    make_renewed();
    return 0;
}

static int remove_store(void **state)
{
    (void)state;
    X509_REQ_free(renewed);
    token_store_remove(&store);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_signer_signs_the_same_bytes),
        cmocka_unit_test(key_of_a_type_that_a_signer_does_not_know_is_refused_by_name),
    };

    return cmocka_run_group_tests(tests, make_keys, remove_store);
}
