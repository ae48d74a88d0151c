/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text_stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"

static const struct {
    const char *name;
    const char *bytes;
    size_t len;
    const char *text;
} rows[] = {
    { "nothing", "", 0, "" },
    { "text without a mark", "ab\xc3\xa4", 4, "ab\xc3\xa4" },
    { "the mark of UTF-8 is removed",
      "\xef\xbb\xbf"
      "a",
      4, "a" },
    { "half a mark of UTF-8 remains",
      "\xef\xbb"
      "a",
      3,
      "\xef\xbb"
      "a" },
    { "half a mark of UTF-16 remains",
      "\xff"
      "a",
      2,
      "\xff"
      "a" },
    { "a mark alone", "\xff\xfe", 2, "" },
    { "UTF-16LE",
      "\xff\xfe"
      "a\0\xe4\0",
      6, "a\xc3\xa4" },
    { "UTF-16BE",
      "\xfe\xff"
      "\0a\0\xe4",
      6, "a\xc3\xa4" },
    { "a surrogate pair",
      "\xff\xfe\x3d\xd8\x00\xde"
      "a\0",
      8,
      "\xf0\x9f\x98\x80"
      "a" },
    { "a lone surrogate", "\xfe\xff\xde\x00\0a", 6,
      "\xff"
      "a" },
    { "half a pair at the end", "\xfe\xff\xd8\x3d", 4, "\xff" },
    { "half a character at the end",
      "\xff\xfe"
      "a\0b",
      5, "a\xff" },
};

static void bytes_come_out_as_utf8(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(rows); i++) {
        char out[64] = "";
        size_t len = 0;
        FILE *in = fmemopen((void *)(uintptr_t)rows[i].bytes, rows[i].len ? rows[i].len : 1, "rb");

        assert_non_null(in);
        if (rows[i].len == 0) {
            (void)getc(in);
        }
        pc_text_stream stream = pc_text_stream_open(in);

        print_message("  %s\n", rows[i].name);
        for (int byte = pc_text_stream_next(&stream); byte != EOF; byte = pc_text_stream_next(&stream)) {
            assert_true(len < sizeof out - 1);
            out[len++] = (char)byte;
        }
        assert_string_equal(out, rows[i].text);
        assert_int_equal(pc_text_stream_next(&stream), EOF);
        (void)fclose(in);
    }
}

static void a_byte_that_is_given_back_comes_again(void **state)
{
    FILE *in = fmemopen((void *)(uintptr_t) "\xff\xfe\xe4\0b\0", 6, "rb");
    pc_text_stream stream = pc_text_stream_open(in);

    (void)state;
    assert_int_equal(pc_text_stream_next(&stream), 0xc3);
    pc_text_stream_back(&stream, 0xc3);
    assert_int_equal(pc_text_stream_next(&stream), 0xc3);
    assert_int_equal(pc_text_stream_next(&stream), 0xa4);
    assert_int_equal(pc_text_stream_next(&stream), 'b');
    assert_int_equal(pc_text_stream_next(&stream), EOF);
    pc_text_stream_back(&stream, EOF);
    assert_int_equal(pc_text_stream_next(&stream), EOF);
    (void)fclose(in);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_come_out_as_utf8),
        cmocka_unit_test(a_byte_that_is_given_back_comes_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
