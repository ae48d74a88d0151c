/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_BASE_RESULT_H
#define PC_BASE_RESULT_H

#include "base/arena.h"

/**
 * A result that is in an arena of its own, with everything that it points to: freeing `result->arena` frees everything.
 * Its type is a struct with a member `pc_arena *arena`; use through PC_RESULT_NEW, which finds that member.
 * @return zeroed except for its arena; NULL when out of memory.
 */
void *pc_result_new(size_t size, size_t arena_offset);

#define PC_RESULT_NEW(type) ((type *)pc_result_new(sizeof(type), offsetof(type, arena)))

#endif
