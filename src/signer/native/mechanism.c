/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/native/mechanism.h"

#include <openssl/objects.h>
#include <string.h>

#include "base/bytes.h"
#include "signer/token_sign.h"
#include "token/ml_dsa.h"
#include "x509/auto.h"

/* What PKCS#11 calls a digest, and the mechanisms that hash the message themselves (mechanisms v2.40, section 2). */
typedef struct {
    int digest;
    CK_MECHANISM_TYPE hash;
    CK_RSA_PKCS_MGF_TYPE mask;
    CK_MECHANISM_TYPE rsa;
    CK_MECHANISM_TYPE rsa_pss;
    CK_MECHANISM_TYPE ecdsa;
} digest_row;

static const digest_row digests[] = {
    { NID_sha1, CKM_SHA_1, CKG_MGF1_SHA1, CKM_SHA1_RSA_PKCS, CKM_SHA1_RSA_PKCS_PSS, CKM_ECDSA_SHA1 },
    { NID_sha224, CKM_SHA224, CKG_MGF1_SHA224, CKM_SHA224_RSA_PKCS, CKM_SHA224_RSA_PKCS_PSS, CKM_ECDSA_SHA224 },
    { NID_sha256, CKM_SHA256, CKG_MGF1_SHA256, CKM_SHA256_RSA_PKCS, CKM_SHA256_RSA_PKCS_PSS, CKM_ECDSA_SHA256 },
    { NID_sha384, CKM_SHA384, CKG_MGF1_SHA384, CKM_SHA384_RSA_PKCS, CKM_SHA384_RSA_PKCS_PSS, CKM_ECDSA_SHA384 },
    { NID_sha512, CKM_SHA512, CKG_MGF1_SHA512, CKM_SHA512_RSA_PKCS, CKM_SHA512_RSA_PKCS_PSS, CKM_ECDSA_SHA512 },
};

static const digest_row *find_digest(const EVP_MD *md)
{
    for (size_t i = 0; md && i < PC_COUNT(digests); i++) {
        if (digests[i].digest == EVP_MD_get_type(md)) {
            return &digests[i];
        }
    }
    return NULL;
}

/* A mechanism, and the data that the token signs with it. */
typedef struct {
    CK_MECHANISM mechanism;
    pc_bytes input;
} attempt;

#define DIGEST_INFO_MOST (EVP_MAX_MD_SIZE + 32)

/* The attempts at one signature, in order; they point to each other's data and to the message. */
typedef struct {
    attempt items[2];
    size_t count;
    uint8_t digest[EVP_MAX_MD_SIZE];
    uint8_t digest_info[DIGEST_INFO_MOST];
    CK_RSA_PKCS_PSS_PARAMS pss;
} attempts;

static void add(attempts *all, CK_MECHANISM_TYPE type, pc_bytes input)
{
    all->items[all->count++] = (attempt){ .mechanism = { .mechanism = type }, .input = input };
}

/* A mechanism that hashes needs the message. */
static void add_hashing(attempts *all, const pc_native_form *form, CK_MECHANISM_TYPE type, pc_bytes message)
{
    if (!form->is_digest) {
        add(all, type, message);
    }
}

/* A DigestInfo, with the NULL that RFC 8017 section 9.2, note 1, requires. */
static bool encode_digest_info(const EVP_MD *md, pc_bytes digest, uint8_t out[static DIGEST_INFO_MOST],
                               pc_bytes *ret_info)
{
    X509_SIG *info = X509_SIG_new();
    X509_ALGOR *algorithm = NULL;
    ASN1_OCTET_STRING *value = NULL;
    uint8_t *end = out;
    int len = 0;

    if (info) {
        X509_SIG_getm(info, &algorithm, &value);
    }
    bool filled = info && X509_ALGOR_set0(algorithm, OBJ_nid2obj(EVP_MD_get_type(md)), V_ASN1_NULL, NULL) == 1 &&
                  ASN1_OCTET_STRING_set(value, digest.data, (int)digest.len) == 1;

    len = filled ? i2d_X509_SIG(info, NULL) : 0;
    if (len > 0 && len <= DIGEST_INFO_MOST) {
        len = i2d_X509_SIG(info, &end);
    } else {
        len = 0;
    }
    X509_SIG_free(info);
    *ret_info = (pc_bytes){ out, (size_t)len };
    return len > 0;
}

