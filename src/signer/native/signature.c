/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/native/signature.h"

#include <openssl/buffer.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/params.h>
#include <openssl/rsa.h>
#include <string.h>

#include "signer/native/dispatch.h"
#include "signer/native/mechanism.h"
#include "signer/native/padding.h"
#include "signer/token_sign.h"
#include "x509/algorithm.h"
#include "x509/auto.h"
#include "x509/signature.h"

/* A signature in progress. The message is kept as a whole: Ed25519 and ML-DSA need it, and so does a token that hashes
 * itself. */
typedef struct {
    pc_native_key *key;
    pc_native_padding padding;
    const EVP_MD *digest;
    bool is_digest; /* the data to be signed is already a digest */
    BUF_MEM *message;
} signature;

static void *signature_new(void *provider, const char *properties)
{
    (void)provider;
    (void)properties;
    return OPENSSL_zalloc(sizeof(signature));
}

static void signature_free(void *context)
{
    signature *freed = context;

    if (freed) {
        BUF_MEM_free(freed->message);
        OPENSSL_free(freed);
    }
}

static int append(signature *context, const unsigned char *data, size_t len)
{
    size_t before = context->message->length;

    if (len == 0) {
        return 1;
    }
    if (BUF_MEM_grow(context->message, before + len) != before + len) {
        return 0;
    }
    memcpy(context->message->data + before, data, len);
    return 1;
}

/* OpenSSL 3.0 finishes a signature on a duplicate, and continues with the original. */
static void *signature_duplicate(void *original)
{
    const signature *from = original;
    signature *copy = OPENSSL_memdup(from, sizeof *from);

    if (!copy || !from->message) {
        return copy;
    }
    copy->message = BUF_MEM_new();
    if (!copy->message || !append(copy, (const unsigned char *)from->message->data, from->message->length)) {
        signature_free(copy);
        return NULL;
    }
    return copy;
}

/* --- parameters --- */

static pc_native_form form_of(const signature *context)
{
    const pc_native_padding *padding = &context->padding;

    return (pc_native_form){
        .digest = context->digest,
        .is_digest = context->is_digest,
        .pss = padding->pss,
        .mask_digest = padding->mask_digest ? padding->mask_digest : context->digest,
        .salt_len = padding->pss && context->digest
                        ? pc_native_salt_len(padding, context->digest, EVP_PKEY_get_bits(context->key->public_key))
                        : 0,
    };
}

/* Keys that only providers know have no EVP_PKEY_* number; their name is that of their OID. */
static int algorithm_number(const EVP_PKEY *key)
{
    const int number = EVP_PKEY_get_base_id(key);

    return number > 0 ? number : OBJ_txt2nid(EVP_PKEY_get0_type_name(key));
}

static int get_algorithm(const signature *context, OSSL_PARAM *param)
{
    PC_AUTO(openssl_bytes) unsigned char *der = NULL;
    const pc_native_form form = form_of(context);
    const pc_signature_scheme scheme = {
        .digest = form.digest ? EVP_MD_get_type(form.digest) : NID_undef,
        .pss = form.pss,
        .mask_digest = form.mask_digest ? EVP_MD_get_type(form.mask_digest) : NID_undef,
        .salt_len = form.salt_len,
    };
    PC_AUTO(X509_ALGOR)
    X509_ALGOR *algorithm = pc_signature_algorithm(&scheme, algorithm_number(context->key->public_key));
    int len = algorithm ? i2d_X509_ALGOR(algorithm, &der) : 0;

    return len > 0 && OSSL_PARAM_set_octet_string(param, der, (size_t)len);
}

static int signature_get(void *context, OSSL_PARAM params[])
{
    const signature *asked = context;
    OSSL_PARAM *algorithm = OSSL_PARAM_locate(params, OSSL_SIGNATURE_PARAM_ALGORITHM_ID);
    OSSL_PARAM *digest = OSSL_PARAM_locate(params, OSSL_SIGNATURE_PARAM_DIGEST);

    if (!asked || !asked->key || (algorithm && !get_algorithm(asked, algorithm))) {
        return 0;
    }
    if (digest && !OSSL_PARAM_set_utf8_string(digest, asked->digest ? EVP_MD_get0_name(asked->digest) : "")) {
        return 0;
    }
    return pc_native_padding_get(&asked->padding, asked->digest, params);
}

static int signature_set(void *context, const OSSL_PARAM params[])
{
    signature *changed = context;
    const OSSL_PARAM *digest = params ? OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_DIGEST) : NULL;

    if (digest) {
        changed->digest = digest->data_type == OSSL_PARAM_UTF8_STRING ? EVP_get_digestbyname(digest->data) : NULL;
    }
    return !params || pc_native_padding_set(&changed->padding, params);
}

