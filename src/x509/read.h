/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_X509_READ_H
#define PC_X509_READ_H

#include "base/arena.h"
#include "base/bytes.h"
#include "x509/auto.h"

#define PC_X509_MAX_FILE         ((size_t)4 * 1024 * 1024) /**< bytes */
#define PC_X509_MAX_CERTIFICATES 100                       /**< in one file */

/** The contents of a file, detected from its bytes. At most one of the two is set. */
typedef struct {
    X509_REQ *csr;                /**< NULL if none */
    STACK_OF(X509) *certificates; /**< NULL if none; in file order */
} pc_x509_content;

/**
 * Recognise and read PEM or DER: a PKCS#10 request, one or more certificates, or a PKCS#7 with certificates (also with
 * the CERTIFICATE label that AD CS uses). PEM may be UTF-16 with a byte order mark.
 *
 * @param file  name for errors
 * @return PC_OK; PC_E_INPUT if it is none of these (the error identifies a CMC request), or damaged; PC_E_MEMORY. The
 *         caller clears the content.
 */
PC_MUST_CHECK pc_status pc_x509_read(pc_bytes bytes, const char *file, pc_x509_content *ret_content, pc_error *err);

/** Frees the contents and leaves it empty. */
void pc_x509_content_clear(pc_x509_content *content);

/* For __attribute__((cleanup)): declare with PC_AUTO(pc_x509_content). */
PC_AUTO_DEFINE_VALUE(pc_x509_content, pc_x509_content, pc_x509_content_clear);

/** A certificate or request as PEM text, in the arena. @return PC_OK, PC_E_CRYPTO, PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_x509_to_pem(const X509 *certificate, pc_arena *arena, const char **ret_pem, pc_error *err);
PC_MUST_CHECK pc_status pc_csr_to_pem(const X509_REQ *csr, pc_arena *arena, const char **ret_pem, pc_error *err);
/** A public key as SubjectPublicKeyInfo (RFC 7468 section 13). @return as above. */
PC_MUST_CHECK pc_status pc_public_key_to_pem(const EVP_PKEY *key, pc_arena *arena, const char **ret_pem, pc_error *err);

#endif
