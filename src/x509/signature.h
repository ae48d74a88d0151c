/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_X509_SIGNATURE_H
#define PC_X509_SIGNATURE_H

#include "x509/auto.h"

/** A signature scheme, from its AlgorithmIdentifier. */
typedef struct {
    int digest;       /**< NID; NID_undef if none is named (Ed25519) */
    bool pss;         /**< RSASSA-PSS (RFC 4055 section 3.1) */
    int mask_digest;  /**< NID of MGF1's digest; PSS only, like salt_len */
    int64_t salt_len; /**< bytes */
} pc_signature_scheme;

/** @return false for an unknown algorithm, or unreadable PSS parameters. */
bool pc_signature_scheme_of(const X509_ALGOR *algorithm, pc_signature_scheme *ret_scheme);

#endif
