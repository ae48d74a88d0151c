/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_CRL_LINT_H
#define PC_APP_CRL_LINT_H

#include <p11cert/error.h>

#include "x509/crl_facts.h"

/**
 * Judge a CRL by the policy "ca", before the token signs.
 * @return PC_OK; PC_E_REFUSED (a sentence for each rule that is broken, with its source); PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_crl_lint(const pc_crl_draft *draft, pc_error *err);

#endif
