/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/pem.h>

#include "common_name.h"
#include "enroll/http/tls_library.h"
#include "judge.h"
#include "must.h"
#include "raw_token.h"
#include "run.h"
#include "signer/signer.h"
#include "stand_in.h"
#include "token/key.h"
#include "x509/auto.h"

/* Authentication with a client certificate whose key is on a token and stays there. */

static token_store store;

static int make_store(void **state)
{
    raw_token raw;

    (void)state;
    token_store_make(&store);
    token_store_add_token(&store, "t");
    raw_open("t", &raw);
    (void)raw_generate(&raw, &(raw_key_plan){ .kind = RAW_RSA_2048, .label = "rsa", .id = "rsa" }, NULL);
    (void)raw_generate(&raw, &(raw_key_plan){ .kind = RAW_EC_P256, .label = "ec", .id = "ec" }, NULL);
    raw_close(&raw);
    return 0;
}

static int remove_store(void **state)
{
    (void)state;
    token_store_remove(&store);
    return 0;
}

static void read_ca(pc_arena *arena, X509 **ret_certificate, EVP_PKEY **ret_key)
{
    const char *certificate = stand_in_file(arena, "ca/root.pem");
    const char *key = stand_in_file(arena, "ca/root.key");
    BIO *bio = BIO_new_mem_buf(certificate, -1);

    *ret_certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    BIO_free(bio);
    bio = BIO_new_mem_buf(key, -1);
    *ret_key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
    BIO_free(bio);
    MUST(*ret_certificate && *ret_key);
}

/* libcurl cannot take a certificate where it is built on another OpenSSL, which test_other_openssl is about. */
static void only_with_one_openssl(void)
{
    if (pc_tls_library_check("https://localhost", NULL) != PC_OK) {
        print_message("not here: a libcurl built on the OpenSSL of p11cert\n");
        skip();
    }
}

/* A certificate of the stand-in's root for a public key. */
static X509 *certify(pc_arena *arena, EVP_PKEY *public_key, const char *name)
{
    X509 *ca = NULL;
    EVP_PKEY *ca_key = NULL;
    X509 *certificate = X509_new();

    read_ca(arena, &ca, &ca_key);
    MUST(certificate && X509_set_version(certificate, X509_VERSION_3) == 1);
    MUST(ASN1_INTEGER_set(X509_get_serialNumber(certificate), 4711) == 1);
    MUST(X509_gmtime_adj(X509_getm_notBefore(certificate), -60) &&
         X509_gmtime_adj(X509_getm_notAfter(certificate), 3600));
    MUST(X509_set_issuer_name(certificate, X509_get_subject_name(ca)) == 1);
    set_subject(certificate, name);
    MUST(X509_set_pubkey(certificate, public_key) == 1 && X509_sign(certificate, ca_key, EVP_sha256()) > 0);
    X509_free(ca);
    EVP_PKEY_free(ca_key);
    return certificate;
}

static pc_status fetch_home(const pc_ca_credentials *credentials, pc_arena *arena, pc_error *err)
{
    PC_AUTO(pc_wire) pc_wire *wire = NULL;
    const pc_ca_access access = stand_in_access(stand_in_url("ADCS_CERTIFICATE", "anonymous", "enterprise"));
    pc_ca_templates templates;

    PC_TRY(stand_in_open(&access, credentials, &wire, err));
    return pc_ca_get_templates(wire, arena, &templates, err);
}

typedef struct {
    pc_token *token;
    pc_signer *signer;
} token_key;

static token_key open_key(pc_arena *arena, const char *label)
{
    const pc_token_access access = token_store_access(&store, SOFTHSM_MODULE, "t");
    token_key opened = { .token = NULL };
    pc_key key;

    assert_int_equal(pc_token_open(&access, PC_TOKEN_READ, &opened.token, NULL), PC_OK);
    assert_int_equal(pc_key_find(opened.token, &(pc_key_selector){ .words = label, .label = label }, arena, &key, NULL),
                     PC_OK);
    assert_int_equal(pc_signer_open(opened.token, &key, &opened.signer, NULL), PC_OK);
    return opened;
}

static void close_key(token_key *opened)
{
    pc_signer_close(opened->signer);
    pc_token_close(opened->token);
}

static void key_on_the_token_logs_in(void **state)
{
    static const char *const labels[] = { "rsa", "ec" };

    (void)state;
    only_with_one_openssl();
    for (size_t i = 0; i < PC_COUNT(labels); i++) {
        PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
        token_key opened = open_key(arena, labels[i]);
        X509 *certificate = certify(arena, pc_signer_public(opened.signer), labels[i]);
        const pc_ca_credentials credentials = { .certificate = certificate,
                                                .private_key = pc_signer_private(opened.signer) };
        pc_error err = { .status = PC_OK };
        char out[4096];

        if (fetch_home(&credentials, arena, &err) != PC_OK) {
            fail_msg("%s: %s", labels[i], error_text(&err, out, sizeof out));
        }
        const char *shown = stand_in_last(arena, "client-certificate");

        assert_string_equal(shown, pc_arena_format(arena, "CN=%s", labels[i]));
        X509_free(certificate);
        close_key(&opened);
    }
}

static void certificate_of_another_key_is_refused_before_anything_is_sent(void **state)
{
    only_with_one_openssl();
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    token_key rsa = open_key(arena, "rsa");
    EVP_PKEY *other = EVP_RSA_gen(2048);
    X509 *certificate = certify(arena, other, "other");
    const pc_ca_credentials credentials = { .certificate = certificate, .private_key = pc_signer_private(rsa.signer) };
    pc_error err = { .status = PC_OK };
    size_t seen = stand_in_seen();

    (void)state;
    assert_int_equal(fetch_home(&credentials, arena, &err), PC_E_CRYPTO);
    assert_true(error_says(&err, "cannot be used together"));
    assert_int_equal(stand_in_seen(), seen);
    X509_free(certificate);
    EVP_PKEY_free(other);
    close_key(&rsa);
}

static void server_that_requires_a_certificate_and_gets_none_refuses(void **state)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    pc_error err = { .status = PC_OK };
    char out[4096];

    (void)state;
    assert_int_equal(fetch_home(NULL, arena, &err), PC_E_CA);
    if (!error_says(&err, "client certificate")) {
        fail_msg("%s", error_text(&err, out, sizeof out));
    }
}

/* The server closes the connection while megabytes are being sent: that must not end the process (SIGPIPE). */
static void server_that_closes_during_a_long_form_does_no_harm(void **state)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    PC_AUTO(pc_wire) pc_wire *wire = NULL;
    const pc_ca_access access = stand_in_access(stand_in_url("ADCS_CERTIFICATE", "anonymous", "enterprise"));
    size_t len = (size_t)8 << 20;
    char *form = pc_arena_alloc(arena, len + 1);
    pc_wire_answer answer;

    (void)state;
    memset(form, 'a', len);
    assert_int_equal(stand_in_open(&access, NULL, &wire, NULL), PC_OK);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(pc_wire_fetch(wire, arena, &(pc_wire_request){ .page = "certfnsh.asp", .form = form }, &answer,
                                       NULL),
                         PC_E_CA);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(key_on_the_token_logs_in),
        cmocka_unit_test(certificate_of_another_key_is_refused_before_anything_is_sent),
        cmocka_unit_test(server_that_closes_during_a_long_form_does_no_harm),
        cmocka_unit_test(server_that_requires_a_certificate_and_gets_none_refuses),
    };

    return cmocka_run_group_tests(tests, make_store, remove_store);
}
