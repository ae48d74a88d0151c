/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_TOKEN_DATA_OBJECT_H
#define PC_TOKEN_DATA_OBJECT_H

#include <p11cert/fact.h>

#include "base/bytes.h"
#include "token/session.h"

/** Bytes that a token stores for a program (PKCS#11 v2.40 section 4.5). In an arena, or borrowed. */
typedef struct {
    CK_OBJECT_HANDLE handle; /**< of an existing object; else 0 */
    const char *application; /**< CKA_APPLICATION: the program it belongs to */
    const char *label;
    pc_bytes value;
    pc_fact is_private; /**< as read: visible only to the token's user */
} pc_data_object;

/** Bytes of the value; a longer one is not ours. Enough for a request and a certificate with ML-DSA-87, each in
 * base64. */
#define PC_DATA_OBJECT_MAX_LEN ((size_t)64 * 1024)

/** Data objects, in an arena. */
typedef struct {
    pc_data_object *items;
    size_t count;
} pc_data_objects;

/**
 * All data objects of an application. Objects whose value is too long are omitted. On a token with a login, public
 * objects are also omitted, since anyone may have written them.
 * @return PC_OK, with none on a token that stores no data objects; PC_E_TOKEN, also if the token does not show the
 * value of an object or whether it is public; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_data_objects_find(const pc_token *token, const char *application, pc_arena *arena,
                                             pc_data_objects *ret_found, pc_error *err);

/**
 * Write a new data object, private to the token's user, read it back, and set its handle.
 * @param ret_stored  false if this token stores no data objects, which is not an error: nothing was written then
 * @return PC_OK; PC_E_TOKEN; PC_E_VERIFY (it does not read back as written; removed again if it is certain which object
 * it is); PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_data_object_write(const pc_token *token, pc_data_object *object, pc_arena *arena,
                                             bool *ret_stored, pc_error *err);

/**
 * Remove an object returned by pc_data_objects_find, after reading back that it is one of its application.
 * @param object  its handle and application; its label as it is named in an error
 * @return PC_OK, also if it is already gone; PC_E_TOKEN.
 */
PC_MUST_CHECK pc_status pc_data_object_remove(const pc_token *token, const pc_data_object *object, pc_error *err);

#endif
