/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_TOKEN_OBJECT_WRITE_H
#define PC_TOKEN_OBJECT_WRITE_H

#include <p11cert/key.h>

#include "base/bytes.h"
#include "token/attributes.h"

/** One attribute of an object: what was read of it, and what it is to be. Borrowed. */
typedef struct {
    CK_OBJECT_HANDLE handle;
    CK_ATTRIBUTE_TYPE type;
    pc_bytes old_value; /**< as it was read; NULL if it was missing or empty */
    pc_bytes new_value;
} pc_attribute_change;

/**
 * Change one attribute of a token object by one call (C_SetAttributeValue, PKCS#11 v2.40 section 5.7) and read it
 * back. The attribute is read once more before: if it is as wanted already nothing is written, and if it is neither
 * that nor what was planned for, another program is at work and nothing is written either.
 *
 * @return PC_OK; PC_E_REFUSED if the token does not let this object be changed, which is then unchanged; PC_E_VERIFY if another
 *         program changed it, or it reads back other than was written; PC_E_TOKEN; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_object_change(const pc_token *token, const pc_attribute_change *change, pc_arena *arena,
                                         pc_error *err);

/**
 * Does an attribute still read as it did? To be asked before something that rests on it is written.
 * @return PC_OK; PC_E_VERIFY if it reads otherwise now; PC_E_TOKEN; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_object_still_has(pc_object object, CK_ATTRIBUTE_TYPE type, pc_bytes value, pc_arena *arena,
                                            pc_error *err);

/**
 * Write a public key object beside its private key: label, id, subject and public half of `key`, CKA_VERIFY true,
 * CKA_ENCRYPT as `encrypts` says, CKA_PRIVATE false, every other usage false. It is read back.
 * If the same public key stands there under that CKA_ID already, nothing is written.
 *
 * @return PC_OK; PC_E_VERIFY if it reads back other than was written, or another program wrote the same one at
 *         the same time: then this one is removed again; PC_E_TOKEN; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_public_key_write(const pc_token *token, const pc_key *key, bool encrypts, pc_arena *arena,
                                            pc_error *err);

#endif
