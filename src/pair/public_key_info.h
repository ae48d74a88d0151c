/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_PAIR_PUBLIC_KEY_INFO_H
#define PC_PAIR_PUBLIC_KEY_INFO_H

#include <p11cert/key.h>

#include "base/arena.h"

/** A SubjectPublicKeyInfo. */
typedef struct {
    pc_bytes der;
    pc_bytes bits; /**< the octets of its BIT STRING, in der */
} pc_public_info;

/**
 * The SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7) of a public half, in DER, the same that pc_spki_der returns for
 * the OpenSSL key from pc_public_key_of. Creating and encoding that key costs more than reading the object from the
 * token. Whether an EC point is on its curve is not tested.
 * @return PC_OK, with no bytes for kinds other than RSA and EC on a NIST curve, and for values that do not have the
 *         usual form: these need the OpenSSL key; PC_E_CRYPTO; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_public_key_info(const pc_public_half *half, pc_arena *arena, pc_public_info *ret_info,
                                           pc_error *err);

#endif
