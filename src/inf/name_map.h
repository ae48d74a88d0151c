/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_INF_NAME_MAP_H
#define PC_INF_NAME_MAP_H

#include "base/arena.h"
#include "base/text.h"

/** Names without case, each with a number: a hash table, so that thousands of names cost no more than a few. */
typedef struct {
    pc_arena *arena;
    struct pc_name_slot *slots;
    size_t capacity;
    size_t count;
} pc_name_map;

bool pc_name_map_find(const pc_name_map *map, pc_span name, size_t *ret_number);

/** Add a name that is not there yet; borrowed, NUL-terminated. false when out of memory. */
bool pc_name_map_add(pc_name_map *map, const char *name, size_t number);

#endif
