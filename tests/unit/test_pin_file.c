/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_nobody_else_can_read_is_private),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
