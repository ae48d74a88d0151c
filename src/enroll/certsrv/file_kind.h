/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_ENROLL_FILE_KIND_H
#define PC_ENROLL_FILE_KIND_H

#include <stddef.h>
#include <stdint.h>

/** The kind of an answer's body where a certificate, a PKCS#7 or a CRL is expected. */
typedef enum {
    PC_CERTSRV_FILE_NONE, /**< a page, or anything else */
    PC_CERTSRV_FILE_DER,  /**< an ASN.1 SEQUENCE and nothing after it */
    PC_CERTSRV_FILE_PEM,  /**< PEM from BEGIN to END */
    PC_CERTSRV_FILE_CUT,  /**< starts as one of these and ends too early, or has data after its end */
} pc_certsrv_file;

pc_certsrv_file pc_certsrv_file_kind(const uint8_t *bytes, size_t len);

#endif
