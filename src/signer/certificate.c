/* SPDX-License-Identifier: Apache-2.0 */
/* A certificate, and the first half of a CRL, in two steps: rehearsed with a key that is thrown away, then signed by
 * the token. */
#include <limits.h>
#include <openssl/asn1.h>
#include <openssl/err.h>
#include <string.h>

#include "signer/purpose.h"
#include "signer/sign.h"
#include "signer/start.h"
#include "x509/openssl_error.h"
#include "x509/signature.h"

#define THROWAWAY_RSA_BITS 2048 /* the algorithm does not determine the key's length */

static EVP_PKEY *make_throwaway(const EVP_PKEY *public_key)
{
    switch (EVP_PKEY_get_base_id(public_key)) {
    case EVP_PKEY_RSA:
        return EVP_RSA_gen(THROWAWAY_RSA_BITS);
    case EVP_PKEY_EC:
        return EVP_EC_gen("P-256");
    default: /* the name says everything */
        return EVP_PKEY_Q_keygen(NULL, NULL, EVP_PKEY_get0_type_name(public_key));
    }
}

pc_status pc_throwaway_key(const EVP_PKEY *public_key, EVP_PKEY **ret_key, pc_error *err)
{
    EVP_PKEY *key = make_throwaway(public_key);

    if (!key) {
        return pc_fail_openssl(err, PC_E_CRYPTO,
                               "the temporary key for checking what will be signed could not be created");
    }
    *ret_key = key;
    return PC_OK;
}

static pc_status start_rehearsal(EVP_PKEY *throwaway, pc_signature_form form, EVP_MD_CTX *context, pc_error *err)
{
    const EVP_MD *md = pc_signature_digest(throwaway, form.digest);
    EVP_PKEY_CTX *key_context = NULL;

    if (form.pss && EVP_PKEY_get_base_id(throwaway) != EVP_PKEY_RSA) {
        return pc_fail(err, PC_E_INPUT, "an RSASSA-PSS signature was requested, but the key is not an RSA key");
    }
    return context && EVP_DigestSignInit(context, &key_context, md, NULL, throwaway) == 1 &&
                   pc_signature_set_padding(key_context, form)
               ? PC_OK
               : pc_fail_openssl(err, PC_E_CRYPTO, "a temporary key cannot sign with the requested algorithm");
}

pc_status pc_rehearse_certificate(EVP_PKEY *throwaway, pc_signature_form form, X509 *certificate, pc_error *err)
{
    PC_AUTO(EVP_MD_CTX) EVP_MD_CTX *context = EVP_MD_CTX_new();

    PC_TRY(start_rehearsal(throwaway, form, context, err));
    return X509_sign_ctx(certificate, context) > 0
               ? PC_OK
               : pc_fail_openssl(err, PC_E_CRYPTO, "the certificate cannot be signed with a temporary key");
}

pc_status pc_rehearse_crl(EVP_PKEY *throwaway, pc_signature_form form, X509_CRL *crl, pc_error *err)
{
    PC_AUTO(EVP_MD_CTX) EVP_MD_CTX *context = EVP_MD_CTX_new();

    PC_TRY(start_rehearsal(throwaway, form, context, err));
    return X509_CRL_sign_ctx(crl, context) > 0
               ? PC_OK
               : pc_fail_openssl(err, PC_E_CRYPTO, "the CRL cannot be signed with a temporary key");
}

/* --- with the token --- */

/** Bytes allocated by OpenSSL. */
typedef struct {
    unsigned char *data; /* owned */
    size_t len;
} encoded;

static void encoded_clear(encoded *bytes)
{
    OPENSSL_free(bytes->data);
}
PC_AUTO_DEFINE_VALUE(encoded, encoded, encoded_clear);

static pc_status sign_bytes(const pc_signer *signer, pc_signature_form form, const encoded *part,
                            encoded *ret_signature, pc_error *err)
{
    PC_AUTO(EVP_MD_CTX) EVP_MD_CTX *context = NULL;
    PC_AUTO(encoded) encoded signature = { .len = (size_t)EVP_PKEY_get_size(pc_signer_public(signer)) + 16 };

    PC_TRY(pc_sign_start(signer, form, &context, err));
    signature.data = OPENSSL_malloc(signature.len);
    if (!signature.data) {
        return pc_fail_memory(err);
    }
    if (EVP_DigestSign(context, signature.data, &signature.len, part->data, part->len) != 1) {
        return pc_signer_fail(signer, err);
    }
    *ret_signature = signature;
    signature.data = NULL;
    return PC_OK;
}

