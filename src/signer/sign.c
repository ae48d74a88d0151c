/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/sign.h"

#include <openssl/err.h>
#include <openssl/rand.h>
#include <string.h>

#include "x509/openssl_error.h"

static pc_status start(const pc_signer *signer, pc_digest digest, EVP_MD_CTX **ret_context, pc_error *err)
{
    PC_AUTO(EVP_MD_CTX) EVP_MD_CTX *context = EVP_MD_CTX_new();
    const EVP_MD *md = EVP_get_digestbyname(pc_digest_name(digest));

    if (!context || !md || EVP_DigestSignInit(context, NULL, md, NULL, pc_signer_private(signer)) != 1) {
        return pc_signer_fail(err);
    }
    *ret_context = PC_TAKE(context);
    return PC_OK;
}

static pc_status bad_signature(pc_error *err)
{
    ERR_clear_error();
    (void)pc_fail(err, PC_E_VERIFY, "the token's signature does not verify with the key's own public half");
    return pc_hint(err, PC_E_VERIFY, "nothing was written; `p11cert doctor` looks for keys that share a CKA_ID");
}

pc_status pc_sign_csr(const pc_signer *signer, pc_digest digest, X509_REQ *csr, pc_error *err)
{
    PC_AUTO(EVP_MD_CTX) EVP_MD_CTX *context = NULL;

    PC_TRY(start(signer, digest, &context, err));
    if (X509_REQ_sign_ctx(csr, context) <= 0) {
        return pc_signer_fail(err);
    }
    return X509_REQ_verify(csr, pc_signer_public(signer)) == 1 ? PC_OK : bad_signature(err);
}

pc_status pc_sign_certificate(const pc_signer *signer, pc_digest digest, X509 *certificate, pc_error *err)
{
    PC_AUTO(EVP_MD_CTX) EVP_MD_CTX *context = NULL;

    PC_TRY(start(signer, digest, &context, err));
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

pc_status pc_sign_proves(const pc_signer *signer, EVP_PKEY *public_key, pc_error *err)
{
    PC_AUTO(EVP_MD_CTX) EVP_MD_CTX *context = NULL;
    unsigned char signature[1024]; /* RSA-4096 has 512 bytes */
    size_t len = sizeof signature;
    challenge fresh;

    memcpy(fresh.text, CHALLENGE, sizeof fresh.text);
    if (RAND_bytes(fresh.random, sizeof fresh.random) != 1) {
        return pc_fail_openssl(err, PC_E_CRYPTO, "no random challenge could be drawn");
    }
    PC_TRY(start(signer, PC_DIGEST_SHA256, &context, err));
    if (EVP_DigestSign(context, signature, &len, (const unsigned char *)&fresh, sizeof fresh) != 1) {
        return pc_signer_fail(err);
    }
    if (!verifies(public_key, &fresh, signature, len)) {
        ERR_clear_error();
        return pc_fail(err, PC_E_VERIFY, "the private key's signature does not verify with that public key: "
                                         "they do not belong together");
    }
    return PC_OK;
}
