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

static void the_members_of_another_order_are_named(void **state)
{
    static const pc_member_name names[] = { { "key", "issue_with" }, { "token", NULL } };
    char text[64] = "name `key` or `token`; `p11cert list` shows `key`";
    char small[20] = "use `key` `key`";

    (void)state;
    pc_members_rename(text, sizeof text, names, 2);
    assert_string_equal("name `issue_with` or `token`; `p11cert list` shows `issue_with`", text);
    pc_members_rename(small, sizeof small, names, 2);
    assert_string_equal("use `issue_with` `i", small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_one_word_in_backquotes_names_a_member),
        cmocka_unit_test(the_members_of_another_order_are_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
