/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/sign.h"

#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <string.h>

#include "x509/openssl_error.h"
#include "x509/signature.h"

/* RFC 4055 section 3.1 recommends a salt as long as the digest, and the same digest in both places. */
static pc_status choose_pss(EVP_PKEY_CTX *context, const EVP_MD *md, pc_error *err)
{
    if (EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) != 1 ||
        EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) != 1 ||
        EVP_PKEY_CTX_set_rsa_mgf1_md(context, md) != 1) {
        return pc_signer_fail(err);
    }
    return PC_OK;
}

static pc_status start(const pc_signer *signer, pc_signature_form form, EVP_MD_CTX **ret_context, pc_error *err)
{
    PC_AUTO(EVP_MD_CTX) EVP_MD_CTX *context = EVP_MD_CTX_new();
    const EVP_MD *md = EVP_get_digestbyname(pc_digest_name(form.digest));
    EVP_PKEY_CTX *key_context = NULL;

    if (form.pss && EVP_PKEY_get_base_id(pc_signer_public(signer)) != EVP_PKEY_RSA) {
        return pc_fail(err, PC_E_INPUT, "an RSASSA-PSS signature is asked for, and the key is not an RSA key");
    }
    if (!context || !md || EVP_DigestSignInit(context, &key_context, md, NULL, pc_signer_private(signer)) != 1) {
        return pc_signer_fail(err);
    }
    if (form.pss) {
        PC_TRY(choose_pss(key_context, md, err));
    }
    *ret_context = PC_TAKE(context);
    return PC_OK;
}

/* The signature is verified by the parameters written beside it; this sees that they are those meant. */
static bool is_signed_as_meant(const X509_ALGOR *algorithm, pc_signature_form form)
{
    const EVP_MD *md = EVP_get_digestbyname(pc_digest_name(form.digest));
    pc_signature_scheme scheme;

    if (!pc_signature_scheme_of(algorithm, &scheme) || scheme.digest != EVP_MD_get_type(md) || scheme.pss != form.pss) {
        return false;
    }
    return !form.pss || (scheme.mask_digest == scheme.digest && scheme.salt_len == EVP_MD_get_size(md));
}

static pc_status bad_signature(pc_error *err)
{
    ERR_clear_error();
    (void)pc_fail(err, PC_E_VERIFY, "the token's signature does not verify with the key's own public half");
    return pc_hint(err, PC_E_VERIFY, "nothing was written; `p11cert doctor` looks for keys that share a CKA_ID");
}

pc_status pc_sign_csr(const pc_signer *signer, pc_signature_form form, X509_REQ *csr, pc_error *err)
{
    PC_AUTO(EVP_MD_CTX) EVP_MD_CTX *context = NULL;
    const X509_ALGOR *algorithm = NULL;

    PC_TRY(start(signer, form, &context, err));
    if (X509_REQ_sign_ctx(csr, context) <= 0) {
        return pc_signer_fail(err);
    }
    X509_REQ_get0_signature(csr, NULL, &algorithm);
    return is_signed_as_meant(algorithm, form) && X509_REQ_verify(csr, pc_signer_public(signer)) == 1 ? PC_OK
                                                                                                      : bad_signature(err);
}

pc_status pc_sign_certificate(const pc_signer *signer, pc_digest digest, X509 *certificate, pc_error *err)
{
    PC_AUTO(EVP_MD_CTX) EVP_MD_CTX *context = NULL;

    PC_TRY(start(signer, (pc_signature_form){ .digest = digest }, &context, err));
    if (X509_sign_ctx(certificate, context) <= 0) {
        return pc_signer_fail(err);
    }
    return X509_verify(certificate, pc_signer_public(signer)) == 1 ? PC_OK : bad_signature(err);
}

#define CHALLENGE "p11cert proof of possession, version 1; this is neither a certificate nor a request\n"

typedef struct {
    unsigned char text[sizeof CHALLENGE - 1];
    unsigned char random[32];
} challenge;

static bool verifies(EVP_PKEY *public_key, const challenge *signed_text, const unsigned char *signature, size_t len)
{
    PC_AUTO(EVP_MD_CTX) EVP_MD_CTX *context = EVP_MD_CTX_new();

    return context && EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, public_key) == 1 &&
           EVP_DigestVerify(context, signature, len, (const unsigned char *)signed_text, sizeof *signed_text) == 1;
}

pc_status pc_sign_finds(const pc_signer *signer, EVP_PKEY *const *public_keys, size_t count, size_t *ret_at,
                        pc_error *err)
{
    PC_AUTO(EVP_MD_CTX) EVP_MD_CTX *context = NULL;
    unsigned char signature[1024]; /* RSA-4096 has 512 bytes */
    size_t len = sizeof signature;
    challenge fresh;

    memcpy(fresh.text, CHALLENGE, sizeof fresh.text);
    if (RAND_bytes(fresh.random, sizeof fresh.random) != 1) {
        return pc_fail_openssl(err, PC_E_CRYPTO, "no random challenge could be drawn");
    }
    PC_TRY(start(signer, (pc_signature_form){ .digest = PC_DIGEST_SHA256 }, &context, err));
    if (EVP_DigestSign(context, signature, &len, (const unsigned char *)&fresh, sizeof fresh) != 1) {
        return pc_signer_fail(err);
    }
    for (size_t i = 0; i < count; i++) {
        if (verifies(public_keys[i], &fresh, signature, len)) {
            ERR_clear_error();
            *ret_at = i;
            return PC_OK;
        }
    }
    ERR_clear_error();
    return pc_fail(err, PC_E_VERIFY, "the private key's signature does not verify with that public key: "
                                     "they do not belong together");
}

pc_status pc_sign_proves(const pc_signer *signer, EVP_PKEY *public_key, pc_error *err)
{
    size_t at = 0;

    return pc_sign_finds(signer, &public_key, 1, &at, err);
}
