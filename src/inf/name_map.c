/* SPDX-License-Identifier: Apache-2.0 */
#include "inf/name_map.h"

#include <string.h>

typedef struct pc_name_slot {
    const char *name;
    size_t number;
} slot;

/* FNV-1a of the lower-case name. */
static size_t hash(pc_span name)
{
    uint64_t value = 0xcbf29ce484222325u;

    for (size_t i = 0; i < name.len; i++) {
        value = (value ^ (unsigned char)pc_to_lower(name.start[i])) * 0x100000001b3u;
    }
    return (size_t)(value ^ value >> 32);
}

/* The slot that holds the name, or the free one where it belongs. The table is never full. */
static slot *slot_of(const pc_name_map *map, pc_span name)
{
    size_t mask = map->capacity - 1;
    size_t index = hash(name) & mask;

    while (map->slots[index].name && !pc_span_equal(name, map->slots[index].name)) {
        index = (index + 1) & mask;
    }
    return &map->slots[index];
}

bool pc_name_map_find(const pc_name_map *map, pc_span name, size_t *ret_number)
{
    const slot *found = map->capacity ? slot_of(map, name) : NULL;

    if (!found || !found->name) {
        return false;
    }
    *ret_number = found->number;
    return true;
}

static bool grow(pc_name_map *map)
{
    pc_name_map larger = { .arena = map->arena, .capacity = map->capacity ? map->capacity * 2 : 32 };

    larger.slots = pc_arena_alloc(map->arena, larger.capacity * sizeof *larger.slots);
    if (!larger.slots) {
        return false;
    }
    for (size_t i = 0; i < map->capacity; i++) {
        if (map->slots[i].name) {
            *slot_of(&larger, pc_span_of(map->slots[i].name)) = map->slots[i];
        }
    }
    larger.count = map->count;
    *map = larger;
    return true;
}

bool pc_name_map_add(pc_name_map *map, const char *name, size_t number)
{
    if (map->count * 2 >= map->capacity && !grow(map)) {
        return false;
    }
    *slot_of(map, pc_span_of(name)) = (slot){ .name = name, .number = number };
    map->count++;
    return true;
}
