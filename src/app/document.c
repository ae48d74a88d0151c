/* SPDX-License-Identifier: Apache-2.0 */
#include "app/document.h"

#include "base/file.h"

static const size_t largest = PC_INF_MAX_SIZE > PC_X509_MAX_FILE ? PC_INF_MAX_SIZE : PC_X509_MAX_FILE;

void pc_document_clear(pc_document *document)
{
    pc_inf_free(document->inf);
    pc_x509_content_clear(&document->x509);
    *document = (pc_document){ .file = NULL };
}

pc_status pc_document_read(const char *file, pc_document *ret_document, pc_error *err)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    pc_document document = { .file = file };
    uint8_t *bytes = NULL;
    size_t len = 0;

    if (!arena) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_file_read(arena, file, largest, &bytes, &len, err));
    if (pc_inf_recognise(bytes, len)) {
        PC_TRY(pc_inf_parse(bytes, len, file, &document.inf, err));
    } else {
        PC_TRY(pc_x509_read(bytes, len, file, &document.x509, err));
    }
    *ret_document = document;
    return PC_OK;
}

pc_status pc_document_read_certificates(const char *file, STACK_OF(X509) **ret_certificates, pc_error *err)
{
    PC_AUTO_DOCUMENT pc_document document = { .file = NULL };

    PC_TRY(pc_document_read(file, &document, err));
    if (!document.x509.certificates) {
        return pc_fail(err, PC_E_INPUT, "\"%s\" is %s, not a certificate", file,
                       document.inf ? "an INF file" : "a certificate request");
    }
    *ret_certificates = PC_TAKE(document.x509.certificates);
    return PC_OK;
}

pc_status pc_document_read_csr(const char *file, X509_REQ **ret_csr, pc_error *err)
{
    PC_AUTO_DOCUMENT pc_document document = { .file = NULL };

    PC_TRY(pc_document_read(file, &document, err));
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
    uint8_t *bytes = NULL;
    size_t len = 0;

    if (!arena) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_file_read(arena, file, PC_INF_MAX_SIZE, &bytes, &len, err));
    return pc_inf_parse(bytes, len, file, ret_inf, err);
}
