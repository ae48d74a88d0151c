/* SPDX-License-Identifier: Apache-2.0 */
#include "inf/inf_value.h"

#include <openssl/err.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "inf/inf_number.h"

static const struct {
    const char *name;
    const char *text;
    const char *hex; /* the DER, or NULL with `says` */
    const char *says;
} values[] = {
    { "base64", "BQA=", "0500", NULL },
    { "base64 without padding", "BQA", "0500", NULL },
    { "base64 with blanks", " BA IA\tAQ== ", "04020001", NULL },
    { "base64 of three bytes", "AgEF", "020105", NULL },
    { "base64 by tag", "{base64}BQA=", "0500", NULL },
    { "asn", "{asn}BQA=", "0500", NULL },
    { "asn in hex", "{asn}{hex}05 00", "0500", NULL },
    { "hex", "{hex} 04 02 00 01", "04020001", NULL },
    { "hex in capitals, with colons", "{HEX}0C:01:41", "0c0141", NULL },
    { "octets", "{octet}AAE=", "04020001", NULL },
    { "octets in hex", "{octet}{hex}00 01", "04020001", NULL },
    { "no octets", "{octet}", "0400", NULL },
    { "utf8", "{utf8}a", "0c0161", NULL },
    { "utf8 with braces", "{utf8}{a}", "0c037b617d", NULL },
    { "utf8 beyond ASCII", "{utf8}\xc3\xa4", "0c02c3a4", NULL },
    { "no utf8", "{utf8}", "0c00", NULL },
    { "critical in front", "{critical}{utf8}a", "0c0161", NULL },
    { "critical behind", "{utf8}{critical}a", "0c0161", NULL },
    { "nothing", "", NULL, "not DER" },
    { "a digit too many", "BQAA=", NULL, "not base64" },
    { "padding inside", "BQ=A", NULL, "not base64" },
    { "text without tag", "dns=a", NULL, "needs a tag" },
    { "odd hex", "{hex}050", NULL, "not hex" },
    { "something behind", "{hex}050000", NULL, "not DER" },
    { "cut off", "{hex}0402", NULL, "not DER" },
    { "a length that is not the shortest", "{hex}04810100", NULL, "not DER" },
    { "an indefinite length", "{hex}30800000", NULL, "not DER" },
    { "a broken item inside", "{hex}30020402", NULL, "not DER" },
    { "end of contents", "{hex}0000", NULL, "not DER" },
    { "utf8 in hex", "{utf8}{hex}61", "0c077b6865787d3631", NULL },
    { "hex, then utf8", "{hex}{utf8}61", NULL, "cannot follow" },
    { "two forms", "{asn}{octet}00", NULL, "cannot follow" },
    { "an unknown tag", "{utf-8}a", NULL, "\"{utf-8}\" is not a tag" },
    { "a tag that is not closed", "{hex", NULL, "\"{hex\" is not a tag" },
    { "a file", "{file}a", NULL, "is not supported here" },
    { "a number", "{decimal}5", NULL, "{hex}02 01 05" },
};

static void value_becomes_der(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(values); i++) {
        PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
        pc_tagged tagged = { .rest = NULL };
        pc_bytes der = { .len = 0 };
        pc_error err = { 0 };
        pc_status status = pc_tagged_read(values[i].text, &tagged, &err);

        print_message("  %s\n", values[i].name);
        status = status == PC_OK ? pc_tagged_der(arena, &tagged, &der, &err) : status;
        assert_int_equal(status, values[i].says ? PC_E_INPUT : PC_OK);
        if (values[i].says) {
            assert_non_null(strstr(err.frames[0], values[i].says));
        } else {
            assert_string_equal(pc_text_hex(arena, (pc_bytes){ der.data, der.len }, '\0'), values[i].hex);
        }
    }
}

static void nesting_is_bounded(void **state)
{
    uint8_t bytes[2 * 60];

    (void)state;
    for (size_t depth = 30; depth <= 60; depth += 30) {
        for (size_t i = 0; i < depth; i++) {
            bytes[2 * i] = PC_DER_SEQUENCE;
            bytes[2 * i + 1] = (uint8_t)(2 * (depth - 1 - i));
        }
        assert_int_equal(pc_der_is_one((pc_bytes){ .data = bytes, .len = 2 * depth }), depth == 30);
    }
}

