/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_X509_CRL_BUILD_H
#define PC_X509_CRL_BUILD_H

#include <p11cert/crl.h>

#include "base/arena.h"
#include "x509/auto.h"

/** The contents of a CRL to be built. Borrowed. */
typedef struct {
    const X509 *issuer;
    const pc_revoked *revoked; /**< each serial number once */
    size_t count;
    int64_t this_update_sec;
    int64_t next_update_sec;
    const BIGNUM *number;
    pc_text_list urls; /**< issuing distribution point; empty: no such extension */
} pc_crl_plan;

/**
 * Build the part of a CRL to be signed (RFC 5280 section 5.1): version 2, with authority key identifier, CRL number and
 * issuing distribution point (critical, section 5.2.5); of each entry the reason, unless it is unspecified, and the
 * invalidity date. Not signed yet.
 * @return PC_OK, with *ret_crl owned by the caller; PC_E_INPUT (a URL cannot be encoded); PC_E_CRYPTO; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_crl_build(const pc_crl_plan *plan, X509_CRL **ret_crl, pc_error *err);

/** The contents of another CRL, in the arena. */
typedef struct {
    pc_revoked *revoked;
    size_t count;
    int64_t this_update_sec;
    BIGNUM *number; /**< owned by the caller; NULL if it has none */
} pc_crl_contents;

/** @return PC_OK; PC_E_INPUT (a field cannot be read); PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_crl_read_contents(X509_CRL *crl, pc_arena *arena, pc_crl_contents *ret_contents,
                                             pc_error *err);

#endif
