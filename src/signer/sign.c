/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/sign.h"

#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <string.h>

#include "base/bytes.h"
#include "signer/purpose.h"
#include "signer/start.h"
#include "x509/algorithm.h"
#include "x509/openssl_error.h"
#include "x509/signature.h"

/* NULL for an algorithm that hashes by itself. */
static const EVP_MD *digest_of(const pc_signer *signer, pc_digest digest)
{
    return pc_signature_digest(pc_signer_public(signer), digest);
}

pc_status pc_sign_start(const pc_signer *signer, pc_signature_form form, EVP_MD_CTX **ret_context, pc_error *err)
{
    PC_AUTO(EVP_MD_CTX) EVP_MD_CTX *context = EVP_MD_CTX_new();
    const EVP_MD *md = digest_of(signer, form.digest);
    EVP_PKEY_CTX *key_context = NULL;

    if (form.pss && EVP_PKEY_get_base_id(pc_signer_public(signer)) != EVP_PKEY_RSA) {
        return pc_fail(err, PC_E_INPUT, "an RSASSA-PSS signature was requested, but the key is not an RSA key");
    }
    if (!context || EVP_DigestSignInit(context, &key_context, md, NULL, pc_signer_private(signer)) != 1 ||
        !pc_signature_set_padding(key_context, form)) {
        return pc_signer_fail(signer, err);
    }
    *ret_context = PC_TAKE(context);
    return PC_OK;
}

/* The signature is verified with the parameters written next to it; this checks that they are the intended ones. */
bool pc_sign_names_form(const pc_signer *signer, const X509_ALGOR *algorithm, pc_signature_form form)
{
    const EVP_MD *md = digest_of(signer, form.digest);
    pc_signature_scheme scheme;

    if (!pc_signature_scheme_of(algorithm, &scheme) || scheme.digest != (md ? EVP_MD_get_type(md) : NID_undef) ||
        scheme.pss != form.pss) {
        return false;
    }
    return !form.pss || (scheme.mask_digest == scheme.digest && scheme.salt_len == EVP_MD_get_size(md));
}

/* With an engine's key, OpenSSL leaves out the NULL beside the digests (RFC 4055 section 2.1), which it writes for its
 * own keys and certreq writes too. The algorithm is not part of what is signed. */
static pc_status name_pss(X509_REQ *csr, pc_signature_form form, pc_error *err)
{
    const EVP_MD *md = EVP_get_digestbyname(pc_digest_name(form.digest));
    const pc_signature_scheme scheme = {
        .digest = EVP_MD_get_type(md), .pss = true, .mask_digest = EVP_MD_get_type(md), .salt_len = EVP_MD_get_size(md)
    };
    PC_AUTO(X509_ALGOR) X509_ALGOR *algorithm = pc_signature_algorithm(&scheme, NID_rsaEncryption);

    return algorithm && X509_REQ_set1_signature_algo(csr, algorithm) == 1 ? PC_OK : pc_fail_memory(err);
}

pc_status pc_fail_bad_signature(pc_error *err)
{
    ERR_clear_error();
    (void)pc_fail(err, PC_E_VERIFY, "the token's signature does not verify with the key's own public half");
    return pc_hint(err, PC_E_VERIFY, "nothing was written; `p11cert doctor` checks for keys that share a CKA_ID");
}

static pc_status sign_csr(const pc_signer *signer, pc_signature_form form, X509_REQ *csr, pc_error *err)
{
    PC_AUTO(EVP_MD_CTX) EVP_MD_CTX *context = NULL;
    const X509_ALGOR *algorithm = NULL;

    PC_TRY(pc_sign_start(signer, form, &context, err));
    if (X509_REQ_sign_ctx(csr, context) <= 0) {
        return pc_signer_fail(signer, err);
    }
    X509_REQ_get0_signature(csr, NULL, &algorithm);
    if (!pc_sign_names_form(signer, algorithm, form)) {
        return pc_fail_bad_signature(err);
    }
    if (form.pss) {
        PC_TRY(name_pss(csr, form, err));
    }
    return X509_REQ_verify(csr, pc_signer_public(signer)) == 1 ? PC_OK : pc_fail_bad_signature(err);
}

