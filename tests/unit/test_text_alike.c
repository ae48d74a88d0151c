/* SPDX-License-Identifier: Apache-2.0 */
/* Names that people take for one another. Python's Unicode database judges the table, and so does that of verify.sh. */
#include "base/text_alike.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

static void names_that_look_the_same_are_alike(void **state)
{
    static const char *const rows[][2] = {
        { "Ada", "Ada" },
        { "Ada Lovelace", "ADA  lovelace " },
        { "Ada Lovelace", "Ada\u00a0Lovelace" },
        { "Anne-Marie O'Brien", "Anne Marie O\u2019Brien" },
        { "Capa", "\u0421\u0430\u0440\u0430" },
        { "AHNA", "\u0391\u0397\u039d\u0391" },
        { "Jos\u00e9", "Jose\u0301" },
        { "\u00c9lodie", "\u00e9lodie" },
        { "\u0414\u0430\u043d\u0430", "\u0434\u0410\u041d\u0410" },
        { "Ali 10", "AIi lO" },
        { "\u4e2d\u6587", "\u4e2d\u3000\u6587" },
        { "", "-" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_true(pc_text_alike(rows[i][0], rows[i][1]));
        assert_true(pc_text_alike(rows[i][1], rows[i][0]));
    }
}

static void names_that_differ_in_a_letter_or_digit_are_not(void **state)
{
    static const char *const rows[][2] = {
        { "Ada", "Ida" },
        { "Ada", "Adam" },
        { "Ada", "" },
        { "Witness 1", "Witness 2" },
        { "Witness 1", "Witness 11" },
        { "Anna", "\u0416\u0430\u043d\u043d\u0430" },
        { "\u4e2d\u6587", "\u4e2d\u570b" },
        { "\U0001f600", "\U0001f601" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_false(pc_text_alike(rows[i][0], rows[i][1]));
        assert_false(pc_text_alike(rows[i][1], rows[i][0]));
    }
}

/* Prints "letter likeness" in hex: Latin letters with their base letter as Unicode decomposes them, each letter in
 * lower case with the likeness of the other case, and with an argument the table of verify.sh. */
static const char reference[] =
    "import re, sys, unicodedata as u\n"
    "if sys.argv[1:]:\n"
    "    table = open(sys.argv[1], encoding='utf-8').read().split('shapes=\\'\\n')[1].split('\\'')[0]\n"
    "    for row in table.split(';')[:-1]:\n"
    "        base, *letters = row.split()\n"
    "        for letter in letters:\n"
    "            print('%x %x' % (ord(letter), ord(base)))\n"
    "else:\n"
    "    for point in [*range(0xc0, 0x250), *range(0x1e00, 0x1f00)]:\n"
    "        base = ''.join(c for c in u.normalize('NFKD', chr(point)) if not u.combining(c)).lower()\n"
    "        if re.fullmatch('[a-z]', base):\n"
    "            print('%x %x' % (point, ord(base.replace('l', 'i'))))\n";

/* @return how many lines there were */
static size_t compare_with(const char *argument)
{
    char command[4096];
    unsigned point = 0;
    unsigned likeness = 0;
    size_t count = 0;

    (void)snprintf(command, sizeof command, "python3 -c \"%s\" %s", reference, argument);
    FILE *in = popen(command, "re");

    assert_non_null(in);
    while (fscanf(in, "%x %x", &point, &likeness) == 2) {
        if (pc_text_likeness(point) != likeness) {
            fail_msg("U+%04X looks like U+%04X, and the table says U+%04X", point, likeness, pc_text_likeness(point));
        }
        count++;
    }
    assert_int_equal(0, pclose(in));
    return count;
}

static void the_table_agrees_with_the_unicode_database(void **state)
{
    (void)state;
    assert_true(compare_with("") > 400);
}

/* The two verifiers share no line, but refuse the same names. */
static void the_table_is_that_of_the_second_verifier(void **state)
{
    size_t count = 0;

    (void)state;
    for (uint32_t point = 0x80; point < 0x3100; point++) {
        const uint32_t likeness = pc_text_likeness(point);

        count += likeness && likeness != point;
    }
    assert_int_equal(count, compare_with(TEST_DATA_DIR "/../../src/ceremony/transcript/verify.sh"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_that_look_the_same_are_alike),
        cmocka_unit_test(names_that_differ_in_a_letter_or_digit_are_not),
        cmocka_unit_test(the_table_agrees_with_the_unicode_database),
        cmocka_unit_test(the_table_is_that_of_the_second_verifier),
    };

    return cmocka_run_group_tests_name("text alike", tests, NULL, NULL);
}
