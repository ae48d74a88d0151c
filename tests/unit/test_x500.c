/* SPDX-License-Identifier: Apache-2.0 */
#include "inf/x500.h"
#include "inf/x500_repair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"

/* A name as one string: "oid=value", '#' before hex, '+' and '/' between. */
static const char *flatten(pc_arena *arena, const pc_name *name)
{
    const char *text = "";

    for (size_t i = 0; i < name->count; i++) {
        for (size_t j = 0; j < name->rdns[i].count; j++) {
            const pc_name_attribute *each = &name->rdns[i].attributes[j];

            text = pc_arena_format(arena, "%s%s%s=%s%s", text,
                                   j   ? "+"
                                   : i ? "/"
                                       : "",
                                   each->oid, each->form == PC_VALUE_DER ? "#" : "", each->text);
        }
    }
    return text;
}

static const struct {
    const char *name;
    const char *text;
    const char *expected;
} accepted[] = {
    { "an empty string is an empty name", "", "" },
    { "blanks alone are an empty name", " \t ", "" },
    { "one attribute", "CN=a", "2.5.4.3=a" },
    { "the order is kept", "CN=a,O=b,C=DE", "2.5.4.3=a/2.5.4.10=b/2.5.4.6=DE" },
    { "a semicolon separates too", "C=JP;S=Nagano", "2.5.4.6=JP/2.5.4.8=Nagano" },
    { "a plus joins one relative name", "CN=a+OU=b,O=c", "2.5.4.3=a+2.5.4.11=b/2.5.4.10=c" },
    { "blanks round keys and values are dropped", " CN = a b , O = c ", "2.5.4.3=a b/2.5.4.10=c" },
    { "keys are read without case", "cn=a,dc=b,EMAIL=c@d",
      "2.5.4.3=a/0.9.2342.19200300.100.1.25=b/1.2.840.113549.1.9.1=c@d" },
    { "S and ST are the state", "S=a,ST=b", "2.5.4.8=a/2.5.4.8=b" },
    { "SN is the surname", "SN=a,G=b,I=c,T=d", "2.5.4.4=a/2.5.4.42=b/2.5.4.43=c/2.5.4.12=d" },
    { "a quoted value may hold separators", "O=\"a, b; c + d = e\",CN=f", "2.5.4.10=a, b; c + d = e/2.5.4.3=f" },
    { "a doubled quote is one", "CN=\"a \"\"b\"\" c\"", "2.5.4.3=a \"b\" c" },
    { "a quoted value keeps its blanks", "CN=\" a \" ,O=b", "2.5.4.3= a /2.5.4.10=b" },
    { "a backslash is an ordinary character", "CN=a\\,O=b", "2.5.4.3=a\\/2.5.4.10=b" },
    { "hex is kept as hex", "CN=#0c 01 41,O=b", "2.5.4.3=#0c0141/2.5.4.10=b" },
    { "a dotted OID is a key", "1.2.3.4=a", "1.2.3.4=a" },
    { "OID. may precede it", "oid.2.5.4.3=a", "2.5.4.3=a" },
    { "UTF-8 is kept", "O=M\xc3\xbcller", "2.5.4.10=M\xc3\xbcller" },
    { "an asterisk is an ordinary character", "CN=*.example.com", "2.5.4.3=*.example.com" },
};

static void name_is_read_as_windows_reads_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(accepted); i++) {
        PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
        pc_name name = { 0 };

        print_message("  %s\n", accepted[i].name);
        assert_int_equal(pc_x500_parse(arena, accepted[i].text, &pc_x500_default, &name, NULL), PC_OK);
        assert_string_equal(flatten(arena, &name), accepted[i].expected);
    }
}

