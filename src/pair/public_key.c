/* SPDX-License-Identifier: Apache-2.0 */
#include "pair/public_key.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/param_build.h>
#include <p11-kit/pkcs11.h>
#include <string.h>

#include "base/kept_error.h"
#include "token/ml_dsa.h"
#include "token/public_half.h"
#include "x509/algorithm.h"
#include "x509/auto.h"
#include "x509/openssl_error.h"

PC_AUTO_DEFINE(OSSL_PARAM_BLD, OSSL_PARAM_BLD, OSSL_PARAM_BLD_free);
PC_AUTO_DEFINE(OSSL_PARAM, OSSL_PARAM, OSSL_PARAM_free);

/* Why OpenSSL made no key: PC_E_INPUT only if the values are the reason. That it had no memory, or failed otherwise,
 * says nothing about them; without any entry in its queue, it had no memory for one. */
static pc_status why_no_key(void)
{
    const unsigned long oldest = ERR_peek_error();

    if (oldest == 0 || ERR_GET_REASON(oldest) == ERR_R_MALLOC_FAILURE) {
        return PC_E_MEMORY;
    }
    return ERR_FATAL_ERROR(oldest) || ERR_SYSTEM_ERROR(oldest) ? PC_E_CRYPTO : PC_E_INPUT;
}

static pc_status fail_without_key(const char *algorithm, pc_error *err)
{
    const pc_status status = why_no_key();

    return status == PC_E_INPUT
               ? pc_fail_openssl(err, status, "the token's attributes do not form an %s public key", algorithm)
               : pc_fail_openssl(err, status, "OpenSSL failed to build an %s public key from the token's attributes",
                                 algorithm);
}

static pc_status from_params(const char *algorithm, OSSL_PARAM_BLD *builder, EVP_PKEY **ret_key, pc_error *err)
{
    PC_AUTO(OSSL_PARAM) OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(builder);
    PC_AUTO(EVP_PKEY_CTX) EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, algorithm, NULL);
    EVP_PKEY *key = NULL;

    if (!params || !context || EVP_PKEY_fromdata_init(context) != 1) {
        return pc_fail_openssl(err, PC_E_CRYPTO, "OpenSSL failed to prepare for an %s public key", algorithm);
    }
    if (EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, params) != 1) {
        return fail_without_key(algorithm, err);
    }
    *ret_key = key;
    return PC_OK;
}

static pc_status rsa_key(const pc_public_half *half, EVP_PKEY **ret_key, pc_error *err)
{
    PC_AUTO(BIGNUM) BIGNUM *modulus = BN_bin2bn(half->modulus.data, (int)half->modulus.len, NULL);
    PC_AUTO(BIGNUM) BIGNUM *exponent = BN_bin2bn(half->exponent.data, (int)half->exponent.len, NULL);
    PC_AUTO(OSSL_PARAM_BLD) OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();

    if (!modulus || !exponent || !builder || OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, modulus) != 1 ||
        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, exponent) != 1) {
        return pc_fail_memory(err);
    }
    return from_params("RSA", builder, ret_key, err);
}

static pc_status curve_name(const pc_public_half *half, const char **ret_name, pc_error *err)
{
    const uint8_t *cursor = half->parameters.data;
    PC_AUTO(ASN1_OBJECT) ASN1_OBJECT *curve = d2i_ASN1_OBJECT(NULL, &cursor, (long)half->parameters.len);
    const pc_status status = curve ? PC_OK : why_no_key();

    ERR_clear_error();
    if (status != PC_OK && status != PC_E_INPUT) {
        return pc_fail_memory(err);
    }
    *ret_name = curve ? OBJ_nid2sn(OBJ_obj2nid(curve)) : NULL;
    return *ret_name ? PC_OK : pc_fail(err, PC_E_INPUT, "the token's CKA_EC_PARAMS does not name a known curve");
}

static pc_status ec_key_of_point(const char *curve, pc_bytes point, EVP_PKEY **ret_key, pc_error *err)
{
    PC_AUTO(OSSL_PARAM_BLD) OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();

    if (!builder || OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, curve, 0) != 1 ||
        OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point.data, point.len) != 1) {
        return pc_fail_memory(err);
    }
    return from_params("EC", builder, ret_key, err);
}