#define COMMON_PARAMS \
    OSSL_PARAM_octet_string(OSSL_SIGNATURE_PARAM_ALGORITHM_ID, NULL, 0), \
        OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_DIGEST, NULL, 0)
#define RSA_PARAMS \
    OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PAD_MODE, NULL, 0), \
        OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PSS_SALTLEN, NULL, 0), \
        OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_MGF1_DIGEST, NULL, 0), \
        OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_MGF1_PROPERTIES, NULL, 0)

/* OpenSSL gets and sets only what is listed. */
static const OSSL_PARAM rsa_gettable[] = { COMMON_PARAMS, RSA_PARAMS, OSSL_PARAM_END };
static const OSSL_PARAM rsa_settable[] = { OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_DIGEST, NULL, 0), RSA_PARAMS,
                                           OSSL_PARAM_END };
static const OSSL_PARAM ec_settable[] = { OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_DIGEST, NULL, 0),
                                          OSSL_PARAM_END };
static const OSSL_PARAM plain_gettable[] = { COMMON_PARAMS, OSSL_PARAM_END };

static const OSSL_PARAM *list_rsa_gettable(void *context, void *provider)
{
    (void)context;
    (void)provider;
    return rsa_gettable;
}

static const OSSL_PARAM *list_rsa_settable(void *context, void *provider)
{
    (void)context;
    (void)provider;
    return rsa_settable;
}

static const OSSL_PARAM *list_ec_settable(void *context, void *provider)
{
    (void)context;
    (void)provider;
    return ec_settable;
}

static const OSSL_PARAM *list_plain_gettable(void *context, void *provider)
{
    (void)context;
    (void)provider;
    return plain_gettable;
}

/* --- signing --- */

static int refuse_digest(const char *digest)
{
    ERR_raise_data(ERR_LIB_USER, ERR_R_UNSUPPORTED, "digest %s", digest ? digest : "none");
    return 0;
}

static bool start(signature *started, void *key_data, bool is_digest)
{
    started->key = pc_native_key_of(key_data) ? pc_native_key_of(key_data) : started->key;
    started->padding = pc_native_padding_default();
    started->is_digest = is_digest;
    BUF_MEM_free(started->message);
    started->message = BUF_MEM_new();
    return started->key && started->message;
}

static int sign_init(void *context, const char *digest, void *key_data, const OSSL_PARAM params[])
{
    signature *started = context;

    started->digest = digest && *digest ? EVP_get_digestbyname(digest) : NULL;
    if (!start(started, key_data, false)) {
        return 0;
    }
    bool is_right =
        pc_algorithm_hashes_itself(started->key->public_key) ? !digest || !*digest : started->digest != NULL;

    return is_right ? signature_set(context, params) : refuse_digest(digest);
}

static int sign_update(void *context, const unsigned char *data, size_t len)
{
    signature *continued = context;

    return continued->message && append(continued, data, len);
}

/* PKCS#11 has the two numbers of an ECDSA signature side by side, OpenSSL in DER. */
static int encode_ecdsa(pc_bytes raw, unsigned char *out, size_t *ret_len, size_t size)
{
    PC_AUTO(ECDSA_SIG) ECDSA_SIG *numbers = ECDSA_SIG_new();
    PC_AUTO(BIGNUM) BIGNUM *r = BN_bin2bn(raw.data, (int)(raw.len / 2), NULL);
    PC_AUTO(BIGNUM) BIGNUM *s = BN_bin2bn(raw.data + raw.len / 2, (int)(raw.len / 2), NULL);

    if (!numbers || !r || !s || ECDSA_SIG_set0(numbers, r, s) != 1) {
        return 0;
    }
    r = s = NULL; /* now owned by the signature */
    int len = i2d_ECDSA_SIG(numbers, NULL);

    if (len <= 0 || (size_t)len > size) {
        return 0;
    }
    *ret_len = (size_t)i2d_ECDSA_SIG(numbers, &out);
    return 1;
}

#define RAW_ECDSA_MOST \
    1024u /* more than any signature needs, so that a token that claims to have filled all of it is detected */

static int sign_ecdsa(const signature *context, unsigned char *out, size_t *ret_len, size_t size)
{
    unsigned char raw[RAW_ECDSA_MOST];
    CK_ULONG raw_len = sizeof raw;
    const pc_native_form form = form_of(context);
    const pc_bytes message = { (const uint8_t *)context->message->data, context->message->length };

    return pc_native_sign(context->key, &form, message, raw, &raw_len) == CKR_OK &&
           encode_ecdsa((pc_bytes){ raw, raw_len }, out, ret_len, size);
}

