/* SPDX-License-Identifier: Apache-2.0 */
#include "x509/spki.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/objects.h>

#include "x509/openssl_error.h"
#include "x509/words.h"

/*
 * i2d_PUBKEY searches for an encoder for each key, which costs more than everything else done with a key in a listing.
 * The structure of an EC key on a named curve (RFC 5480 section 2) is an identifier and the point.
 */
static int ec_der(const EVP_PKEY *key, unsigned char **ret_der)
{
    PC_AUTO(X509_PUBKEY) X509_PUBKEY *spki = X509_PUBKEY_new();
    char group[64];
    unsigned char point[200]; /* P-521 uncompressed has 133 bytes */
    size_t len = 0;

    if (!spki || EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof group, NULL) != 1 ||
        EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point, &len) != 1) {
        return 0;
    }
    ASN1_OBJECT *curve = OBJ_nid2obj(OBJ_txt2nid(group)); /* from OpenSSL's table: not to be freed */
    unsigned char *bits = curve && OBJ_length(curve) ? OPENSSL_memdup(point, len) : NULL;

    if (!bits || X509_PUBKEY_set0_param(spki, OBJ_nid2obj(NID_X9_62_id_ecPublicKey), V_ASN1_OBJECT, curve, bits,
                                        (int)len) != 1) {
        OPENSSL_free(bits);
        return 0;
    }
    return i2d_X509_PUBKEY(spki, ret_der);
}

int pc_spki_der(const EVP_PKEY *key, unsigned char **ret_der)
{
    int len = EVP_PKEY_is_a(key, "EC") ? ec_der(key, ret_der) : 0;

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
