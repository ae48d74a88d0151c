/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/duration.h"

static void durations_are_read(void **state)
{
    static const struct {
        const char *text;
        int64_t number;
        int64_t unit_sec;
        const char *unit;
    } rows[] = {
        { "0", 0, 0, "" },
        { "30", 30, 0, "" },
        { "36525", 36525, 0, "" },
        { "90s", 90, 1, "s" },
        { "10m", 10, 60, "m" },
        { "2h", 2, 3600, "h" },
        { "0d", 0, 86400, "d" },
        { "007d", 7, 86400, "d" },
        { "30D", 30, 86400, "d" },
        { "2w", 2, 604800, "w" },
        { "3mo", 3, 2592000, "mo" },
        { "3MO", 3, 2592000, "mo" },
        { "1y", 1, 31536000, "y" },
        { "100y", 100, 31536000, "y" },
        { "3155760000s", 3155760000, 1, "s" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        pc_duration duration;

        assert_true(pc_duration_parse(rows[i].text, &duration));
        assert_int_equal(rows[i].number, duration.number);
        assert_int_equal(rows[i].unit_sec, duration.unit_sec);
        assert_string_equal(rows[i].unit, duration.unit);
    }
}

static void anything_else_is_refused(void **state)
{
    static const char *const rows[] = {
        "",
        " ",
        "d",
        "-1",
        "-1d",
        "+1",
        " 1",
        "1 ",
        "1 d",
        "30dd",
        "30d ",
        "30dw",
        "1.5d",
        "1,5",
        "0x10",
        "1e3",
        "30min",
        "3months",
        "36526",
        "101y",
        "5218w",
        "3155760001s",
        "99999999999999999999999999",
        "9223372036854775808d",
        ("\xd9\xa3"
         "d"),
        "1\n",
        "d1",
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        pc_duration duration = { .number = -1 };

        if (pc_duration_parse(rows[i], &duration)) {
            fail_msg("\"%s\" was taken for %lld %s", rows[i], (long long)duration.number, duration.unit);
        }
        assert_int_equal(-1, duration.number);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(durations_are_read),
        cmocka_unit_test(anything_else_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
