/* SPDX-License-Identifier: Apache-2.0 */
#include "base/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static pc_bytes bytes_of(const char *text)
{
    return (pc_bytes){ (const uint8_t *)text, text ? strlen(text) : 0 };
}

static const struct {
    const char *name;
    const char *left;
    const char *right;
    bool equal;
    bool match;
    int order;
} pairs[] = {
    { "the same bytes", "abc", "abc", true, true, 0 },
    { "the last byte differs", "abc", "abd", false, false, -1 },
    { "the first byte differs", "bbc", "abc", false, false, 1 },
    { "one is the beginning of the other", "ab", "abc", false, false, -1 },
    { "a byte over 0x7f comes after one under it", "\xff", "a", false, false, 1 },
    { "nothing and something", NULL, "a", false, false, -1 },
    { "nothing twice is equal and matches nothing", NULL, NULL, true, false, 0 },
    { "nothing is nothing, with or without an address", NULL, "", true, false, 0 },
};

static void bytes_are_compared_by_content_and_length(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(pairs); i++) {
        pc_bytes left = bytes_of(pairs[i].left);
        pc_bytes right = bytes_of(pairs[i].right);
        int order = pc_bytes_compare(left, right);
        int reverse = pc_bytes_compare(right, left);

        print_message("  %s\n", pairs[i].name);
        assert_int_equal(pc_bytes_equal(left, right), pairs[i].equal);
        assert_int_equal(pc_bytes_equal(right, left), pairs[i].equal);
        assert_int_equal(pc_bytes_match(left, right), pairs[i].match);
        assert_int_equal((order > 0) - (order < 0), pairs[i].order);
        assert_int_equal((reverse > 0) - (reverse < 0), -pairs[i].order);
    }
}

static void a_copy_outlives_what_it_was_made_of(void **state)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    uint8_t original[] = { 1, 2, 3 };
    const uint8_t expected[] = { 1, 2, 3 };
    pc_bytes copy;

    (void)state;
    assert_int_equal(pc_bytes_copy(arena, PC_BYTES_OF(original), &copy, NULL), PC_OK);
    memset(original, 0, sizeof original);
    assert_true(pc_bytes_equal(copy, PC_BYTES_OF(expected)));
}

static void a_copy_of_nothing_is_nothing(void **state)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    pc_bytes copy = { (const uint8_t *)"x", 1 };

    (void)state;
    assert_int_equal(pc_bytes_copy(arena, (pc_bytes){ .len = 0 }, &copy, NULL), PC_OK);
    assert_null(copy.data);
    assert_int_equal(copy.len, 0);
}

static void only_zero_bytes_may_follow_the_end(void **state)
{
    static const uint8_t bytes[] = { 5, 0, 7, 0, 0 };
    const pc_bytes whole = PC_BYTES_OF(bytes);

    (void)state;
    assert_true(pc_bytes_end_at(whole, bytes + 3));
    assert_true(pc_bytes_end_at(whole, bytes + sizeof bytes));
    assert_false(pc_bytes_end_at(whole, bytes + 1));
    assert_false(pc_bytes_end_at(whole, bytes + 2));
}

static void bytes_of_one_value_are_distinguished_from_others(void **state)
{
    static const uint8_t same[] = { 0xa5, 0xa5, 0xa5 };
    static const uint8_t first[] = { 0x00, 0xa5, 0xa5 };
    static const uint8_t last[] = { 0xa5, 0xa5, 0x00 };

    (void)state;
    assert_true(pc_bytes_consist_of(PC_BYTES_OF(same), 0xa5));
    assert_false(pc_bytes_consist_of(PC_BYTES_OF(same), 0x5a));
    assert_false(pc_bytes_consist_of(PC_BYTES_OF(first), 0xa5));
    assert_false(pc_bytes_consist_of(PC_BYTES_OF(last), 0xa5));
    assert_true(pc_bytes_consist_of((pc_bytes){ .len = 0 }, 0xa5));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_of_one_value_are_distinguished_from_others),
        cmocka_unit_test(bytes_are_compared_by_content_and_length),
        cmocka_unit_test(a_copy_outlives_what_it_was_made_of),
        cmocka_unit_test(a_copy_of_nothing_is_nothing),
        cmocka_unit_test(only_zero_bytes_may_follow_the_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
