/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_TOKEN_ATTRIBUTES_H
#define PC_TOKEN_ATTRIBUTES_H

#include <p11cert/fact.h>

#include "base/bytes.h"
#include "token/session.h"

#define PC_ATTRIBUTE_MAX_LEN   ((size_t)1024 * 1024) /**< bytes; a module that reports more is not trusted */
#define PC_ATTRIBUTE_MAX_COUNT 32u

/** A length to set before a call that only asks for lengths: no module returns it (CK_UNAVAILABLE_INFORMATION is -1).
 */
#define PC_LENGTH_UNTOUCHED ((CK_ULONG)-2)

/** The content of a field of PKCS#11's own structures before a call fills it: no valid value of the checked fields
 * consists only of this byte. */
#define PC_BYTE_UNTOUCHED 0xa5

/** One attribute as read. */
typedef struct {
    CK_ATTRIBUTE_TYPE type;
    bool readable;  /**< false: sensitive, or unknown to the module */
    pc_bytes value; /**< in the arena */
} pc_attribute;

typedef struct {
    pc_attribute items[PC_ATTRIBUTE_MAX_COUNT];
    size_t count;
} pc_attributes;

/** A token object, to be read in the token's session. */
typedef struct {
    const pc_token *token;
    CK_OBJECT_HANDLE handle;
} pc_object;

/** The attributes to read from an object. */
typedef struct {
    const CK_ATTRIBUTE_TYPE *items;
    size_t count;
} pc_attribute_types;

#define PC_TYPES(array) ((pc_attribute_types){ (array), PC_COUNT(array) })

/**
 * Reads attributes of an object, in one round trip if their sizes are the usual ones. Attributes that the module does
 * not know or does not reveal are marked unreadable, which is not an error. Attributes that the answer left as they
 * were are read again one by one: modules may stop at the first attribute that they do not know.
 * @return PC_OK; PC_E_TOKEN (also for impossible lengths, and for CKR_OK without a value, unless it is a flag's, which
 *         is then unreadable); PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_attributes_read(pc_object object, pc_attribute_types types, pc_arena *arena,
                                           pc_attributes *ret_attributes, pc_error *err);

/** The attribute, or NULL if it was not requested, is unreadable or empty. */
const pc_attribute *pc_attributes_get(const pc_attributes *attributes, CK_ATTRIBUTE_TYPE type);

/** The value, in the arena of the attributes; empty if it was not requested, is unreadable or empty. */
pc_bytes pc_attributes_bytes(const pc_attributes *attributes, CK_ATTRIBUTE_TYPE type);

/** The value as text, NUL-terminated, in the arena, a label without its filling (pc_value_unfilled); "" if
 * pc_attributes_bytes returns none. NULL when out of memory. */
const char *pc_attributes_text(const pc_attributes *attributes, CK_ATTRIBUTE_TYPE type, pc_arena *arena);

pc_fact pc_attributes_fact(const pc_attributes *attributes, CK_ATTRIBUTE_TYPE type);

/** A CK_ULONG attribute, or `otherwise` if it is missing or has another size. */
CK_ULONG pc_attributes_number(const pc_attributes *attributes, CK_ATTRIBUTE_TYPE type, CK_ULONG otherwise);

#endif
