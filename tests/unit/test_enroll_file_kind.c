/* SPDX-License-Identifier: Apache-2.0 */
#include "enroll/certsrv/file_kind.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"

static const struct {
    const char *name;
    const char *bytes;
    size_t len;
    pc_certsrv_file kind;
} files[] = {
    { "nothing", "", 0, PC_CERTSRV_FILE_NONE },
    { "html", "<html>-----BEGIN CERTIFICATE-----", 33, PC_CERTSRV_FILE_NONE },
    { "a digit", "0 results", 9, PC_CERTSRV_FILE_NONE },
    { "armour", "-----BEGIN CERTIFICATE-----\r\nAA==\r\n-----END CERTIFICATE-----\r\n", 63, PC_CERTSRV_FILE_PEM },
    { "armour after blank lines", "\r\n \r\n-----BEGIN PKCS7-----\r\n-----END PKCS7-----\r\n", 50,
      PC_CERTSRV_FILE_PEM },
    { "armour without end", "-----BEGIN CERTIFICATE-----\r\nAA==\r\n", 35, PC_CERTSRV_FILE_CUT },
    { "der of one length byte",
      "\x30\x81\x03"
      "abc",
      6, PC_CERTSRV_FILE_DER },
    { "der of two length bytes",
      "\x30\x82\x00\x03"
      "abc",
      7, PC_CERTSRV_FILE_DER },
    { "der cut in its length", "\x30\x82\x01", 3, PC_CERTSRV_FILE_CUT },
    { "der cut in its value",
      "\x30\x82\x01\x00"
      "abc",
      7, PC_CERTSRV_FILE_CUT },
    { "der with more after it",
      "\x30\x82\x00\x03"
      "abcd",
      8, PC_CERTSRV_FILE_CUT },
    { "der of four gigabytes",
      "\x30\x84\xff\xff\xff\xff"
      "a",
      7, PC_CERTSRV_FILE_CUT },
    { "indefinite length",
      "\x30\x80"
      "a\0\0",
      5, PC_CERTSRV_FILE_NONE },
};

static void file_is_known_by_its_bytes(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(files); i++) {
        pc_certsrv_file kind = pc_certsrv_file_kind((const uint8_t *)files[i].bytes, files[i].len);

        if (kind != files[i].kind) {
            fail_msg("%s: %d", files[i].name, (int)kind);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(file_is_known_by_its_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
