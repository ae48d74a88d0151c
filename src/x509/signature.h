/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_X509_SIGNATURE_H
#define PC_X509_SIGNATURE_H

#include "x509/auto.h"

/** How something is signed, by its AlgorithmIdentifier. */
typedef struct {
    int digest;       /**< NID; NID_undef if none is named (Ed25519) */
    bool pss;         /**< RSASSA-PSS (RFC 4055 section 3.1) */
    int mask_digest;  /**< NID of MGF1's digest; of PSS only, as is the next */
    int64_t salt_len; /**< bytes */
} pc_signature_scheme;

/** @return false for an algorithm that is not known, or PSS parameters that cannot be read. */
bool pc_signature_scheme_of(const X509_ALGOR *algorithm, pc_signature_scheme *ret_scheme);

#endif
