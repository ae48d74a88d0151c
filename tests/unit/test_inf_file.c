/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/inf.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"

PC_AUTO_DEFINE(pc_inf, pc_inf, pc_inf_free);

static pc_inf *parse(const char *text)
{
    pc_inf *inf = NULL;

    assert_int_equal(pc_inf_parse((const uint8_t *)text, strlen(text), "test.inf", &inf, NULL), PC_OK);
    return inf;
}

static const pc_finding *find(const pc_inf *inf, const char *id)
{
    for (size_t i = 0; i < inf->findings.count; i++) {
        if (strcmp(inf->findings.items[i].id, id) == 0) {
            return &inf->findings.items[i];
        }
    }
    return NULL;
}

/* Each row: the lines below [a], and the key and value of the first entry. */
static const struct {
    const char *name;
    const char *lines;
    const char *key;
    const char *value;
    const char *comment;
} entries[] = {
    { "key and value", "k=v", "k", "v", NULL },
    { "blanks and tabs are dropped", " \t k \t= \t v \t", "k", "v", NULL },
    { "a key may hold blanks", "Key Exportable = TRUE", "Key Exportable", "TRUE", NULL },
    { "the first '=' divides", "k=CN=a", "k", "CN=a", NULL },
    { "an empty value", "k =", "k", "", NULL },
    { "a comment behind the value", "k = v ; c ; d ", "k", "v", "c ; d" },
    { "an empty comment", "k=v;", "k", "v", "" },
    { "a comment before '='", "k ; = v", "", "k", "= v" },
    { "a semicolon in quotes is data", "k = \"a;b\" ; c", "k", "a;b", "c" },
    { "quotes are taken off", "k = \" a \"", "k", " a ", NULL },
    { "a doubled quote is one", "k = \"O=\"\"a, b\"\", CN=c\"", "k", "O=\"a, b\", CN=c", NULL },
    { "an empty quoted value", "k = \"\"", "k", "", NULL },
    { "quoted fields with commas", "k = \"a\",\"b\"", "k", "a,b", NULL },
    { "quotes inside a bare value stay", "k = CN=\"a;b\"", "k", "CN=\"a;b\"", NULL },
    { "an open quote ends with the line", "k = \"$Windows NT$", "k", "$Windows NT$", NULL },
    { "an open quote swallows the comment", "k = \"a ; c", "k", "a ; c", NULL },
    { "a quoted key", "\"k=\" = v", "k=", "v", NULL },
    { "typographic quotes are quotes",
      "k = \xe2\x80\x9c"
      "a;b\xe2\x80\x9d ; c",
      "k", "a;b", "c" },
    { "low typographic quotes too",
      "k=\xe2\x80\x9e"
      "a\xe2\x80\x9c",
      "k", "a", NULL },
    { "a typographic quote alone stays",
      "k=\xe2\x80\x9c"
      "a",
      "k",
      "\xe2\x80\x9c"
      "a",
      NULL },
    { "typographic quotes inside stay",
      "k=a\xe2\x80\x9c"
      "b\xe2\x80\x9d"
      "c",
      "k",
      "a\xe2\x80\x9c"
      "b\xe2\x80\x9d"
      "c",
      NULL },
    { "a backslash joins lines", "k = a,\\\n  b", "k", "a,b", NULL },
    { "several lines are joined", "k = \\\r\n a\\\r\n b\n", "k", "ab", NULL },
    { "a backslash in quotes joins too", "k = \"a;\\\n b\"", "k", "a;b", NULL },
    { "a backslash at the end of the file", "k = a\\", "k", "a", NULL },
    { "a backslash that is not last is data", "k = a\\b", "k", "a\\b", NULL },
    { "a string is replaced", "k = x%s%y", "k", "xvaluey", NULL },
    { "a string is found without case", "k = %S%", "k", "value", NULL },
    { "a string is replaced in quotes", "k = \"%s%\"", "k", "value", NULL },
    { "a string is replaced in a key", "%s% = v", "value", "v", NULL },
    { "two percent signs are one", "k = 100%%", "k", "100%", NULL },
    { "a percent sign alone is data", "k = 100%", "k", "100%", NULL },
    { "an undefined string stays", "k = %t%", "k", "%t%", NULL },
    { "a string's value is not read again", "k = %quoted%", "k", "a \" ; %s%", NULL },
    { "a line without '='", "just text", "", "just text", NULL },
};

