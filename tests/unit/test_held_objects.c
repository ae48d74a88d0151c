/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/check/held_objects.h"
#include "base/arena.h"
#include "base/bytes.h"

static const uint8_t ids[] = { 1, 2, 3 };

static pc_key key_of(const uint8_t *id, CK_OBJECT_HANDLE handle)
{
    return (pc_key){ .id = { id, id ? 1 : 0 }, .handle = handle };
}

static void keys_are_found_by_their_cka_id(void **state)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    pc_key keys[] = { key_of(&ids[1], 10), key_of(&ids[0], 11), key_of(NULL, 12), key_of(&ids[1], 13),
                      key_of(NULL, 14) };
    pc_key publics[] = { key_of(&ids[2], 20) };
    const pc_inventory inventory = { .keys = keys, .key_count = 5, .publics = publics, .public_count = 1 };
    PC_AUTO(pc_held_objects) pc_held_objects held = { .arena = NULL };

    (void)state;
    assert_non_null(arena);
    assert_int_equal(pc_held_objects_make(&inventory, arena, &held, NULL), PC_OK);
    pc_found found = pc_held_keys_of_id(&held.keys, (pc_bytes){ &ids[1], 1 });

    assert_int_equal(found.count, 2);
    assert_int_equal(found.items[0] + found.items[1], 23);
    assert_int_equal(pc_held_keys_of_id(&held.keys, (pc_bytes){ &ids[0], 1 }).items[0], 11);
    assert_int_equal(pc_held_keys_of_id(&held.keys, (pc_bytes){ &ids[2], 1 }).count, 0);
    assert_int_equal(pc_held_keys_of_id(&held.keys, (pc_bytes){ .len = 0 }).count, 0);
    assert_int_equal(pc_held_keys_of_id(&held.publics, (pc_bytes){ &ids[2], 1 }).items[0], 20);
}

static void of_many_keys_as_many_are_found_as_there_is_room_for(void **state)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    pc_key keys[PC_FOUND_MAX + 5];
    const pc_inventory inventory = { .keys = keys, .key_count = PC_COUNT(keys) };
    PC_AUTO(pc_held_objects) pc_held_objects held = { .arena = NULL };

    (void)state;
    assert_non_null(arena);
    for (size_t i = 0; i < PC_COUNT(keys); i++) {
        keys[i] = key_of(&ids[0], i);
    }
    assert_int_equal(pc_held_objects_make(&inventory, arena, &held, NULL), PC_OK);
    assert_int_equal(pc_held_keys_of_id(&held.keys, (pc_bytes){ &ids[0], 1 }).count, PC_FOUND_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_found_by_their_cka_id),
        cmocka_unit_test(of_many_keys_as_many_are_found_as_there_is_room_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
