/* SPDX-License-Identifier: Apache-2.0 */
#include "x509/signature.h"

#include <openssl/err.h>
#include <openssl/objects.h>

#include "x509/algorithm.h"
#include "x509/attempt.h"

/* RFC 4055 section 3.1: the defaults are SHA-1, MGF1 with SHA-1, and 20 bytes of salt. */
static int digest_of(const X509_ALGOR *algorithm)
{
    const ASN1_OBJECT *oid = NULL;

    if (!algorithm) {
        return NID_sha1;
    }
    X509_ALGOR_get0(&oid, NULL, NULL, algorithm);
    return OBJ_obj2nid(oid);
}

static int mask_digest_of(const X509_ALGOR *generation)
{
    const ASN1_OBJECT *oid = NULL;
    const void *value = NULL;
    int type = V_ASN1_UNDEF;

    if (!generation) {
        return NID_sha1;
    }
    X509_ALGOR_get0(&oid, &type, &value, generation);
    if (OBJ_obj2nid(oid) != NID_mgf1 || type != V_ASN1_SEQUENCE) {
        return NID_undef;
    }
    X509_ALGOR *inner = ASN1_item_unpack(value, ASN1_ITEM_rptr(X509_ALGOR));
    int digest = inner ? digest_of(inner) : NID_undef;

    X509_ALGOR_free(inner);
    return digest;
}

static bool read_pss(int type, const void *value, pc_signature_scheme *ret_scheme)
{
    PC_AUTO(RSA_PSS_PARAMS)
    RSA_PSS_PARAMS *parameters =
        type == V_ASN1_SEQUENCE ? ASN1_item_unpack(value, ASN1_ITEM_rptr(RSA_PSS_PARAMS)) : NULL;
    pc_signature_scheme scheme = { .pss = true, .salt_len = 20 };

    if (!parameters ||
        (parameters->saltLength && ASN1_INTEGER_get_int64(&scheme.salt_len, parameters->saltLength) != 1)) {
        return false;
    }
    scheme.digest = digest_of(parameters->hashAlgorithm);
    scheme.mask_digest = mask_digest_of(parameters->maskGenAlgorithm);
    *ret_scheme = scheme;
    return scheme.digest != NID_undef && scheme.mask_digest != NID_undef;
}

bool pc_signature_scheme_of(const X509_ALGOR *algorithm, pc_signature_scheme *ret_scheme)
{
    const ASN1_OBJECT *oid = NULL;
    const void *value = NULL;
    int type = V_ASN1_UNDEF;
    pc_signature_scheme scheme = { .digest = NID_undef };
    bool known;

    X509_ALGOR_get0(&oid, &type, &value, algorithm);
    (void)ERR_set_mark();
    if (OBJ_obj2nid(oid) == NID_rsassaPss) {
        known = read_pss(type, value, &scheme);
    } else {
        known = OBJ_find_sigid_algs(OBJ_obj2nid(oid), &scheme.digest, NULL) == 1;
    }
    (void)ERR_pop_to_mark();
    if (known) {
        *ret_scheme = scheme;
    }
    return known;
}

/* --- and back --- */

static X509_ALGOR *make_algorithm(int nid, int type, void *value)
{
    PC_AUTO(X509_ALGOR) X509_ALGOR *algorithm = X509_ALGOR_new();

    if (!algorithm || X509_ALGOR_set0(algorithm, OBJ_nid2obj(nid), type, value) != 1) {
        return NULL;
    }
    return PC_TAKE(algorithm);
}

/* An algorithm whose parameters are a structure of ASN.1. */
static X509_ALGOR *make_with_parameters(int nid, void *parameters, const ASN1_ITEM *item)
{
    PC_AUTO(ASN1_STRING) ASN1_STRING *packed = parameters ? ASN1_item_pack(parameters, item, NULL) : NULL;
    X509_ALGOR *algorithm = packed ? make_algorithm(nid, V_ASN1_SEQUENCE, packed) : NULL;

    if (algorithm) {
        packed = NULL; /* now owned by the algorithm */
    }
    return algorithm;
}

static X509_ALGOR *make_mask(int digest)
{
    PC_AUTO(X509_ALGOR) X509_ALGOR *inner = make_algorithm(digest, V_ASN1_NULL, NULL);

    return make_with_parameters(NID_mgf1, inner, ASN1_ITEM_rptr(X509_ALGOR));
}

