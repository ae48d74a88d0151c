/* SPDX-License-Identifier: Apache-2.0 */
#include "x509/spki.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/objects.h>

#include "x509/openssl_error.h"
#include "x509/words.h"

/* The bits become the structure's. */
static bool fill(X509_PUBKEY *info, ASN1_OBJECT *algorithm, int parameter_type, ASN1_OBJECT *parameters, pc_bytes bits)
{
    unsigned char *own = bits.len ? OPENSSL_memdup(bits.data, bits.len) : NULL;

    if (!own || X509_PUBKEY_set0_param(info, algorithm, parameter_type, parameters, own, (int)bits.len) != 1) {
        OPENSSL_free(own);
        return false;
    }
    return true;
}

bool pc_spki_fill_ec(X509_PUBKEY *info, int curve, pc_bytes point)
{
    ASN1_OBJECT *object = OBJ_nid2obj(curve); /* from OpenSSL's table: not to be freed */

    return object && OBJ_length(object) &&
           fill(info, OBJ_nid2obj(NID_X9_62_id_ecPublicKey), V_ASN1_OBJECT, object, point);
}

/* The BIT STRING holds a SEQUENCE of modulus and exponent. */
bool pc_spki_fill_rsa(X509_PUBKEY *info, const BIGNUM *modulus, const BIGNUM *exponent)
{
    PC_AUTO(ASN1_INTEGER) ASN1_INTEGER *first = BN_to_ASN1_INTEGER(modulus, NULL);
    PC_AUTO(ASN1_INTEGER) ASN1_INTEGER *second = BN_to_ASN1_INTEGER(exponent, NULL);
    const int len = first && second ? i2d_ASN1_INTEGER(first, NULL) + i2d_ASN1_INTEGER(second, NULL) : 0;
    const int size = len > 0 ? ASN1_object_size(1, len, V_ASN1_SEQUENCE) : 0;
    PC_AUTO(openssl_bytes) unsigned char *bits = size > 0 ? OPENSSL_malloc((size_t)size) : NULL;
    unsigned char *end = bits;

    if (!bits) {
        return false;
    }
    ASN1_put_object(&end, 1, len, V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL);
    (void)i2d_ASN1_INTEGER(first, &end);
    (void)i2d_ASN1_INTEGER(second, &end);
    return fill(info, OBJ_nid2obj(NID_rsaEncryption), V_ASN1_NULL, NULL, (pc_bytes){ bits, (size_t)size });
}

static bool fill_from_ec(X509_PUBKEY *info, const EVP_PKEY *key)
{
    char group[64];
    unsigned char point[200]; /* P-521 uncompressed has 133 bytes */
    size_t len = 0;

    return EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof group, NULL) == 1 &&
           EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point, &len) == 1 &&
           pc_spki_fill_ec(info, OBJ_txt2nid(group), (pc_bytes){ point, len });
}

static bool fill_from_rsa(X509_PUBKEY *info, const EVP_PKEY *key)
{
    PC_AUTO(BIGNUM) BIGNUM *modulus = NULL;
    PC_AUTO(BIGNUM) BIGNUM *exponent = NULL;

    return EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &modulus) == 1 &&
           EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &exponent) == 1 &&
           pc_spki_fill_rsa(info, modulus, exponent);
}

bool pc_spki_fill(X509_PUBKEY *info, const EVP_PKEY *key)
{
    const bool is_filled = EVP_PKEY_is_a(key, "EC")    ? fill_from_ec(info, key)
                           : EVP_PKEY_is_a(key, "RSA") ? fill_from_rsa(info, key)
                                                       : false;

    if (!is_filled) {
        ERR_clear_error();
    }
    return is_filled;
}

X509_PUBKEY *pc_spki_of(EVP_PKEY *key)
{
    PC_AUTO(X509_PUBKEY) X509_PUBKEY *info = X509_PUBKEY_new();

    return info && (pc_spki_fill(info, key) || X509_PUBKEY_set(&info, key) == 1) ? PC_TAKE(info) : NULL;
}

int pc_spki_der(const EVP_PKEY *key, unsigned char **ret_der)
{
    PC_AUTO(X509_PUBKEY) X509_PUBKEY *info = X509_PUBKEY_new();
    const int len = info && pc_spki_fill(info, key) ? i2d_X509_PUBKEY(info, ret_der) : 0;

    return len > 0 ? len : i2d_PUBKEY(key, ret_der);
}

pc_status pc_spki_sha256(const EVP_PKEY *key, pc_arena *arena, const char **ret_hex, pc_error *err)
{
    PC_AUTO(openssl_bytes) unsigned char *der = NULL;
    int len = pc_spki_der(key, &der);

    if (len <= 0) {
        return pc_fail_openssl(err, PC_E_CRYPTO, "the public key cannot be encoded");
    }
    return pc_sha256_words((pc_bytes){ der, (size_t)len }, arena, ret_hex, err);
}
