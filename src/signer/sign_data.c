/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/purpose.h"
#include "signer/sign_data.h"

#include <openssl/cms.h>
#include <openssl/err.h>

#include "base/bytes.h"
#include "signer/sign.h"
#include "x509/algorithm.h"
#include "x509/attempt.h"
#include "x509/openssl_error.h"

static pc_status check_form(const pc_signer *signer, pc_signature_form form, pc_error *err)
{
    return !form.pss || EVP_PKEY_get_base_id(pc_signer_public(signer)) == EVP_PKEY_RSA
               ? PC_OK
               : pc_fail(err, PC_E_INPUT, "an RSASSA-PSS signature was requested, but the key is not an RSA key");
}

/* --- CMS --- */

/* OpenSSL 3.0 has no Ed25519 in CMS (RFC 8419); later versions require SHA-512 to be named, also for ML-DSA (RFC 9882).
 */
static pc_status refuse_cms(const pc_signer *signer, pc_error *err)
{
    ERR_clear_error();
    (void)pc_fail(err, PC_E_CRYPTO, "OpenSSL %s cannot make a CMS signature with an %s key",
                  OpenSSL_version(OPENSSL_VERSION_STRING), pc_algorithm_words(pc_signer_public(signer)));
    return pc_hint(err, PC_E_CRYPTO, "OpenSSL 3.5 can; `raw` makes a bare signature");
}

static const EVP_MD *digest_in_cms(const pc_signer *signer, pc_digest digest)
{
    const EVP_MD *md = pc_signature_digest(pc_signer_public(signer), digest);

    return md ? md : EVP_sha512();
}

static bool add_signer(const pc_signer *signer, const pc_cms_plan *plan, CMS_ContentInfo *cms)
{
    const unsigned flags = CMS_BINARY | CMS_NOSMIMECAP | CMS_CADES | (plan->form.pss ? CMS_KEY_PARAM : 0);
    CMS_SignerInfo *info = CMS_add1_signer(cms, plan->leaf, pc_signer_private(signer),
                                           digest_in_cms(signer, plan->form.digest), flags | CMS_PARTIAL);

    return info && (!plan->form.pss || pc_signature_set_padding(CMS_SignerInfo_get0_pkey_ctx(info), plan->form));
}

static bool add_issuers(const pc_cms_plan *plan, CMS_ContentInfo *cms)
{
    for (int i = 0; i < sk_X509_num(plan->issuers); i++) {
        if (CMS_add1_cert(cms, sk_X509_value(plan->issuers, i)) != 1) {
            return false;
        }
    }
    return true;
}

static pc_status sign_content(const pc_signer *signer, const pc_cms_plan *plan, CMS_ContentInfo **ret_cms,
                              pc_error *err)
{
    const unsigned flags = CMS_PARTIAL | CMS_BINARY | CMS_DETACHED;
    PC_AUTO(CMS_ContentInfo) CMS_ContentInfo *cms = CMS_sign(NULL, NULL, NULL, NULL, flags);

    if (!cms || !add_signer(signer, plan, cms) || !add_issuers(plan, cms) ||
        CMS_final(cms, plan->content, NULL, CMS_BINARY | CMS_DETACHED) != 1) {
        return pc_algorithm_hashes_itself(pc_signer_public(signer)) && !pc_signer_has_refused(signer)
                   ? refuse_cms(signer, err)
                   : pc_signer_fail(signer, err);
    }
    *ret_cms = PC_TAKE(cms);
    return PC_OK;
}

/* What was encoded is read again: in memory, OpenSSL would verify with the signer's own key. */
static pc_status verify_attributes(pc_bytes der, const pc_cms_plan *plan, pc_error *err)
{
    const unsigned char *cursor = der.data;
    PC_AUTO(CMS_ContentInfo) CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &cursor, (long)der.len);
    STACK_OF(CMS_SignerInfo) *infos = cms ? CMS_get0_SignerInfos(cms) : NULL;

    if (sk_CMS_SignerInfo_num(infos) != 1) {
        return pc_fail_openssl(err, PC_E_CRYPTO, "the signature cannot be read back");
    }
    CMS_SignerInfo *info = sk_CMS_SignerInfo_value(infos, 0);

    CMS_SignerInfo_set1_signer_cert(info, plan->leaf);
    return CMS_SignerInfo_verify(info) == 1 ? PC_OK : pc_fail_bad_signature(err);
}

static pc_status sign_cms(const pc_signer *signer, const pc_cms_plan *plan, pc_arena *arena, pc_bytes *ret_der,
                          pc_error *err)
{
    PC_AUTO(CMS_ContentInfo) CMS_ContentInfo *cms = NULL;
    PC_AUTO(openssl_bytes) unsigned char *der = NULL;

    PC_TRY(sign_content(signer, plan, &cms, err));
    const int len = i2d_CMS_ContentInfo(cms, &der);

    if (len <= 0) {
        return pc_fail_memory(err);
    }
    PC_TRY(verify_attributes((pc_bytes){ der, (size_t)len }, plan, err));
    return pc_bytes_copy(arena, (pc_bytes){ der, (size_t)len }, ret_der, err);
}