static const struct {
    const char *name;
    const char *text;
    const char *says;
} refused[] = {
    { "text that is no name", "Subject Name in CN format", "has no '='" },
    { "a key without value", "CN=", "is empty" },
    { "an empty quoted value", "CN=\"\"", "is empty" },
    { "an empty hex value", "CN=#", "is empty" },
    { "a value without key", "=a", "missing before '='" },
    { "a separator at the end", "CN=a,", "missing at character 6" },
    { "a separator at the start", ",CN=a", "missing at character 1" },
    { "two separators", "CN=a,,O=b", "missing at character 6" },
    { "a plus in a value", "CN=a,O=Foo + Bar", "\"Bar\" after '+' has no '=': '+' joins two attributes" },
    { "a backslash before a plus", "CN=a,O=Foo \\+ Bar", "X500NameFlags = 0x20000000" },
    { "a backslash before a comma", "O=Foo\\, Inc.", "a backslash does not escape" },
    { "a plus at the end", "CN=a+", "missing at character 6" },
    { "an unknown key", "XY=a", "not a name attribute" },
    { "an OID that is none", "1.2.=a", "not a name attribute" },
    { "OID. without number", "OID.=a", "not a name attribute" },
    { "a quote left open", "CN=\"a", "not closed" },
    { "a quote closed by a doubled one only", "CN=\"a\"\"", "not closed" },
    { "text behind a quoted value", "CN=\"a\" b", "follows the closing quote" },
    { "a missing comma", "CN=a O=b", "',' is missing" },
    { "a quote inside a bare value", "CN=a\"b\"", "must be quoted" },
    { "typographic quotes",
      "\xe2\x80\x9d"
      "CN=a\xe2\x80\x9d",
      "not a name attribute" },
    { "hex with an odd digit", "CN=#0c0", "odd number" },
    { "hex that is none", "CN=#0g", "not hex" },
    { "a country of more than two letters", "C=Germany", "two letters" },
    { "a mail address that is not ASCII", "E=\xc3\xa4@b", "ASCII" },
    { "a control character", "CN=\"a\nb\"", "the value of CN has the character U+000A" },
    { "a character that is not seen", "CN=a\u200b", "the value of CN has the character U+200B" },
    { "a bidirectional override", "O=\"\u202eb\"", "the value of O has the character U+202E" },
    { "bytes that are not UTF-8", "CN=a\xff", "not UTF-8" },
};

static void broken_name_is_refused_with_the_reason(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(refused); i++) {
        PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
        pc_name name = { 0 };
        pc_error err = { 0 };

        print_message("  %s\n", refused[i].name);
        assert_int_equal(pc_x500_parse(arena, refused[i].text, &pc_x500_default, &name, &err), PC_E_INPUT);
        assert_null(name.rdns);
        assert_non_null(strstr(err.frames[0], refused[i].says));
    }
}

static const struct {
    const char *name;
    pc_x500_options options;
    const char *text;
    const char *expected; /* NULL: refused */
} flagged[] = {
    { "semicolons alone", { .separators = ";" }, "O=Sample Co.,Ltd.;CN=a+b", "2.5.4.10=Sample Co.,Ltd./2.5.4.3=a+b" },
    { "commas alone", { .separators = ",", .plus = true }, "O=a;b,CN=c", "2.5.4.10=a;b/2.5.4.3=c" },
    { "no separators", { .separators = "" }, "O=a,b;c+d", "2.5.4.10=a,b;c+d" },
    { "no quoting",
      { .separators = ",;", .no_quoting = true },
      "O=\"a\",CN=b \"c\"",
      "2.5.4.10=\"a\"/2.5.4.3=b \"c\"" },
    { "no quoting with '='", { .separators = ",;", .no_quoting = true }, "O=a=b", "2.5.4.10=a=b" },
    { "reverse",
      { .separators = ",", .plus = true, .reverse = true },
      "CN=a+OU=b,O=c,C=DE",
      "2.5.4.6=DE/2.5.4.10=c/2.5.4.3=a+2.5.4.11=b" },
    { "reverse of nothing", { .separators = ",", .reverse = true }, "", "" },
    { "a quote is one again", { .separators = "," }, "O=\"a", NULL },
};

