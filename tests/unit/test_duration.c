/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/duration.h"

static void spans_are_read(void **state)
{
    static const struct {
        const char *text;
        int64_t days;
    } rows[] = {
        { "0", 0 }, { "0d", 0 }, { "30", 30 }, { "30d", 30 }, { "2w", 14 }, { "3m", 90 }, { "1y", 365 }, { "1Y", 365 },
        { "007d", 7 }, { "100y", 36500 }, { "36525", 36525 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t days = -1;

        assert_true(pc_duration_days(rows[i].text, &days));
        assert_int_equal(rows[i].days, days);
    }
}

static void what_is_no_span_is_refused(void **state)
{
    static const char *const rows[] = {
        "", " ", "d", "-1", "-1d", "+1", " 1", "1 ", "1 d", "30dd", "30d ", "30dw", "1.5d", "1,5", "0x10", "1e3", "30h",
        "30s", "36526", "101y", "5218w", "99999999999999999999999999", "9223372036854775808d", ("\xd9\xa3" "d"), "1\n", "d1",
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t days = -1;

        if (pc_duration_days(rows[i], &days)) {
            fail_msg("\"%s\" was taken for %lld days", rows[i], (long long)days);
        }
        assert_int_equal(-1, days);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(spans_are_read),
        cmocka_unit_test(what_is_no_span_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