static bool plan_pss(const pc_native_form *form, const digest_row *row, pc_bytes digest, pc_bytes message,
                     attempts *all)
{
    const digest_row *mask = find_digest(form->mask_digest);

    if (!mask || form->salt_len < 0) {
        return false;
    }
    all->pss = (CK_RSA_PKCS_PSS_PARAMS){ .hashAlg = row->hash, .mgf = mask->mask, .sLen = (CK_ULONG)form->salt_len };
    add(all, CKM_RSA_PKCS_PSS, digest);
    add_hashing(all, form, row->rsa_pss, message);
    for (size_t i = 0; i < all->count; i++) {
        all->items[i].mechanism.pParameter = &all->pss;
        all->items[i].mechanism.ulParameterLen = sizeof all->pss;
    }
    return true;
}

/* Of a digest longer than the curve's order only the leftmost bits count (FIPS 186-4 section 6.4), and some tokens
 * refuse a longer one. Only P-521 has an order that is not a whole number of bytes, and no digest is that long. */
static pc_bytes cut_digest(const pc_native_key *key, pc_bytes digest)
{
    size_t order_len = ((size_t)EVP_PKEY_get_bits(key->public_key) + 7) / 8;

    digest.len = digest.len < order_len ? digest.len : order_len;
    return digest;
}

static bool take_digest(const pc_native_form *form, pc_bytes message, uint8_t room[static EVP_MAX_MD_SIZE],
                        pc_bytes *ret_digest)
{
    unsigned len = 0;

    if (form->is_digest) {
        *ret_digest = message;
        return message.len == (size_t)EVP_MD_get_size(form->digest);
    }
    if (EVP_Digest(message.data, message.len, room, &len, form->digest, NULL) != 1) {
        return false;
    }
    *ret_digest = (pc_bytes){ room, len };
    return true;
}

static bool plan_with_digest(const pc_native_key *key, const pc_native_form *form, pc_bytes message, attempts *all)
{
    const digest_row *row = find_digest(form->digest);
    pc_bytes digest = { .len = 0 };
    pc_bytes info;

    if (!row || !take_digest(form, message, all->digest, &digest)) {
        return false;
    }

    if (key->key_type == CKK_EC) {
        add(all, CKM_ECDSA, cut_digest(key, digest));
        add_hashing(all, form, row->ecdsa, message);
        return true;
    }
    if (form->pss) {
        return plan_pss(form, row, digest, message, all);
    }
    if (!encode_digest_info(form->digest, digest, all->digest_info, &info)) {
        return false;
    }
    add(all, CKM_RSA_PKCS, info);
    add_hashing(all, form, row->rsa, message);
    return true;
}

static bool plan(const pc_native_key *key, const pc_native_form *form, pc_bytes message, attempts *all)
{
    if (key->key_type == CKK_EC_EDWARDS) {
        add(all, CKM_EDDSA, message);
        return true;
    }
    if (key->key_type == CKK_ML_DSA) {
        add(all, CKM_ML_DSA, message);
        return true;
    }
    return plan_with_digest(key, form, message, all);
}

/* --- the calls --- */

static CK_RV keep(pc_native_key *key, const char *function, CK_RV rv)
{
    key->last_function = function;
    key->last_rv = rv;
    return rv;
}

static bool is_refused_mechanism(CK_RV rv)
{
    return rv == CKR_MECHANISM_INVALID || rv == CKR_MECHANISM_PARAM_INVALID;
}

static CK_RV start(pc_native_key *key, attempts *all, const attempt **ret_started)
{
    const pc_token *token = key->token;
    CK_RV rv = CKR_MECHANISM_INVALID;

    for (size_t i = 0; i < all->count && is_refused_mechanism(rv); i++) {
        *ret_started = &all->items[i];
        rv = token->functions->C_SignInit(token->session, &all->items[i].mechanism, key->handle);
    }
    return keep(key, "C_SignInit", rv);
}

CK_RV pc_native_sign(pc_native_key *key, const pc_native_form *form, pc_bytes message, uint8_t *ret_signature,
                     CK_ULONG *ret_len)
{
    const pc_token *token = key->token;
    const attempt *started = NULL;
    const pc_raw_signature signature = { key->key_type, pc_raw_signature_len(key->public_key), ret_signature, ret_len };
    attempts all = { .count = 0 };

    if (key->last_rv != CKR_OK) {
        return key->last_rv;
    }
    if (!plan(key, form, message, &all)) {
        return CKR_MECHANISM_INVALID;
    }
    CK_RV rv = start(key, &all, &started);

    if (rv == CKR_OK && key->needs_login) {
        rv = keep(key, "C_Login", pc_key_login(token));
    }
    if (rv != CKR_OK) {
        return rv;
    }
    return keep(key, "C_Sign", pc_token_sign(token, &started->input, &signature));
}
