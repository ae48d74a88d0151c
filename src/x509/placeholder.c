/* SPDX-License-Identifier: Apache-2.0 */
#include "x509/placeholder.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/objects.h>
#include <openssl/param_build.h>
#include <string.h>

#include "x509/algorithm.h"
#include "x509/openssl_error.h"

PC_AUTO_DEFINE(OSSL_PARAM, OSSL_PARAM, OSSL_PARAM_free);
PC_AUTO_DEFINE(OSSL_PARAM_BLD, OSSL_PARAM_BLD, OSSL_PARAM_BLD_free);
PC_AUTO_DEFINE(EC_GROUP, EC_GROUP, EC_GROUP_free);

static bool from_parameters(const char *type, OSSL_PARAM_BLD *build, EVP_PKEY **ret_key)
{
    PC_AUTO(OSSL_PARAM) OSSL_PARAM *parameters = OSSL_PARAM_BLD_to_param(build);
    PC_AUTO(EVP_PKEY_CTX) EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);

    return parameters && context && EVP_PKEY_fromdata_init(context) == 1 &&
           EVP_PKEY_fromdata(context, ret_key, EVP_PKEY_PUBLIC_KEY, parameters) == 1;
}

static bool make_rsa(unsigned bits, EVP_PKEY **ret_key)
{
    PC_AUTO(OSSL_PARAM_BLD) OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    unsigned char ones[512];

    memset(ones, 0xff, sizeof ones);
    PC_AUTO(BIGNUM) BIGNUM *modulus = BN_bin2bn(ones, (int)(bits / 8), NULL);
    PC_AUTO(BIGNUM) BIGNUM *exponent = BN_new();

    return build && modulus && exponent && BN_set_word(exponent, RSA_F4) == 1 &&
           OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, modulus) == 1 &&
           OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, exponent) == 1 &&
           from_parameters("RSA", build, ret_key);
}

static bool make_ec(int curve, EVP_PKEY **ret_key)
{
    PC_AUTO(OSSL_PARAM_BLD) OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    PC_AUTO(EC_GROUP) EC_GROUP *group = EC_GROUP_new_by_curve_name(curve);
    PC_AUTO(openssl_bytes) unsigned char *point = NULL;
    const EC_POINT *base = group ? EC_GROUP_get0_generator(group) : NULL;
    size_t len = base ? EC_POINT_point2buf(group, base, POINT_CONVERSION_UNCOMPRESSED, &point, NULL) : 0;

    return build && len &&
           OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, OBJ_nid2sn(curve), 0) == 1 &&
           OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point, len) == 1 &&
           from_parameters("EC", build, ret_key);
}

/* The base point, as RFC 8032 section 5.1 encodes it: 4/5, little-endian. */
static bool make_ed25519(EVP_PKEY **ret_key)
{
    unsigned char base[32];

    memset(base, 0x66, sizeof base);
    base[0] = 0x58;
    *ret_key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, base, sizeof base);
    return *ret_key != NULL;
}

static const char *const ml_dsa_names[] = {
    [PC_KEY_ML_DSA_44] = "ML-DSA-44",
    [PC_KEY_ML_DSA_65] = "ML-DSA-65",
    [PC_KEY_ML_DSA_87] = "ML-DSA-87",
};

/* Any bytes of the right number are a public key (FIPS 204 section 7.2, pkDecode). */
static bool make_ml_dsa(pc_key_kind kind, EVP_PKEY **ret_key)
{
    PC_AUTO(OSSL_PARAM_BLD) OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    static const unsigned char zeros[2592];

    return build &&
           OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, zeros, pc_key_kind_bits(kind) / 8) == 1 &&
           from_parameters(ml_dsa_names[kind], build, ret_key);
}

pc_status pc_placeholder_key(pc_key_kind kind, EVP_PKEY **ret_key, pc_error *err)
{
    static const int curves[] = {
        [PC_KEY_EC_P256] = NID_X9_62_prime256v1,
        [PC_KEY_EC_P384] = NID_secp384r1,
        [PC_KEY_EC_P521] = NID_secp521r1,
    };
    if (pc_key_kind_is_ml_dsa(kind)) {
        PC_TRY(pc_algorithm_check(ml_dsa_names[kind], err));
    }
    bool made = pc_key_kind_is_rsa(kind)      ? make_rsa(pc_key_kind_bits(kind), ret_key)
                : pc_key_kind_is_ml_dsa(kind) ? make_ml_dsa(kind, ret_key)
                : kind == PC_KEY_ED25519      ? make_ed25519(ret_key)
                                              : make_ec(curves[kind], ret_key);

    return made
               ? PC_OK
               : pc_fail_openssl(err, PC_E_CRYPTO, "no placeholder can be made for the %s key", pc_key_kind_name(kind));
}
