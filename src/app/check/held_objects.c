/* SPDX-License-Identifier: Apache-2.0 */
#include "app/check/held_objects.h"

#include <stdlib.h>

#include "base/bytes.h"

static int compare_entries(const void *left, const void *right)
{
    return pc_key_compare_ids(*(const pc_key *const *)left, *(const pc_key *const *)right);
}

static pc_status sort_keys(const pc_key *keys, size_t count, pc_arena *arena, pc_held_keys *ret_sorted, pc_error *err)
{
    pc_held_keys sorted = { .items = pc_arena_alloc(arena, (count + 1) * sizeof *sorted.items), .count = count };

    if (!sorted.items) {
        return pc_fail_memory(err);
    }
    for (size_t i = 0; i < count; i++) {
        sorted.items[i] = &keys[i];
    }
    qsort(sorted.items, count, sizeof *sorted.items, compare_entries);
    *ret_sorted = sorted;
    return PC_OK;
}

pc_status pc_held_objects_make(const pc_inventory *inventory, pc_arena *arena, pc_held_objects *ret_held, pc_error *err)
{
    const pc_certificate_objects certificates = { inventory->certificates, inventory->certificate_count };

    *ret_held = (pc_held_objects){ .arena = arena };
    PC_TRY(sort_keys(inventory->keys, inventory->key_count, arena, &ret_held->keys, err));
    PC_TRY(sort_keys(inventory->publics, inventory->public_count, arena, &ret_held->publics, err));
    return pc_held_certificates_make(certificates, arena, &ret_held->certificates, err);
}

static int compare_id(const void *id, const void *entry)
{
    return pc_bytes_compare(*(const pc_bytes *)id, (*(const pc_key *const *)entry)->id);
}

pc_found pc_held_keys_of_id(const pc_held_keys *keys, pc_bytes id)
{
    pc_found found = { .count = 0 };
    const pc_key **each = id.len ? bsearch(&id, keys->items, keys->count, sizeof *keys->items, compare_id) : NULL;

    while (each && each > keys->items && compare_id(&id, each - 1) == 0) {
        each--;
    }
    for (; each && each < keys->items + keys->count && found.count < PC_FOUND_MAX && compare_id(&id, each) == 0;
         each++) {
        found.items[found.count++] = (*each)->handle;
    }
    return found;
}

void pc_held_objects_clear(pc_held_objects *held)
{
    pc_held_certificates_clear(&held->certificates);
}