static void ber_that_is_not_der_is_refused(void **state)
{
    static const struct {
        const char *name;
        const char *bytes;
        size_t len;
    } bad[] = {
        { "nothing", "", 0 },
        { "a length in more bytes than it needs", "\x04\x81\x01\x00", 4 },
        { "a length with a leading zero", "\x04\x82\x00\x80", 4 },
        { "an indefinite length", "\x24\x80\x04\x01\x00\x00\x00", 7 },
        { "cut off", "\x04\x05\x00", 3 },
        { "something after it", "\x05\x00\x05\x00", 4 },
        { "broken inside", "\x30\x03\x04\x02\x00", 5 },
        { "a tag of two bytes", "\x1f\x20\x00", 3 },
        { "end of contents", "\x00\x00", 2 },
    };

    (void)state;
    for (size_t i = 0; i < PC_COUNT(bad); i++) {
        print_message("  %s\n", bad[i].name);
        assert_false(pc_der_is_one((pc_bytes){ .data = (const uint8_t *)bad[i].bytes, .len = bad[i].len }));
    }
    assert_int_equal(ERR_peek_error(), 0);
}

static void base64_is_decoded_or_refused(void **state)
{
    static const struct {
        const char *text;
        const char *hex; /* NULL: refused */
    } rows[] = {
        { "", "" },         { "AA==", "00" },           { "AA", "00" },
        { "AAE=", "0001" }, { " A A\tE C ", "000102" }, { "AAECAw==", "00010203" },
        { "A", NULL },      { "A===", NULL },           { "AA=A", NULL },
        { "=AAA", NULL },   { "AA==AA==", NULL },       { "AA*=", NULL },
        { "AA===", NULL },  { "====", NULL },           { "A=A=", NULL },
    };

    (void)state;
    for (size_t i = 0; i < PC_COUNT(rows); i++) {
        PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
        pc_bytes bytes = { .len = 0 };
        pc_status status = pc_der_from_base64(arena, rows[i].text, &bytes);

        print_message("  \"%s\"\n", rows[i].text);
        assert_int_equal(status, rows[i].hex ? PC_OK : PC_E_INPUT);
        if (rows[i].hex) {
            assert_string_equal(pc_text_hex(arena, (pc_bytes){ bytes.data, bytes.len }, '\0'), rows[i].hex);
        }
    }
}

static const pc_inf_symbol names[] = { { "ONE", 1 }, { "TWO", 2 }, { "HIGH", 0x80000000 } };
static const pc_inf_symbols symbols = { names, PC_COUNT(names), 0xffffffff };
static const pc_inf_symbols low_symbols = { names, PC_COUNT(names), 3 };

static const struct {
    const char *text;
    const pc_inf_symbols *symbols;
    bool is_read;
    unsigned long bits;
    const char *bad;
} numbers[] = {
    { "3", &symbols, true, 3, NULL },
    { "0xFF", &symbols, true, 255, NULL },
    { "-1", &symbols, true, 0xffffffff, NULL },
    { "-2147483648", &symbols, true, 0x80000000, NULL },
    { "one | Two", &symbols, true, 3, NULL },
    { "ONE|0x10|8", &symbols, true, 0x19, NULL },
    { "HIGH", &low_symbols, true, 0x80000000, NULL },
    { "4", &low_symbols, false, 0, "4" },
    { "-1", &low_symbols, false, 0, "-1" },
    { "-2147483649", &symbols, false, 0, "-2147483649" },
    { "4294967296", &symbols, false, 0, "4294967296" },
    { "ONE|THREE", &symbols, false, 0, "THREE" },
    { "ONE|", &symbols, false, 0, "" },
    { "", &symbols, false, 0, "" },
    { "- 1", &symbols, false, 0, "- 1" },
    { "1 2", &symbols, false, 0, "1 2" },
};

static void bits_are_read_as_numbers_and_by_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(numbers); i++) {
        unsigned long bits = 0;
        pc_span bad = { .len = 0 };

        print_message("  \"%s\"\n", numbers[i].text);
        assert_int_equal(pc_inf_to_bits(numbers[i].text, numbers[i].symbols, &bits, &bad), numbers[i].is_read);
        assert_int_equal(bits, numbers[i].bits);
        if (numbers[i].bad) {
            assert_int_equal(bad.len, strlen(numbers[i].bad));
            assert_memory_equal(bad.start, numbers[i].bad, bad.len);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(value_becomes_der),
        cmocka_unit_test(nesting_is_bounded),
        cmocka_unit_test(ber_that_is_not_der_is_refused),
        cmocka_unit_test(base64_is_decoded_or_refused),
        cmocka_unit_test(bits_are_read_as_numbers_and_by_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
