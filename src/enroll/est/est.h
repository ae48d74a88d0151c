/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_ENROLL_EST_H
#define PC_ENROLL_EST_H

#include <p11cert/bytes.h>

#include "base/arena.h"

/**
 * What EST messages contain (RFC 7030, RFC 8951). Pure: any bytes of any length are allowed, in time that depends only
 * on the length.
 */

/**
 * The body of an answer: base64, with line breaks or without (RFC 8951 section 3.1). DER and PEM, which the
 * standard does not allow, are left as they are.
 * @param ret_der  the arena's, or the body itself
 * @return PC_OK; PC_E_CA (not base64, or nothing).
 */
PC_MUST_CHECK pc_status pc_est_decode(pc_arena *arena, pc_bytes body, pc_bytes *ret_der, pc_error *err);

#define PC_EST_KEYS_MAX 32u

/** A kind of key that the CA accepts. */
typedef struct {
    int type;      /**< NID_rsaEncryption or NID_X9_62_id_ecPublicKey */
    int curve;     /**< NID of the named curve; 0: any, or RSA */
    unsigned bits; /**< RSA: length; 0: any */
} pc_est_key;

/** What a CA requires of requests (RFC 7030 section 4.5.2); anything that is not understood is left out. */
typedef struct {
    bool wants_challenge; /**< challengePassword, which links the request to its TLS connection (section 3.5) */
    pc_est_key keys[PC_EST_KEYS_MAX];
    size_t key_count; /**< 0: any key, also if more kinds than there is room for are named: the CA decides then */
} pc_est_requirements;

/** CsrAttrs. @return PC_OK; PC_E_CA (they cannot be read). */
PC_MUST_CHECK pc_status pc_est_requirements_read(pc_bytes der, pc_est_requirements *ret_requirements, pc_error *err);

#endif
