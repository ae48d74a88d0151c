/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_X509_RENEWAL_H
#define PC_X509_RENEWAL_H

#include "base/arena.h"
#include "base/bytes.h"
#include "x509/auto.h"
#include "x509/extensions.h"

/** A certificate to be renewed. Borrowed. */
typedef struct {
    X509 *old;
    EVP_PKEY *public_key; /**< to be certified: the old one or a new one */
    bool names_old; /**< add the old certificate as attribute 1.3.6.1.4.1.311.13.1, [MS-WCCE] section 3.1.1.4.3.2.1 */
} pc_renewal_order;

/**
 * Build the part to be signed of a request that renews a certificate: its subject, and every extension that a requester
 * may request (usages, names, constraints, policies, template), byte for byte, with a new key identifier. Extensions
 * that only an issuer sets (authority key identifier, CRL and OCSP pointers, timestamps) are omitted.
 *
 * @param ret_csr         owned by the caller, not signed
 * @param ret_left_out    in the arena: object identifiers of other omitted extensions, comma-separated; "" if none
 * @return PC_OK; PC_E_CRYPTO; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_renewal_csr_build(const pc_renewal_order *order, pc_arena *arena, X509_REQ **ret_csr,
                                             const char **ret_left_out, pc_error *err);

/**
 * The template from which a certificate was issued: its name, or the OID of a version 2 template; NULL if none or out
 * of memory.
 */
const char *pc_renewal_template(const X509 *old, pc_arena *arena);

/** DER as the PEM text that AD CS accepts as a PKCS#7 request, in the arena; NULL when out of memory. */
const char *pc_renewal_pem(pc_bytes der, pc_arena *arena);

#endif
