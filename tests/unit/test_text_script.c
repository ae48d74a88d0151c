/* SPDX-License-Identifier: Apache-2.0 */
/* Words with letters of several scripts. Python's unicodedata knows the name of each letter, and judges the table. */
#include "base/text_script.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

static void a_word_of_two_scripts_is_found(void **state)
{
    static const struct {
        const char *text;
        const char *word;
        const char *first;
        const char *second;
    } rows[] = {
        { "C\u043entoso", "C\u043entoso", "Latin", "Cyrillic" },
        { "CN=Root CA,O=\u0391BC", "\u0391BC", "Greek", "Latin" },
        { "a b\u0440c d", "b\u0440c", "Latin", "Cyrillic" },
        { "1\u04302b3", "1\u04302b3", "Cyrillic", "Latin" },
        { "a\u0301\u0430", "a\u0301\u0430", "Latin", "Cyrillic" }, /* an accent is part of the word */
        { "\uff21\u0430", "\uff21\u0430", "Latin", "Cyrillic" },
        { "\U0001d400bc", "\U0001d400bc", "mathematical", "Latin" },
        { "x_a\u03bf", "a\u03bf", "Latin", "Greek" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        pc_text_mixture found;

        assert_true(pc_text_find_mixture(pc_span_of(rows[i].text), &found));
        assert_int_equal(strlen(rows[i].word), found.word.len);
        assert_memory_equal(rows[i].word, found.word.start, found.word.len);
        assert_string_equal(rows[i].first, found.scripts[0]);
        assert_string_equal(rows[i].second, found.scripts[1]);
    }
}

static void words_of_one_script_are_not(void **state)
{
    static const char *const rows[] = {
        "",
        "Contoso Root CA G1",
        "\u041a\u043e\u0440\u0435\u043d\u044c 2027",
        "PIN-\u043a\u043e\u0434",
        "\u0441\u0430/ca",
        "\u00e9l\u00e8ve",
        "A\u4e2d\u6587\u3042",                     /* which look like nothing else */
        "\u00b5m 5\u00b0C",                        /* signs that are letters of no script */
        "ca\u00a0\u0441\u0430\u2014x\u3000\u0445", /* spaces and dashes beyond ASCII */
        "\xff\xfe",
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        pc_text_mixture found = { .scripts = { NULL, NULL } };

        assert_false(pc_text_find_mixture(pc_span_of(rows[i]), &found));
        assert_null(found.scripts[0]);
    }
}

/* Every letter is in the script that begins its name in the Unicode character database. */
static void the_table_agrees_with_the_names_of_the_letters(void **state)
{
    static const char names[] = "import sys, unicodedata as u\n"
                                "known = {s.upper(): s for s in 'Latin Greek Cyrillic Coptic Armenian Georgian "
                                "Cherokee Lisu Deseret'.split()}\n"
                                "known['MATHEMATICAL'] = 'mathematical'\n"
                                "for p in range(0x20, 0x20000):\n"
                                "    c = chr(p)\n"
                                "    name = u.name(c, '').split(' ')\n"
                                "    if u.category(c)[:2] in ('Lu', 'Ll', 'Lt') and name[0] in known:\n"
                                "        print('%x %s' % (p, known[name[0]]))\n";
    char command[1024];
    unsigned point = 0;
    char script[32];
    size_t count = 0;

    (void)state;
    (void)snprintf(command, sizeof command, "python3 -c \"%s\"", names);
    FILE *in = popen(command, "re");

    assert_non_null(in);
    while (fscanf(in, "%x %31s", &point, script) == 2) {
        const char *ours = pc_text_script(point);

        if (!ours || strcmp(ours, script) != 0) {
            fail_msg("U+%04X is %s, and the table says %s", point, script, ours ? ours : "nothing");
        }
        count++;
    }
    assert_int_equal(0, pclose(in));
    assert_true(count > 2500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_word_of_two_scripts_is_found),
        cmocka_unit_test(words_of_one_script_are_not),
        cmocka_unit_test(the_table_agrees_with_the_names_of_the_letters),
    };

    return cmocka_run_group_tests_name("text script", tests, NULL, NULL);
}
