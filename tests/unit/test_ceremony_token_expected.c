/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/ceremony/token_expected.h"

static const pc_token_shown shown = {
    .label = "root",
    .manufacturer = "Maker",
    .model = "HSM 7",
    .firmware = "2.10",
    .serial = "0042",
};

static void what_is_not_stated_is_not_compared(void **state)
{
    const pc_script_token nothing = { .label = NULL };
    const pc_script_token all = { .label = "x", .manufacturer = "x", .model = "x", .firmware = "x", .serial = "x" };
    pc_token_difference first;

    (void)state;
    assert_false(pc_token_differs(&nothing, &shown, &first));
    assert_false(pc_token_differs(&all, &(pc_token_shown){ .label = NULL }, &first));
    assert_true(pc_token_differs(&all, &shown, &first));
    assert_string_equal(first.what, "label");
}

static void a_star_at_the_end_stands_for_anything(void **state)
{
    static const struct {
        pc_script_token expected;
        const char *what;
    } rows[] = {
        { { .label = "root", .manufacturer = "Mak*", .model = "HSM 7*", .firmware = "*", .serial = "0042" }, NULL },
        { { .label = "roo" }, "label" },
        { { .manufacturer = "*Maker" }, "manufacturer" },
        { { .model = "HSM 8*" }, "model" },
        { { .firmware = "2.1" }, "firmware" },
        { { .serial = "42" }, "serial number" },
        { { .serial = "" }, "serial number" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        pc_token_difference first = { .what = NULL };

        assert_int_equal(pc_token_differs(&rows[i].expected, &shown, &first), rows[i].what != NULL);
        if (rows[i].what) {
            assert_string_equal(first.what, rows[i].what);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_stated_is_not_compared),
        cmocka_unit_test(a_star_at_the_end_stands_for_anything),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
