/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_X509_PROFILE_GRANT_H
#define PC_X509_PROFILE_GRANT_H

#include <p11cert/certificate_profile.h>

#include "base/arena.h"
#include "x509/auto.h"

/** Who a certificate is for, and what was requested. Borrowed. */
typedef struct {
    const X509_NAME *subject;
    EVP_PKEY *public_key;
    const STACK_OF(X509_EXTENSION) *asked; /**< extensions of the request; NULL: none */
    const ASN1_OCTET_STRING *key_id;       /**< of the certificate that it already has; NULL: computed */
} pc_applicant;

/** What a profile grants an applicant. */
typedef struct {
    X509_NAME *subject;                   /**< owned, like the next */
    STACK_OF(X509_EXTENSION) *extensions; /**< all except basic constraints and key identifiers */
    pc_basic_constraints basic_constraints;
    const char *left_out; /**< what was requested but not granted, comma-separated; "" if nothing. In the arena */
} pc_grant;

void pc_grant_clear(pc_grant *grant);
PC_AUTO_DEFINE_VALUE(pc_grant, pc_grant, pc_grant_clear);

/**
 * Compare a request with a profile: what both have is granted, and the profile's rule decides on the rest. A request
 * for the rights of a CA is never reduced to something else: a profile without these rights refuses it.
 *
 * @return PC_OK; PC_E_INPUT (an extension cannot be read or appears twice); PC_E_REFUSED (it requests more than the
 *         profile grants, and the profile refuses that; or nothing would be left of a key usage or EKU); PC_E_CRYPTO;
 *         PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_profile_grant(const pc_certificate_profile *profile, const pc_applicant *applicant,
                                         pc_arena *arena, pc_grant *ret_grant, pc_error *err);

#endif