static void options_change_how_a_name_is_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(flagged); i++) {
        PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
        pc_name name = { 0 };
        pc_status status = pc_x500_parse(arena, flagged[i].text, &flagged[i].options, &name, NULL);

        print_message("  %s\n", flagged[i].name);
        assert_int_equal(status, flagged[i].expected ? PC_OK : PC_E_INPUT);
        if (flagged[i].expected) {
            assert_string_equal(flatten(arena, &name), flagged[i].expected);
        }
    }
}

static void key_is_kept_as_written(void **state)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    pc_name name = { 0 };

    (void)state;
    assert_int_equal(pc_x500_parse(arena, "cN=a", &pc_x500_default, &name, NULL), PC_OK);
    assert_string_equal(name.rdns[0].attributes[0].key, "cN");
}

static void name_of_too_many_parts_is_refused(void **state)
{
    static const char separators[] = ",+";

    (void)state;
    for (size_t s = 0; s < 2; s++) {
        PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
        char text[4 * 300 + 1] = "";
        pc_name name = { 0 };

        for (size_t i = 0; i < 300; i++) {
            memcpy(text + i * 4, (char[]){ 'O', '=', 'a', i < 299 ? separators[s] : '\0' }, 4);
        }
        assert_int_equal(pc_x500_parse(arena, text, &pc_x500_default, &name, NULL), PC_E_INPUT);
    }
}

static const struct {
    const char *text;
    const char *repaired; /* "": it cannot be */
} repairs[] = {
    { "CN=CN=a.example.com", "CN=a.example.com" },
    { "O=o=O=a,CN=cn = b", "O=a,CN=b" },
    { "CN=O=a", "" },
    { "CN= CN=b", "" },
    { "CN=a,O= O = b", "" },
    { "CN=a.example.comO=b", "" },
    { "CN=a.example.comou=b", "" },
    { "O=rate=5,CN=b", "O=\"rate=5\",CN=b" },
    { "CN=srv.contoso.com,O=Foo \\+ Bar,C=DE", "CN=srv.contoso.com,O=\"Foo + Bar\",C=DE" },
    { "CN=a,O=Foo + Bar", "CN=a,O=\"Foo + Bar\"" },
    { "CN=a+O=b + c,C=DE", "CN=a+O=\"b + c\",C=DE" },
    { "O=Foo\\, Inc.,CN=a", "O=\"Foo, Inc.\",CN=a" },
    { "O=Foo, Inc.,CN=a", "O=\"Foo, Inc.\",CN=a" },
    { "CN=a O=b", "CN=a,O=b" },
    { "CN=a O=\"b, c\"", "CN=a,O=\"b, c\"" },
    { "CN=a=b", "CN=\"a=b\"" },
    { "server.contoso.com", "CN=server.contoso.com" },
    { "server", "" },
    { "Subject Name in CN format", "" },
    { "CN=", "" },
    { "XY=a", "" },
    { "C=Germany", "" },
    { "CN=#0c0141", "" },
};

static void broken_name_is_repaired_where_its_meaning_is_clear(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(repairs); i++) {
        PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
        const char *repaired = NULL;

        print_message("  %s\n", repairs[i].text);
        assert_int_equal(pc_x500_repair(arena, repairs[i].text, &pc_x500_default, &repaired), PC_OK);
        assert_string_equal(repaired, repairs[i].repaired);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(name_is_read_as_windows_reads_it),
        cmocka_unit_test(broken_name_is_refused_with_the_reason),
        cmocka_unit_test(broken_name_is_repaired_where_its_meaning_is_clear),
        cmocka_unit_test(options_change_how_a_name_is_cut),
        cmocka_unit_test(key_is_kept_as_written),
        cmocka_unit_test(name_of_too_many_parts_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