static int sign_final(void *context, unsigned char *out, size_t *ret_len, size_t size)
{
    const signature *finished = context;

    if (!finished->key || !finished->message) {
        return 0;
    }
    if (!out) {
        *ret_len = (size_t)EVP_PKEY_get_size(finished->key->public_key);
        return *ret_len > 0;
    }
    if (finished->key->key_type == CKK_EC) {
        return sign_ecdsa(finished, out, ret_len, size);
    }
    const pc_native_form form = form_of(finished);
    const pc_bytes message = { (const uint8_t *)finished->message->data, finished->message->length };
    CK_ULONG len = size;
    CK_RV rv = pc_native_sign(finished->key, &form, message, out, &len);

    *ret_len = len;
    return rv == CKR_OK;
}

static int sign_whole(void *context, unsigned char *out, size_t *ret_len, size_t size, const unsigned char *data,
                      size_t len)
{
    return out ? sign_update(context, data, len) && sign_final(context, out, ret_len, size)
               : sign_final(context, NULL, ret_len, size);
}

/* For a digest whose name is passed as a parameter. */
static int sign_digest_init(void *context, void *key_data, const OSSL_PARAM params[])
{
    signature *started = context;

    started->digest = NULL;
    return start(started, key_data, true) && signature_set(started, params);
}

static int sign_digest(void *context, unsigned char *out, size_t *ret_len, size_t size, const unsigned char *data,
                       size_t len)
{
    const signature *started = context;

    return started->digest ? sign_whole(context, out, ret_len, size, data, len) : refuse_digest(NULL);
}

#define SIGNATURE \
    { OSSL_FUNC_SIGNATURE_NEWCTX, PC_DISPATCH(signature_new) }, \
        { OSSL_FUNC_SIGNATURE_FREECTX, PC_DISPATCH(signature_free) }, \
        { OSSL_FUNC_SIGNATURE_DUPCTX, PC_DISPATCH(signature_duplicate) }, \
        { OSSL_FUNC_SIGNATURE_DIGEST_SIGN_INIT, PC_DISPATCH(sign_init) }, \
        { OSSL_FUNC_SIGNATURE_DIGEST_SIGN, PC_DISPATCH(sign_whole) }, \
    { \
        OSSL_FUNC_SIGNATURE_GET_CTX_PARAMS, PC_DISPATCH(signature_get) \
    }
#define OF_DIGESTS \
    { OSSL_FUNC_SIGNATURE_SIGN_INIT, PC_DISPATCH(sign_digest_init) }, \
        { OSSL_FUNC_SIGNATURE_SIGN, PC_DISPATCH(sign_digest) }, \
    { \
        OSSL_FUNC_SIGNATURE_SET_CTX_PARAMS, PC_DISPATCH(signature_set) \
    }
#define IN_PARTS \
    { OSSL_FUNC_SIGNATURE_DIGEST_SIGN_UPDATE, PC_DISPATCH(sign_update) }, \
    { \
        OSSL_FUNC_SIGNATURE_DIGEST_SIGN_FINAL, PC_DISPATCH(sign_final) \
    }

const OSSL_DISPATCH pc_native_rsa_signature[] = {
    SIGNATURE,
    IN_PARTS,
    OF_DIGESTS,
    { OSSL_FUNC_SIGNATURE_GETTABLE_CTX_PARAMS, PC_DISPATCH(list_rsa_gettable) },
    { OSSL_FUNC_SIGNATURE_SETTABLE_CTX_PARAMS, PC_DISPATCH(list_rsa_settable) },
    { 0, NULL },
};

const OSSL_DISPATCH pc_native_ecdsa_signature[] = {
    SIGNATURE,
    IN_PARTS,
    OF_DIGESTS,
    { OSSL_FUNC_SIGNATURE_GETTABLE_CTX_PARAMS, PC_DISPATCH(list_plain_gettable) },
    { OSSL_FUNC_SIGNATURE_SETTABLE_CTX_PARAMS, PC_DISPATCH(list_ec_settable) },
    { 0, NULL },
};

const OSSL_DISPATCH pc_native_message_signature[] = {
    SIGNATURE,
    { OSSL_FUNC_SIGNATURE_GETTABLE_CTX_PARAMS, PC_DISPATCH(list_plain_gettable) },
    { 0, NULL },
};
