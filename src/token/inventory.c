/* SPDX-License-Identifier: Apache-2.0 */
#include "token/inventory.h"

#include <string.h>

#include "base/bytes.h"
#include "token/leftover.h"
#include "token/objects.h"
#include "token/public_half.h"

static pc_status read_keys(const pc_token *token, CK_OBJECT_CLASS class, pc_arena *arena, pc_keys *ret_keys,
                           pc_error *err)
{
    pc_handles handles = { .count = 0 };
    pc_template search = { .count = 0 };

    pc_template_add(&search, CKA_CLASS, &class, sizeof class);
    PC_TRY(pc_objects_find_all(token, &search, arena, &handles, err));
    pc_key *keys = pc_arena_alloc(arena, (handles.count + 1) * sizeof *keys);

    if (!keys) {
        return pc_fail_memory(err);
    }
    *ret_keys = (pc_keys){ .items = keys };
    for (size_t i = 0; i < handles.count; i++) {
        const pc_object object = { token, handles.items[i] };
        pc_key *next = &keys[ret_keys->count];
        bool is_leftover = false;

        PC_TRY(pc_key_read_object(object, arena, next, err));
        PC_TRY(pc_leftover_is_key(object, class, &next->half, &is_leftover, err));
        ret_keys->count += !is_leftover;
    }
    return PC_OK;
}

int pc_key_compare_ids(const void *a, const void *b)
{
    const pc_key *left = a;
    const pc_key *right = b;

    return pc_bytes_compare(left->id, right->id);
}

/* By CKA_ID and key type. If several public keys have the ID, the right one is unknown. */
static void join_public_half(pc_key *key, const pc_key *sorted, size_t count)
{
    const pc_key *match = NULL;
    const pc_key *entry = key->id.len ? bsearch(key, sorted, count, sizeof *sorted, pc_key_compare_ids) : NULL;

    while (entry && entry > sorted && pc_key_compare_ids(entry - 1, key) == 0) {
        entry--;
    }
    for (; entry && entry < sorted + count && pc_key_compare_ids(entry, key) == 0; entry++) {
        if (entry->half.key_type != key->half.key_type) {
            continue;
        }
        if (match) {
            return;
        }
        match = entry;
    }
    if (match) {
        key->half = match->half;
    }
}

pc_status pc_inventory_read_apart(const pc_token *token, pc_arena *arena, pc_inventory *ret_inventory, pc_error *err)
{
    pc_inventory found = { .key_count = 0 };
    pc_certificate_objects certificates;
    pc_keys keys;
    pc_keys publics;

    PC_TRY(read_keys(token, CKO_PRIVATE_KEY, arena, &keys, err));
    PC_TRY(read_keys(token, CKO_PUBLIC_KEY, arena, &publics, err));
    found.keys = keys.items;
    found.key_count = keys.count;
    found.publics = publics.items;
    found.public_count = publics.count;
    PC_TRY(pc_certificate_list(token, arena, &certificates, err));
    found.certificates = certificates.items;
    found.certificate_count = certificates.count;
    *ret_inventory = found;
    return PC_OK;
}

pc_status pc_inventory_read(const pc_token *token, pc_arena *arena, pc_inventory *ret_inventory, pc_error *err)
{
    pc_inventory found = { .key_count = 0 };

    PC_TRY(pc_inventory_read_apart(token, arena, &found, err));
    qsort(found.publics, found.public_count, sizeof *found.publics, pc_key_compare_ids);
    for (size_t i = 0; i < found.key_count; i++) {
        if (!pc_public_half_is_whole(&found.keys[i].half)) {
            join_public_half(&found.keys[i], found.publics, found.public_count);
        }
    }
    *ret_inventory = found;
    return PC_OK;
}

pc_status pc_inventory_of_key(const pc_token *token, const pc_key_selector *selector, pc_arena *arena,
                              pc_inventory *ret_inventory, pc_error *err)
{
    pc_inventory found = { .key_count = 1 };
    pc_certificate_objects certificates;

    found.keys = pc_arena_alloc(arena, sizeof *found.keys);
    if (!found.keys) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_key_find(token, selector, arena, &found.keys[0], err));
    PC_TRY(pc_certificate_list(token, arena, &certificates, err));
    found.certificates = certificates.items;
    found.certificate_count = certificates.count;
    *ret_inventory = found;
    return PC_OK;
}
