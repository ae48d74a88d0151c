/* SPDX-License-Identifier: Apache-2.0 */
#include "enroll/certsrv/listing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../adcs/rendered.h"

static void number_of_renewals_is_read(void **state)
{
    static const struct {
        const char *text;
        bool found;
        unsigned long newest;
    } rows[] = {
        { "var nRenewals=0;", true, 0 },
        { "var nRenewals = 12 ;", true, 12 },
        { "+nRenewals+\"x\"; var nRenewals=3", true, 3 },
        { "nRenewals==2", false, 0 },
        { "nRenewals=", false, 0 },
        { "nRenewals=-1", false, 0 },
        { "", false, 0 },
    };

    (void)state;
    for (size_t i = 0; i < PC_COUNT(rows); i++) {
        unsigned long newest = 0;

        assert_int_equal(pc_certsrv_renewals((const uint8_t *)rows[i].text, strlen(rows[i].text), &newest),
                         rows[i].found);
        assert_int_equal(newest, rows[i].newest);
    }
}

static pc_ca_templates templates_of(pc_arena *arena, const char *text)
{
    pc_ca_templates templates = { .count = 77 };

    assert_int_equal(pc_certsrv_templates(arena, (const uint8_t *)text, strlen(text), &templates, NULL), PC_OK);
    return templates;
}

static void templates_are_listed_by_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(page_layouts); i++) {
        PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
        pc_ca_templates templates = templates_of(arena, page_rendered(arena, "fr", page_layouts[i], "form", ""));

        assert_true(templates.is_form);
        assert_int_equal(templates.count, 3);
        assert_string_equal(templates.items[0].name, "WebServer");
        assert_string_equal(templates.items[0].display, "Web Server");
        assert_string_equal(templates.items[2].name, "ContosoR&D");
        assert_string_equal(templates.items[2].display, "Contoso R&D");
        templates = templates_of(arena, page_rendered(arena, "fr", page_layouts[i], "form", "kind=standalone"));
        assert_true(templates.is_form);
        assert_int_equal(templates.count, 0);
        templates = templates_of(arena, page_rendered(arena, "fr", page_layouts[i], "home", ""));
        assert_false(templates.is_form);
    }
}

static void options_elsewhere_are_not_templates(void **state)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    const pc_ca_templates templates = templates_of(
        arena, "<select name=other><option value='E;No;'></select><SELECT\nID=x NAME='lbcerttemplate'><option>"
               "<option value=none><option value=';;'><option selected value=E;Bare><option value = \"E;Q;1;Shown\">"
               "</SELECT><option value='E;Late;'>");

    (void)state;
    assert_int_equal(templates.count, 2);
    assert_string_equal(templates.items[0].name, "Bare");
    assert_string_equal(templates.items[1].name, "Q");
    assert_string_equal(templates.items[1].display, "Shown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(number_of_renewals_is_read),
        cmocka_unit_test(templates_are_listed_by_name),
        cmocka_unit_test(options_elsewhere_are_not_templates),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
