/* SPDX-License-Identifier: Apache-2.0 */
/*
 * To be preloaded: kills the process at the Nth time that it writes a journal or has it written to the disk, just
 * before or just after. P11CERT_JOURNAL is how the path of the journal ends, P11CERT_KILL is "before N" or "after N";
 * with "count 0" nothing is killed. With "full N" the disk is full from the Nth time on: nothing more is written. Each
 * such call is a line in the file P11CERT_JOURNAL_LOG.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static unsigned long calls;

static int is_journal(int fd)
{
    const char *end = getenv("P11CERT_JOURNAL");
    char link[64];
    char path[4096];

    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t len = end ? readlink(link, path, sizeof path - 1) : -1;

    if (len < 0) {
        return 0;
    }
    path[len] = '\0';
    return (size_t)len >= strlen(end) && strcmp(path + len - strlen(end), end) == 0;
}

static void log_call(void)
{
    const char *file = getenv("P11CERT_JOURNAL_LOG");
    int fd = file ? open(file, O_WRONLY | O_CREAT | O_APPEND, 0600) : -1;

    if (fd < 0 || write(fd, "call\n", 5) != 5) {
        abort();
    }
    (void)close(fd);
}

static void kill_at(const char *when)
{
    const char *plan = getenv("P11CERT_KILL");
    size_t len = strlen(when);

    if (plan && strncmp(plan, when, len) == 0 && strtoul(plan + len, NULL, 10) == calls) {
        (void)raise(SIGKILL);
    }
}

static void begin(int fd, int *ret_is_journal)
{
    *ret_is_journal = is_journal(fd);
    if (*ret_is_journal) {
        calls++;
        log_call();
        kill_at("before ");
    }
}

static void end(int is_one)
{
    if (is_one) {
        kill_at("after ");
    }
}

/* POSIX lets the object pointer that dlsym gives be the function's. */
static void find_next(const char *name, void *ret_function)
{
    void *found = dlsym(RTLD_NEXT, name);

    if (!found) {
        abort();
    }
    memcpy(ret_function, &found, sizeof found);
}

static int is_full(void)
{
    const char *plan = getenv("P11CERT_KILL");

    return plan && strncmp(plan, "full ", 5) == 0 && calls >= strtoul(plan + 5, NULL, 10);
}

ssize_t write(int fd, const void *bytes, size_t len)
{
    ssize_t (*next)(int, const void *, size_t) = NULL;
    int is_one = 0;

    find_next("write", &next);
    begin(fd, &is_one);
    if (is_one && is_full()) {
        errno = ENOSPC;
        return -1;
    }
    ssize_t put = next(fd, bytes, len);

    end(is_one);
    return put;
}

ssize_t pwrite(int fd, const void *bytes, size_t len, off_t offset)
{
    ssize_t (*next)(int, const void *, size_t, off_t) = NULL;
    int is_one = 0;

    find_next("pwrite", &next);
    begin(fd, &is_one);
    ssize_t put = next(fd, bytes, len, offset);

    end(is_one);
    return put;
}

ssize_t pwrite64(int fd, const void *bytes, size_t len, off64_t offset)
{
    return pwrite(fd, bytes, len, (off_t)offset);
}

int ftruncate(int fd, off_t len)
{
    int (*next)(int, off_t) = NULL;
    int is_one = 0;

    find_next("ftruncate", &next);
    begin(fd, &is_one);
    int status = next(fd, len);

    end(is_one);
    return status;
}

int ftruncate64(int fd, off64_t len)
{
    return ftruncate(fd, (off_t)len);
}

int fsync(int fd)
{
    int (*next)(int) = NULL;
    int is_one = 0;

    find_next("fsync", &next);
    begin(fd, &is_one);
    int status = next(fd);

    end(is_one);
    return status;
}
