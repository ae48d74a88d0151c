/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#define CHUNK_SIZE ((size_t)16 * 1024)

typedef struct chunk {
    struct chunk *next;
    size_t used;
    size_t size;
    alignas(max_align_t) unsigned char bytes[];
} chunk;

struct pc_arena {
    chunk *chunks;
};

pc_arena *pc_arena_new(void)
{
    return calloc(1, sizeof(pc_arena));
}

void pc_arena_free(pc_arena *arena)
{
    if (!arena) {
        return;
    }
    for (chunk *each = arena->chunks; each;) {
        chunk *next = each->next;

        free(each);
        each = next;
    }
    free(arena);
}

static chunk *chunk_with_room(pc_arena *arena, size_t size)
{
    chunk *first = arena->chunks;

    if (first && first->size - first->used >= size) {
        return first;
    }
    size_t room = size > CHUNK_SIZE ? size : CHUNK_SIZE;
    chunk *fresh = calloc(1, sizeof *fresh + room);

    if (!fresh) {
        return NULL;
    }
    fresh->size = room;
    fresh->next = first;
    arena->chunks = fresh;
    return fresh;
}

void *pc_arena_alloc(pc_arena *arena, size_t size)
{
    const size_t align = alignof(max_align_t);

    if (size > SIZE_MAX / 2) {
        return NULL;
    }
    size_t rounded = (size + align - 1) / align * align;
    chunk *from = chunk_with_room(arena, rounded);

    if (!from) {
        return NULL;
    }
    void *bytes = from->bytes + from->used;

    from->used += rounded;
    return bytes;
}

void *pc_arena_copy(pc_arena *arena, const void *bytes, size_t len)
{
    void *copy = pc_arena_alloc(arena, len ? len : 1);

    if (copy && len) {
        memcpy(copy, bytes, len);
    }
    return copy;
}

char *pc_arena_text(pc_arena *arena, const char *text, size_t len)
{
    char *copy = len < SIZE_MAX ? pc_arena_alloc(arena, len + 1) : NULL;

    if (copy && len) {
        memcpy(copy, text, len);
    }
    return copy;
}

char *pc_arena_string(pc_arena *arena, const char *text)
{
    return text ? pc_arena_text(arena, text, strlen(text)) : NULL;
}

char *pc_arena_vformat(pc_arena *arena, const char *format, va_list args)
{
    va_list again;

    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    char *text = len < 0 ? NULL : pc_arena_alloc(arena, (size_t)len + 1);

    if (text) {
        (void)vsnprintf(text, (size_t)len + 1, format, again);
    }
    va_end(again);
    return text;
}

char *pc_arena_format(pc_arena *arena, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    char *text = pc_arena_vformat(arena, format, args);

    va_end(args);
    return text;
}

/* The capacity is a power of two and follows from the count, so it need not be stored. */
static bool is_full(size_t count)
{
    return count == 0 || (count >= 4 && (count & (count - 1)) == 0);
}

void *pc_arena_push(pc_arena *arena, void *array, size_t *count, size_t item_size)
{
    unsigned char *items = NULL;

    memcpy(&items, array, sizeof items);
    if (is_full(*count)) {
        size_t capacity = *count ? *count * 2 : 4;

        if (capacity > SIZE_MAX / 2 / item_size) {
            return NULL;
        }
        unsigned char *larger = pc_arena_alloc(arena, capacity * item_size);

        if (!larger) {
            return NULL;
        }
        if (*count) {
            memcpy(larger, items, *count * item_size);
        }
        items = larger;
        memcpy(array, &items, sizeof items);
    }
    void *item = items + *count * item_size;

    *count += 1;
    return item;
}
