/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_DOCUMENT_H
#define PC_APP_DOCUMENT_H

#include <p11cert/inf.h>

#include "base/arena.h"
#include "x509/read.h"

/** A file as recognised by its content, never by its name. Exactly one part is set. */
typedef struct {
    const char *file;
    pc_inf *inf;
    pc_x509_content x509;
} pc_document;

/** Read and recognise. @return PC_OK; what pc_file_read, pc_inf_parse and pc_x509_read can give. */
PC_MUST_CHECK pc_status pc_document_read(const char *file, pc_document *ret_document, pc_error *err);

void pc_document_clear(pc_document *document);

#define PC_AUTO_DOCUMENT __attribute__((cleanup(pc_document_clear)))

/** Read a file that must hold certificates, at least one. */
PC_MUST_CHECK pc_status pc_document_read_certificates(const char *file, STACK_OF(X509) **ret_certificates,
                                                      pc_error *err);

/** Read a file that must hold a request. */
PC_MUST_CHECK pc_status pc_document_read_csr(const char *file, X509_REQ **ret_csr, pc_error *err);

/** Read a file that must be an INF. */
PC_MUST_CHECK pc_status pc_document_read_inf(const char *file, pc_inf **ret_inf, pc_error *err);

#endif