/* DER omits the defaults. */
static bool fill_pss(const pc_signature_scheme *scheme, RSA_PSS_PARAMS *parameters)
{
    if (scheme->digest != NID_sha1) {
        parameters->hashAlgorithm = make_algorithm(scheme->digest, V_ASN1_NULL, NULL);
    }
    if (scheme->mask_digest != NID_sha1) {
        parameters->maskGenAlgorithm = make_mask(scheme->mask_digest);
    }
    if (scheme->salt_len != 20) {
        parameters->saltLength = ASN1_INTEGER_new();
    }
    return (scheme->digest == NID_sha1 || parameters->hashAlgorithm) &&
           (scheme->mask_digest == NID_sha1 || parameters->maskGenAlgorithm) &&
           (scheme->salt_len == 20 ||
            (parameters->saltLength && ASN1_INTEGER_set_int64(parameters->saltLength, scheme->salt_len) == 1));
}

static X509_ALGOR *make_pss(const pc_signature_scheme *scheme)
{
    PC_AUTO(RSA_PSS_PARAMS) RSA_PSS_PARAMS *parameters = RSA_PSS_PARAMS_new();

    if (!parameters || scheme->salt_len < 0 || !fill_pss(scheme, parameters)) {
        return NULL;
    }
    return make_with_parameters(NID_rsassaPss, parameters, ASN1_ITEM_rptr(RSA_PSS_PARAMS));
}

X509_ALGOR *pc_signature_algorithm(const pc_signature_scheme *scheme, int key_type)
{
    int nid = NID_undef;

    if (key_type == NID_undef) {
        return NULL;
    }
    if (scheme->pss) {
        return key_type == NID_rsaEncryption ? make_pss(scheme) : NULL;
    }
    if (scheme->digest == NID_undef) {
        return make_algorithm(key_type, V_ASN1_UNDEF, NULL);
    }
    if (OBJ_find_sigid_by_algs(&nid, scheme->digest, key_type) != 1) {
        return NULL;
    }
    return make_algorithm(nid, key_type == NID_rsaEncryption ? V_ASN1_NULL : V_ASN1_UNDEF, NULL);
}

/* --- data --- */

const EVP_MD *pc_signature_digest(const EVP_PKEY *key, pc_digest digest)
{
    return pc_algorithm_hashes_itself(key) ? NULL : EVP_get_digestbyname(pc_digest_name(digest));
}

/* RFC 4055 section 3.1 recommends a salt as long as the digest, and the same digest for message and MGF1. */
bool pc_signature_set_padding(EVP_PKEY_CTX *context, pc_signature_form form)
{
    return !form.pss || (EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
                         EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1 &&
                         EVP_PKEY_CTX_set_rsa_mgf1_md(context, EVP_get_digestbyname(pc_digest_name(form.digest))) == 1);
}

static bool message_holds(EVP_PKEY *public_key, pc_signature_form form, pc_bytes message, pc_bytes signature)
{
    PC_AUTO(EVP_MD_CTX) EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *key_context = NULL;

    return context &&
           EVP_DigestVerifyInit(context, &key_context, pc_signature_digest(public_key, form.digest), NULL,
                                public_key) == 1 &&
           pc_signature_set_padding(key_context, form) &&
           EVP_DigestVerify(context, signature.data, signature.len, message.data, message.len) == 1;
}

static bool digest_holds(EVP_PKEY *public_key, pc_signature_form form, pc_bytes digest, pc_bytes signature)
{
    PC_AUTO(EVP_PKEY_CTX) EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(public_key, NULL);
    const EVP_MD *md = pc_signature_digest(public_key, form.digest);

    return context && md && EVP_PKEY_verify_init(context) == 1 && pc_signature_set_padding(context, form) &&
           EVP_PKEY_CTX_set_signature_md(context, md) == 1 &&
           EVP_PKEY_verify(context, signature.data, signature.len, digest.data, digest.len) == 1;
}

bool pc_signature_holds(EVP_PKEY *public_key, pc_signature_form form, pc_signed_bytes signed_bytes, pc_bytes signature)
{
    pc_attempt_begin();
    bool holds = signed_bytes.is_digest ? digest_holds(public_key, form, signed_bytes.bytes, signature)
                                        : message_holds(public_key, form, signed_bytes.bytes, signature);

    pc_attempt_end();
    return holds;
}
