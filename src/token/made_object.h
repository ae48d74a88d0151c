/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_TOKEN_MADE_OBJECT_H
#define PC_TOKEN_MADE_OBJECT_H

#include "token/attributes.h"
#include "token/objects.h"

/**
 * The only function that destroys an object which this run created or the user named (token/named_object.h). A module
 * that returns a wrong handle from C_CreateObject or C_GenerateKey, or reuses one, must not make p11cert destroy
 * another key: so the object is read back first, and every attribute in the template must have that value. If the
 * length of an attribute is 0, the object must not have it.
 *
 * @param made  what distinguishes the object from any other: its class, and for an object that outlives the session a
 *              CKA_ID or a value. For a session object, which belongs to this process, class and CKA_TOKEN are enough.
 * @return CKR_OK; CKR_OBJECT_HANDLE_INVALID if the handle belongs to another object or to none: nothing was destroyed;
 *         the code of C_GetAttributeValue (nothing was destroyed) or of C_DestroyObject; CKR_HOST_MEMORY.
 */
CK_RV pc_made_object_destroy(const pc_token *token, CK_OBJECT_HANDLE handle, const pc_template *made);

/** Has the object every attribute of the template? @return PC_OK; PC_E_TOKEN; PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_made_object_compare(pc_object object, const pc_template *made, bool *ret_is_it,
                                               pc_error *err);

/**
 * Is an object of this class new, since the search for its label finds it, and found nothing before it was made? A
 * label that another key had before, and that differs only in blanks at its end, looks the same in a template.
 * @return PC_OK; PC_E_TOKEN; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_made_object_is_found(pc_object object, CK_OBJECT_CLASS class, const char *label,
                                                bool *ret_is_found, pc_error *err);

/** The template of an object with that CKA_ID. @param class  borrowed */
pc_template pc_made_with_id(const CK_OBJECT_CLASS *class, pc_bytes id);

/** Destroys a key with a CKA_ID that this run generated at random. @return as above. */
CK_RV pc_made_key_destroy(const pc_token *token, CK_OBJECT_HANDLE handle, CK_OBJECT_CLASS class, pc_bytes id);

/** Destroys a key that would disappear with the session. @return as above. */
CK_RV pc_made_session_key_destroy(const pc_token *token, CK_OBJECT_HANDLE handle, CK_OBJECT_CLASS class);

#endif
