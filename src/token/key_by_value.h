/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_TOKEN_KEY_BY_VALUE_H
#define PC_TOKEN_KEY_BY_VALUE_H

#include <p11cert/key.h>

#include "token/key.h"
#include "token/objects.h"

/**
 * Finding keys by their public value: the modulus, or the point.
 *
 * One search usually finds them. Some modules cannot search by these attributes: they return no object, or refuse the
 * template. Some compare bytes although they return a modulus with a leading zero, or a point without its OCTET STRING.
 * So if nothing is found, the other form is searched for. If that fails too, p11cert tests whether the module finds any
 * key by the value that the key shows; if it does not, all keys are read and compared as numbers and points. A search
 * for a key that does not exist thus costs a few more calls, but their number does not grow with the number of keys on
 * the token.
 */

/** The public half to search for, and the maximum number of its private keys to return. */
typedef struct {
    const pc_public_half *half;
    size_t max;
    bool with_certificates; /**< search for the certificates with the key's CKA_ID in the same search, where that is
                             * possible
                             */
} pc_value_wanted;

/** The result of a search for a CKA_ID; unknown unless is_known. */
typedef struct {
    bool is_known;
    pc_keys private_keys; /**< as read, without the public half if the private object does not show it */
    pc_handles certificates;
} pc_same_id_objects;

typedef struct {
    pc_found private_keys;
    pc_key public_key; /**< EC: CKA_ID and half of the public object that led to them; empty if there was none, or
                        * several with different CKA_IDs */
    pc_same_id_objects same_id;
} pc_value_found;

/** Private keys with a public half. @return PC_OK, with 0 to max handles; PC_E_TOKEN; PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_private_keys_by_value(const pc_token *token, const pc_value_wanted *wanted, pc_arena *arena,
                                                 pc_value_found *ret_found, pc_error *err);

/**
 * The public key objects with a public half: their handles, CKA_IDs and halves, in the order of their CKA_IDs, since
 * tokens list their objects in any order.
 * @return PC_OK, also if there is none; PC_E_TOKEN; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_public_keys_by_value(const pc_token *token, const pc_public_half *half, pc_arena *arena,
                                                pc_keys *ret_keys, pc_error *err);

#endif