/* Some modules return the bare point, without its OCTET STRING header, or in a BIT STRING. The first two forms start
 * with 04, and a bare point may even look like the other form: only one of the two can be a point on the curve. */
static pc_status ec_key(const pc_public_half *half, EVP_PKEY **ret_key, pc_error *err)
{
    const pc_bytes bare = pc_bare_point(half->point);
    const uint8_t *cursor = half->point.data;
    const char *curve = NULL;
    pc_error why = { .status = PC_OK };

    PC_TRY(curve_name(half, &curve, err));
    PC_AUTO(ASN1_OCTET_STRING) ASN1_OCTET_STRING *wrapped = d2i_ASN1_OCTET_STRING(NULL, &cursor, (long)half->point.len);
    const bool whole = wrapped && cursor == half->point.data + half->point.len;

    if (!wrapped && why_no_key() != PC_E_INPUT) {
        return pc_fail_memory(err);
    }
    ERR_clear_error(); /* of one form or the other */
    if (!whole) {
        return ec_key_of_point(curve, bare, ret_key, err);
    }
    pc_status status =
        ec_key_of_point(curve, (pc_bytes){ ASN1_STRING_get0_data(wrapped), (size_t)ASN1_STRING_length(wrapped) },
                        ret_key, &why);

    if (status == PC_E_INPUT) {
        return ec_key_of_point(curve, bare, ret_key, err);
    }
    if (status != PC_OK) {
        pc_error_pass(err, &why);
    }
    return status;
}

#define ED25519_LEN 32 /* of a public key, RFC 8032 section 5.1.5 */

static pc_status ed25519_key(const pc_public_half *half, EVP_PKEY **ret_key, pc_error *err)
{
    const pc_bytes point = pc_bare_point(half->point);
    char kind[32];
    bool is_one = strcmp(pc_public_half_describe(half, kind), "Ed25519") == 0 && point.len == ED25519_LEN;

    if (!is_one) {
        return pc_fail(err, PC_E_INPUT, "the token's attributes do not form an Ed25519 public key");
    }
    EVP_PKEY *key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, point.data, point.len);

    if (!key) { /* any 32 bytes form one: only OpenSSL itself can fail */
        return pc_fail_openssl(err, PC_E_CRYPTO, "OpenSSL failed to build an Ed25519 public key");
    }
    *ret_key = key;
    return PC_OK;
}

static pc_status ml_dsa_key(const pc_public_half *half, EVP_PKEY **ret_key, pc_error *err)
{
    const pc_ml_dsa_set *set = pc_ml_dsa_set_of(half->value);
    PC_AUTO(OSSL_PARAM_BLD) OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();

    if (!set) {
        return pc_fail(err, PC_E_INPUT, "the token's ML-DSA public key has %zu bytes, as no parameter set does",
                       half->value.len);
    }
    PC_TRY(pc_algorithm_check(set->name, err));
    if (!builder ||
        OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, half->value.data, half->value.len) != 1) {
        return pc_fail_memory(err);
    }
    return from_params(set->name, builder, ret_key, err);
}

pc_status pc_public_half_to_key(const pc_public_half *half, EVP_PKEY **ret_key, pc_error *err)
{
    ERR_clear_error(); /* why_no_key() looks at the oldest entry */
    if (half->key_type == CKK_RSA && half->modulus.len && half->exponent.len) {
        return rsa_key(half, ret_key, err);
    }
    if (half->key_type == CKK_EC && half->parameters.len && half->point.len) {
        return ec_key(half, ret_key, err);
    }
    if (half->key_type == CKK_EC_EDWARDS && half->parameters.len && half->point.len) {
        return ed25519_key(half, ret_key, err);
    }
    if (half->key_type == CKK_ML_DSA && half->value.len) {
        return ml_dsa_key(half, ret_key, err);
    }
    return pc_fail(err, PC_E_INPUT, "the attributes do not form an RSA, EC, Ed25519 or ML-DSA public key");
}

