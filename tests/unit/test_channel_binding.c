/* SPDX-License-Identifier: Apache-2.0 */
#include "enroll/http/channel_binding.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/rsa.h>

#include "must.h"

#define PREFIX "tls-server-end-point:"

static void sign(X509 *certificate, EVP_PKEY *key, const char *hash, int padding)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *parameters = NULL;
    const EVP_MD *md = hash ? EVP_get_digestbyname(hash) : NULL;

    MUST(context && EVP_DigestSignInit(context, &parameters, md, NULL, key) == 1);
    MUST(padding == 0 || EVP_PKEY_CTX_set_rsa_padding(parameters, padding) == 1);
    MUST(X509_sign_ctx(certificate, context) > 0);
    EVP_MD_CTX_free(context);
}

static X509 *new_certificate(EVP_PKEY *key, const char *hash, int padding)
{
    X509 *certificate = X509_new();

    MUST(certificate && X509_set_version(certificate, 2) == 1);
    MUST(ASN1_INTEGER_set(X509_get_serialNumber(certificate), 7) == 1);
    MUST(X509_gmtime_adj(X509_getm_notBefore(certificate), 0));
    MUST(X509_gmtime_adj(X509_getm_notAfter(certificate), 3600));
    MUST(X509_set_pubkey(certificate, key) == 1);
    sign(certificate, key, hash, padding);
    return certificate;
}

/* RFC 5929 section 4.1; "" stands for a signature that has no hash function of its own. */
static void hash_is_that_of_the_signature(void **state)
{
    static const struct {
        const char *algorithm;
        const char *signature;
        int padding;
        const char *binding; /* hash function of the binding; NULL: there is none */
    } rows[] = {
        { "RSA", "MD5", 0, "SHA256" },
        { "RSA", "SHA1", 0, "SHA256" },
        { "RSA", "SHA224", 0, "SHA224" },
        { "RSA", "SHA256", 0, "SHA256" },
        { "RSA", "SHA384", 0, "SHA384" },
        { "RSA", "SHA512", 0, "SHA512" },
        { "RSA", "SHA1", RSA_PKCS1_PSS_PADDING, "SHA256" },
        { "RSA", "SHA384", RSA_PKCS1_PSS_PADDING, "SHA384" },
        { "EC", "SHA1", 0, "SHA256" },
        { "EC", "SHA256", 0, "SHA256" },
        { "EC", "SHA512", 0, "SHA512" },
        { "ED25519", NULL, 0, NULL },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        EVP_PKEY *key = strcmp(rows[i].algorithm, "RSA") == 0  ? EVP_RSA_gen(2048)
                        : strcmp(rows[i].algorithm, "EC") == 0 ? EVP_EC_gen("P-256")
                                                               : EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
        X509 *certificate = new_certificate(key, rows[i].signature, rows[i].padding);
        unsigned char expected[PC_CHANNEL_BINDING_MAX] = PREFIX;
        unsigned char binding[PC_CHANNEL_BINDING_MAX];
        unsigned char *der = NULL;
        int der_len = i2d_X509(certificate, &der);
        unsigned len = 0;

        if (rows[i].binding) {
            MUST(EVP_Digest(der, (size_t)der_len, expected + strlen(PREFIX), &len,
                            EVP_get_digestbyname(rows[i].binding), NULL) == 1);
            assert_int_equal(pc_channel_binding_of(certificate, binding), strlen(PREFIX) + len);
            assert_memory_equal(binding, expected, strlen(PREFIX) + len);
        } else {
            assert_int_equal(pc_channel_binding_of(certificate, binding), 0);
        }
        OPENSSL_free(der);
        X509_free(certificate);
        EVP_PKEY_free(key);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hash_is_that_of_the_signature),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
