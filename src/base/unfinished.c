/* SPDX-License-Identifier: Apache-2.0 */
#include "base/unfinished.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct {
    volatile sig_atomic_t is_set;
    int fd;
    char path[PATH_MAX];
} folder;

void pc_unfinished_set(int fd, const char *path)
{
    if (!folder.is_set && snprintf(folder.path, sizeof folder.path, "%s", path) < (int)sizeof folder.path) {
        folder.fd = fd;
        folder.is_set = 1;
    }
}

void pc_unfinished_clear(int fd)
{
    if (folder.is_set && folder.fd == fd) {
        folder.is_set = 0;
    }
}

/* An entry of getdents64(2): readdir(3) is not async-signal-safe. */
typedef struct {
    uint64_t inode;
    int64_t offset;
    uint16_t len;
    uint8_t type;
    char name[];
} entry;

static bool is_file(const char *name)
{
    return strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

static void remove_files(int listing)
{
    _Alignas(entry) char room[4096];
    long len;

    while ((len = syscall(SYS_getdents64, listing, room, sizeof room)) > 0) {
        for (long i = 0; i < len;) {
            const entry *each = (const void *)(room + i);

            if (is_file(each->name)) {
                (void)unlinkat(listing, each->name, 0);
            }
            i += each->len;
        }
    }
}

bool pc_unfinished_remove(void)
{
    if (!folder.is_set) {
        return false;
    }
    int listing = openat(folder.fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (listing >= 0) {
        remove_files(listing);
        (void)close(listing);
    }
    (void)rmdir(folder.path);
    folder.is_set = 0;
    return true;
}