static void entry_is_cut_into_its_parts(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(entries); i++) {
        char text[512];

        (void)snprintf(text, sizeof text, "[a]\n%s%s", entries[i].lines,
                       strchr(entries[i].lines, '%') ? "\n[Strings]\ns = \"value\"\nQuoted = \"a \"\" ; %s%\"\n" : "");
        PC_AUTO(pc_inf) pc_inf *inf = parse(text);

        print_message("  %s\n", entries[i].name);
        assert_string_equal(inf->entries[0].key, entries[i].key);
        assert_string_equal(inf->entries[0].value, entries[i].value);
        assert_int_equal(inf->entries[0].line, 2);
        if (entries[i].comment) {
            assert_string_equal(inf->entries[0].comment, entries[i].comment);
        } else {
            assert_null(inf->entries[0].comment);
        }
    }
}

static const struct {
    const char *id;
    pc_severity severity;
    unsigned line;
    const char *raises;
    const char *is_quiet;
} findings[] = {
    { "inf.open-quote", PC_SEVERITY_WARNING, 2, "[a]\nk=\"a\n", "[a]\nk=\"a\"\n" },
    { "inf.open-quote", PC_SEVERITY_WARNING, 2, "[a]\nk=19\" rack\n", "[a]\nk=\"a \"\" b\"\n" },
    { "inf.typographic-quotes", PC_SEVERITY_WARNING, 2,
      "[a]\nk=\xe2\x80\x9c"
      "a\xe2\x80\x9d\n",
      "[a]\nk=a \xe2\x80\x9c"
      "b\xe2\x80\x9d c\n" },
    { "inf.typographic-quotes", PC_SEVERITY_WARNING, 2, "[a]\nk=a\xe2\x80\x9d\n",
      "[a]\nk=a ; \xe2\x80\x9c"
      "b\n" },
    { "inf.line-without-equals", PC_SEVERITY_WARNING, 2, "[a]\ntext\n", "[a]\n; text\n" },
    { "inf.line-without-equals", PC_SEVERITY_WARNING, 3, "[a]\nk=\"a\nb\"\n", "[Strings]\ntext\n" },
    { "inf.undefined-string", PC_SEVERITY_ERROR, 2, "[a]\nk=%s%\n", "[a]\nk=%s%\n[Strings]\ns=v\n" },
    { "inf.undefined-string", PC_SEVERITY_ERROR, 2, "[a]\n%s%=v\n", "[a]\nk=50%% of 100%%\n" },
    { "inf.outside-section", PC_SEVERITY_WARNING, 1, "k=v\n[a]\n", "; k=v\n[a]\n" },
    { "inf.unseen-character", PC_SEVERITY_ERROR, 3, "[a]\r\n\r\n\ufeffk=v\n", "\ufeff[a]\nk=v\n" },
    { "inf.unseen-character", PC_SEVERITY_ERROR, 2, "[a]\n; \u202e\nk=v\n", "[a]\n; \u00a0\u05d0\nk=v\n" },
    { "inf.unseen-character", PC_SEVERITY_ERROR, 2, "[a]\nk=v\u26a0\ufe0f\n", "[a]\n ; \u26a0\ufe0f keep\nk=v\n" },
    { "inf.section-header", PC_SEVERITY_WARNING, 1, "[a\nk=v\n", "[ a ] ; comment\nk=v\n" },
    { "inf.section-header", PC_SEVERITY_WARNING, 1, "[a] k=v\n", "[a]\nk=v\n" },
};

static void oddity_is_found_where_it_is_and_nowhere_else(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(findings); i++) {
        PC_AUTO(pc_inf) pc_inf *odd = parse(findings[i].raises);
        PC_AUTO(pc_inf) pc_inf *quiet = parse(findings[i].is_quiet);
        const pc_finding *found = find(odd, findings[i].id);

        print_message("  %s: %s\n", findings[i].id, found ? found->message : "not raised");
        assert_non_null(found);
        assert_int_equal(found->severity, findings[i].severity);
        assert_int_equal(found->line, findings[i].line);
        assert_non_null(found->fix);
        assert_null(find(quiet, findings[i].id));
    }
}

static void quoted_value_over_two_lines_is_recognised(void **state)
{
    PC_AUTO(pc_inf) pc_inf *inf = parse("[a]\nk=\"CN=a\nb\"\n");

    (void)state;
    assert_non_null(strstr(find(inf, "inf.line-without-equals")->message, "quote opened on line 2"));
    assert_true(inf->entries[0].is_quote_open);
}

static void fix_is_the_line_to_write(void **state)
{
    PC_AUTO(pc_inf)
    pc_inf *inf = parse("[a]\nSubject=\xe2\x80\x9d"
                        "CN=a\xe2\x80\x9d\nSignature = \"$Windows NT$\n");

    (void)state;
    assert_string_equal(find(inf, "inf.typographic-quotes")->fix, "Subject = \"CN=a\"");
    assert_string_equal(find(inf, "inf.open-quote")->fix, "Signature = \"$Windows NT$\"");
}

