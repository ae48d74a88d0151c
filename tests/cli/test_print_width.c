/* SPDX-License-Identifier: Apache-2.0 */
/* Columns of text, and lines that are broken by them. */
#include "harness.h"

#include "cli/print/output.h"
#include "cli/print/width.h"

static void each_character_takes_its_columns(void **state)
{
    static const struct {
        const char *text;
        size_t columns;
    } rows[] = {
        { "", 0 },
        { "abc", 3 },
        { "\xc3\xbc", 1 },                 /* u with diaeresis */
        { "u\xcc\x88", 1 },                /* the same, combined */
        { "\xe6\x9d\xb1\xe4\xba\xac", 4 }, /* two wide ones */
        { "\xe2\x80\xae", 12 },            /* printed as escapes */
        { "\x1b", 4 },
        { "\xff", 4 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(rows[i].columns, pc_width_of(rows[i].text, strlen(rows[i].text)));
    }
    assert_int_equal(3, pc_width_fitting("\xe6\x9d\xb1\xe4\xba\xac", 6, 3));
    assert_int_equal(3, pc_width_fitting("u\xcc\x88x", 4, 1));
    assert_int_equal(0, pc_width_fitting("\xe6\x9d\xb1", 3, 1));
    assert_int_equal(2, pc_width_fitting("abc", 3, 2));
    assert_int_equal(4, pc_width_fitting("\xc3\xbc"
                                         "abc",
                                         5, 3));
    assert_int_equal(5, pc_width_fitting("\xc3\xbc"
                                         "abc",
                                         5, 4));
}

static const char *printed(unsigned column, unsigned indent, const char *text)
{
    FILE *out = fopen("printed", "w+e");

    assert_non_null(out);
    pc_print_after(out, column, indent, text);
    assert_int_equal(0, fclose(out));
    return file_read("printed", NULL);
}

static void lines_are_broken_by_columns_not_bytes(void **state)
{
    char wide[46 * 7 + 1] = "";
    char plain[64 * 2 + 1] = "";

    (void)state;
    for (size_t i = 0; i < 46; i++) {
        (void)strcat(wide, "\xe6\x9d\xb1\xe4\xba\xac ");
    }
    for (size_t i = 0; i < 64; i++) {
        (void)strcat(plain, "x ");
    }
    /* 20 words of four columns and a blank take 99 of 100. */
    assert_int_equal(2, count_of(printed(0, 4, wide), "\n") - 1);
    assert_int_equal(1, count_of(printed(0, 4, plain), "\n    x"));
    assert_int_equal(0, count_of(printed(0, 4, "short"), "\n    "));
    assert_string_equal("one\n  two\n", printed(5, 2, "one\ntwo"));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_character_takes_its_columns),
        cmocka_unit_test(lines_are_broken_by_columns_not_bytes),
    };

    return cmocka_run_group_tests(tests, world_new, world_remove);
}
