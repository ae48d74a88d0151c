/* SPDX-License-Identifier: Apache-2.0 */
#include "base/result.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

typedef struct {
    const char *first;
    pc_arena *arena;
    size_t last;
} sample;

static void a_result_is_zeroed_and_owns_its_arena(void **state)
{
    sample *result = PC_RESULT_NEW(sample);

    (void)state;
    assert_non_null(result);
    assert_null(result->first);
    assert_int_equal(result->last, 0);
    result->first = pc_arena_string(result->arena, "kept with it");
    assert_string_equal(result->first, "kept with it");
    pc_arena_free(result->arena); /* the sanitizer build sees a leak or a second free */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_result_is_zeroed_and_owns_its_arena),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