pc_status pc_sign_csr(const pc_signer *signer, pc_signature_form form, X509_REQ *csr, pc_error *err)
{
    PC_AUTO(pc_purpose) pc_purpose purpose = pc_purpose_of_csr(csr);
    pc_status status = sign_csr(signer, form, csr, err);

    (void)purpose;
    return status != PC_OK && pc_signer_change_route(signer) ? sign_csr(signer, form, csr, err) : status;
}

pc_digest pc_digest_of_key(const EVP_PKEY *key)
{
    const int bits = EVP_PKEY_get_base_id(key) == EVP_PKEY_EC ? EVP_PKEY_get_bits(key) : 0;

    return bits > 384 ? PC_DIGEST_SHA512 : bits > 256 ? PC_DIGEST_SHA384 : PC_DIGEST_SHA256;
}

static pc_status crl_part(X509_CRL *crl, unsigned char **ret_part, int *ret_len, pc_error *err)
{
    *ret_len = i2d_re_X509_CRL_tbs(crl, ret_part);
    return *ret_len > 0 ? PC_OK : pc_fail_openssl(err, PC_E_CRYPTO, "the CRL cannot be encoded");
}

static pc_status sign_crl(const pc_signer *signer, pc_signature_form form, X509_CRL *crl, pc_error *err)
{
    PC_AUTO(EVP_MD_CTX) EVP_MD_CTX *context = NULL;
    const X509_ALGOR *algorithm = NULL;

    PC_TRY(pc_sign_start(signer, form, &context, err));
    if (X509_CRL_sign_ctx(crl, context) <= 0) {
        return pc_signer_fail(signer, err);
    }
    X509_CRL_get0_signature(crl, NULL, &algorithm);
    if (!pc_sign_names_form(signer, algorithm, form)) {
        return pc_fail_bad_signature(err);
    }
    return X509_CRL_verify(crl, pc_signer_public(signer)) == 1 ? PC_OK : pc_fail_bad_signature(err);
}

pc_status pc_sign_crl(const pc_signer *signer, pc_signature_form form, X509_CRL *crl, pc_error *err)
{
    PC_AUTO(openssl_bytes) unsigned char *judged = NULL;
    PC_AUTO(openssl_bytes) unsigned char *part = NULL;
    int judged_len = 0;
    int len = 0;
    PC_AUTO(pc_purpose) pc_purpose purpose = pc_purpose_of_crl(crl);

    (void)purpose;
    PC_TRY(crl_part(crl, &judged, &judged_len, err));
    pc_status status = sign_crl(signer, form, crl, err);

    if (status != PC_OK && pc_signer_change_route(signer)) {
        status = sign_crl(signer, form, crl, err);
    }
    PC_TRY(status);
    PC_TRY(crl_part(crl, &part, &len, err));
    return len == judged_len && memcmp(part, judged, (size_t)len) == 0
               ? PC_OK
               : pc_fail(err, PC_E_INTERNAL, "the CRL that was signed is not the one that was checked");
}

static pc_status encode_request(X509_REQ *csr, BIO **ret_bio, pc_error *err)
{
    PC_AUTO(BIO) BIO *bio = BIO_new(BIO_s_mem());

    if (!bio || i2d_X509_REQ_bio(bio, csr) != 1) {
        return pc_fail_openssl(err, PC_E_CRYPTO, "the request cannot be encoded");
    }
    *ret_bio = PC_TAKE(bio);
    return PC_OK;
}

/* What was encoded is read again: in memory, OpenSSL would verify with the signer's own key instead of the old
 * certificate that the CA will use. Verifying that certificate's chain is up to the CA. */