static void line_limit_holds_after_replacement(void **state)
{
    char text[PC_INF_MAX_LINE * 2 + 64];
    size_t head = 6;

    (void)state;
    for (size_t extra = 0; extra < 2; extra++) {
        /* "%a%" is one character once replaced; the key is one more. */
        size_t filling = PC_INF_MAX_LINE - 2 + extra;

        memcpy(text, "[a]\nk=", head);
        memset(text + head, 'x', filling);
        (void)snprintf(text + head + filling, sizeof text - head - filling, "%%a%%\n[Strings]\na=b\n");
        PC_AUTO(pc_inf) pc_inf *inf = parse(text);

        assert_int_equal(find(inf, "inf.line-too-long") != NULL, extra == 1);
        assert_int_equal(inf->entry_count, extra == 1 ? 1 : 2);
    }
}

static void strings_that_explode_are_refused(void **state)
{
    static char text[400000];
    size_t len = (size_t)snprintf(text, sizeof text, "[Strings]\na=%04000d\n[b]\n", 0);
    pc_inf *inf = NULL;
    pc_error err = { 0 };

    (void)state;
    for (size_t i = 0; i < 50000; i++) {
        memcpy(text + len, "k=%a%\n", 6);
        len += 6;
    }
    assert_int_equal(pc_inf_parse((const uint8_t *)text, len, "bomb.inf", &inf, &err), PC_E_INPUT);
    assert_null(inf);
    assert_non_null(strstr(err.frames[0], "bomb.inf"));
}

static void sections_of_one_name_are_one(void **state)
{
    PC_AUTO(pc_inf) pc_inf *inf = parse("; first\r[One]\ra=1\r[two]\rb=2\r\r[oNE]\rc=3\r");

    (void)state;
    assert_int_equal(inf->section_count, 2);
    assert_string_equal(inf->sections[0], "One");
    assert_string_equal(inf->sections[1], "two");
    assert_int_equal(inf->section_lines[0], 2);
    assert_int_equal(inf->section_lines[1], 4);
    assert_int_equal(inf->entry_count, 3);
    assert_ptr_equal(inf->entries[2].section, inf->entries[0].section);
    assert_int_equal(inf->entries[2].line, 8);
}

static const struct {
    const char *name;
    const char *bytes;
    size_t len;
    const char *says;
} refused[] = {
    { "an empty file", "", 0, "is empty" },
    { "a NUL", "[a]\nk=\0v\n", 9, "NUL" },
    { "UTF-16 without mark", "[\0a\0]\0", 6, "NUL" },
    { "another control character", "[a]\nk=\x01\n", 8, "0x01" },
    { "no section", "k=v\n", 4, "no section" },
    { "comments alone", "; a\n", 4, "no section" },
    { "UTF-16 cut off", "\xff\xfe[\0a", 5, "odd number" },
};

static void file_that_is_not_an_inf_is_refused_by_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(refused); i++) {
        pc_inf *inf = NULL;
        pc_error err = { 0 };

        print_message("  %s\n", refused[i].name);
        assert_int_equal(pc_inf_parse((const uint8_t *)refused[i].bytes, refused[i].len, "x.inf", &inf, &err),
                         PC_E_INPUT);
        assert_null(inf);
        assert_non_null(strstr(err.frames[0], refused[i].says));
        assert_non_null(strstr(err.frames[err.frame_count - 1], "x.inf"));
    }
}

static void file_that_is_too_large_is_refused(void **state)
{
    static uint8_t bytes[PC_INF_MAX_SIZE + 1];
    pc_inf *inf = NULL;
    pc_error err = { 0 };

    (void)state;
    memset(bytes, '\n', sizeof bytes);
    assert_int_equal(pc_inf_parse(bytes, sizeof bytes, "x.inf", &inf, &err), PC_E_INPUT);
    assert_non_null(strstr(err.frames[0], "at most"));
    for (size_t i = 0; i + 1 < sizeof bytes; i += 2) {
        bytes[i] = 'a';
    }
    assert_int_equal(pc_inf_parse(bytes, sizeof bytes - 1, "x.inf", &inf, &err), PC_E_INPUT);
    assert_non_null(strstr(err.frames[0], "65536 lines"));
}

