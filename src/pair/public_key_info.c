/* SPDX-License-Identifier: Apache-2.0 */
#include "pair/public_key_info.h"

#include <openssl/asn1.h>
#include <openssl/bn.h>
#include <openssl/objects.h>
#include <p11-kit/pkcs11.h>

#include "token/public_half.h"
#include "x509/auto.h"
#include "x509/openssl_error.h"
#include "x509/spki.h"

static pc_status encode(X509_PUBKEY *info, pc_arena *arena, pc_public_info *ret_info, pc_error *err)
{
    PC_AUTO(openssl_bytes) unsigned char *der = NULL;
    const unsigned char *bits = NULL;
    int bits_len = 0;
    int len = i2d_X509_PUBKEY(info, &der);
    const uint8_t *copy = len > 0 ? pc_arena_copy(arena, der, (size_t)len) : NULL;

    if (!copy || X509_PUBKEY_get0_param(NULL, &bits, &bits_len, NULL, info) != 1) {
        return pc_fail_openssl(err, PC_E_CRYPTO, "the public key cannot be encoded");
    }
    ret_info->der = (pc_bytes){ copy, (size_t)len };
    ret_info->bits = (pc_bytes){ copy + len - bits_len, (size_t)bits_len }; /* it comes last */
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

static pc_status ec_info(const pc_public_half *half, pc_arena *arena, pc_public_info *ret_info, pc_error *err)
{
    const pc_bytes point = pc_bare_point(half->point);
    PC_AUTO(X509_PUBKEY) X509_PUBKEY *info = X509_PUBKEY_new();
    int curve = half->parameters.len && point.len ? curve_of(half, point) : NID_undef;

    if (curve == NID_undef) {
        return PC_OK;
    }
    return info && pc_spki_fill_ec(info, curve, point) ? encode(info, arena, ret_info, err) : pc_fail_memory(err);
}

/* --- RSA --- */

static pc_status rsa_info(const pc_public_half *half, pc_arena *arena, pc_public_info *ret_info, pc_error *err)
{
    PC_AUTO(X509_PUBKEY) X509_PUBKEY *info = X509_PUBKEY_new();
    PC_AUTO(BIGNUM) BIGNUM *modulus = BN_bin2bn(half->modulus.data, (int)half->modulus.len, NULL);
    PC_AUTO(BIGNUM) BIGNUM *exponent = BN_bin2bn(half->exponent.data, (int)half->exponent.len, NULL);

    if (!info || !modulus || !exponent || !pc_spki_fill_rsa(info, modulus, exponent)) {
        return pc_fail_memory(err);
    }
    return encode(info, arena, ret_info, err);
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