static pc_status verify_renewal(pc_bytes der, pc_error *err)
{
    const unsigned char *cursor = der.data;
    PC_AUTO(CMS_ContentInfo) CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &cursor, (long)der.len);
    PC_AUTO(BIO) BIO *sink = BIO_new(BIO_s_null());

    if (!cms) {
        return pc_fail_openssl(err, PC_E_CRYPTO, "the signed renewal cannot be read back");
    }
    if (!sink) {
        return pc_fail_memory(err);
    }
    return CMS_verify(cms, NULL, NULL, NULL, sink, CMS_NO_SIGNER_CERT_VERIFY | CMS_BINARY) == 1
               ? PC_OK
               : pc_fail_bad_signature(err);
}

/* OpenSSL 3.0 has no Ed25519 in CMS (RFC 8419), not even with a key of its own; later versions require SHA-512 to be
 * named, also for ML-DSA (RFC 9882). */
static pc_status refuse_cms(const pc_signer *signer, pc_error *err)
{
    ERR_clear_error();
    (void)pc_fail(err, PC_E_CRYPTO, "OpenSSL %s cannot make the PKCS#7 signature of a renewal with an %s key",
                  OpenSSL_version(OPENSSL_VERSION_STRING), pc_algorithm_words(pc_signer_public(signer)));
    return pc_hint(err, PC_E_CRYPTO, "OpenSSL 3.5 can; or omit `pkcs7` for a request without the old key's signature");
}

static pc_status sign_cms(const pc_signer *signer, const pc_renewal_request *request, BIO *content,
                          CMS_ContentInfo **ret_cms, pc_error *err)
{
    PC_AUTO(CMS_ContentInfo) CMS_ContentInfo *cms = CMS_sign(NULL, NULL, NULL, NULL, CMS_PARTIAL | CMS_BINARY);
    const bool hashes_itself = pc_algorithm_hashes_itself(pc_signer_public(signer));
    const EVP_MD *md = hashes_itself ? EVP_sha512() : EVP_sha256();

    if (cms && CMS_add1_signer(cms, request->old, pc_signer_private(signer), md, CMS_BINARY | CMS_NOSMIMECAP) &&
        CMS_final(cms, content, NULL, CMS_BINARY) == 1) {
        *ret_cms = PC_TAKE(cms);
        return PC_OK;
    }
    return hashes_itself && !pc_signer_has_refused(signer) ? refuse_cms(signer, err) : pc_signer_fail(signer, err);
}

static pc_status sign_renewal(const pc_signer *signer, const pc_renewal_request *request, pc_arena *arena,
                              pc_bytes *ret_der, pc_error *err)
{
    PC_AUTO(BIO) BIO *encoded = NULL;
    PC_AUTO(CMS_ContentInfo) CMS_ContentInfo *cms = NULL;
    PC_AUTO(openssl_bytes) unsigned char *der = NULL;

    if (EVP_PKEY_eq(X509_get0_pubkey(request->old), pc_signer_public(signer)) != 1) {
        return pc_fail(err, PC_E_VERIFY, "the key for signing the renewal is not the key of the old certificate");
    }
    PC_TRY(encode_request(request->csr, &encoded, err));
    PC_TRY(sign_cms(signer, request, encoded, &cms, err));
    int len = i2d_CMS_ContentInfo(cms, &der);

    if (len <= 0) {
        return pc_fail_memory(err);
    }
    PC_TRY(verify_renewal((pc_bytes){ der, (size_t)len }, err));
    return pc_bytes_copy(arena, (pc_bytes){ der, (size_t)len }, ret_der, err);
}

pc_status pc_sign_renewal(const pc_signer *signer, const pc_renewal_request *request, pc_arena *arena,
                          pc_bytes *ret_der, pc_error *err)
{
    PC_AUTO(pc_purpose) pc_purpose purpose = pc_purpose_of_csr(request->csr);
    pc_status status = sign_renewal(signer, request, arena, ret_der, err);

    (void)purpose;
    return status != PC_OK && pc_signer_change_route(signer) ? sign_renewal(signer, request, arena, ret_der, err)
                                                             : status;
}

#define CHALLENGE "p11cert proof of possession, version 1; this is neither a certificate nor a request\n"

typedef struct {
    unsigned char text[sizeof CHALLENGE - 1];
    unsigned char random[32];
} challenge;

