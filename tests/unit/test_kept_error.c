/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/kept_error.h"

static pc_error failed_signature(void)
{
    pc_error kept = { .status = PC_OK };

    (void)pc_fail(&kept, PC_E_TOKEN, "C_Sign: CKR_DEVICE_ERROR (0x30)");
    (void)pc_note(&kept, PC_E_TOKEN, "the key was not renewed");
    (void)pc_hint(&kept, PC_E_TOKEN, "run the command again");
    return kept;
}

static void an_error_is_passed_completely_or_not_at_all(void **state)
{
    const pc_error kept = failed_signature();
    pc_error err = { .status = PC_OK };

    (void)state;
    pc_error_pass(&err, &kept);
    assert_int_equal(err.status, PC_E_TOKEN);
    assert_int_equal(err.frame_count, 2);
    assert_string_equal(err.hint, "run the command again");
    pc_error_pass(NULL, &kept);
}

static void sentences_are_joined_last_first(void **state)
{
    pc_arena *arena = pc_arena_new();
    const pc_error kept = failed_signature();
    const pc_error empty = { .status = PC_OK };

    (void)state;
    assert_string_equal(pc_error_words(&kept, arena), "the key was not renewed: C_Sign: CKR_DEVICE_ERROR (0x30)");
    assert_null(pc_error_words(&empty, arena));
    pc_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_error_is_passed_completely_or_not_at_all),
        cmocka_unit_test(sentences_are_joined_last_first),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
