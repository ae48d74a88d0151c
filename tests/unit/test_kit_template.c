/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "app/kit/template.h"

static const pc_kit_value values[] = { { "NAME", "a@OTHER@" }, { "OTHER", "b" }, { "NOTHING", "" } };

static void names_are_replaced_once_and_nothing_else_is(void **state)
{
    static const struct {
        const char *template;
        const char *text;
    } rows[] = {
        { "", "" },
        { "plain", "plain" },
        { "[@NAME@][@OTHER@][@NOTHING@]", "[a@OTHER@][b][]" },
        { "@OTHER@@OTHER@", "bb" },
        { "$x = @{ A = @(1) }; @name@ @ @@ @NAME", "$x = @{ A = @(1) }; @name@ @ @@ @NAME" },
    };

    (void)state;
    for (size_t i = 0; i < PC_COUNT(rows); i++) {
        PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
        const char *text = NULL;

        assert_int_equal(pc_kit_fill(arena, rows[i].template, values, PC_COUNT(values), &text, NULL), PC_OK);
        assert_string_equal(text, rows[i].text);
    }
}

static void a_name_without_value_is_a_defect(void **state)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    pc_error err = { .status = PC_OK };
    const char *text = NULL;

    (void)state;
    assert_int_equal(pc_kit_fill(arena, "x @UNKNOWN@", values, PC_COUNT(values), &text, &err), PC_E_INTERNAL);
    assert_non_null(strstr(err.frames[0], "UNKNOWN"));
    assert_null(text);
}

static void every_quote_that_powershell_knows_is_doubled(void **state)
{
    static const struct {
        const char *text;
        const char *literal;
    } rows[] = {
        { "", "''" },
        { "server.contoso.com", "'server.contoso.com'" },
        { "$(calc) `n \"", "'$(calc) `n \"'" },
        { "'", "''''" },
        { "O'Hara; x", "'O''Hara; x'" },
        { "\xe2\x80\x98", "'\xe2\x80\x98\xe2\x80\x98'" },
        { "a\xe2\x80\x99; calc #", "'a\xe2\x80\x99\xe2\x80\x99; calc #'" },
        { "\xe2\x80\x9a\xe2\x80\x9b", "'\xe2\x80\x9a\xe2\x80\x9a\xe2\x80\x9b\xe2\x80\x9b'" },
        { "\xe2\x80\x9c\xc3\xa4\xe2\x80\x9d", "'\xe2\x80\x9c\xc3\xa4\xe2\x80\x9d'" },
    };

    (void)state;
    for (size_t i = 0; i < PC_COUNT(rows); i++) {
        PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();

        assert_string_equal(pc_kit_quote(arena, rows[i].text), rows[i].literal);
    }
}

static void windows_text_has_its_mark_and_line_ends(void **state)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();

    (void)state;
    assert_string_equal(pc_kit_windows_text(arena, "a\n\nb\n"), "\xef\xbb\xbf"
                                                                "a\r\n\r\nb\r\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_replaced_once_and_nothing_else_is),
        cmocka_unit_test(a_name_without_value_is_a_defect),
        cmocka_unit_test(every_quote_that_powershell_knows_is_doubled),
        cmocka_unit_test(windows_text_has_its_mark_and_line_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
