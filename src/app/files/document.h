/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_DOCUMENT_H
#define PC_APP_DOCUMENT_H

#include <p11cert/inf.h>

#include "app/files/pfx_password.h"
#include "base/arena.h"
#include "x509/read.h"

/** A file as recognised by its content, never by its name. Exactly one part is set. */
typedef struct {
    const char *file;
    pc_inf *inf;
    pc_x509_content x509;
    bool has_pfx;
    pc_pfx pfx;
    pc_arena *pfx_arena; /**< owns the texts of the PFX */
} pc_document;

/** Where the password of a PFX comes from. */
typedef struct {
    const char *source;            /**< as for pc_pin_read; NULL: prompt, if the file needs one */
    const pc_token_access *access; /**< whose prompt is used */
} pc_document_password;

/**
 * Read and recognise.
 * @param password  NULL: a PFX is refused, and the hint names the command for it
 * @return PC_OK; any status of pc_file_read, pc_inf_parse, pc_x509_read and pc_pfx_open.
 */
PC_MUST_CHECK pc_status pc_document_read(const char *file, const pc_document_password *password,
                                         pc_document *ret_document, pc_error *err);

void pc_document_clear(pc_document *document);

PC_AUTO_DEFINE_VALUE(pc_document, pc_document, pc_document_clear);

/** Read a file that must hold certificates, at least one. */
PC_MUST_CHECK pc_status pc_document_read_certificates(const char *file, STACK_OF(X509) **ret_certificates,
                                                      pc_error *err);

/** Read a file that must hold one certificate, alone or with its issuers. @return PC_E_AMBIGUOUS if it is unclear which
 * certificate is the one. */
PC_MUST_CHECK pc_status pc_document_read_certificate(const char *file, X509 **ret_certificate, pc_error *err);

/** Read a file that must hold a request. */
PC_MUST_CHECK pc_status pc_document_read_csr(const char *file, X509_REQ **ret_csr, pc_error *err);

/** Read a file that must be an INF. */
PC_MUST_CHECK pc_status pc_document_read_inf(const char *file, pc_inf **ret_inf, pc_error *err);

#endif
