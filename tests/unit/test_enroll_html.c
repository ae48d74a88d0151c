/* SPDX-License-Identifier: Apache-2.0 */
#include "enroll/certsrv/html.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static xmlDoc *parse(const char *html, size_t len)
{
    xmlDoc *page = NULL;

    assert_int_equal(pc_html_parse((const uint8_t *)html, len, &page, NULL), PC_OK);
    return page;
}

static const struct {
    const char *html;
    const char *text;
} rows[] = {
    { "", "" },
    { "  a \t\r\n b  ", "a b" },
    { "<p>a</p><B>b</B>", "a b" },
    { "a<!-- x > y -->b", "a b" },
    { "a<!--b", "a" },
    { "a<SCRIPT x=y>if (a<b) {}</Script >b<style>p{}</style>c", "a b c" },
    { "a &amp; &lt;&quot;&nbsp;x", "a & <\" x" },
    { "a&unknown;b", "a&unknown;b" }, /* no entities but HTML's own */
    { "&#65;&#x42;&#228;&#x20ac;&#x1f600;", "AB\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80" },
    { "a&#27;[m", "a[m" },
};

static void reader_sees_text_alone(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(rows); i++) {
        PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
        PC_AUTO(xml_document) xmlDoc *page = parse(rows[i].html, strlen(rows[i].html));

        if (strcmp(pc_html_text(arena, pc_html_first(page)), rows[i].text) != 0) {
            fail_msg("\"%s\": \"%s\"", rows[i].html, pc_html_text(arena, pc_html_first(page)));
        }
    }
}

static void no_bytes_are_too_strange(void **state)
{
    static const char bytes[] = "<p>a\0b\xff\xfe\x80 c</p>";
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    PC_AUTO(xml_document) xmlDoc *page = parse(bytes, sizeof bytes - 1);
    const char *text = pc_html_text(arena, pc_html_first(page));

    (void)state;
    assert_int_equal(strncmp(text, "a b", 3), 0);
    assert_string_equal(text + strlen(text) - 2, " c");
}

/* An entity that the page defines is not replaced: what it names is neither read nor multiplied. */
static void entities_of_a_page_are_not_known(void **state)
{
    static const char html[] = "<!DOCTYPE html [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY f SYSTEM \"file:///etc/passwd\">]>"
                               "<html><body><p id=x>&a;&f;</p></body></html>";
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    PC_AUTO(xml_document) xmlDoc *page = parse(html, strlen(html));
    const char *text = pc_html_text(arena, pc_html_by_id(page, "x"));

    (void)state;
    assert_string_equal(text, "&a;&f;");
}

static void page_is_read_up_to_the_limit(void **state)
{
    static const char last[] = "<p id=late>late</p>";
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    char *html = pc_arena_alloc(arena, PC_HTML_MAX + sizeof last);

    (void)state;
    memset(html, ' ', PC_HTML_MAX);
    memcpy(html, "<p id=early>x", 13);
    memcpy(html + PC_HTML_MAX, last, sizeof last);
    PC_AUTO(xml_document) xmlDoc *page = parse(html, strlen(html));

    assert_non_null(pc_html_by_id(page, "early"));
    assert_null(pc_html_by_id(page, "late"));
}

static void attribute_is_found_quoted_or_not(void **state)
{
    static const struct {
        const char *tag;
        const char *value; /* NULL: not there */
    } tags[] = {
        { "<p name=a id=b>", "a" },
        { "<P id=b\n NAME = 'a b'>", "a b" },
        { "<p checked name=\"a>b\">", "a>b" },
        { "<p data-name=x>", NULL },
        { "<p name>", "" },
        { "<p name=''>", "" },
        { "<p x='name=1' name=2>", "2" },
        { "<p name='a&amp;b'>", "a&b" },
        { "<p>", NULL },
    };

    (void)state;
    for (size_t i = 0; i < PC_COUNT(tags); i++) {
        PC_AUTO(xml_document) xmlDoc *page = parse(tags[i].tag, strlen(tags[i].tag));
        const xmlNode *element = pc_html_first(page);

        while (element && !pc_html_is(element, "p")) {
            element = pc_html_next(element);
        }
        const char *value = element ? pc_html_attribute(element, "name") : "(no element)";

        if (!value != !tags[i].value || (value && strcmp(value, tags[i].value) != 0)) {
            fail_msg("%s: %s", tags[i].tag, value ? value : "(none)");
        }
    }
}

static void elements_are_found_by_id_and_place(void **state)
{
    static const char html[] = "<DL><DT ID=Label>five<DD> 5 <LocID ID=locSpacer>-</LocID> x</DL>";
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    PC_AUTO(xml_document) xmlDoc *page = parse(html, strlen(html));

    (void)state;
    assert_string_equal(pc_html_text(arena, pc_html_by_id(page, "LABEL")), "five");
    assert_true(pc_html_is(pc_html_sibling(pc_html_by_id(page, "label")), "dd"));
    assert_string_equal(pc_html_text_before(arena, pc_html_by_id(page, "locSpacer")), "5");
    assert_string_equal(pc_html_text_before(arena, pc_html_by_id(page, "label")), "");
    assert_null(pc_html_by_id(page, "other"));
    assert_null(pc_html_first(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reader_sees_text_alone),           cmocka_unit_test(no_bytes_are_too_strange),
        cmocka_unit_test(entities_of_a_page_are_not_known), cmocka_unit_test(page_is_read_up_to_the_limit),
        cmocka_unit_test(attribute_is_found_quoted_or_not), cmocka_unit_test(elements_are_found_by_id_and_place),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
