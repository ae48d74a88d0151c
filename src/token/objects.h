/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_TOKEN_OBJECTS_H
#define PC_TOKEN_OBJECTS_H

#include "base/bytes.h"
#include "token/session.h"

/** A search template under construction. The values it points to are the caller's. */
typedef struct {
    CK_ATTRIBUTE items[16];
    CK_ULONG count;
} pc_template;

void pc_template_add(pc_template *wanted, CK_ATTRIBUTE_TYPE type, const void *value, size_t len);
void pc_template_add_bytes(pc_template *wanted, CK_ATTRIBUTE_TYPE type, pc_bytes value);

/**
 * Search by template, in one search and one fetch: at most `max` handles are asked for, so that
 * asking for two shows whether there is more than one.
 * @return PC_OK, with 0 to max handles; PC_E_TOKEN.
 */
PC_MUST_CHECK pc_status pc_objects_find(const pc_token *token, CK_SESSION_HANDLE session, const pc_template *wanted,
                                        CK_OBJECT_HANDLE *ret_handles, size_t max, size_t *ret_count, pc_error *err);

/** All handles that match, in the arena, fetched in large batches. @return PC_OK, PC_E_TOKEN, PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_objects_find_all(const pc_token *token, const pc_template *wanted, pc_arena *arena,
                                            CK_OBJECT_HANDLE **ret_handles, size_t *ret_count, pc_error *err);

#endif
