/* SPDX-License-Identifier: Apache-2.0 */
#include "pair/public_key_info.h"

#include <openssl/asn1.h>
#include <openssl/bn.h>
#include <openssl/objects.h>
#include <openssl/x509.h>
#include <p11-kit/pkcs11.h>

#include "token/public_half.h"
#include "x509/auto.h"
#include "x509/openssl_error.h"

/** The contents of an AlgorithmIdentifier and a BIT STRING. */
typedef struct {
    int algorithm; /* NID */
    int parameter_type;
    ASN1_OBJECT *parameters; /* from OpenSSL's table: not to be freed */
    pc_bytes bits;
} info_parts;

static pc_status encode(const info_parts *parts, pc_arena *arena, pc_public_info *ret_info, pc_error *err)
{
    PC_AUTO(X509_PUBKEY) X509_PUBKEY *info = X509_PUBKEY_new();
    PC_AUTO(openssl_bytes) unsigned char *der = NULL;
    unsigned char *bits = OPENSSL_memdup(parts->bits.data, parts->bits.len);

    if (!info || !bits ||
        X509_PUBKEY_set0_param(info, OBJ_nid2obj(parts->algorithm), parts->parameter_type, parts->parameters, bits,
                               (int)parts->bits.len) != 1) {
        OPENSSL_free(bits);
        return pc_fail_openssl(err, PC_E_CRYPTO, "the public key cannot be encoded");
    }
    int len = i2d_X509_PUBKEY(info, &der);

    const uint8_t *copy = len > 0 ? pc_arena_copy(arena, der, (size_t)len) : NULL;

    if (!copy) {
        return pc_fail_openssl(err, PC_E_CRYPTO, "the public key cannot be encoded");
    }
    ret_info->der = (pc_bytes){ copy, (size_t)len };
    ret_info->bits = (pc_bytes){ copy + (size_t)len - parts->bits.len, parts->bits.len }; /* it comes last */
    return PC_OK;
}

/* --- EC --- */

static const struct {
    int nid;
    size_t point_len; /* uncompressed */
} curves[] = {
    { NID_X9_62_prime256v1, 65 },
    { NID_secp384r1, 97 },
    { NID_secp521r1, 133 },
};

/* NID_undef for a curve that is not in the list, and for a point of another form. */
static int curve_of(const pc_public_half *half, pc_bytes point)
{
    const uint8_t *cursor = half->parameters.data;
    PC_AUTO(ASN1_OBJECT) ASN1_OBJECT *curve = d2i_ASN1_OBJECT(NULL, &cursor, (long)half->parameters.len);
    int nid = curve && cursor == half->parameters.data + half->parameters.len ? OBJ_obj2nid(curve) : NID_undef;

    for (size_t i = 0; i < PC_COUNT(curves); i++) {
        if (curves[i].nid == nid) {
            return point.len == curves[i].point_len && point.data[0] == 0x04 ? nid : NID_undef;
        }
    }
    return NID_undef;
}

/* RFC 5480 section 2. */
static pc_status ec_info(const pc_public_half *half, pc_arena *arena, pc_public_info *ret_info, pc_error *err)
{
    const pc_bytes point = pc_bare_point(half->point);
    int curve = half->parameters.len && point.len ? curve_of(half, point) : NID_undef;
    const info_parts parts = { .algorithm = NID_X9_62_id_ecPublicKey,
                               .parameter_type = V_ASN1_OBJECT,
                               .parameters = OBJ_nid2obj(curve),
                               .bits = point };

    return curve == NID_undef ? PC_OK : encode(&parts, arena, ret_info, err);
}

/* --- RSA --- */

static ASN1_INTEGER *integer_of(pc_bytes number)
{
    PC_AUTO(BIGNUM) BIGNUM *value = BN_bin2bn(number.data, (int)number.len, NULL);

    return value ? BN_to_ASN1_INTEGER(value, NULL) : NULL;
}

/* RFC 3279 section 2.3.1: the BIT STRING holds a SEQUENCE of modulus and exponent. */
static pc_status rsa_info(const pc_public_half *half, pc_arena *arena, pc_public_info *ret_info, pc_error *err)
{
    PC_AUTO(ASN1_INTEGER) ASN1_INTEGER *modulus = integer_of(half->modulus);
    PC_AUTO(ASN1_INTEGER) ASN1_INTEGER *exponent = integer_of(half->exponent);
    int len = modulus && exponent ? i2d_ASN1_INTEGER(modulus, NULL) + i2d_ASN1_INTEGER(exponent, NULL) : 0;
    int size = len ? ASN1_object_size(1, len, V_ASN1_SEQUENCE) : -1;
    uint8_t *bits = size > 0 ? pc_arena_alloc(arena, (size_t)size) : NULL;
    unsigned char *end = bits;

    if (!bits) {
        return pc_fail_memory(err);
    }
    ASN1_put_object(&end, 1, len, V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL);
    (void)i2d_ASN1_INTEGER(modulus, &end);
    (void)i2d_ASN1_INTEGER(exponent, &end);
    const info_parts parts = { .algorithm = NID_rsaEncryption,
                               .parameter_type = V_ASN1_NULL,
                               .bits = { bits, (size_t)size } };

    return encode(&parts, arena, ret_info, err);
}

pc_status pc_public_key_info(const pc_public_half *half, pc_arena *arena, pc_public_info *ret_info, pc_error *err)
{
    *ret_info = (pc_public_info){ .der = { .len = 0 } };
    if (half->key_type == CKK_EC) {
        return ec_info(half, arena, ret_info, err);
    }
    return half->key_type == CKK_RSA && half->modulus.len && half->exponent.len ? rsa_info(half, arena, ret_info, err)
                                                                                : PC_OK;
}
