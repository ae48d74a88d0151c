/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/member.h"

static void only_one_word_in_backquotes_names_a_member(void **state)
{
    static const struct {
        const char *text;
        const char *member; /* NULL: none */
    } rows[] = {
        { "give `pin_source`", "pin_source" },
        { "`p11cert list` shows the keys", NULL },
        { "`p11cert new --force`; or `force` to replace it", "force" },
        { "an `unclosed", NULL },
        { "nothing in ``", NULL },
        { "", NULL },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[64] = "";
        size_t len = 0;

        (void)strncpy(text, rows[i].text, sizeof text - 1);
        const char *found = pc_member_find(text, &len);

        assert_int_equal(rows[i].member != NULL, found != NULL);
        assert_int_equal(rows[i].member ? strlen(rows[i].member) : 0, len);
        assert_true(!found || strncmp(found + 1, rows[i].member, len) == 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_one_word_in_backquotes_names_a_member),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
