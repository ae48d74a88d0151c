/* SPDX-License-Identifier: Apache-2.0 */
#include "judge.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>

#include "must.h"

X509_REQ *judge_request(const char *path)
{
    FILE *file = fopen(path, "re");
    X509_REQ *request = file ? PEM_read_X509_REQ(file, NULL, NULL, NULL) : NULL;

    if (file) {
        (void)fclose(file);
    }
    if (request && X509_REQ_verify(request, X509_REQ_get0_pubkey(request)) != 1) {
        X509_REQ_free(request);
        return NULL;
    }
    return request;
}

X509 *judge_certificate(const char *path)
{
    FILE *file = fopen(path, "re");
    X509 *certificate = file ? PEM_read_X509(file, NULL, NULL, NULL) : NULL;

    if (file) {
        (void)fclose(file);
    }
    return certificate;
}

static void push_rsa(const raw_token *raw, CK_OBJECT_HANDLE object, OSSL_PARAM_BLD *builder, BIGNUM *parts[2])
{
    unsigned char bytes[1024];
    size_t len = raw_read(raw, object, CKA_MODULUS, bytes, sizeof bytes);

    MUST(len <= sizeof bytes);
    parts[0] = BN_bin2bn(bytes, (int)len, NULL);
    len = raw_read(raw, object, CKA_PUBLIC_EXPONENT, bytes, sizeof bytes);
    MUST(len <= sizeof bytes);
    parts[1] = BN_bin2bn(bytes, (int)len, NULL);
    MUST(OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, parts[0]) == 1);
    MUST(OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, parts[1]) == 1);
}

/* SoftHSM wraps the point into an OCTET STRING of at most 65 bytes for P-256: two bytes of header. */
static void push_p256(const raw_token *raw, CK_OBJECT_HANDLE object, OSSL_PARAM_BLD *builder, unsigned char point[67])
{
    MUST(raw_read(raw, object, CKA_EC_POINT, point, 67) == 67);
    MUST(OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) == 1);
    MUST(OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point + 2, 65) == 1);
}

EVP_PKEY *judge_public_key(const raw_token *raw, CK_OBJECT_HANDLE public_object)
{
    unsigned char point[67];
    BIGNUM *parts[2] = { NULL, NULL };
    CK_KEY_TYPE type = 0;
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    EVP_PKEY *key = NULL;

    MUST(builder && raw_read(raw, public_object, CKA_KEY_TYPE, &type, sizeof type) == sizeof type);
    if (type == CKK_RSA) {
        push_rsa(raw, public_object, builder, parts);
    } else {
        push_p256(raw, public_object, builder, point);
    }
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(builder);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type == CKK_RSA ? "RSA" : "EC", NULL);

    MUST(params && context && EVP_PKEY_fromdata_init(context) == 1);
    MUST(EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, params) == 1);
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(builder);
    BN_free(parts[0]);
    BN_free(parts[1]);
    return key;
}

bool judge_key_is_labelled(const EVP_PKEY *key, const raw_token *raw, const char *label)
{
    EVP_PKEY *held = judge_public_key(raw, raw_labelled(raw, CKO_PUBLIC_KEY, label));
    bool same = EVP_PKEY_eq(key, held) == 1;

    EVP_PKEY_free(held);
    return same;
}
