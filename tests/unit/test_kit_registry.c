/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/kit/registry.h"
#include "base/text.h"

#define THUMBPRINT "E6F7A405EAD8C796AB5782E14F6A8940CFC57153"

/* Reads a .reg file by iconv and sed, and reverses the bytes: prints the serial number as a certificate shows it. */
#define READER \
    "iconv -f UTF-16 -t UTF-8 %s | tr -d '\\r' | sed -e ':a' -e '/\\\\$/{N;s/\\\\\\n  //;ta' -e '}' | " \
    "sed -n 's/^\"ChannelCertificateSerialNumber\"=hex://p' | " \
    "awk -F, '{ for (i = NF; i > 0; i--) printf \"%%s\", $i }'"

static const struct {
    const char *name;
    const char *serial; /* without sign octet */
} rows[] = {
    { "an AD CS serial of 19 bytes", "1f00000008c694dac94bcfdc4a000000000008" },
    { "one byte", "01" },
    { "zero", "00" },
    { "one byte with its high bit set", "80" },
    { "zero bytes at the end", "1100" },
    { "8 bytes", "0123456789abcdef" },
    { "as many as fit into one line", "0102030405060708090a0b0c0d0e" },
    { "one more than fit into one line", "0102030405060708090a0b0c0d0e0f" },
    { "16 bytes, high bit set", "f0112233445566778899aabbccddee00" },
    { "20 bytes", "7fffffffffffffffffffffffffffffffffffff01" },
    { "20 bytes behind a sign octet", "ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00" },
    { "more lines than one serial needs",
      "0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b" },
};

static void make(pc_arena *arena, const char *serial, pc_bytes *bytes)
{
    size_t serial_len = 0;
    const uint8_t *serial_bytes = pc_text_from_hex(arena, serial, &serial_len);

    assert_non_null(serial_bytes);
    assert_int_equal(pc_kit_registry(arena, (pc_bytes){ serial_bytes, serial_len }, THUMBPRINT, bytes, NULL), PC_OK);
}

static const char *read_elsewhere(pc_arena *arena, pc_bytes bytes)
{
    char path[] = "/tmp/p11cert-reg.XXXXXX";
    char command[512];
    char *seen = pc_arena_alloc(arena, 256);
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes.data, bytes.len), (ssize_t)bytes.len);
    assert_int_equal(close(fd), 0);
    (void)snprintf(command, sizeof command, READER, path);
    FILE *reader = popen(command, "r");

    assert_non_null(reader);
    seen[fread(seen, 1, 255, reader)] = '\0';
    assert_int_equal(pclose(reader), 0);
    assert_int_equal(unlink(path), 0);
    return seen;
}

static void every_serial_is_read_back_by_other_programs(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(rows); i++) {
        PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
        pc_bytes bytes = { .len = 0 };

        print_message("  %s\n", rows[i].name);
        make(arena, rows[i].serial, &bytes);
        assert_string_equal(read_elsewhere(arena, bytes), rows[i].serial);
    }
}

/* A known serial number, byte for byte as regedit exports it. */
static void the_known_example_matches_regedits_output(void **state)
{
    static const char wanted[] =
        "Windows Registry Editor Version 5.00\r\n\r\n"
        "[HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Microsoft Operations Manager\\3.0\\Machine Settings]\r\n"
        "\"ChannelCertificateSerialNumber\"=hex:08,00,00,00,00,00,4a,dc,cf,4b,c9,da,94,c6,\\\r\n"
        "  08,00,00,00,1f\r\n"
        "\"ChannelCertificateHash\"=\"" THUMBPRINT "\"\r\n\r\n";
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    pc_bytes bytes = { .len = 0 };

    (void)state;
    make(arena, rows[0].serial, &bytes);
    assert_int_equal(bytes.len, 2 + (sizeof wanted - 1) * 2);
    assert_memory_equal(bytes.data, "\xff\xfe", 2);
    for (size_t i = 0; wanted[i]; i++) {
        assert_int_equal(bytes.data[2 + 2 * i], (uint8_t)wanted[i]);
        assert_int_equal(bytes.data[3 + 2 * i], 0);
    }
}

static void no_line_of_the_value_is_longer_than_regedits(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(rows); i++) {
        PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
        pc_bytes bytes = { .len = 0 };
        size_t column = 0;
        bool in_value = false;

        make(arena, rows[i].serial, &bytes);
        for (size_t at = 2; at < bytes.len; at += 2) {
            in_value = column == 0 ? bytes.data[at] == '"' || bytes.data[at] == ' ' : in_value;
            column = bytes.data[at] == '\n' ? 0 : column + (bytes.data[at] != '\r');
            assert_true(!in_value || column <= 80);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_serial_is_read_back_by_other_programs),
        cmocka_unit_test(the_known_example_matches_regedits_output),
        cmocka_unit_test(no_line_of_the_value_is_longer_than_regedits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
