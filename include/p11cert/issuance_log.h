/* SPDX-License-Identifier: Apache-2.0 */
#ifndef P11CERT_ISSUANCE_LOG_H
#define P11CERT_ISSUANCE_LOG_H

#include <p11cert/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * What an issuance log says was to be signed, without saying what came of it: the run was killed, or could not write to
 * the log any more. A signature may exist; p11cert has handed out nothing. Texts are safe to print.
 */
typedef struct {
    const char *serial;     /**< of a certificate, hexadecimal; NULL: it was a CRL */
    const char *subject;    /**< of the certificate; NULL: it was a CRL */
    const char *crl_number; /**< of a CRL, decimal; NULL: it was a certificate */
} pc_unfinished_signature;

/** In the arena of the result that has it. */
typedef struct {
    const pc_unfinished_signature *items;
    size_t count;
} pc_unfinished_signatures;

#ifdef __cplusplus
}
#endif

#endif
