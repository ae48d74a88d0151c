/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_HELD_CERTIFICATES_H
#define PC_APP_HELD_CERTIFICATES_H

#include "token/certificate_index.h"
#include "x509/auto.h"

/** All certificates of a token, where many keys are checked. Keys share their issuers, which are parsed once. */
typedef struct {
    pc_certificate_index index;
    X509 **issuers; /**< beside index.by_subject: those that were parsed; else NULL */
} pc_held_certificates;

/** @param all  as for pc_certificate_index_make. Cleared with pc_held_certificates_clear. @return PC_OK; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_held_certificates_make(pc_certificate_objects all, pc_arena *arena,
                                                  pc_held_certificates *ret_held, pc_error *err);

/** @param issuer  of the list that pc_certificate_index_of_subject returned. @return a reference of the caller's own;
 * NULL if this is not a certificate. */
X509 *pc_held_certificates_issuer(const pc_held_certificates *held, const pc_certificate_object *issuer);

void pc_held_certificates_clear(pc_held_certificates *held);

PC_AUTO_DEFINE_VALUE(pc_held_certificates, pc_held_certificates, pc_held_certificates_clear);

#endif