/* Edwards keys also include those on other curves, such as Ed448. */
static bool is_usable(const pc_public_half *half)
{
    char kind[32];

    return half->key_type == CKK_RSA || half->key_type == CKK_EC || half->key_type == CKK_ML_DSA ||
           (half->key_type == CKK_EC_EDWARDS && strcmp(pc_public_half_describe(half, kind), "Ed25519") == 0);
}

bool pc_public_key_is_hidden(const pc_public_half *half)
{
    return is_usable(half) && !pc_public_half_is_whole(half);
}

pc_status pc_public_key_of(const pc_key *key, EVP_PKEY **ret_key, pc_error *err)
{
    char kind[32];

    if (!is_usable(&key->half)) {
        return pc_fail(err, PC_E_INPUT, "the key \"%s\" is of type %s, which p11cert cannot use", key->label,
                       pc_key_describe(key, kind));
    }
    if (pc_public_half_is_whole(&key->half)) {
        return pc_public_half_to_key(&key->half, ret_key, err);
    }
    (void)pc_fail(err, PC_E_INPUT, "the token does not show the public half of the key \"%s\"", key->label);
    return pc_hint(err, PC_E_INPUT,
                   "its public key object is missing; `p11cert repair` shows whether it can create it");
}

static pc_status is_supported(const pc_public_half *half, bool *ret_supported, pc_error *err)
{
    const pc_ml_dsa_set *set = half->key_type == CKK_ML_DSA ? pc_ml_dsa_set_of(half->value) : NULL;

    *ret_supported = true;
    return set ? pc_algorithm_is_known(set->name, ret_supported, err) : PC_OK;
}

pc_status pc_public_key_if_known(const pc_public_half *half, EVP_PKEY **ret_key, pc_error *err)
{
    pc_error why = { .status = PC_OK };
    bool is_usable_here = false;

    *ret_key = NULL;
    if (!pc_public_half_is_whole(half)) {
        return PC_OK;
    }
    PC_TRY(is_supported(half, &is_usable_here, err));
    if (!is_usable_here) {
        return PC_OK;
    }
    pc_status status = pc_public_half_to_key(half, ret_key, &why);

    if (status == PC_OK || status == PC_E_INPUT) {
        return PC_OK;
    }
    pc_error_pass(err, &why);
    return status;
}

static pc_status rsa_attributes(const EVP_PKEY *public_key, pc_arena *arena, pc_public_half *half, pc_error *err)
{
    PC_AUTO(BIGNUM) BIGNUM *modulus = NULL;
    PC_AUTO(BIGNUM) BIGNUM *exponent = NULL;

    if (EVP_PKEY_get_bn_param(public_key, OSSL_PKEY_PARAM_RSA_N, &modulus) != 1 ||
        EVP_PKEY_get_bn_param(public_key, OSSL_PKEY_PARAM_RSA_E, &exponent) != 1) {
        return pc_fail_openssl(err, PC_E_INPUT, "the RSA public key cannot be read");
    }
    uint8_t *n = pc_arena_alloc(arena, (size_t)BN_num_bytes(modulus));
    uint8_t *e = pc_arena_alloc(arena, (size_t)BN_num_bytes(exponent));

    if (!n || !e) {
        return pc_fail_memory(err);
    }
    half->key_type = CKK_RSA;
    half->modulus.data = n;
    half->modulus.len = (size_t)BN_bn2bin(modulus, n);
    half->exponent.data = e;
    half->exponent.len = (size_t)BN_bn2bin(exponent, e);
    return PC_OK;
}

static pc_status copy_der(unsigned char *der, int len, pc_arena *arena, pc_bytes *ret_bytes)
{
    ret_bytes->data = der && len > 0 ? pc_arena_copy(arena, der, (size_t)len) : NULL;
    ret_bytes->len = len > 0 ? (size_t)len : 0;
    return ret_bytes->data ? PC_OK : PC_E_MEMORY;
}

