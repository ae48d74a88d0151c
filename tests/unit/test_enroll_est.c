/* SPDX-License-Identifier: Apache-2.0 */
#include "enroll/est/est.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/objects.h>

#include "base/bytes.h"
#include "enroll/base64.h"

static pc_bytes bytes_of(const char *text)
{
    return (pc_bytes){ (const uint8_t *)text, strlen(text) };
}

static const struct {
    const char *body;
    pc_status status;
    const char *decoded;
} bodies[] = {
    { "YWJj", PC_OK, "abc" },
    { "YWJjZA==", PC_OK, "abcd" },
    { "YWJjZGU=", PC_OK, "abcde" },
    { "YW\r\nJj\r\n", PC_OK, "abc" },
    { " Y W\tJ\nj", PC_OK, "abc" },
    { "", PC_E_CA, NULL },
    { "\r\n", PC_E_CA, NULL },
    { "YWJ", PC_E_CA, NULL },
    { "YWJj=", PC_E_CA, NULL },
    { "====", PC_E_CA, NULL },
    { "YW==YWJj", PC_E_CA, NULL },
    { "Y===", PC_E_CA, NULL },
    { "YWJ!", PC_E_CA, NULL },
    { "<html>", PC_E_CA, NULL },
    { "0\x80", PC_E_CA, NULL },
    { "0\x81", PC_OK, "0\x81" },
    { "0", PC_E_CA, NULL },
    { "-----BEGIN", PC_E_CA, NULL },
    { "-----BEGIN P", PC_OK, "-----BEGIN P" },
};

static void base64_is_read_with_and_without_line_breaks(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(bodies); i++) {
        PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
        pc_bytes der = { .len = 0 };
        pc_status status = pc_est_decode(arena, bytes_of(bodies[i].body), &der, NULL);

        if (status != bodies[i].status || (status == PC_OK && !pc_bytes_equal(der, bytes_of(bodies[i].decoded)))) {
            fail_msg("\"%s\": %s, %zu bytes", bodies[i].body, pc_status_name(status), der.len);
        }
    }
}

static void what_is_encoded_comes_back(void **state)
{
    static const uint8_t all[4] = { 0, 0xff, 0x80, 0x3e };

    (void)state;
    for (size_t len = 1; len <= sizeof all; len++) {
        PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
        const char *text = pc_base64_encode(arena, (pc_bytes){ all, len });
        pc_bytes der;

        assert_null(strpbrk(text, "\r\n"));
        assert_int_equal(pc_est_decode(arena, bytes_of(text), &der, NULL), PC_OK);
        assert_true(pc_bytes_equal(der, (pc_bytes){ all, len }));
    }
}

/* The example of RFC 7030 section 4.5.2: challengePassword, secp384r1, an extension, and ecdsa-with-SHA384. */
static const char rfc_example[] =
    "MEEGCSqGSIb3DQEJBzASBgcqhkjOPQIBMQcGBSuBBAAiMBYGCSqGSIb3DQEJDjEJBgcrBgEBAQEWBggqhkjOPQQDAw==";

static void the_example_of_the_rfc_is_understood(void **state)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    pc_est_requirements requirements;
    pc_bytes der;

    (void)state;
    assert_int_equal(pc_est_decode(arena, bytes_of(rfc_example), &der, NULL), PC_OK);
    assert_int_equal(pc_est_requirements_read(der, &requirements, NULL), PC_OK);
    assert_true(requirements.wants_challenge);
    assert_int_equal(requirements.key_count, 1);
    assert_int_equal(requirements.keys[0].type, NID_X9_62_id_ecPublicKey);
    assert_int_equal(requirements.keys[0].curve, NID_secp384r1);
}

static const struct {
    const char *name;
    const char *der;
    size_t len;
    pc_status status;
    size_t key_count;
    unsigned bits;
} requirement_rows[] = {
    { "nothing required", "\x30\x00", 2, PC_OK, 0, 0 },
    { "RSA, any length", "\x30\x0b\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01", 13, PC_OK, 1, 0 },
    { "RSA 4096", "\x30\x13\x30\x11\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x31\x04\x02\x02\x10\x00", 21, PC_OK, 1,
      4096 },
    { "a negative length", "\x30\x12\x30\x10\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x31\x03\x02\x01\xff", 20,
      PC_OK, 1, 0 },
    { "no bytes", "", 0, PC_E_CA, 0, 0 },
    { "a string", "\x0c\x01x", 3, PC_E_CA, 0, 0 },
    { "a string within", "\x30\x03\x0c\x01x", 5, PC_E_CA, 0, 0 },
    { "an attribute without values", "\x30\x05\x30\x03\x06\x01\x2a", 7, PC_E_CA, 0, 0 },
    { "cut short", "\x30\x0b\x06\x09\x2a", 5, PC_E_CA, 0, 0 },
};

static void requirements_are_read_or_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(requirement_rows); i++) {
        pc_est_requirements requirements = { .key_count = 0 };
        const pc_bytes der = { (const uint8_t *)requirement_rows[i].der, requirement_rows[i].len };
        pc_status status = pc_est_requirements_read(der, &requirements, NULL);

        if (status != requirement_rows[i].status || requirements.key_count != requirement_rows[i].key_count ||
            requirements.keys[0].bits != requirement_rows[i].bits) {
            fail_msg("%s: %s, %zu keys", requirement_rows[i].name, pc_status_name(status), requirements.key_count);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(base64_is_read_with_and_without_line_breaks),
        cmocka_unit_test(what_is_encoded_comes_back),
        cmocka_unit_test(the_example_of_the_rfc_is_understood),
        cmocka_unit_test(requirements_are_read_or_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
