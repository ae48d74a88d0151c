/* SPDX-License-Identifier: Apache-2.0 */
#include "app/files/document.h"

#include "base/file.h"

static const size_t largest = PC_INF_MAX_SIZE > PC_X509_MAX_FILE ? PC_INF_MAX_SIZE : PC_X509_MAX_FILE;

_Static_assert(PC_PFX_MAX_SIZE <= PC_X509_MAX_FILE, "a PFX is read whole too");

void pc_document_clear(pc_document *document)
{
    pc_inf_free(document->inf);
    pc_x509_content_clear(&document->x509);
    pc_pfx_clear(&document->pfx);
    pc_arena_free(document->pfx_arena);
    *document = (pc_document){ .file = NULL };
}

static pc_status read_pfx(pc_bytes bytes, const pc_document_password *password, pc_document *document, pc_error *err)
{
    if (!password) {
        (void)pc_fail(err, PC_E_INPUT, "\"%s\" is a PFX (PKCS#12) file", document->file);
        return pc_hint(err, PC_E_INPUT,
                       "`p11cert check` checks it and its certificate; `p11cert import` puts its key, "
                       "certificate and chain on a token");
    }
    document->pfx_arena = pc_arena_new();
    if (!document->pfx_arena) {
        return pc_fail_memory(err);
    }
    const pc_file_bytes file = { .name = document->file, .bytes = bytes };
    const pc_password_source source = { .source = password->source, .access = password->access };

    PC_TRY(pc_pfx_open(&file, &source, document->pfx_arena, &document->pfx, err));
    document->has_pfx = true;
    return PC_OK;
}

static pc_status read_inf(pc_bytes bytes, const pc_document_password *password, pc_document *document, pc_error *err)
{
    (void)password;
    return pc_inf_parse(bytes.data, bytes.len, document->file, &document->inf, err);
}

static pc_status read_x509(pc_bytes bytes, const pc_document_password *password, pc_document *document, pc_error *err)
{
    (void)password;
    return pc_x509_read(bytes, document->file, &document->x509, err);
}

static bool is_inf(pc_bytes bytes)
{
    return pc_inf_recognise(bytes.data, bytes.len);
}

static bool is_anything(pc_bytes bytes)
{
    (void)bytes;
    return true;
}

/* One row per kind of file: how its content is recognised, and how it is read. The first match reads it. */
static const struct {
    bool (*recognise)(pc_bytes bytes);
    pc_status (*read)(pc_bytes bytes, const pc_document_password *password, pc_document *document, pc_error *err);
} kinds[] = {
    { pc_pfx_recognise, read_pfx },
    { is_inf, read_inf },
    { is_anything, read_x509 },
};

pc_status pc_document_read(const char *file, const pc_document_password *password, pc_document *ret_document,
                           pc_error *err)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    PC_AUTO(pc_document) pc_document document = { .file = file };
    pc_bytes bytes = { .len = 0 };
    size_t kind = 0;

    if (!arena) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_file_read(arena, file, largest, &bytes, err));
    while (!kinds[kind].recognise(bytes)) {
        kind++;
    }
    PC_TRY(kinds[kind].read(bytes, password, &document, err));
    *ret_document = document;
    document = (pc_document){ .file = NULL };
    return PC_OK;
}

pc_status pc_document_read_certificates(const char *file, STACK_OF(X509) **ret_certificates, pc_error *err)
{
    PC_AUTO(pc_document) pc_document document = { .file = NULL };

    PC_TRY(pc_document_read(file, NULL, &document, err));
    if (!document.x509.certificates) {
        return pc_fail(err, PC_E_INPUT, "\"%s\" is %s, not a certificate", file,
                       document.inf ? "an INF file" : "a certificate request");
    }
    *ret_certificates = PC_TAKE(document.x509.certificates);
    return PC_OK;
}

/* Has it issued another one of them? */
static bool is_issuer(STACK_OF(X509) *all, X509 *certificate)
{
    bool issues = false;

    for (int i = 0; i < sk_X509_num(all) && !issues; i++) {
        X509 *each = sk_X509_value(all, i);

        issues = each != certificate && X509_check_issued(certificate, each) == X509_V_OK;
    }
    return issues;
}

pc_status pc_document_read_certificate(const char *file, X509 **ret_certificate, pc_error *err)
{
    PC_AUTO(X509_stack) STACK_OF(X509) *all = NULL;
    X509 *found = NULL;
    int count = 0;

    PC_TRY(pc_document_read_certificates(file, &all, err));
    for (int i = 0; i < sk_X509_num(all); i++) {
        X509 *each = sk_X509_value(all, i);
        bool is_last = !is_issuer(all, each);

        count += is_last;
        found = is_last ? each : found;
    }
    if (count != 1) {
        return pc_fail(err, PC_E_AMBIGUOUS,
                       "\"%s\" contains %d certificates, but only one is allowed, with its issuers", file,
                       sk_X509_num(all));
    }
    if (X509_up_ref(found) != 1) {
        return pc_fail_memory(err);
    }
    *ret_certificate = found;
    return PC_OK;
}

pc_status pc_document_read_csr(const char *file, X509_REQ **ret_csr, pc_error *err)
{
    PC_AUTO(pc_document) pc_document document = { .file = NULL };

    PC_TRY(pc_document_read(file, NULL, &document, err));
    if (!document.x509.csr) {
        return pc_fail(err, PC_E_INPUT, "\"%s\" is %s, not a certificate request", file,
                       document.inf ? "an INF file" : "a certificate");
    }
    *ret_csr = PC_TAKE(document.x509.csr);
    return PC_OK;
}

pc_status pc_document_read_inf(const char *file, pc_inf **ret_inf, pc_error *err)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    pc_bytes bytes = { .len = 0 };

    if (!arena) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_file_read(arena, file, PC_INF_MAX_SIZE, &bytes, err));
    return pc_inf_parse(bytes.data, bytes.len, file, ret_inf, err);
}
