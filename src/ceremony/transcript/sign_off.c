/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/transcript/sign_off.h"

#include <string.h>

#include <openssl/cms.h>

#include "ceremony/transcript/one_object.h"
#include "ceremony/transcript/ssh_signature.h"
#include "x509/auto.h"
#include "x509/openssl_error.h"
#include "x509/spki.h"

static void free_stack(STACK_OF(X509) *stack)
{
    sk_X509_free(stack);
}

PC_AUTO_DEFINE(borrowed_certificates, STACK_OF(X509), free_stack);

/* Exactly one signer, whose certificate is inside. */
static pc_status name_signer(CMS_ContentInfo *cms, pc_arena *arena, const char **ret_identity, pc_error *err)
{
    PC_AUTO(borrowed_certificates) STACK_OF(X509) *signers = CMS_get0_signers(cms);
    const char *hex = NULL;

    if (sk_X509_num(signers) != 1) {
        return pc_fail(err, PC_E_VERIFY, "a CMS of %d signers; a sign-off has one", sk_X509_num(signers));
    }
    PC_TRY(pc_spki_sha256(X509_get0_pubkey(sk_X509_value(signers, 0)), arena, &hex, err));
    *ret_identity = pc_arena_format(arena, "spki-sha256:%s", hex);
    return *ret_identity ? PC_OK : pc_fail_memory(err);
}

static pc_status verify_cms(pc_bytes der, pc_bytes message, pc_arena *arena, const char **ret_identity, pc_error *err)
{
    const uint8_t *cursor = der.data;
    PC_AUTO(CMS_ContentInfo) CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &cursor, (long)der.len);
    PC_AUTO(BIO) BIO *content = BIO_new_mem_buf(message.data, (int)message.len);

    if (!content) {
        return pc_fail_memory(err);
    }
    if (!cms || !pc_is_one_sequence(der)) {
        return pc_fail_openssl(err, PC_E_VERIFY, "not a CMS signature in DER");
    }
    /* The signer is identified by the key of the certificate: witnesses need not have one from a CA. */
    if (CMS_is_detached(cms) != 1 ||
        CMS_verify(cms, NULL, NULL, content, NULL, CMS_BINARY | CMS_NO_SIGNER_CERT_VERIFY) != 1) {
        return pc_fail_openssl(err, PC_E_VERIFY, "the CMS signature does not match the file that it should sign");
    }
    return name_signer(cms, arena, ret_identity, err);
}

static bool ends_in(const char *name, const char *ending)
{
    const size_t len = strlen(name);

    return len > strlen(ending) && strcmp(name + len - strlen(ending), ending) == 0;
}

pc_status pc_sign_off_verify(const pc_sign_off *signature, pc_bytes head_text, pc_arena *arena,
                             const char **ret_identity, pc_error *err)
{
    if (ends_in(signature->name, ".p7s")) {
        return verify_cms(signature->bytes, head_text, arena, ret_identity, err);
    }
    if (ends_in(signature->name, ".sig")) {
        return pc_ssh_signature_verify(signature->bytes, head_text, arena, ret_identity, err);
    }
    return pc_fail(err, PC_E_INPUT, "\"%s\" is not a sign-off: NAME.p7s is a CMS, NAME.sig an SSH signature",
                   signature->name);
}
