/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    const char *name;
    const char *text;
    size_t size;
    const char *expected;
} escapes[] = {
    { "plain text is kept", "abc", 16, "abc" },
    { "UTF-8 is kept", "\xc3\xa4\xf0\x9f\x98\x80", 16, "\xc3\xa4\xf0\x9f\x98\x80" },
    { "a control character is escaped", "a\nb\x1b", 16, "a\\x0ab\\x1b" },
    { "DEL is escaped", "\x7f", 16, "\\x7f" },
    { "a C1 control is escaped", "\xc2\x85", 16, "\\xc2\\x85" },
    { "a bidirectional override is escaped", "\xe2\x80\xae", 16, "\\xe2\\x80\\xae" },
    { "a byte that is not UTF-8 is escaped",
      "a\xff"
      "b",
      16, "a\\xffb" },
    { "a character cut off is escaped byte by byte", "\xe2\x80", 16, "\\xe2\\x80" },
    { "text that fits exactly is not cut", "abcd", 5, "abcd" },
    { "text that is one too long is cut", "abcde", 5, "a..." },
    { "a character is not cut in two", "a\xc3\xa4\xc3\xa4\xc3\xa4", 7, "a\xc3\xa4..." },
    { "plain text behind another character is cut where there is no room",
      "\xc3\xa4"
      "bcdefghi",
      8,
      "\xc3\xa4"
      "bc..." },
    { "plain text between others is kept",
      "\x01"
      "ab\x01"
      "c",
      16, "\\x01ab\\x01c" },
    { "an escape is not cut in two", "a\x01\x01", 9, "a\\x01..." },
    { "there may be room for dots alone", "abcdef", 4, "..." },
    { "there may be room for fewer", "abcdef", 2, "." },
    { "there may be room for nothing", "abcdef", 1, "" },
};

static void text_is_made_safe_and_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(escapes); i++) {
        char out[32];

        print_message("  %s\n", escapes[i].name);
        memset(out, '!', sizeof out);
        pc_text_escape_into(escapes[i].text, strlen(escapes[i].text), out, escapes[i].size);
        assert_string_equal(out, escapes[i].expected);
        assert_int_equal(out[escapes[i].size], '!');
    }
}

/* The first and the last of each range, and their neighbours. */
static void harmful_characters_are_those_of_the_ranges(void **state)
{
    static const uint32_t harmful[] = { 0x01,    0x1f,    0x7f,    0x9f,    0xad,    0x34f,  0x61c,  0x115f, 0x1160,
                                        0x17b4,  0x17b5,  0x180b,  0x180f,  0x200b,  0x200f, 0x2028, 0x202e, 0x2060,
                                        0x206f,  0x3164,  0xfe00,  0xfe0f,  0xfeff,  0xffa0, 0xfff0, 0xfffb, 0x1bca0,
                                        0x1bca3, 0x1d173, 0x1d17a, 0xe0000, 0xe0041, 0xe0fff };
    static const uint32_t plain[] = { 0x20,   0x7e,   0xa0,    0xac,    0xae,    0x350,   0x61b,   0x61d,
                                      0x115e, 0x1161, 0x180a,  0x1810,  0x200a,  0x2010,  0x2027,  0x202f,
                                      0x205f, 0x2070, 0x3163,  0x3165,  0xfdff,  0xfe10,  0xfefe,  0xff00,
                                      0xffa1, 0xfffc, 0x1bc9f, 0x1bca4, 0x1f600, 0xdffff, 0xe1000, 0x10ffff };

    (void)state;
    for (size_t i = 0; i < PC_COUNT(harmful); i++) {
        assert_true(pc_text_is_harmful(harmful[i]));
    }
    for (size_t i = 0; i < PC_COUNT(plain); i++) {
        assert_false(pc_text_is_harmful(plain[i]));
    }
    static const uint32_t shaping[] = { 0x200c, 0x200d, 0xfe00, 0xfe0f, 0xe0100, 0xe01ef };

    for (size_t i = 0; i < PC_COUNT(shaping); i++) {
        assert_true(pc_text_is_harmful(shaping[i]));
        assert_false(pc_text_is_harmful_in_comment(shaping[i]));
    }
    assert_true(pc_text_is_harmful_in_comment(0x202e));
    assert_true(pc_text_is_harmful_in_comment(0x200b));
    assert_false(pc_text_is_harmful_in_comment('a'));
    assert_int_equal(pc_text_find_harmful(pc_span_of("a\n\u200b\u202e"), "\t\n"), 0x200b);
    assert_int_equal(pc_text_find_harmful(pc_span_of("a\n\u200b"), ""), '\n');
    assert_int_equal(pc_text_find_harmful(pc_span_of("\xff\xc3\xa4\t"), "\t"), 0);
    assert_int_equal(pc_text_find_harmful((pc_span){ "a\u200b", 1 }, ""), 0);
}