pc_status pc_sign_cms(const pc_signer *signer, const pc_cms_plan *plan, pc_arena *arena, pc_bytes *ret_der,
                      pc_error *err)
{
    PC_AUTO(pc_purpose) pc_purpose purpose = pc_purpose_of("CMS data");

    (void)purpose;
    PC_TRY(check_form(signer, plan->form, err));
    if (!pc_public_keys_equal(X509_get0_pubkey(plan->leaf), pc_signer_public(signer))) {
        return pc_fail(err, PC_E_VERIFY, "the key for signing is not the key of the certificate");
    }
    pc_status status = sign_cms(signer, plan, arena, ret_der, err);

    if (status == PC_OK || BIO_seek(plan->content, 0) < 0 || !pc_signer_change_route(signer)) {
        return status;
    }
    return sign_cms(signer, plan, arena, ret_der, err);
}

/* --- bare signatures --- */

#define SIGNATURE_ROOM 8192u /* bytes; RSA-4096 has 512, ML-DSA-87 4627 */

static bool sign_message(const pc_signer *signer, pc_signature_form form, pc_bytes message,
                         uint8_t room[static SIGNATURE_ROOM], size_t *len)
{
    PC_AUTO(EVP_MD_CTX) EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *key_context = NULL;
    const EVP_MD *md = pc_signature_digest(pc_signer_public(signer), form.digest);

    return context && EVP_DigestSignInit(context, &key_context, md, NULL, pc_signer_private(signer)) == 1 &&
           pc_signature_set_padding(key_context, form) &&
           EVP_DigestSign(context, room, len, message.data, message.len) == 1;
}

static bool sign_digest(const pc_signer *signer, pc_signature_form form, pc_bytes digest,
                        uint8_t room[static SIGNATURE_ROOM], size_t *len)
{
    PC_AUTO(EVP_PKEY_CTX) EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(pc_signer_private(signer), NULL);

    return context && EVP_PKEY_sign_init(context) == 1 && pc_signature_set_padding(context, form) &&
           EVP_PKEY_CTX_set_signature_md(context, pc_signature_digest(pc_signer_public(signer), form.digest)) == 1 &&
           EVP_PKEY_sign(context, room, len, digest.data, digest.len) == 1;
}

static pc_status sign_bytes(const pc_signer *signer, const pc_bare_plan *plan, pc_arena *arena, pc_bytes *ret_signature,
                            pc_error *err)
{
    uint8_t room[SIGNATURE_ROOM];
    size_t len = sizeof room;
    const bool is_signed = plan->content.is_digest ? sign_digest(signer, plan->form, plan->content.bytes, room, &len)
                                                   : sign_message(signer, plan->form, plan->content.bytes, room, &len);

    if (!is_signed) {
        return pc_signer_fail(signer, err);
    }
    if (!pc_signature_holds(pc_signer_public(signer), plan->form, plan->content, (pc_bytes){ room, len })) {
        return pc_fail_bad_signature(err);
    }
    return pc_bytes_copy(arena, (pc_bytes){ room, len }, ret_signature, err);
}

static pc_status check_digest(const pc_signer *signer, pc_signature_form form, pc_bytes digest, pc_error *err)
{
    const EVP_MD *md = pc_signature_digest(pc_signer_public(signer), form.digest);

    if (!md) {
        return pc_fail(err, PC_E_INPUT, "an %s key signs whole messages, not a digest",
                       pc_algorithm_words(pc_signer_public(signer)));
    }
    return digest.len == (size_t)EVP_MD_get_size(md)
               ? PC_OK
               : pc_fail(err, PC_E_INPUT, "a %s digest has %d bytes, not %zu", pc_digest_name(form.digest),
                         EVP_MD_get_size(md), digest.len);
}

pc_status pc_sign_bytes(const pc_signer *signer, const pc_bare_plan *plan, pc_arena *arena, pc_bytes *ret_signature,
                        pc_error *err)
{
    PC_AUTO(pc_purpose) pc_purpose purpose = pc_purpose_of(plan->content.is_digest ? "a digest" : "data");

    (void)purpose;
    PC_TRY(check_form(signer, plan->form, err));
    PC_TRY(plan->content.is_digest ? check_digest(signer, plan->form, plan->content.bytes, err) : PC_OK);
    pc_status status = sign_bytes(signer, plan, arena, ret_signature, err);

    return status != PC_OK && pc_signer_change_route(signer) ? sign_bytes(signer, plan, arena, ret_signature, err)
                                                             : status;
}
