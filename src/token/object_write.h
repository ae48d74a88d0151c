/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_TOKEN_OBJECT_WRITE_H
#define PC_TOKEN_OBJECT_WRITE_H

#include <p11cert/key.h>

#include "base/bytes.h"
#include "token/attributes.h"

/** One attribute of an object: its old value as read, and its new value. Borrowed. */
typedef struct {
    CK_OBJECT_HANDLE handle;
    CK_ATTRIBUTE_TYPE type;
    pc_bytes old_value; /**< as read; NULL if missing or empty */
    pc_bytes new_value;
} pc_attribute_change;

/**
 * Change one attribute of a token object with one call (C_SetAttributeValue, PKCS#11 v2.40 section 5.7) and read it
 * back. The attribute is read again before the change. If it already has the new value, nothing is written; if it has
 * neither the old nor the new value, another program has changed it and nothing is written either.
 *
 * @return PC_OK; PC_E_REFUSED if the token does not allow this object to be changed; it is then unchanged; PC_E_VERIFY
 *         if another program changed it, or it does not read back as written; PC_E_TOKEN; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_object_change(const pc_token *token, const pc_attribute_change *change, pc_arena *arena,
                                         pc_error *err);

/**
 * Does an attribute still have the same value? Call this before writing anything that depends on it.
 * @return PC_OK; PC_E_VERIFY if it has changed; PC_E_TOKEN; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_object_still_has(pc_object object, CK_ATTRIBUTE_TYPE type, pc_bytes value, pc_arena *arena,
                                            pc_error *err);

/**
 * Write a public key object for a private key: label, ID, subject and public half of `key`, CKA_VERIFY true,
 * CKA_ENCRYPT according to `encrypts`, CKA_PRIVATE false, every other usage false. It is read back. If the same public
 * key already exists with that CKA_ID, nothing is written.
 *
 * @return PC_OK; PC_E_VERIFY if it does not read back as written, or another program wrote the same one at the same
 *         time: this one is then removed again; PC_E_TOKEN; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_public_key_write(const pc_token *token, const pc_key *key, bool encrypts, pc_arena *arena,
                                            pc_error *err);

#endif