/* The point of an elliptic curve, in its OCTET STRING, and the curve's OID. */
static pc_status curve_attributes(const ASN1_OBJECT *curve, pc_bytes point, pc_arena *arena, pc_public_half *half,
                                  pc_error *err)
{
    PC_AUTO(ASN1_OCTET_STRING) ASN1_OCTET_STRING *wrapped = ASN1_OCTET_STRING_new();
    PC_AUTO(openssl_bytes) unsigned char *point_der = NULL;
    PC_AUTO(openssl_bytes) unsigned char *curve_der = NULL;

    if (!wrapped || ASN1_OCTET_STRING_set(wrapped, point.data, (int)point.len) != 1) {
        return pc_fail_memory(err);
    }
    int point_der_len = i2d_ASN1_OCTET_STRING(wrapped, &point_der);
    int curve_der_len = i2d_ASN1_OBJECT(curve, &curve_der);

    if (copy_der(point_der, point_der_len, arena, &half->point) != PC_OK ||
        copy_der(curve_der, curve_der_len, arena, &half->parameters) != PC_OK) {
        return pc_fail_memory(err);
    }
    return PC_OK;
}

static pc_status ed25519_attributes(const EVP_PKEY *public_key, pc_arena *arena, pc_public_half *half, pc_error *err)
{
    uint8_t point[ED25519_LEN];
    size_t len = sizeof point;

    if (EVP_PKEY_get_raw_public_key(public_key, point, &len) != 1) {
        return pc_fail_openssl(err, PC_E_INPUT, "the Ed25519 public key cannot be read");
    }
    half->key_type = CKK_EC_EDWARDS;
    return curve_attributes(OBJ_nid2obj(NID_ED25519), (pc_bytes){ point, len }, arena, half, err);
}

static pc_status ec_attributes(const EVP_PKEY *public_key, pc_arena *arena, pc_public_half *half, pc_error *err)
{
    uint8_t point[200]; /* P-521 uncompressed has 133 bytes */
    char curve[64];
    size_t len = 0;

    if (EVP_PKEY_get_utf8_string_param(public_key, OSSL_PKEY_PARAM_GROUP_NAME, curve, sizeof curve, NULL) != 1 ||
        EVP_PKEY_get_octet_string_param(public_key, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point, &len) != 1) {
        return pc_fail_openssl(err, PC_E_INPUT, "the EC public key is not on a named curve");
    }
    half->key_type = CKK_EC;
    return curve_attributes(OBJ_nid2obj(OBJ_txt2nid(curve)), (pc_bytes){ point, len }, arena, half, err);
}

static pc_status ml_dsa_attributes(const EVP_PKEY *public_key, pc_arena *arena, pc_public_half *half, pc_error *err)
{
    size_t len = 0;

    if (EVP_PKEY_get_raw_public_key(public_key, NULL, &len) != 1) {
        return pc_fail_openssl(err, PC_E_INPUT, "the ML-DSA public key cannot be read");
    }
    uint8_t *value = pc_arena_alloc(arena, len);

    if (!value) {
        return pc_fail_memory(err);
    }
    if (EVP_PKEY_get_raw_public_key(public_key, value, &len) != 1) {
        return pc_fail_openssl(err, PC_E_INPUT, "the ML-DSA public key cannot be read");
    }
    half->key_type = CKK_ML_DSA;
    half->value = (pc_bytes){ value, len };
    return PC_OK;
}

static bool is_ml_dsa(const EVP_PKEY *public_key)
{
    const char *name = EVP_PKEY_get0_type_name(public_key);

    return name && pc_ml_dsa_set_named(name) != NULL;
}

pc_status pc_public_key_attributes(const EVP_PKEY *public_key, pc_arena *arena, pc_public_half *ret_half, pc_error *err)
{
    pc_public_half half = { .key_type = CKK_VENDOR_DEFINED };

    if (EVP_PKEY_is_a(public_key, "RSA")) {
        PC_TRY(rsa_attributes(public_key, arena, &half, err));
    } else if (EVP_PKEY_is_a(public_key, "EC")) {
        PC_TRY(ec_attributes(public_key, arena, &half, err));
    } else if (EVP_PKEY_is_a(public_key, "ED25519")) {
        PC_TRY(ed25519_attributes(public_key, arena, &half, err));
    } else if (is_ml_dsa(public_key)) {
        PC_TRY(ml_dsa_attributes(public_key, arena, &half, err));
    } else {
        return pc_fail(err, PC_E_INPUT, "the public key is neither RSA, EC, Ed25519 nor ML-DSA");
    }
    *ret_half = half;
    return PC_OK;
}
