/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_X509_CRL_FACTS_H
#define PC_X509_CRL_FACTS_H

#include <p11cert/policy.h>

#include "x509/auto.h"

/** A CRL that is to be signed, complete except for the signature's value (pc_rehearse_crl). Borrowed. */
typedef struct {
    X509_CRL *crl;
    X509 *issuer;
    const BIGNUM *previous_number; /**< of the previous CRL; NULL if there is none */
    int64_t previous_sec;          /**< thisUpdate of the previous CRL; 0 if there is none */
    int64_t now_sec;
} pc_crl_draft;

/** What the policy evaluates about it. A part that cannot be read counts as malformed. @return borrowed texts of
 * OpenSSL. */
pc_evidence_crl pc_x509_facts_of_crl(const pc_crl_draft *draft);

#endif
