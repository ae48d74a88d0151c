/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_REQUEST_FILE_H
#define PC_APP_REQUEST_FILE_H

#include <p11cert/bytes.h>
#include <p11cert/pending.h>

#include "base/arena.h"
#include "x509/auto.h"

/** A request as it goes to a CA. Texts are the arena's; to be cleared. */
typedef struct {
    const char *text;        /**< what is sent: the file's bytes unchanged, or its DER as PEM */
    X509_REQ *csr;           /**< the PKCS#10; in a renewal the inner one */
    X509 *old;               /**< the certificate that it claims to renew, not verified; NULL: none */
    pc_bytes der;            /**< the PKCS#10 */
    const char *base64;      /**< the PKCS#10 in DER, encoded; "" if it is too long for a record */
    const char *sha256;      /**< hex, of the same DER */
    const char *spki_sha256; /**< hex, of the public key to be certified */
} pc_request_file;

/**
 * Read a PKCS#10, or a PKCS#7 with one in it ([MS-WCCE] section 2.2.2.6.2), PEM or DER; its signature must be valid.
 * @return PC_OK; PC_E_INPUT (it is neither; the signature is not valid); as pc_file_read.
 */
PC_MUST_CHECK pc_status pc_request_file_read(const char *path, pc_arena *arena, pc_request_file *ret_request,
                                             pc_error *err);

/**
 * The same from a record of a pending request; text is NULL.
 * @return PC_OK; PC_E_INPUT if the record contains none, or one that does not match its digest.
 */
PC_MUST_CHECK pc_status pc_request_file_of_record(const pc_pending *record, pc_arena *arena,
                                                  pc_request_file *ret_request, pc_error *err);

void pc_request_file_clear(pc_request_file *request);

PC_AUTO_DEFINE_VALUE(pc_request_file, pc_request_file, pc_request_file_clear);

#endif
