/* SPDX-License-Identifier: Apache-2.0 */
#include "base/encoding.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    const char *name;
    const char *bytes;
    size_t len;
    const char *encoding;
    const char *text; /* NULL: refused */
} rows[] = {
    { "no bytes are ASCII", "", 0, "ascii", "" },
    { "plain text is ASCII", "[a]\r\n", 5, "ascii", "[a]\r\n" },
    { "valid UTF-8 is UTF-8", "\xc3\xa4", 2, "utf-8", "\xc3\xa4" },
    { "a byte order mark of UTF-8 is taken off",
      "\xef\xbb\xbf"
      "a",
      4, "utf-8-bom", "a" },
    { "a byte order mark alone is empty text", "\xef\xbb\xbf", 3, "utf-8-bom", "" },
    { "the mark of UTF-8 before other bytes is refused", "\xef\xbb\xbf\xe4", 4, "utf-8-bom", NULL },
    { "UTF-16LE is converted",
      "\xff\xfe"
      "a\0\xe4\0",
      6, "utf-16le", "a\xc3\xa4" },
    { "UTF-16BE is converted",
      "\xfe\xff"
      "\0a\0\xe4",
      6, "utf-16be", "a\xc3\xa4" },
    { "a surrogate pair is one character", "\xff\xfe\x3d\xd8\x00\xde", 6, "utf-16le", "\xf0\x9f\x98\x80" },
    { "a lone surrogate is refused",
      "\xff\xfe\x3d\xd8"
      "a\0",
      6, "utf-16le", NULL },
    { "a surrogate at the end is refused", "\xff\xfe\x3d\xd8", 4, "utf-16le", NULL },
    { "UTF-16 with an odd byte is refused",
      "\xff\xfe"
      "a\0b",
      5, "utf-16le", NULL },
    { "what is not UTF-8 is Windows-1252", "\xe4\x80", 2, "windows-1252", "\xc3\xa4\xe2\x82\xac" },
    { "typographic quotes of Windows-1252 are converted",
      "\x93"
      "a\x94",
      3, "windows-1252",
      "\xe2\x80\x9c"
      "a\xe2\x80\x9d" },
    { "a byte that Windows-1252 lacks is refused", "\x81", 1, "windows-1252", NULL },
    { "an overlong form is not UTF-8", "\xc0\xaf", 2, "windows-1252", "\xc3\x80\xc2\xaf" },
    { "a surrogate in UTF-8 is not UTF-8", "\xed\xa0\x80", 3, "windows-1252", "\xc3\xad\xc2\xa0\xe2\x82\xac" },
};

static void text_is_converted_or_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(rows); i++) {
        PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
        pc_decoded decoded = { .encoding = NULL };
        pc_error err = { 0 };
        pc_status status = pc_encoding_decode(arena, (const uint8_t *)rows[i].bytes, rows[i].len, &decoded, &err);

        print_message("  %s\n", rows[i].name);
        if (!rows[i].text) {
            assert_int_equal(status, PC_E_INPUT);
            assert_null(decoded.encoding);
            assert_string_not_equal(err.frames[0], "");
            continue;
        }
        assert_int_equal(status, PC_OK);
        assert_string_equal(decoded.encoding, rows[i].encoding);
        assert_string_equal(decoded.text, rows[i].text);
        assert_int_equal(decoded.len, strlen(rows[i].text));
    }
}

static void refusal_names_the_place(void **state)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    pc_decoded decoded = { .encoding = NULL };
    pc_error err = { 0 };

    (void)state;
    assert_int_equal(pc_encoding_decode(arena, (const uint8_t *)"ab\x81", 3, &decoded, &err), PC_E_INPUT);
    assert_non_null(strstr(err.frames[0], "byte 3"));
}

static void text_becomes_utf_16_that_reads_back(void **state)
{
    static const char *const texts[] = { "", "a\r\n", "\xc3\xa4\xe2\x82\xac", "\xf0\x9f\x98\x80" };

    (void)state;
    for (size_t i = 0; i < PC_COUNT(texts); i++) {
        PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
        pc_decoded decoded = { .encoding = NULL };
        pc_bytes bytes = { .len = 0 };

        assert_int_equal(pc_encoding_to_utf16le(arena, texts[i], &bytes, NULL), PC_OK);
        assert_int_equal(pc_encoding_decode(arena, bytes.data, bytes.len, &decoded, NULL), PC_OK);
        assert_string_equal(decoded.encoding, "utf-16le");
        assert_string_equal(decoded.text, texts[i]);
    }
}

static void what_is_not_utf_8_does_not_become_utf_16(void **state)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    pc_bytes bytes = { .len = 0 };

    (void)state;
    assert_int_equal(pc_encoding_to_utf16le(arena, "a\xe4", &bytes, NULL), PC_E_INPUT);
    assert_null(bytes.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_converted_or_refused),
        cmocka_unit_test(refusal_names_the_place),
        cmocka_unit_test(text_becomes_utf_16_that_reads_back),
        cmocka_unit_test(what_is_not_utf_8_does_not_become_utf_16),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
