/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_SIGNER_PURPOSE_H
#define PC_SIGNER_PURPOSE_H

#include <openssl/x509.h>
#include <stdbool.h>

#include "base/cleanup.h"
#include "token/act.h"

/** What the signatures of this thread are for, while the variable lives: `PC_AUTO(pc_purpose) pc_purpose purpose =
 * pc_purpose_of_csr(csr);`. The record of an act includes it (token/act.h). */
typedef struct {
    bool is_stated;
} pc_purpose;

pc_purpose pc_purpose_of_certificate(const X509 *certificate);
pc_purpose pc_purpose_of_csr(const X509_REQ *csr);
pc_purpose pc_purpose_of_crl(const X509_CRL *crl);

/** @param words  "proof of possession" */
pc_purpose pc_purpose_of(const char *words);

static inline void pc_purpose_clear(pc_purpose *purpose)
{
    purpose->is_stated = false;
    pc_act_purpose(NULL, NULL);
}
PC_AUTO_DEFINE_VALUE(pc_purpose, pc_purpose, pc_purpose_clear);

#endif