/* SEQUENCE { the part that was signed, as it is, the algorithm, the signature } (RFC 5280 section 4.1). */
static pc_status assemble(const encoded *part, const X509_ALGOR *algorithm, const encoded *signature,
                          X509 **ret_certificate, pc_error *err)
{
    PC_AUTO(openssl_bytes) unsigned char *algorithm_der = NULL;
    PC_AUTO(openssl_bytes) unsigned char *whole = NULL;
    int algorithm_len = i2d_X509_ALGOR(algorithm, &algorithm_der);
    int bits_len = (int)signature->len + 1; /* the octet that counts the unused bits: 0 */
    int inner = (int)part->len + algorithm_len + ASN1_object_size(0, bits_len, V_ASN1_BIT_STRING);
    int len = ASN1_object_size(1, inner, V_ASN1_SEQUENCE);

    whole = algorithm_len > 0 && len > 0 ? OPENSSL_malloc((size_t)len) : NULL;
    if (!whole) {
        return pc_fail_memory(err);
    }
    unsigned char *cursor = whole;

    ASN1_put_object(&cursor, 1, inner, V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL);
    memcpy(cursor, part->data, part->len);
    cursor += part->len;
    memcpy(cursor, algorithm_der, (size_t)algorithm_len);
    cursor += algorithm_len;
    ASN1_put_object(&cursor, 0, bits_len, V_ASN1_BIT_STRING, V_ASN1_UNIVERSAL);
    *cursor++ = 0;
    memcpy(cursor, signature->data, signature->len);
    const unsigned char *start = whole;

    *ret_certificate = d2i_X509(NULL, &start, len);
    return *ret_certificate ? PC_OK : pc_fail_openssl(err, PC_E_CRYPTO, "the certificate cannot be put together");
}

/* The certificate that was evaluated is the one that was signed. */
static bool is_same_part(X509 *certificate, const encoded *part)
{
    PC_AUTO(openssl_bytes) unsigned char *again = NULL;
    int len = i2d_re_X509_tbs(certificate, &again);

    return len > 0 && (size_t)len == part->len && memcmp(again, part->data, part->len) == 0;
}

static pc_status sign_rehearsed(const pc_signer *signer, pc_signature_form form, X509 *rehearsed,
                                X509 **ret_certificate, pc_error *err)
{
    PC_AUTO(X509) X509 *certificate = NULL;
    PC_AUTO(encoded) encoded part = { .data = NULL };
    PC_AUTO(encoded) encoded signature = { .data = NULL };
    const X509_ALGOR *algorithm = NULL;
    int len = i2d_re_X509_tbs(rehearsed, &part.data);

    X509_get0_signature(NULL, &algorithm, rehearsed);
    if (len <= 0) {
        return pc_fail_openssl(err, PC_E_CRYPTO, "the certificate cannot be encoded");
    }
    part.len = (size_t)len;
    if (!pc_sign_names_form(signer, algorithm, form)) {
        return pc_fail(err, PC_E_INTERNAL,
                       "the certificate was checked with a signature algorithm other than the one that will sign it");
    }
    PC_TRY(sign_bytes(signer, form, &part, &signature, err));
    PC_TRY(assemble(&part, algorithm, &signature, &certificate, err));
    if (!is_same_part(certificate, &part) || X509_verify(certificate, pc_signer_public(signer)) != 1) {
        return pc_fail_bad_signature(err);
    }
    *ret_certificate = PC_TAKE(certificate);
    return PC_OK;
}

pc_status pc_sign_certificate(const pc_signer *signer, pc_signature_form form, X509 **certificate, pc_error *err)
{
    PC_AUTO(pc_purpose) pc_purpose purpose = pc_purpose_of_certificate(*certificate);
    X509 *signed_one = NULL;
    pc_status status = sign_rehearsed(signer, form, *certificate, &signed_one, err);

    if (status != PC_OK && pc_signer_change_route(signer)) {
        status = sign_rehearsed(signer, form, *certificate, &signed_one, err);
    }
    (void)purpose;
    if (status == PC_OK) {
        X509_free(*certificate);
        *certificate = signed_one;
    }
    return status;
}
