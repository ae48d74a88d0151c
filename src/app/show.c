/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/show.h>

#include <string.h>

#include "app/document.h"
#include "app/spki.h"
#include "base/text.h"
#include "x509/facts.h"
#include "x509/openssl_error.h"

void pc_show_result_free(pc_show_result *result)
{
    if (result) {
        pc_arena_free(result->arena);
        free(result);
    }
}
PC_AUTO_DEFINE(pc_show_result, pc_show_result, pc_show_result_free);

/* Each line is made safe by itself, so that the line ends that OpenSSL writes stay line ends. */
static const char *escape_lines(const char *text, size_t len, pc_arena *arena)
{
    char *out = pc_arena_alloc(arena, len * 4 + 1);
    size_t at = 0;

    for (size_t start = 0; out && start < len;) {
        const char *end = memchr(text + start, '\n', len - start);
        size_t line_len = end ? (size_t)(end - text) - start : len - start;

        pc_text_escape_into(text + start, line_len, out + at, line_len * 4 + 1);
        at += strlen(out + at);
        if (end) {
            out[at++] = '\n';
        }
        start += line_len + 1;
    }
    return out;
}

static pc_status take_text(BIO *out, int printed, pc_arena *arena, const char **ret_text, pc_error *err)
{
    char *text = NULL;
    long len = BIO_get_mem_data(out, &text);

    if (printed != 1 || len < 0) {
        return pc_fail_openssl(err, PC_E_INPUT, "it cannot be shown");
    }
    *ret_text = escape_lines(text, (size_t)len, arena);
    return *ret_text ? PC_OK : pc_fail_memory(err);
}

#define NAME_FLAGS (XN_FLAG_ONELINE & ~ASN1_STRFLGS_ESC_MSB)

static pc_status show_csr(X509_REQ *csr, pc_arena *arena, pc_shown *shown, pc_error *err)
{
    PC_AUTO(BIO) BIO *out = BIO_new(BIO_s_mem());
    EVP_PKEY *key = X509_REQ_get0_pubkey(csr);

    if (!out) {
        return pc_fail_memory(err);
    }
    shown->is_request = true;
    PC_TRY(pc_x509_facts_of_csr(csr, arena, &shown->subject, err));
    PC_TRY(pc_spki_sha256(key, arena, &shown->spki_sha256, err));
    shown->signature = X509_REQ_verify(csr, key) == 1 ? "valid" : "not valid";
    return take_text(out, X509_REQ_print_ex(out, csr, NAME_FLAGS, X509_FLAG_COMPAT), arena, &shown->text, err);
}

static pc_status show_certificate(X509 *certificate, pc_arena *arena, pc_shown *shown, pc_error *err)
{
    PC_AUTO(BIO) BIO *out = BIO_new(BIO_s_mem());

    if (!out) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_x509_facts_of_certificate(certificate, arena, &shown->subject, &shown->certificate, err));
    PC_TRY(pc_spki_sha256(X509_get0_pubkey(certificate), arena, &shown->spki_sha256, err));
    shown->signature = !shown->certificate.self_signed ? "not checked"
                       : X509_verify(certificate, X509_get0_pubkey(certificate)) == 1 ? "valid" : "not valid";
    return take_text(out, X509_print_ex(out, certificate, NAME_FLAGS, X509_FLAG_COMPAT), arena, &shown->text, err);
}

static pc_status show_document(const pc_document *document, pc_show_result *result, pc_error *err)
{
    int certificates = document->x509.certificates ? sk_X509_num(document->x509.certificates) : 0;

    if (document->inf) {
        return pc_fail(err, PC_E_INPUT, "\"%s\" is an INF file; `p11cert new` reads it", document->file);
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
    PC_AUTO(pc_show_result) pc_show_result *result = calloc(1, sizeof *result);
    PC_AUTO_DOCUMENT pc_document document = { .file = NULL };

    if (!result || !(result->arena = pc_arena_new())) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_document_read(file, &document, err));
    PC_TRY(show_document(&document, result, err));
    *ret_result = PC_TAKE(result);
    return PC_OK;
}
