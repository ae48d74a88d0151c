/* SPDX-License-Identifier: Apache-2.0 */
#include "enroll/certsrv/html.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    const char *html;
    const char *text;
} rows[] = {
    { "", "" },
    { "  a \t\r\n b  ", "a b " },
    { "<p>a</p><B>b</B>", "a b " },
    { "a<!-- x > y -->b<!---->c", "a b c" },
    { "a<!--b", "a " },
    { "a<SCRIPT x=y>if (a<b) {}</Script >b<style>p{}</style>c", "a b c" },
    { "a<scripture>b", "a b" },
    { "1 < 2 <3 <", "1 < 2 " }, /* "<3" opens a tag that does not end */
    { "&amp;&lt;&GT;&quot;&apos;&nbsp;x&unknown;&", "&<>\"' x&unknown;&" },
    { "&#65;&#x42;&#X43;&#0;&#xd800;&#x110000;&#99999999999;&#;&#x;", "ABC \xef\xbf\xbd\xef\xbf\xbd&#99999999999;&#;&#x;" },
    { "&#228;&#x20ac;&#x1f600;", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80" },
    { "\x01\x1b[m\x7f", "[m " },
};

static void reader_sees_text_alone(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(rows); i++) {
        PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();

        assert_string_equal(pc_html_text(arena, (const uint8_t *)rows[i].html, strlen(rows[i].html), 1000), rows[i].text);
    }
}

static void text_ends_at_its_bound(void **state)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();

    (void)state;
    assert_string_equal(pc_html_text(arena, (const uint8_t *)"<p>abcdef", 9, 3), "abc");
}

static void attribute_is_found_quoted_or_not(void **state)
{
    static const struct {
        const char *attributes;
        bool found;
        const char *value;
    } tags[] = {
        { " name=a id=b", true, "a" },      { " id=b\n NAME = 'a b'", true, "a b" }, { " checked name=\"a>b\"", true, "a>b" },
        { " data-name=x", false, "" },      { " name", false, "" },                  { " name=", true, "" },
        { " x='name=1' name=2", true, "2" }, { " name='open", true, "open" },         { " = name=3", false, "" },
        { "", false, "" },
    };

    (void)state;
    for (size_t i = 0; i < PC_COUNT(tags); i++) {
        pc_span value = { .at = "" };

        if (pc_html_attribute(pc_span_of(tags[i].attributes), "name", &value) != tags[i].found ||
            value.len != strlen(tags[i].value) || memcmp(value.at, tags[i].value, value.len) != 0) {
            fail_msg("<x%s>: \"%.*s\"", tags[i].attributes, (int)value.len, value.at);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reader_sees_text_alone),
        cmocka_unit_test(text_ends_at_its_bound),
        cmocka_unit_test(attribute_is_found_quoted_or_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
