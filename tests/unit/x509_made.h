/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_X509_MADE_H
#define TEST_X509_MADE_H

/* Keys, requests and certificates made only by OpenSSL, for tests to read. Include after cmocka.h. */

#include <openssl/evp.h>
#include <string.h>
#include <time.h>

#include "x509/auto.h"

static inline EVP_PKEY *made_key(void)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");

    assert_non_null(key);
    return key;
}

static inline void made_extension(X509 *certificate, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;

    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);

    assert_non_null(extension);
    assert_int_equal(X509_add_ext(certificate, extension, -1), 1);
    X509_EXTENSION_free(extension);
}

typedef struct {
    const char *name;
    EVP_PKEY *key;
    X509 *issuer; /* NULL: self-signed */
    EVP_PKEY *issuer_key;
    bool is_ca;
    long from_days; /* of now */
    long until_days;
} made_plan;

static inline X509 *made_certificate(const made_plan *plan)
{
    X509 *certificate = X509_new();
    X509_NAME *name = X509_NAME_new();

    assert_non_null(certificate);
    assert_int_equal(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)plan->name, -1, -1,
                                                0),
                     1);
    assert_int_equal(X509_set_version(certificate, X509_VERSION_3), 1);
    assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(certificate), 4711), 1);
    assert_int_equal(X509_set_subject_name(certificate, name), 1);
    assert_int_equal(X509_set_issuer_name(certificate, plan->issuer ? X509_get_subject_name(plan->issuer) : name), 1);
    assert_int_equal(X509_set_pubkey(certificate, plan->key), 1);
    assert_non_null(X509_gmtime_adj(X509_getm_notBefore(certificate), plan->from_days * 86400L));
    assert_non_null(X509_gmtime_adj(X509_getm_notAfter(certificate), plan->until_days * 86400L));
    made_extension(certificate, plan->issuer ? plan->issuer : certificate, NID_basic_constraints,
                   plan->is_ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
    assert_true(X509_sign(certificate, plan->issuer_key ? plan->issuer_key : plan->key, EVP_sha256()) > 0);
    X509_NAME_free(name);
    return certificate;
}

static inline size_t made_der(X509 *certificate, unsigned char **ret_der)
{
    *ret_der = NULL;
    int len = i2d_X509(certificate, ret_der);

    assert_true(len > 0);
    return (size_t)len;
}

#endif
