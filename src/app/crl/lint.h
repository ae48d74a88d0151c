/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_CRL_LINT_H
#define PC_APP_CRL_LINT_H

#include <p11cert/error.h>

#include "x509/auto.h"

/** A CRL that is to be signed, complete except for the signature's value (pc_rehearse_crl). Borrowed. */
typedef struct {
    X509_CRL *crl;
    X509 *issuer;
    const BIGNUM *previous_number; /**< of the previous CRL; NULL: there is none */
    int64_t previous_sec;          /**< thisUpdate of the previous CRL; 0: there is none */
    int64_t now_sec;
} pc_crl_draft;

/**
 * Check it against RFC 5280 section 5, before the token signs.
 * @return PC_OK; PC_E_REFUSED (a sentence for each rule that is broken, with its section); PC_E_INPUT (a field cannot
 * be read); PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_crl_lint(const pc_crl_draft *draft, pc_error *err);

#endif