static bool verifies(EVP_PKEY *public_key, const challenge *signed_text, pc_bytes signature)
{
    PC_AUTO(EVP_MD_CTX) EVP_MD_CTX *context = EVP_MD_CTX_new();

    return context &&
           EVP_DigestVerifyInit(context, NULL, pc_signature_digest(public_key, PC_DIGEST_SHA256), NULL, public_key) ==
               1 &&
           EVP_DigestVerify(context, signature.data, signature.len, (const unsigned char *)signed_text,
                            sizeof *signed_text) == 1;
}

#define SIGNATURE_ROOM 8192u /* bytes; RSA-4096 has 512, ML-DSA-87 4627 */

static pc_status sign_challenge(const pc_signer *signer, const challenge *fresh,
                                uint8_t signature[static SIGNATURE_ROOM], size_t *ret_len, pc_error *err)
{
    PC_AUTO(EVP_MD_CTX) EVP_MD_CTX *context = NULL;
    PC_AUTO(pc_purpose) pc_purpose purpose = pc_purpose_of("proof of possession");

    (void)purpose;
    *ret_len = SIGNATURE_ROOM;
    PC_TRY(pc_sign_start(signer, (pc_signature_form){ .digest = PC_DIGEST_SHA256 }, &context, err));
    if (EVP_DigestSign(context, signature, ret_len, (const unsigned char *)fresh, sizeof *fresh) != 1) {
        return pc_signer_fail(signer, err);
    }
    return PC_OK;
}

/* A fresh one, by the route that the token takes. */
static pc_status sign_fresh(const pc_signer *signer, challenge *ret_fresh, uint8_t signature[static SIGNATURE_ROOM],
                            size_t *ret_len, pc_error *err)
{
    memcpy(ret_fresh->text, CHALLENGE, sizeof ret_fresh->text);
    if (RAND_bytes(ret_fresh->random, sizeof ret_fresh->random) != 1) {
        return pc_fail_openssl(err, PC_E_CRYPTO, "no random challenge could be generated");
    }
    pc_status status = sign_challenge(signer, ret_fresh, signature, ret_len, err);

    return status != PC_OK && pc_signer_change_route(signer)
               ? sign_challenge(signer, ret_fresh, signature, ret_len, err)
               : status;
}

pc_status pc_sign_challenge(const pc_signer *signer, pc_arena *arena, pc_bytes *ret_message, pc_bytes *ret_signature,
                            pc_error *err)
{
    uint8_t signature[SIGNATURE_ROOM];
    size_t len = 0;
    challenge fresh;

    PC_TRY(sign_fresh(signer, &fresh, signature, &len, err));
    PC_TRY(pc_bytes_copy(arena, (pc_bytes){ signature, len }, ret_signature, err));
    return pc_bytes_copy(arena, (pc_bytes){ (const uint8_t *)&fresh, sizeof fresh }, ret_message, err);
}

pc_status pc_sign_finds(const pc_signer *signer, EVP_PKEY *const *public_keys, size_t count, size_t *ret_position,
                        pc_error *err)
{
    uint8_t signature[SIGNATURE_ROOM];
    size_t len = 0;
    challenge fresh;

    PC_TRY(sign_fresh(signer, &fresh, signature, &len, err));
    for (size_t i = 0; i < count; i++) {
        if (verifies(public_keys[i], &fresh, (pc_bytes){ signature, len })) {
            ERR_clear_error();
            *ret_position = i;
            return PC_OK;
        }
    }
    ERR_clear_error();
    return pc_fail(err, PC_E_VERIFY,
                   "the private key's signature does not verify with that public key: "
                   "they do not belong together");
}

pc_status pc_sign_proves(const pc_signer *signer, EVP_PKEY *public_key, pc_error *err)
{
    size_t position = 0;

    return pc_sign_finds(signer, &public_key, 1, &position, err);
}

pc_status pc_key_proves(const pc_token *token, const pc_key *key, EVP_PKEY *public_key, pc_error *err)
{
    PC_AUTO(pc_signer) pc_signer *signer = NULL;

    PC_TRY(pc_signer_open(token, key, &signer, err));
    return pc_sign_proves(signer, public_key, err);
}