static void plain_text_ends_at_what_is_not_printable_ascii(void **state)
{
    (void)state;
    assert_int_equal(pc_text_plain_len("", 0), 0);
    assert_int_equal(pc_text_plain_len(" ~abc", 4), 4);
    assert_int_equal(pc_text_plain_len("ab\x7f", 3), 2);
    assert_int_equal(pc_text_plain_len("ab\x1f", 3), 2);
    assert_int_equal(pc_text_plain_len("ab\xc3\xa4", 4), 2);
}

static void no_room_at_all_is_not_written_to(void **state)
{
    char out = '!';

    (void)state;
    pc_text_escape_into("", 0, &out, 0);
    pc_text_escape_into("a", 1, &out, 0);
    assert_int_equal(out, '!');
}

static void escape_into_arena_is_never_cut(void **state)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();

    (void)state;
    assert_string_equal(pc_text_escape(arena, "\x01\x00\x02", 3), "\\x01\\x00\\x02");
    assert_string_equal(pc_text_escape(arena, "", 0), "");
}

static const struct {
    const char *name;
    const char *text;
    unsigned long max;
    bool ok;
    unsigned long value;
} numbers[] = {
    { "zero", "0", 0, true, 0 },
    { "decimal", " 12\t", 100, true, 12 },
    { "hex", "0xF0", 255, true, 0xf0 },
    { "the greatest allowed", "255", 255, true, 255 },
    { "one more", "256", 255, false, 0 },
    { "one digit over the limit", "9", 5, false, 0 },
    { "greater than any number", "99999999999999999999999", 0xffffffffffffffff, false, 0 },
    { "the greatest of all", "0xffffffffffffffff", 0xffffffffffffffff, true, 0xffffffffffffffff },
    { "nothing", "", 9, false, 0 },
    { "blanks", "  ", 9, false, 0 },
    { "a prefix alone", "0x", 9, false, 0 },
    { "a sign", "-1", 9, false, 0 },
    { "hex digits without prefix", "f0", 999, false, 0 },
    { "text behind", "12 a", 99, false, 0 },
};

static void number_is_read_or_left_alone(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(numbers); i++) {
        unsigned long value = 77;

        print_message("  %s\n", numbers[i].name);
        assert_int_equal(pc_text_to_number(numbers[i].text, numbers[i].max, &value), numbers[i].ok);
        assert_true(value == (numbers[i].ok ? numbers[i].value : 77));
    }
}

static const struct {
    const char *text;
    bool is_oid;
} oids[] = {
    { "1.3.6.1.5.5.7.3.1", true },
    { "2.5.4.3", true },
    { "0.9.2342.19200300.100.1.25", true },
    { "2.999", true },
    { "1.39", true },
    { "2.25.329800735698586629295641978511506172918", true },
    { "1.3.6.1.4.1.311.21.8.4294967296", true },
    { "1.40", false },
    { "3.1", false },
    { "1", false },
    { "", false },
    { "1.", false },
    { ".1", false },
    { "1..2", false },
    { "1.02", false },
    { "1.2.a", false },
    { " 1.2", false },
    { "1.2 ", false },
    { "1.10000000000", false },
    { "2.25.3298007356985866292956419785115061729180", false },
};

static void oid_is_distinguished_from_other_text(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(oids); i++) {
        print_message("  \"%s\"\n", oids[i].text);
        assert_int_equal(pc_text_is_oid(oids[i].text), oids[i].is_oid);
    }
}

static const struct {
    const char *a;
    const char *b;
    size_t distance;
} distances[] = {
    { "", "", 0 },       { "", "abc", 3 },           { "abc", "", 3 },
    { "abc", "ABC", 0 }, { "kitten", "sitting", 3 }, { "Key Exportable", "Exportable", 4 },
    { "ab", "ba", 2 },
};

