/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_BASE_ARENA_H
#define PC_BASE_ARENA_H

#include <stddef.h>

#include <p11cert/error.h>

#include "base/cleanup.h"

/**
 * Memory for objects with a common lifetime: a parsed file and its strings, a report and its rows. Nothing is freed
 * individually; pc_arena_free frees everything. Not for secrets (see p11cert/secret.h).
 */
typedef struct pc_arena pc_arena;

/** An empty arena, or NULL when out of memory. */
pc_arena *pc_arena_new(void);

/** Frees the arena and everything allocated from it. Accepts NULL. */
void pc_arena_free(pc_arena *arena);

PC_AUTO_DEFINE(pc_arena, pc_arena, pc_arena_free);

/** `size` zeroed bytes, aligned for anything, or NULL when out of memory. */
void *pc_arena_alloc(pc_arena *arena, size_t size);

/** A NUL-terminated copy of `len` bytes of text, or NULL when out of memory. */
char *pc_arena_text(pc_arena *arena, const char *text, size_t len);

/** A NUL-terminated copy of a string, or NULL when out of memory. NULL gives NULL. */
char *pc_arena_string(pc_arena *arena, const char *text);

/** A formatted string, or NULL when out of memory. */
char *pc_arena_format(pc_arena *arena, const char *format, ...) PC_PRINTF(2, 3);
char *pc_arena_vformat(pc_arena *arena, const char *format, va_list args) PC_PRINTF(2, 0);

/** Copies bytes. NULL when out of memory. */
void *pc_arena_copy(pc_arena *arena, const void *bytes, size_t len);

/**
 * Append one zeroed item to an array in the arena. `array` is the address of the array pointer, `count` of its item
 * count; both are updated. Returns the new item, or NULL when out of memory, with both unchanged. Use it through
 * PC_PUSH, which is type-safe.
 */
void *pc_arena_push(pc_arena *arena, void *array, size_t *count, size_t item_size);

/* PC_PUSH(arena, list->items, list->count): a pointer to the new last item, or NULL. */
#define PC_PUSH(arena, array, count) ((__typeof__(array))pc_arena_push((arena), &(array), &(count), sizeof *(array)))

#endif
