/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_TOKEN_NAMED_OBJECT_H
#define PC_TOKEN_NAMED_OBJECT_H

#include "token/objects.h"

/** An object that the user has named, and how to distinguish it from any other. Borrowed; empty values are not
 * compared. */
typedef struct {
    CK_OBJECT_HANDLE handle;
    CK_OBJECT_CLASS object_class;
    pc_bytes id;
    pc_bytes label;
    CK_ATTRIBUTE_TYPE value_type; /**< CKA_MODULUS, CKA_EC_POINT, CKA_VALUE */
    pc_bytes value;
} pc_named_object;

/**
 * Destroy it. Its attributes are read again first, since a handle may belong to another object by now.
 * @return PC_OK; PC_E_VERIFY (the handle belongs to another object; nothing was destroyed); PC_E_REFUSED (the token
 * does not allow it); PC_E_TOKEN.
 */
PC_MUST_CHECK pc_status pc_named_object_destroy(const pc_token *token, const pc_named_object *object, pc_error *err);

/** Does a search in this session find such an object? @return PC_OK; PC_E_TOKEN. */
PC_MUST_CHECK pc_status pc_named_object_is_there(const pc_token *token, const pc_named_object *object, bool *ret_there,
                                                 pc_error *err);

#endif
