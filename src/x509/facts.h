/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_X509_FACTS_H
#define PC_X509_FACTS_H

#include <p11cert/policy.h>

#include "base/arena.h"
#include "x509/auto.h"

/**
 * The contents of a request or certificate, as evidence. They are only read here, not checked. All texts are in the
 * arena; `file` is left NULL for the caller.
 * @return PC_OK; PC_E_INPUT if a mandatory field is unreadable; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_x509_facts_of_csr(X509_REQ *csr, pc_arena *arena, pc_evidence_subject *ret_subject,
                                             pc_error *err);
PC_MUST_CHECK pc_status pc_x509_facts_of_certificate(X509 *certificate, pc_arena *arena,
                                                     pc_evidence_subject *ret_subject,
                                                     pc_evidence_certificate *ret_certificate, pc_error *err);

/**
 * Add what a certificate's issuers say to its evidence.
 * @param issuers  from the direct issuer up; NULL: none
 * @return as above; the error names the issuer.
 */
PC_MUST_CHECK pc_status pc_x509_facts_of_issuers(const STACK_OF(X509) *issuers, pc_arena *arena,
                                                 pc_evidence_certificate *certificate, pc_error *err);

#endif
