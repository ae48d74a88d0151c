/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/secret_auto.h"

static void a_secret_starts_empty_and_zero(void **state)
{
    PC_AUTO(pc_secret) pc_secret *secret = NULL;

    (void)state;
    assert_int_equal(pc_secret_new(100, &secret, NULL), PC_OK);
    assert_int_equal(pc_secret_size(secret), 100);
    assert_int_equal(pc_secret_len(secret), 0);
    for (size_t i = 0; i < 100; i++) {
        assert_int_equal(pc_secret_bytes(secret)[i], 0);
    }
}

static void shrinking_wipes_what_no_longer_counts(void **state)
{
    PC_AUTO(pc_secret) pc_secret *secret = NULL;

    (void)state;
    assert_int_equal(pc_secret_new(8, &secret, NULL), PC_OK);
    memcpy(pc_secret_bytes(secret), "abcdefgh", 8);
    pc_secret_set_len(secret, 3);
    assert_int_equal(pc_secret_len(secret), 3);
    assert_memory_equal(pc_secret_bytes(secret), "abc\0\0\0\0\0", 8);
    pc_secret_set_len(secret, 100);
    assert_int_equal(pc_secret_len(secret), 8);
}

static void sizes_outside_the_bounds_are_refused(void **state)
{
    pc_secret *secret = NULL;

    (void)state;
    assert_int_equal(pc_secret_new(0, &secret, NULL), PC_E_INTERNAL);
    assert_int_equal(pc_secret_new(PC_SECRET_MAX + 1, &secret, NULL), PC_E_INTERNAL);
    assert_null(secret);
}

static void a_copy_has_pages_of_its_own(void **state)
{
    PC_AUTO(pc_secret) pc_secret *secret = NULL;
    PC_AUTO(pc_secret) pc_secret *copy = NULL;

    (void)state;
    assert_int_equal(pc_secret_new(8, &secret, NULL), PC_OK);
    memcpy(pc_secret_bytes(secret), "abc", 3);
    pc_secret_set_len(secret, 3);
    assert_int_equal(pc_secret_copy(secret, &copy, NULL), PC_OK);
    assert_int_equal(8, pc_secret_size(copy));
    assert_int_equal(3, pc_secret_len(copy));
    pc_secret_set_len(secret, 0);
    assert_memory_equal(pc_secret_bytes(copy), "abc\0\0\0\0\0", 8);
}

/* AddressSanitizer makes mlock() do nothing, so its effect is visible only in the plain build. */
#ifndef __SANITIZE_ADDRESS__

/* The line of /proc/self/smaps about the pages at an address: "VmFlags: rd wr … lo … dd …". */
static bool pages_have_flag(const void *address, const char *flag)
{
    FILE *maps = fopen("/proc/self/smaps", "r");
    char line[512];
    bool inside = false;
    bool found = false;

    assert_non_null(maps);
    while (fgets(line, sizeof line, maps)) {
        unsigned long from = 0;
        unsigned long to = 0;

        if (sscanf(line, "%lx-%lx ", &from, &to) == 2) {
            inside = (uintptr_t)address >= from && (uintptr_t)address < to;
        } else if (inside && strncmp(line, "VmFlags:", 8) == 0) {
            found = strstr(line, flag) != NULL;
        }
    }
    (void)fclose(maps);
    return found;
}

static void the_pages_are_locked_and_left_out_of_dumps(void **state)
{
    PC_AUTO(pc_secret) pc_secret *secret = NULL;

    (void)state;
    assert_int_equal(pc_secret_new(16, &secret, NULL), PC_OK);
    assert_true(pages_have_flag(pc_secret_bytes(secret), " lo"));
    assert_true(pages_have_flag(pc_secret_bytes(secret), " dd"));
    assert_true(pages_have_flag(pc_secret_bytes(secret), " wf"));
}

#endif

static void a_child_does_not_inherit_it(void **state)
{
    PC_AUTO(pc_secret) pc_secret *secret = NULL;
    int outcome = 0;

    (void)state;
    assert_int_equal(pc_secret_new(16, &secret, NULL), PC_OK);
    memcpy(pc_secret_bytes(secret), "canary", 6);
    pid_t child = fork();

    if (child == 0) {
        _exit(memcmp(pc_secret_bytes(secret), "\0\0\0\0\0\0", 6) == 0 ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &outcome, 0), child);
    assert_true(WIFEXITED(outcome) && WEXITSTATUS(outcome) == 0);
}

#ifndef __SANITIZE_ADDRESS__

static void failure_to_lock_memory_is_an_error(void **state)
{
    const struct rlimit none = { 0, 0 };
    int outcome = 0;
    pid_t child = fork();

    (void)state;
    if (child == 0) {
        pc_secret *secret = NULL;
        pc_error err = { .status = PC_OK };

        /* root may lock whatever the limit says */
        bool dropped = setrlimit(RLIMIT_MEMLOCK, &none) == 0 && (getuid() != 0 || setuid(65534) == 0);
        pc_status status = pc_secret_new(16, &secret, &err);

        _exit(dropped && status == PC_E_MEMORY && strstr(err.hint, "ulimit") ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &outcome, 0), child);
    assert_true(WIFEXITED(outcome) && WEXITSTATUS(outcome) == 0);
}

#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_secret_starts_empty_and_zero),
        cmocka_unit_test(shrinking_wipes_what_no_longer_counts),
        cmocka_unit_test(sizes_outside_the_bounds_are_refused),
        cmocka_unit_test(a_copy_has_pages_of_its_own),
        cmocka_unit_test(a_child_does_not_inherit_it),
#ifndef __SANITIZE_ADDRESS__
        cmocka_unit_test(the_pages_are_locked_and_left_out_of_dumps),
        cmocka_unit_test(failure_to_lock_memory_is_an_error),
#endif
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
