/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_X509_ISSUANCE_FACTS_H
#define PC_X509_ISSUANCE_FACTS_H

#include <p11cert/policy.h>

#include "base/arena.h"
#include "x509/auto.h"

/**
 * What the rules of the profile "ca" evaluate: a certificate together with its issuer. The role is left for the caller.
 * @param issuer  its own certificate if it is self-signed
 * @return PC_OK; PC_E_INPUT (a field cannot be read); PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_x509_facts_of_issuance(X509 *certificate, X509 *issuer, pc_arena *arena,
                                                  pc_evidence_issuance *ret_issuance, pc_error *err);

#endif
