/* SPDX-License-Identifier: Apache-2.0 */
#include "inf/inf_value.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "inf/inf_number.h"

static const struct {
    const char *name;
    const char *text;
    const char *hex;   /* the DER, or NULL with `says` */
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
    { "nothing", "", NULL, "no DER" },
    { "a digit too many", "BQAA=", NULL, "not base64" },
    { "padding inside", "BQ=A", NULL, "not base64" },
    { "text without tag", "dns=a", NULL, "needs a tag" },
    { "odd hex", "{hex}050", NULL, "not hex" },
    { "something behind", "{hex}050000", NULL, "no DER" },
    { "cut off", "{hex}0402", NULL, "no DER" },
    { "a length that is not the shortest", "{hex}04810100", NULL, "no DER" },
    { "an indefinite length", "{hex}30800000", NULL, "no DER" },
    { "a broken item inside", "{hex}30020402", NULL, "no DER" },
    { "end of contents", "{hex}0000", NULL, "no DER" },
    { "utf8 in hex", "{utf8}{hex}61", "0c077b6865787d3631", NULL },
    { "hex, then utf8", "{hex}{utf8}61", NULL, "does not go with" },
    { "two forms", "{asn}{octet}00", NULL, "does not go with" },
    { "an unknown tag", "{utf-8}a", NULL, "\"{utf-8}\" is no tag" },
    { "a tag that is not closed", "{hex", NULL, "\"{hex\" is no tag" },
    { "a file", "{file}a", NULL, "is not taken here" },
    { "a number", "{decimal}5", NULL, "{hex}02 01 05" },
};

static void value_becomes_der(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(values); i++) {
        PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
        pc_tagged tagged = { .rest = NULL };
        pc_der der = { .at = NULL };
        pc_error err = { 0 };
        pc_status status = pc_tagged_read(values[i].text, &tagged, &err);

        print_message("  %s\n", values[i].name);
        status = status == PC_OK ? pc_tagged_der(arena, &tagged, &der, &err) : status;
        assert_int_equal(status, values[i].says ? PC_E_INPUT : PC_OK);
        if (values[i].says) {
            assert_non_null(strstr(err.frames[0], values[i].says));
        } else {
            assert_string_equal(pc_text_hex(arena, der.at, der.len, '\0'), values[i].hex);
        }
    }
}

static void length_is_as_short_as_can_be(void **state)
{
    static const size_t lengths[] = { 0, 127, 128, 255, 256, 65535, 65536 };
    static const uint8_t bytes[65536];

    (void)state;
    for (size_t i = 0; i < PC_COUNT(lengths); i++) {
        PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
        pc_der der = pc_der_wrap(arena, PC_DER_OCTET_STRING, (pc_der){ .at = bytes, .len = lengths[i] });
        pc_der rest = der;
        pc_der content = { .at = NULL };

        assert_true(pc_der_is_one(der));
        assert_true(pc_der_take_tag(&rest, PC_DER_OCTET_STRING, &content));
        assert_int_equal(content.len, lengths[i]);
        assert_int_equal(rest.len, 0);
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
        assert_int_equal(pc_der_is_one((pc_der){ .at = bytes, .len = 2 * depth }), depth == 30);
    }
}

static const struct {
    const char *oid;
    const char *hex;
} oids[] = {
    { "1.2.3", "06022a03" },
    { "2.5.29.17", "0603551d11" },
    { "2.999", "06028837" },
    { "0.9.2342.19200300.100.1.25", "060a0992268993f22c640119" },
    { "1.3.6.1.4.1.311.21.10", "06092b060104018237150a" },
};

static void oid_is_written_and_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(oids); i++) {
        PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
        pc_der der = pc_der_from_oid(arena, oids[i].oid);
        pc_der content = { .at = NULL };
        const char *text = NULL;

        print_message("  %s\n", oids[i].oid);
        assert_string_equal(pc_text_hex(arena, der.at, der.len, '\0'), oids[i].hex);
        assert_true(pc_der_take_tag(&der, PC_DER_OID, &content));
        assert_int_equal(pc_der_to_oid(arena, content, &text), PC_OK);
        assert_string_equal(text, oids[i].oid);
    }
}

static void oid_that_is_none_is_refused(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
    } bad[] = { { "", 0 }, { "\x80\x01", 2 }, { "\x2a\x80", 2 }, { "\x2a\x80\x01", 3 },
                { "\x2a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 11 } };
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    const char *text = NULL;

    (void)state;
    for (size_t i = 0; i < PC_COUNT(bad); i++) {
        assert_int_equal(pc_der_to_oid(arena, (pc_der){ .at = (const uint8_t *)bad[i].bytes, .len = bad[i].len }, &text),
                         PC_E_INPUT);
    }
    assert_null(pc_der_from_oid(arena, "1").at);
    assert_null(pc_der_from_oid(arena, "2.25.329800735698586629295641978511506172918").at);
    assert_null(text);
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
            assert_memory_equal(bad.at, numbers[i].bad, bad.len);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(value_becomes_der),
        cmocka_unit_test(length_is_as_short_as_can_be),
        cmocka_unit_test(nesting_is_bounded),
        cmocka_unit_test(oid_is_written_and_read),
        cmocka_unit_test(oid_that_is_none_is_refused),
        cmocka_unit_test(bits_are_read_as_numbers_and_by_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
