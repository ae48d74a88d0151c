/* SPDX-License-Identifier: Apache-2.0 */
#ifndef P11CERT_ISSUANCE_LOG_H
#define P11CERT_ISSUANCE_LOG_H

#include <p11cert/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * A signature that an issuance log announces without recording the outcome: the run was killed, or could no longer
 * write to the log. The signature may exist; p11cert has written no file. Texts are safe to print.
 */
typedef struct {
    const char *serial;     /**< of a certificate, hexadecimal; NULL: it was a CRL */
    const char *subject;    /**< of the certificate; NULL: it was a CRL */
    const char *crl_number; /**< of a CRL, decimal; NULL: it was a certificate */
} pc_unfinished_signature;

/** Owned by the arena of the result that contains it. */
typedef struct {
    const pc_unfinished_signature *items;
    size_t count;
} pc_unfinished_signatures;

#ifdef __cplusplus
}
#endif

#endif
