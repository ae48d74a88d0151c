/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include <setjmp.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void memory_is_zeroed_and_aligned(void **state)
{
    static const size_t sizes[] = { 1, 7, 16, 17, 1000, 16384, 16385, 100000, 3 };
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();

    (void)state;
    for (size_t i = 0; i < PC_COUNT(sizes); i++) {
        unsigned char *bytes = pc_arena_alloc(arena, sizes[i]);

        assert_non_null(bytes);
        assert_int_equal((uintptr_t)bytes % alignof(max_align_t), 0);
        for (size_t j = 0; j < sizes[i]; j++) {
            assert_int_equal(bytes[j], 0);
        }
        memset(bytes, 0xff, sizes[i]);
    }
}

static void impossible_sizes_give_nothing(void **state)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    uint64_t *items = NULL;
    size_t count = (size_t)1 << 60;

    (void)state;
    assert_null(pc_arena_alloc(arena, SIZE_MAX));
    assert_null(pc_arena_alloc(arena, SIZE_MAX / 2 + 1));
    assert_null(pc_arena_text(arena, "a", SIZE_MAX));
    assert_null(PC_PUSH(arena, items, count));
    assert_null(items);
    assert_true(count == (size_t)1 << 60);
}

static void text_is_copied_and_terminated(void **state)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();

    (void)state;
    assert_string_equal(pc_arena_text(arena, "abc", 2), "ab");
    assert_string_equal(pc_arena_text(arena, NULL, 0), "");
    assert_string_equal(pc_arena_string(arena, "abc"), "abc");
    assert_null(pc_arena_string(arena, NULL));
    assert_string_equal(pc_arena_format(arena, "%s-%d", "a", 7), "a-7");
    assert_string_equal(pc_arena_format(arena, "%s", ""), "");
    assert_memory_equal(pc_arena_copy(arena, "a\0b", 3), "a\0b", 3);
    assert_non_null(pc_arena_copy(arena, NULL, 0));
}

static void pushed_items_keep_their_values_as_the_array_grows(void **state)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    unsigned *items = NULL;
    size_t count = 0;

    (void)state;
    for (unsigned i = 0; i < 10000; i++) {
        unsigned *item = PC_PUSH(arena, items, count);

        assert_non_null(item);
        assert_int_equal(*item, 0);
        *item = i;
    }
    assert_int_equal(count, 10000);
    for (unsigned i = 0; i < 10000; i++) {
        assert_int_equal(items[i], i);
    }
}

static void freeing_nothing_is_allowed(void **state)
{
    (void)state;
    pc_arena_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_zeroed_and_aligned),
        cmocka_unit_test(impossible_sizes_give_nothing),
        cmocka_unit_test(text_is_copied_and_terminated),
        cmocka_unit_test(pushed_items_keep_their_values_as_the_array_grows),
        cmocka_unit_test(freeing_nothing_is_allowed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
