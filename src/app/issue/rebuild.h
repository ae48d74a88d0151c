/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_ISSUE_REBUILD_H
#define PC_APP_ISSUE_REBUILD_H

#include <p11cert/issue.h>

#include "base/arena.h"
#include "x509/auto.h"

/** The values that the token showed when the order was carried out. Borrowed. */
typedef struct {
    X509 *issuer;        /**< the CA's certificate; NULL: self-signed */
    EVP_PKEY *signs_key; /**< of the CA that signs */
} pc_rebuild_terms;

/**
 * Build what an order had a token sign, without a token. The order states serial number and time of issue: then the
 * part to be signed is that of the certificate that was issued, byte for byte, down to its signature algorithm.
 *
 * @param ret_certificate  signed by a temporary key; owned by the caller
 * @return PC_OK; as pc_issue_run before it opens the token; PC_E_CRYPTO; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_issue_rebuild(const pc_issue_order *order, const pc_rebuild_terms *terms, pc_arena *arena,
                                         X509 **ret_certificate, pc_error *err);

#endif
