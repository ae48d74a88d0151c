/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "ceremony/transcript/head.h"
#include "ceremony/transcript/tar.h"

/* The examples of the proposal for proquints, arXiv:0901.4016: IPv4 addresses. */
static void words_are_those_of_the_proposal(void **state)
{
    static const struct {
        uint8_t bytes[4];
        const char *words;
    } rows[] = {
        { { 127, 0, 0, 1 }, "lusab babad" },      { { 63, 84, 220, 193 }, "gutih tugad" },
        { { 212, 58, 253, 68 }, "tibup zujah" },  { { 216, 35, 68, 215 }, "tobog higil" },
        { { 198, 81, 129, 136 }, "sinid makam" }, { { 12, 110, 110, 204 }, "budov kuras" },
    };

    (void)state;
    for (size_t i = 0; i < PC_COUNT(rows); i++) {
        pc_sha256 digest = { { 0 } };
        pc_sha256 again = { { 1 } };
        char words[PC_WORDS_TEXT] = "";

        memcpy(digest.bytes, rows[i].bytes, sizeof rows[i].bytes);
        pc_digest_to_words(&digest, words);
        assert_memory_equal(words, rows[i].words, strlen(rows[i].words));
        assert_int_equal(strlen(words), PC_WORDS_TEXT - 1);
        assert_true(pc_digest_from_words(words, &again));
        assert_true(pc_sha256_equal(&digest, &again));
    }
}

static void what_is_not_sixteen_words_is_refused(void **state)
{
    static const char *const rows[] = {
        "",
        "lusab",
        "babab babab babab babab babab babab babab babab babab babab babab babab babab babab babab",
        "babab babab babab babab babab babab babab babab babab babab babab babab babab babab babab babab babab",
        "babab babab babab babab babab babab babab babab babab babab babab babab babab babab babab babac",
        "babab babab babab babab babab babab babab babab babab babab babab babab babab babab babab bebab",
        "babab  abab babab babab babab babab babab babab babab babab babab babab babab babab babab babab",
    };

    (void)state;
    for (size_t i = 0; i < PC_COUNT(rows); i++) {
        pc_sha256 digest = { { 0 } };

        assert_false(pc_digest_from_words(rows[i], &digest));
    }
}

static void names_that_lead_elsewhere_are_refused(void **state)
{
    static const struct {
        const char *name;
        bool is_valid;
    } rows[] = {
        { "root.cer", true },   { "signatures/ada.sig", true },
        { "a", true },          { "a-b_c.D", true },
        { "", false },          { "/etc/passwd", false },
        { "../x", false },      { "a/../b", false },
        { "a//b", false },      { "a/", false },
        { ".hidden", false },   { "a/.hidden", false },
        { "-option", false },   { "a/-option", false },
        { "a b", false },       { "a\nb", false },
        { "a\xc3\xa9", false }, { "a\\b", false },
        { "a:b", false },       { "a*", false },
    };
    char long_name[PC_TAR_NAME_MAX + 2] = "";

    (void)state;
    for (size_t i = 0; i < PC_COUNT(rows); i++) {
        assert_int_equal(pc_ceremony_name_is_valid(rows[i].name), rows[i].is_valid);
    }
    memset(long_name, 'a', PC_TAR_NAME_MAX);
    assert_true(pc_ceremony_name_is_valid(long_name));
    long_name[PC_TAR_NAME_MAX] = 'a';
    assert_false(pc_ceremony_name_is_valid(long_name));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_those_of_the_proposal),
        cmocka_unit_test(what_is_not_sixteen_words_is_refused),
        cmocka_unit_test(names_that_lead_elsewhere_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
