/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "token/key_difference.h"

/* A flag that is not shown is neither the same nor different. */
static void flags_are_compared_where_both_tokens_show_them(void **state)
{
    pc_arena *arena = pc_arena_new();
    pc_key original = { .label = "a" };
    pc_key copy = { .label = "a" };

    (void)state;
    for (unsigned i = 0; i < PC_KEY_FLAG_COUNT; i++) {
        original.flags[i] = copy.flags[i] = PC_FACT_FALSE;
    }
    assert_string_equal(pc_key_flags_difference(&original, &copy, arena), "");
    assert_string_equal(pc_key_flags_not_compared(&original, &copy, arena), "");
    copy.flags[PC_KEY_LOCAL] = PC_FACT_TRUE;
    assert_string_equal(pc_key_flags_difference(&original, &copy, arena), "");
    copy.flags[PC_KEY_SIGN] = PC_FACT_TRUE;
    copy.flags[PC_KEY_COPYABLE] = PC_FACT_UNKNOWN;
    original.flags[PC_KEY_DERIVE] = PC_FACT_UNKNOWN;
    assert_string_equal(pc_key_flags_difference(&original, &copy, arena), "sign is true, not false");
    assert_string_equal(pc_key_flags_not_compared(&original, &copy, arena), "copyable, derive");
    copy.flags[PC_KEY_DERIVE] = PC_FACT_UNKNOWN;
    assert_string_equal(pc_key_flags_not_compared(&original, &copy, arena), "copyable");
    pc_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flags_are_compared_where_both_tokens_show_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
