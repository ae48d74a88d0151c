/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_TOKEN_OBJECTS_H
#define PC_TOKEN_OBJECTS_H

#include "base/bytes.h"
#include "token/session.h"

/** A search template under construction. The caller owns the values it points to. */
typedef struct {
    CK_ATTRIBUTE items[16];
    CK_ULONG count;
} pc_template;

void pc_template_add(pc_template *wanted, CK_ATTRIBUTE_TYPE type, const void *value, size_t len);
void pc_template_add_bytes(pc_template *wanted, CK_ATTRIBUTE_TYPE type, pc_bytes value);

#define PC_FOUND_MAX 33u /**< most objects that pc_objects_find can return */

/** Handles found by a search. */
typedef struct {
    CK_OBJECT_HANDLE items[PC_FOUND_MAX];
    size_t count;
} pc_found;

/** The same without a limit, in an arena. */
typedef struct {
    CK_OBJECT_HANDLE *items;
    size_t count;
} pc_handles;

#define PC_OBJECTS_MAX    1000000u /**< handles; a search that returns more is regarded as endless */
#define PC_SEARCH_MAX_SEC 120      /**< a search that takes longer is regarded as endless */

/**
 * Searches by template until the module returns no more, or max objects.
 * @param max  request at most this many handles; requesting two shows whether there is more than one
 * @return PC_OK, with 0 to max different handles; PC_E_AUTH (none, and the session is not logged in: pc_login_check);
 *         PC_E_TOKEN, also if the module repeats handles endlessly.
 */
PC_MUST_CHECK pc_status pc_objects_find(const pc_token *token, const pc_template *wanted, size_t max,
                                        pc_found *ret_found, pc_error *err);

/** How many objects a search returns. */
typedef struct {
    size_t enough; /**< an answer with this many ends the search: further objects would not matter */
    size_t max;
} pc_find_limit;

/** As pc_objects_find, but without requesting more once there are enough. */
PC_MUST_CHECK pc_status pc_objects_find_enough(const pc_token *token, const pc_template *wanted, pc_find_limit limit,
                                               pc_found *ret_found, pc_error *err);

/**
 * All handles that match, in the arena, fetched in large batches.
 * @return PC_OK; PC_E_TOKEN, also if there are more than PC_OBJECTS_MAX or the search takes longer than
 *         PC_SEARCH_MAX_SEC; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_objects_find_all(const pc_token *token, const pc_template *wanted, pc_arena *arena,
                                            pc_handles *ret_handles, pc_error *err);

#endif
