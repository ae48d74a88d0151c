/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_X509_ISSUED_H
#define PC_X509_ISSUED_H

#include "base/arena.h"
#include "x509/auto.h"

/** The differences between a certificate and its request, one sentence each; in an arena, safe to print. */
typedef struct {
    const char **items;
    size_t count;
} pc_departures;

/** A certificate that answers a request. Borrowed. */
typedef struct {
    X509_REQ *csr;
    X509 *certificate;
    const X509 *old; /**< the one that is renewed, with whose validity period it is compared; NULL: a period under 30
                        days is reported */
} pc_issued;

/**
 * Compare subject, names, usages, basic constraints and validity. Extensions that a CA normally adds (key identifiers,
 * revocation pointers, policies) are not reported as differences.
 * @return PC_OK; PC_E_VERIFY if it is for another public key than the request, with nothing compared; PC_E_INPUT if the
 *         request's extensions are unreadable; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_issued_compare(const pc_issued *issued, pc_arena *arena, pc_departures *ret_departures,
                                          pc_error *err);

#endif