static void distance_counts_edits_without_case(void **state)
{
    char longest[65];

    (void)state;
    for (size_t i = 0; i < PC_COUNT(distances); i++) {
        assert_int_equal(pc_text_distance(distances[i].a, distances[i].b), distances[i].distance);
    }
    memset(longest, 'a', sizeof longest);
    longest[64] = '\0';
    assert_true(pc_text_distance(longest, "a") == SIZE_MAX);
    longest[63] = '\0';
    assert_int_equal(pc_text_distance(longest, "a"), 62);
}

static void comparison_ignores_ascii_case_only(void **state)
{
    (void)state;
    assert_true(pc_text_equal("OID", "oid"));
    assert_false(pc_text_equal("OID", "oids"));
    assert_false(pc_text_equal("OIDs", "oid"));
    assert_false(pc_text_equal("\xc3\xa4", "\xc3\x84"));
    assert_true(pc_text_equal_n("OIDx", 3, "oid"));
    assert_false(pc_text_equal_n("OIDx", 2, "oid"));
    assert_true(pc_text_starts("OID.1", "oid."));
    assert_false(pc_text_starts("OI", "oid"));
    assert_true(pc_text_starts("", ""));
}

static void words_are_found_without_case_within_their_bytes(void **state)
{
    static const char text[] = "a\0Your ID is\xff";

    (void)state;
    assert_ptr_equal(pc_text_find(text, sizeof text - 1, "your"), text + 2);
    assert_ptr_equal(pc_text_find(text, sizeof text - 1, "IS\xff"), text + 10);
    assert_null(pc_text_find(text, 12, "is\xff"));
    assert_null(pc_text_find(text, 0, "a"));
    assert_null(pc_text_find("yyyo", 4, "you"));
}

static void span_is_trimmed_of_blanks_and_tabs(void **state)
{
    (void)state;
    assert_true(pc_span_equal(pc_span_trim(pc_span_of("\t a b \t")), "A B"));
    assert_int_equal(pc_span_trim(pc_span_of(" \t ")).len, 0);
}

static void hex_goes_both_ways(void **state)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    size_t len = 0;
    const uint8_t *bytes = pc_text_from_hex(arena, " 0A:ff-00 ", &len);

    (void)state;
    assert_non_null(bytes);
    assert_int_equal(len, 3);
    assert_string_equal(pc_text_hex(arena, (pc_bytes){ bytes, len }, '\0'), "0aff00");
    assert_string_equal(pc_text_hex(arena, (pc_bytes){ bytes, len }, ':'), "0a:ff:00");
    assert_string_equal(pc_text_hex(arena, (pc_bytes){ bytes, 0 }, ':'), "");
    assert_null(pc_text_from_hex(arena, "abc", &len));
    assert_null(pc_text_from_hex(arena, "a b", &len));
    assert_null(pc_text_from_hex(arena, "0x", &len));
    assert_int_equal(len, 3);
}

static void utf8_is_distinguished_from_other_bytes(void **state)
{
    (void)state;
    assert_true(pc_text_is_utf8("", 0));
    assert_true(pc_text_is_utf8("a\0\xc3\xa4", 4));
    assert_true(pc_text_is_utf8("\xf4\x8f\xbf\xbf", 4));
    assert_false(pc_text_is_utf8("\xf4\x90\x80\x80", 4));
    assert_false(pc_text_is_utf8("\xc3", 1));
    assert_false(pc_text_is_utf8("\xe0\x80\x80", 3));
    assert_false(pc_text_is_utf8("\xed\xa0\x80", 3));
    assert_false(pc_text_is_utf8("\x80", 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_made_safe_and_cut),
        cmocka_unit_test(harmful_characters_are_those_of_the_ranges),
        cmocka_unit_test(plain_text_ends_at_what_is_not_printable_ascii),
        cmocka_unit_test(no_room_at_all_is_not_written_to),
        cmocka_unit_test(escape_into_arena_is_never_cut),
        cmocka_unit_test(number_is_read_or_left_alone),
        cmocka_unit_test(oid_is_distinguished_from_other_text),
        cmocka_unit_test(distance_counts_edits_without_case),
        cmocka_unit_test(comparison_ignores_ascii_case_only),
        cmocka_unit_test(words_are_found_without_case_within_their_bytes),
        cmocka_unit_test(span_is_trimmed_of_blanks_and_tabs),
        cmocka_unit_test(hex_goes_both_ways),
        cmocka_unit_test(utf8_is_distinguished_from_other_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
