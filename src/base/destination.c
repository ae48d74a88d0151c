/* SPDX-License-Identifier: Apache-2.0 */
#include "base/destination.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/standard_output.h"
#include "base/text.h"

#define LINKS_MOST      40 /* as many as Linux follows */
#define READER_TRIES    100
#define READER_PAUSE_MS 20

void pc_destination_clear(pc_destination *destination)
{
    free(destination->path);
    destination->path = NULL;
}

/* "/dev/fd/N" and similar names: reopening these would fail for a socket, and lose the position in a file. */
static bool is_descriptor(const char *path, int *ret_descriptor)
{
    static const char *const folders[] = { "/dev/fd/", "/proc/self/fd/", "/proc/thread-self/fd/" };
    unsigned long number = 0;

    if (pc_standard_output_is_path(path)) {
        *ret_descriptor = STDOUT_FILENO;
        return true;
    }
    if (strcmp(path, "/dev/stderr") == 0) {
        *ret_descriptor = STDERR_FILENO;
        return true;
    }
    for (size_t i = 0; i < PC_COUNT(folders); i++) {
        size_t len = strlen(folders[i]);

        if (strncmp(path, folders[i], len) == 0 && pc_text_to_number(path + len, 65535, &number)) {
            *ret_descriptor = (int)number;
            return true;
        }
    }
    return false;
}

/* What a link names, seen from the folder that the link is in. NULL if it cannot be read. Owned by the caller. */
static char *follow(const char *link)
{
    char target[PATH_MAX];
    ssize_t len = readlink(link, target, sizeof target - 1);
    const char *slash = strrchr(link, '/');
    char *joined = NULL;

    if (len <= 0) {
        return NULL;
    }
    target[len] = '\0';
    if (target[0] == '/' || !slash) {
        return strdup(target);
    }
    return asprintf(&joined, "%.*s%s", (int)(slash - link) + 1, link, target) < 0 ? NULL : joined;
}

/* `info` is that of the last path reached; `*ret_exists` is false if there is nothing. */
static pc_status follow_links(const char *path, pc_destination *destination, struct stat *ret_info, pc_error *err)
{
    for (int i = 0; i < LINKS_MOST; i++) {
        if (is_descriptor(destination->path, &destination->descriptor)) {
            destination->kind = PC_DESTINATION_DESCRIPTOR;
            return PC_OK;
        }
        destination->exists = lstat(destination->path, ret_info) == 0;
        if (!destination->exists && i > 0) {
            (void)pc_fail(err, PC_E_IO, "\"%s\" is a symbolic link to \"%s\", which does not exist", path,
                          destination->path);
            return pc_hint(err, PC_E_IO, "create that file or remove the link");
        }
        if (!destination->exists || !S_ISLNK(ret_info->st_mode)) {
            return PC_OK;
        }
        char *next = follow(destination->path);

        if (!next) {
            return pc_fail_errno(err, PC_E_IO, errno, "cannot follow the symbolic link \"%s\"", destination->path);
        }
        free(destination->path);
        destination->path = next;
    }
    return pc_fail_errno(err, PC_E_IO, ELOOP, "cannot follow the symbolic link \"%s\"", path);
}

/* The kernel refuses links that another user has put into a shared folder; readlink() would not notice. */
static pc_status check_links_allowed(const char *path, pc_error *err)
{
    struct stat link;
    struct stat reached;

    if (lstat(path, &link) == 0 && S_ISLNK(link.st_mode) && stat(path, &reached) != 0 && errno == EACCES) {
        return pc_fail_errno(err, PC_E_IO, EACCES, "cannot follow the symbolic link \"%s\"", path);
    }
    return PC_OK;
}

static pc_status classify(const char *path, pc_destination *destination, mode_t mode, pc_error *err)
{
    if (S_ISDIR(mode)) {
        return pc_fail(err, PC_E_IO, "\"%s\" is a directory", path);
    }
    if (S_ISBLK(mode)) {
        return pc_fail(err, PC_E_IO, "\"%s\" is a block device, and writing would destroy what is on it", path);
    }
    destination->kind = S_ISREG(mode) ? PC_DESTINATION_FILE : PC_DESTINATION_STREAM;
    return PC_OK;
}

pc_status pc_destination_of(const char *path, pc_destination *ret_destination, pc_error *err)
{
    PC_AUTO(pc_destination) pc_destination destination = { .kind = PC_DESTINATION_FILE, .path = strdup(path) };
    struct stat info = { .st_mode = S_IFREG };

    if (!destination.path) {
        return pc_fail_memory(err);
    }
    PC_TRY(check_links_allowed(path, err));
    PC_TRY(follow_links(path, &destination, &info, err));
    if (destination.kind == PC_DESTINATION_FILE && destination.exists) {
        PC_TRY(classify(path, &destination, info.st_mode, err));
    }
    *ret_destination = destination;
    destination.path = NULL;
    return PC_OK;
}

/* Opening a pipe that nobody reads would block forever. */
static int open_stream(const char *path)
{
    const struct timespec pause = { .tv_nsec = READER_PAUSE_MS * 1000000L };
    int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

    for (int i = 0; fd < 0 && errno == ENXIO && i < READER_TRIES; i++) {
        (void)nanosleep(&pause, NULL);
        fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    }
    if (fd >= 0) {
        (void)fcntl(fd, F_SETFL, 0);
    }
    return fd;
}

pc_status pc_destination_open(const pc_destination *destination, int *ret_fd, pc_error *err)
{
    int source = destination->descriptor == STDOUT_FILENO ? pc_standard_output_descriptor() : destination->descriptor;
    int fd = destination->kind == PC_DESTINATION_DESCRIPTOR ? fcntl(source, F_DUPFD_CLOEXEC, 3)
                                                            : open_stream(destination->path);

    if (fd >= 0) {
        *ret_fd = fd;
        return PC_OK;
    }
    int reason = errno;

    (void)pc_fail_errno(err, PC_E_IO, reason, "cannot write to \"%s\"", destination->path);
    return reason == ENXIO ? pc_hint(err, PC_E_IO, "no program reads this pipe: start the reader first") : PC_E_IO;
}
