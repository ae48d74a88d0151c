/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "x509/words.h"
#include "x509_made.h"

static void moments_are_written_in_utc(void **state)
{
    static const struct {
        int64_t sec;
        const char *words;
    } rows[] = {
        { 0, "1970-01-01T00:00:00Z" },
        { 1795381200, "2026-11-22T21:00:00Z" },
        { -1, "1969-12-31T23:59:59Z" },
        { 253402300800, "10000-01-01T00:00:00Z" },
    };
    char words[PC_TIME_TEXT];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_true(pc_text_time(rows[i].sec, words));
        assert_string_equal(words, rows[i].words);
    }
    assert_false(pc_text_time(INT64_MAX, words));
}

/* The digest of "abc" is in FIPS 180-4's examples. */
static void a_digest_is_in_hex(void **state)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    const char *hex = NULL;

    (void)state;
    assert_int_equal(pc_sha256_words((pc_bytes){ (const uint8_t *)"abc", 3 }, arena, &hex, NULL), PC_OK);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static const char *first_name(const char *const *names, size_t count, int len)
{
    static char text[64];
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    PC_AUTO(X509_NAME) X509_NAME *name = X509_NAME_new();
    const char *found = NULL;

    assert_int_equal(X509_NAME_add_entry_by_txt(name, "O", MBSTRING_UTF8, (const unsigned char *)"Contoso", -1, -1, 0),
                     1);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)names[i], len, -1,
                                                    0),
                         1);
    }
    assert_int_equal(pc_first_common_name(name, arena, &found, NULL), PC_OK);
    (void)snprintf(text, sizeof text, "%s", found ? found : "none");
    return text;
}

static void the_first_common_name_counts(void **state)
{
    static const char *const two[] = { "server.contoso.com", "server" };
    static const char *const umlaut[] = { "m\xc3\xbcller" };
    static const char *const nul[] = { "good\0.evil.com" };

    (void)state;
    assert_string_equal(first_name(two, 2, -1), "server.contoso.com");
    assert_string_equal(first_name(umlaut, 1, -1), "m\xc3\xbcller");
    assert_string_equal(first_name(nul, 1, 14), "none");
    assert_string_equal(first_name(NULL, 0, -1), "none");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(moments_are_written_in_utc),
        cmocka_unit_test(a_digest_is_in_hex),
        cmocka_unit_test(the_first_common_name_counts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
