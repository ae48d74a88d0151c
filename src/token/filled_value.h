/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_TOKEN_TEXT_ATTRIBUTE_H
#define PC_TOKEN_TEXT_ATTRIBUTE_H

#include "base/bytes.h"
#include "token/objects.h"

/**
 * Modules that keep an attribute in a field of fixed length show it filled up: CKA_LABEL and CKA_APPLICATION with NULs
 * or blanks, or terminated, and the CKA_VALUE of a certificate with zeros. They then find the object by the filled
 * value alone.
 */

/** Without the filling: of a text, the first NUL and what follows, and blanks at the end; of DER, zeros. Borrowed. */
pc_bytes pc_value_unfilled(CK_ATTRIBUTE_TYPE type, pc_bytes value);

/** Are both the same value of this attribute, filled up or not? */
bool pc_attribute_equal(CK_ATTRIBUTE_TYPE type, pc_bytes left, pc_bytes right);

/** Are both the same label, filled up or not? */
bool pc_label_is(const char *left, const char *right);

/**
 * How the label that a token shows of a new key differs from the one that it was given: "its label is …". An object
 * that has another label is not found by its own, and the same command would create another one.
 * @return in the arena; "" if it is the same, or not shown; NULL when out of memory.
 */
const char *pc_label_difference(const char *shown, const char *given, pc_arena *arena);

/**
 * As pc_objects_find, for a template with one of the texts. If nothing is found, and the module does not find an object
 * by the text that it shows without its filling, the texts of all objects with the other attributes are compared.
 * @return as pc_objects_find; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_objects_find_by_text(const pc_token *token, const pc_template *wanted, size_t max,
                                                pc_found *ret_found, pc_error *err);

/** As pc_objects_find_by_text, without a limit, in the arena. */
PC_MUST_CHECK pc_status pc_objects_find_all_by_text(const pc_token *token, const pc_template *wanted, pc_arena *arena,
                                                    pc_handles *ret_handles, pc_error *err);

#endif