static void flood_of_findings_is_cut_but_errors_are_not_lost(void **state)
{
    static char text[64 * 1024];
    size_t len = 4;

    (void)state;
    memcpy(text, "[a]\n", len);
    for (size_t i = 0; i < 2000; i++) {
        memcpy(text + len, "x\n", 2);
        len += 2;
    }
    memcpy(text + len, "k=%u%\n", 7);
    PC_AUTO(pc_inf) pc_inf *inf = parse(text);
    const pc_finding *last = &inf->findings.items[inf->findings.count - 1];

    assert_true(inf->findings.count <= PC_INF_MAX_FINDINGS);
    assert_string_equal(last->id, "inf.too-many");
    assert_int_equal(last->severity, PC_SEVERITY_WARNING);
    assert_string_equal(pc_inf_first_error(inf)->id, "inf.undefined-string");
    assert_int_equal(inf->findings.left_out + inf->findings.count - 1, 2001);
}

static void errors_that_are_left_out_still_count_as_errors(void **state)
{
    static char text[64 * 1024];
    size_t len = 4;

    (void)state;
    memcpy(text, "[a]\n", len);
    for (size_t i = 0; i < 2000; i++) {
        memcpy(text + len, "k=%u%\n", 7);
        len += 6;
    }
    PC_AUTO(pc_inf) pc_inf *inf = parse(text);

    assert_int_equal(inf->findings.count, PC_INF_MAX_FINDINGS);
    assert_int_equal(inf->findings.items[inf->findings.count - 1].severity, PC_SEVERITY_ERROR);
}

static void findings_are_sorted_by_line(void **state)
{
    PC_AUTO(pc_inf) pc_inf *inf = parse("[a]\nk=%u%\ntext\nk=\"a\n");

    (void)state;
    assert_int_equal(inf->findings.count, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(inf->findings.items[i].line, 2 + i);
    }
}

static const struct {
    const char *name;
    const char *bytes;
    size_t len;
    bool is_inf;
} looks[] = {
    { "a section header", "[NewRequest]", 12, true },
    { "comments and empty lines first", "; a [\r\n\r\n \t[Version]\n", 21, true },
    { "a byte order mark first", "\xef\xbb\xbf[a]", 6, true },
    { "UTF-16LE", "\xff\xfe[\0a\0]\0", 8, true },
    { "UTF-16BE", "\xfe\xff\0[\0a\0]", 8, true },
    { "bytes of Windows-1252 in a comment", "; \xe4\n[a]", 7, true },
    { "nothing", "", 0, false },
    { "a comment alone", "; a", 3, false },
    { "an entry first", "k=v\n[a]", 7, false },
    { "PEM", "-----BEGIN CERTIFICATE REQUEST-----\n", 36, false },
    { "JSON", "[{\"a\":1}]", 9, false },
    { "a JSON list of words", "[\"a\"]", 5, false },
    { "a JSON list of numbers", "[1,2]", 5, false },
    { "a bracket that is not closed", "[a\n]", 4, false },
    { "DER", "\x30\x82\x01\x00", 4, false },
    { "a mark alone", "\xff\xfe", 2, false },
    { "a mark and half a character", "\xff\xfe[", 3, false },
};

static void inf_is_recognised_by_its_first_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(looks); i++) {
        print_message("  %s\n", looks[i].name);
        assert_int_equal(pc_inf_recognise((const uint8_t *)looks[i].bytes, looks[i].len), looks[i].is_inf);
    }
}

static void severities_have_names(void **state)
{
    (void)state;
    assert_string_equal(pc_severity_name(PC_SEVERITY_INFO), "info");
    assert_string_equal(pc_severity_name(PC_SEVERITY_WARNING), "warning");
    assert_string_equal(pc_severity_name(PC_SEVERITY_ERROR), "error");
    pc_inf_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entry_is_cut_into_its_parts),
        cmocka_unit_test(oddity_is_found_where_it_is_and_nowhere_else),
        cmocka_unit_test(quoted_value_over_two_lines_is_recognised),
        cmocka_unit_test(fix_is_the_line_to_write),
        cmocka_unit_test(line_limit_holds_after_replacement),
        cmocka_unit_test(strings_that_explode_are_refused),
        cmocka_unit_test(sections_of_one_name_are_one),
        cmocka_unit_test(file_that_is_not_an_inf_is_refused_by_name),
        cmocka_unit_test(file_that_is_too_large_is_refused),
        cmocka_unit_test(flood_of_findings_is_cut_but_errors_are_not_lost),
        cmocka_unit_test(errors_that_are_left_out_still_count_as_errors),
        cmocka_unit_test(findings_are_sorted_by_line),
        cmocka_unit_test(inf_is_recognised_by_its_first_line),
        cmocka_unit_test(severities_have_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
