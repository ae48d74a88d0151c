/* SPDX-License-Identifier: Apache-2.0 */
#include "base/result.h"

#include <string.h>

void *pc_result_new(size_t size, size_t arena_offset)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    char *result = arena ? pc_arena_alloc(arena, size) : NULL;

    if (result) {
        memcpy(result + arena_offset, &arena, sizeof arena);
        arena = NULL; /* the result owns it */
    }
    return result;
}
