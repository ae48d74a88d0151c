/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/error.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"

static bool ends_with(const char *text, const char *end)
{
    size_t len = strlen(text);
    size_t end_len = strlen(end);

    return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

static void failure_forgets_what_was_there(void **state)
{
    pc_error err = { 0 };

    (void)state;
    assert_int_equal(pc_fail_code(&err, PC_E_TOKEN, PC_ORIGIN_PKCS11, 0xa0, "C_Login"), PC_E_TOKEN);
    assert_int_equal(pc_hint(&err, PC_E_TOKEN, "look"), PC_E_TOKEN);
    assert_int_equal(pc_note(&err, PC_E_TOKEN, "log in"), PC_E_TOKEN);
    assert_int_equal(err.code, 0xa0);
    assert_int_equal(pc_fail(&err, PC_E_USAGE, "no %s", "such"), PC_E_USAGE);
    assert_int_equal(err.status, PC_E_USAGE);
    assert_int_equal(err.origin, PC_ORIGIN_NONE);
    assert_int_equal(err.code, 0);
    assert_int_equal(err.frame_count, 1);
    assert_string_equal(err.frames[0], "no such");
    assert_string_equal(err.hint, "");
}

static void errno_is_kept_and_described_in_words(void **state)
{
    pc_error err = { 0 };

    (void)state;
    assert_int_equal(pc_fail_errno(&err, PC_E_IO, ENOENT, "cannot read \"%s\"", "a"), PC_E_IO);
    assert_int_equal(err.origin, PC_ORIGIN_ERRNO);
    assert_int_equal(err.code, ENOENT);
    assert_string_equal(err.frames[0], "cannot read \"a\": No such file or directory");
}

static void long_sentence_is_cut_but_its_reason_stays(void **state)
{
    char path[2000];
    pc_error err = { 0 };

    (void)state;
    memset(path, 'x', sizeof path);
    path[sizeof path - 1] = '\0';
    (void)pc_fail_errno(&err, PC_E_IO, ENOENT, "%s", path);
    assert_true(ends_with(err.frames[0], "...: No such file or directory"));
    assert_int_equal(strlen(err.frames[0]), PC_ERROR_TEXT - 1);
    (void)pc_fail(&err, PC_E_IO, "%s", path);
    assert_true(ends_with(err.frames[0], "x..."));
    assert_int_equal(strlen(err.frames[0]), PC_ERROR_TEXT - 1);
}

static void long_sentence_is_cut_between_characters(void **state)
{
    char path[2001];

    (void)state;
    for (size_t shift = 0; shift < 2; shift++) {
        pc_error err = { 0 };

        for (size_t i = 0; i < 1000; i++) {
            memcpy(path + 2 * i, "\xc3\xa4", 2);
        }
        path[2000] = '\0';
        (void)pc_fail(&err, PC_E_IO, "%s%s", shift ? "x" : "", path);
        assert_true(ends_with(err.frames[0], "\xc3\xa4..."));
        assert_null(strchr(err.frames[0], '\\'));
    }
}

static void harmful_characters_are_escaped(void **state)
{
    pc_error err = { 0 };

    (void)state;
    (void)pc_fail(&err, PC_E_INPUT, "%s", "a\x1b[2J\xff");
    assert_string_equal(err.frames[0], "a\\x1b[2J\\xff");
}

static void full_chain_keeps_its_innermost_cause(void **state)
{
    pc_error err = { 0 };

    (void)state;
    (void)pc_fail(&err, PC_E_IO, "cause");
    for (int i = 1; i <= 10; i++) {
        (void)pc_note(&err, PC_E_IO, "note %d", i);
    }
    assert_int_equal(err.frame_count, PC_ERROR_FRAMES);
    assert_string_equal(err.frames[0], "cause");
    assert_string_equal(err.frames[1], "note 1");
    assert_string_equal(err.frames[PC_ERROR_FRAMES - 1], "note 10");
}

static void missing_error_is_allowed(void **state)
{
    (void)state;
    assert_int_equal(pc_fail(NULL, PC_E_IO, "x"), PC_E_IO);
    assert_int_equal(pc_fail_errno(NULL, PC_E_IO, ENOENT, "x"), PC_E_IO);
    assert_int_equal(pc_fail_code(NULL, PC_E_IO, PC_ORIGIN_NONE, 0, "x"), PC_E_IO);
    assert_int_equal(pc_fail_memory(NULL), PC_E_MEMORY);
    assert_int_equal(pc_note(NULL, PC_E_IO, "x"), PC_E_IO);
    assert_int_equal(pc_hint(NULL, PC_E_IO, "x"), PC_E_IO);
}

static const struct {
    pc_status status;
    const char *name;
    int exit_code;
} statuses[] = {
    { PC_OK, "ok", 0 },
    { PC_E_USAGE, "usage", 2 },
    { PC_E_INPUT, "input", 3 },
    { PC_E_IO, "io", 3 },
    { PC_E_NOT_FOUND, "not-found", 4 },
    { PC_E_AMBIGUOUS, "ambiguous", 4 },
    { PC_E_AUTH, "auth", 5 },
    { PC_E_LOCKED, "locked", 5 },
    { PC_E_TOKEN, "token", 6 },
    { PC_E_CRYPTO, "crypto", 6 },
    { PC_E_VERIFY, "verify", 6 },
    { PC_E_CA, "ca", 7 },
    { PC_E_REFUSED, "refused", 8 },
    { PC_E_MEMORY, "memory", 9 },
    { PC_E_INTERNAL, "internal", 9 },
};

static void every_status_has_name_and_exit_code(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(statuses); i++) {
        assert_string_equal(pc_status_name(statuses[i].status), statuses[i].name);
        assert_int_equal(pc_status_exit_code(statuses[i].status), statuses[i].exit_code);
    }
    assert_string_equal(pc_status_name((pc_status)99), "internal");
    assert_int_equal(pc_status_exit_code((pc_status)99), 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(failure_forgets_what_was_there),
        cmocka_unit_test(errno_is_kept_and_described_in_words),
        cmocka_unit_test(long_sentence_is_cut_but_its_reason_stays),
        cmocka_unit_test(long_sentence_is_cut_between_characters),
        cmocka_unit_test(harmful_characters_are_escaped),
        cmocka_unit_test(full_chain_keeps_its_innermost_cause),
        cmocka_unit_test(missing_error_is_allowed),
        cmocka_unit_test(every_status_has_name_and_exit_code),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
