/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "token/pin_file.h"

#define NOBODY   0xffffffffu
#define ME       0xfffffffeu /* stands for the user of this process */
#define SOMEBODY 60123u

typedef struct {
    uint16_t tag, perm;
    uint32_t id;
} entry;

/* Tags as acl(5) numbers them: 1 owner, 2 a user, 4 owning group, 8 a group, 0x10 mask, 0x20 others. */
static const struct {
    const char *name;
    mode_t mode;
    entry list[8];
    bool expected;
} rows[] = {
    { "owner alone", 0600, { { 0 } }, true },
    { "owner reads", 0400, { { 0 } }, true },
    { "group reads", 0440, { { 0 } }, false },
    { "others read", 0404, { { 0 } }, false },
    { "group writes", 0620, { { 0 } }, false },
    { "credential of this user",
      0400,
      { { 1, 4, NOBODY }, { 2, 4, ME }, { 4, 0, NOBODY }, { 0x10, 4, NOBODY }, { 0x20, 0, NOBODY } },
      true },
    { "of another user",
      0400,
      { { 1, 4, NOBODY }, { 2, 4, SOMEBODY }, { 4, 0, NOBODY }, { 0x10, 4, NOBODY }, { 0x20, 0, NOBODY } },
      false },
    { "of both",
      0400,
      { { 1, 4, NOBODY },
        { 2, 4, ME },
        { 2, 4, SOMEBODY },
        { 4, 0, NOBODY },
        { 0x10, 4, NOBODY },
        { 0x20, 0, NOBODY } },
      false },
    { "and of its group",
      0400,
      { { 1, 4, NOBODY }, { 2, 4, ME }, { 4, 4, NOBODY }, { 0x10, 4, NOBODY }, { 0x20, 0, NOBODY } },
      false },
    { "and of a group",
      0400,
      { { 1, 4, NOBODY },
        { 2, 4, ME },
        { 4, 0, NOBODY },
        { 8, 4, SOMEBODY },
        { 0x10, 4, NOBODY },
        { 0x20, 0, NOBODY } },
      false },
    { "and of others",
      0400,
      { { 1, 4, NOBODY }, { 2, 4, ME }, { 4, 0, NOBODY }, { 0x10, 4, NOBODY }, { 0x20, 4, NOBODY } },
      false },
};

static void set_list(int fd, const entry *list)
{
    unsigned char bytes[4 + 8 * sizeof(entry)] = { 2 };
    size_t len = 4;

    for (; list->tag; list++) {
        entry each = { list->tag, list->perm, list->id == ME ? (uint32_t)geteuid() : list->id };

        memcpy(bytes + len, &each, sizeof each);
        len += sizeof each;
    }
    assert_int_equal(0, fsetxattr(fd, "system.posix_acl_access", bytes, len, 0));
}

static void only_what_nobody_else_can_read_is_private(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(rows); i++) {
        char path[] = "/tmp/p11cert-pin-file.XXXXXX";
        int fd = mkstemp(path);
        struct stat info;

        assert_true(fd >= 0);
        assert_int_equal(0, fchmod(fd, rows[i].mode));
        if (rows[i].list[0].tag) {
            set_list(fd, rows[i].list);
        }
        assert_int_equal(0, fstat(fd, &info));
        bool private = pc_pin_file_is_private(fd, &info);

        (void)close(fd);
        (void)unlink(path);
        if (private != rows[i].expected) {
            fail_msg("%s", rows[i].name);
        }
    }
}

/* --- permissions of a group on root's file --- */

#define GROUP 60123u
#define USER  60124u

static const struct {
    const char *name;
    uid_t owner;
    mode_t mode;
    uid_t process;
    gid_t group; /* of the process, in addition to its own */
    bool expected;
} group_rows[] = {
    { "a secret in a pod", 0, 0440, USER, GROUP, true },   { "its owner may write it", 0, 0640, USER, GROUP, true },
    { "its own group reads", 0, 0440, USER, USER, false }, { "the group may write", 0, 0460, USER, GROUP, false },
    { "others read", 0, 0444, USER, GROUP, false },        { "another user's", USER + 1, 0440, USER, GROUP, false },
    { "root in a pod", 0, 0440, 0, GROUP, true },          { "root outside", 0, 0440, 0, 0, false },
};

/* In a child, since a process cannot take its identity back. */
static bool is_private_to(int fd, uid_t user, gid_t group)
{
    pid_t pid = fork();
    int how = 0;

    assert_true(pid >= 0);
    if (pid == 0) {
        struct stat info;
        bool is_changed = setgroups(1, &group) == 0 && setresgid(user, user, user) == 0 &&
                          setresuid(user, user, user) == 0 && fstat(fd, &info) == 0;

        _exit(is_changed ? pc_pin_file_is_private(fd, &info) : 2);
    }
    assert_int_equal(pid, waitpid(pid, &how, 0));
    assert_true(WIFEXITED(how) && WEXITSTATUS(how) < 2);
    return WEXITSTATUS(how) == 1;
}

static void a_file_of_root_may_be_read_by_a_group_of_this_process(void **state)
{
    (void)state;
    if (geteuid() != 0) {
        print_message("[  NOTE    ] only root can become another user: this case needs root\n");
        skip();
    }
    for (size_t i = 0; i < PC_COUNT(group_rows); i++) {
        char path[] = "/tmp/p11cert-pin-file.XXXXXX";
        int fd = mkstemp(path);

        assert_true(fd >= 0);
        assert_int_equal(0, fchown(fd, group_rows[i].owner, GROUP));
        assert_int_equal(0, fchmod(fd, group_rows[i].mode));
        bool private = is_private_to(fd, group_rows[i].process, group_rows[i].group);

        (void)close(fd);
        (void)unlink(path);
        if (private != group_rows[i].expected) {
            fail_msg("%s", group_rows[i].name);
        }
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_nobody_else_can_read_is_private),
        cmocka_unit_test(a_file_of_root_may_be_read_by_a_group_of_this_process),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
