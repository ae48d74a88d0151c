/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/show.h>

#include "app/files/document.h"
#include "base/kept_error.h"
#include "base/result.h"
#include "x509/show/text.h"
#include "x509/spki.h"
#include "x509/csr.h"
#include "x509/facts.h"
#include "x509/openssl_error.h"
#include "x509/show/show.h"
#include "x509/attempt.h"

void pc_show_result_free(pc_show_result *result)
{
    pc_arena_free(result ? result->arena : NULL);
}
PC_AUTO_DEFINE(pc_show_result, pc_show_result, pc_show_result_free);

#define NAME_FLAGS (XN_FLAG_ONELINE & ~ASN1_STRFLGS_ESC_MSB)
#define HEAD_ONLY  (X509_FLAG_COMPAT | X509_FLAG_NO_EXTENSIONS | X509_FLAG_NO_ATTRIBUTES | X509_FLAG_NO_SIGDUMP)

static pc_status cannot_show(pc_error *err)
{
    return pc_fail_openssl(err, PC_E_INPUT, "it cannot be shown");
}

/* A damaged file is shown as well, as far as possible. */
static pc_status keep_damage(pc_status status, pc_arena *arena, const pc_error *damage, pc_shown *shown, pc_error *err)
{
    if (status == PC_E_INPUT) {
        shown->damage = pc_arena_string(arena, damage->frames[0]);
        return shown->damage ? PC_OK : pc_fail_memory(err);
    }
    if (status != PC_OK) {
        pc_error_pass(err, damage);
    }
    return status;
}

static const char *signature_words(bool known, bool holds)
{
    return !known ? "not checked" : holds ? "valid" : "not valid";
}

static pc_status finish_text(BIO *out, const pc_shown *shown, const X509_ALGOR *algorithm,
                             const ASN1_BIT_STRING *signature, pc_error *err)
{
    if (!pc_show_write_parts(out, shown)) {
        return pc_fail_memory(err);
    }
    return X509_signature_print(out, algorithm, signature) == 1 ? PC_OK : cannot_show(err);
}

static pc_status show_requested(const X509_REQ *csr, pc_arena *arena, pc_shown *shown, pc_error *err)
{
    PC_AUTO(X509_EXTENSION_stack) STACK_OF(X509_EXTENSION) *extensions = NULL;
    pc_error damage = { .status = PC_OK };

    PC_TRY(keep_damage(pc_csr_get_extensions(csr, &extensions, &damage), arena, &damage, shown, err));
    PC_TRY(pc_x509_show_attributes(csr, arena, shown, err));
    return pc_x509_show_extensions(extensions, arena, shown, err);
}

static pc_status show_csr(X509_REQ *csr, pc_arena *arena, pc_shown *shown, pc_error *err)
{
    PC_AUTO(BIO) BIO *out = BIO_new(BIO_s_mem());
    EVP_PKEY *key = X509_REQ_get0_pubkey(csr);
    const X509_ALGOR *algorithm = NULL;
    const ASN1_BIT_STRING *signature = NULL;
    pc_error damage = { .status = PC_OK };

    shown->is_request = true;
    PC_TRY(keep_damage(pc_x509_facts_of_csr(csr, arena, &shown->subject, &damage), arena, &damage, shown, err));
    PC_TRY(show_requested(csr, arena, shown, err));
    PC_TRY(key ? pc_spki_sha256(key, arena, &shown->spki_sha256, err) : PC_OK);
    shown->signature = signature_words(key != NULL, pc_request_signature_holds(csr));
    if (!out || X509_REQ_print_ex(out, csr, NAME_FLAGS, HEAD_ONLY) != 1) {
        return cannot_show(err);
    }
    X509_REQ_get0_signature(csr, &signature, &algorithm);
    PC_TRY(finish_text(out, shown, algorithm, signature, err));
    return pc_show_take_text(out, arena, &shown->text, err);
}

static pc_status show_certificate(X509 *certificate, pc_arena *arena, pc_shown *shown, pc_error *err)
{
    PC_AUTO(BIO) BIO *out = BIO_new(BIO_s_mem());
    EVP_PKEY *key = X509_get0_pubkey(certificate);
    const X509_ALGOR *algorithm = NULL;
    const ASN1_BIT_STRING *signature = NULL;
    pc_error damage = { .status = PC_OK };

    PC_TRY(keep_damage(pc_x509_facts_of_certificate(certificate, arena, &shown->subject, &shown->certificate, &damage),
                       arena, &damage, shown, err));
    PC_TRY(pc_x509_show_extensions(X509_get0_extensions(certificate), arena, shown, err));
    PC_TRY(key ? pc_spki_sha256(key, arena, &shown->spki_sha256, err) : PC_OK);
    shown->signature = signature_words(key && pc_certificate_is_self_issued(certificate),
                                       key && pc_certificate_signature_holds(certificate, key));
    if (!out || X509_print_ex(out, certificate, NAME_FLAGS, HEAD_ONLY) != 1) {
        return cannot_show(err);
    }
    X509_get0_signature(&signature, &algorithm, certificate);
    PC_TRY(finish_text(out, shown, algorithm, signature, err));
    return pc_show_take_text(out, arena, &shown->text, err);
}

static pc_status show_document(const pc_document *document, pc_show_result *result, pc_error *err)
{
    int certificates = document->x509.certificates ? sk_X509_num(document->x509.certificates) : 0;

    if (document->inf) {
        return pc_fail(err, PC_E_INPUT, "\"%s\" is an INF file; `p11cert explain` explains what is in it",
                       document->file);
    }
    result->count = document->x509.csr ? 1 : (size_t)certificates;
    result->items = pc_arena_alloc(result->arena, (result->count + 1) * sizeof *result->items);
    if (!result->items) {
        return pc_fail_memory(err);
    }
    if (document->x509.csr) {
        return show_csr(document->x509.csr, result->arena, &result->items[0], err);
    }
    for (int i = 0; i < certificates; i++) {
        PC_TRY(show_certificate(sk_X509_value(document->x509.certificates, i), result->arena, &result->items[i], err));
    }
    return PC_OK;
}

pc_status pc_show_file(const char *file, pc_show_result **ret_result, pc_error *err)
{
    PC_AUTO(pc_show_result) pc_show_result *result = PC_RESULT_NEW(pc_show_result);
    PC_AUTO(pc_document) pc_document document = { .file = NULL };

    if (!result) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_document_read(file, NULL, &document, err));
    PC_TRY(show_document(&document, result, err));
    *ret_result = PC_TAKE(result);
    return PC_OK;
}
