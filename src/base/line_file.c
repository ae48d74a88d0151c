/* SPDX-License-Identifier: Apache-2.0 */
#include "base/line_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/destination.h"

struct pc_line_file {
    char *path;
    int fd;
};

void pc_line_file_close(pc_line_file *file)
{
    if (!file) {
        return;
    }
    if (file->fd >= 0) {
        (void)fsync(file->fd);
        (void)close(file->fd);
    }
    free(file->path);
    free(file);
}

/* One write per line: a killed run leaves at most one incomplete line, at the end. */
static pc_status write_whole(const pc_line_file *file, const char *text, size_t len, pc_error *err)
{
    ssize_t put = 0;

    do {
        put = write(file->fd, text, len);
    } while (put < 0 && errno == EINTR);
    if (put == (ssize_t)len) {
        return PC_OK;
    }
    return pc_fail_errno(err, PC_E_IO, put < 0 ? errno : ENOSPC, "cannot write \"%s\"", file->path);
}

static pc_status lock(const pc_line_file *file, pc_error *err)
{
    if (flock(file->fd, LOCK_EX | LOCK_NB) == 0) {
        return PC_OK;
    }
    return errno == EWOULDBLOCK ? pc_fail(err, PC_E_REFUSED, "another run has locked \"%s\"", file->path)
                                : pc_fail_errno(err, PC_E_IO, errno, "cannot lock \"%s\"", file->path);
}

static pc_status end_torn_line(const pc_line_file *file, pc_error *err)
{
    char last = '\n';
    off_t size = lseek(file->fd, 0, SEEK_END);

    if (size > 0 && pread(file->fd, &last, 1, size - 1) != 1) {
        return pc_fail_errno(err, PC_E_IO, errno, "cannot read \"%s\"", file->path);
    }
    return last == '\n' ? PC_OK : write_whole(file, "\n", 1, err);
}

/* A pipe is opened for writing only: if it were opened for reading as well, it would accept a record that nobody
 * reads. */
static pc_status open_destination(pc_line_file *file, pc_line_sharing sharing, pc_error *err)
{
    PC_AUTO(pc_destination) pc_destination destination = { .path = NULL };

    PC_TRY(pc_destination_of(file->path, &destination, err));
    if (destination.kind != PC_DESTINATION_FILE) {
        return pc_destination_open(&destination, &file->fd, err);
    }
    file->fd = open(destination.path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, 0644);
    if (file->fd < 0) {
        return pc_fail_errno(err, PC_E_IO, errno, "cannot write \"%s\"", file->path);
    }
    PC_TRY(sharing == PC_LINES_ALONE ? lock(file, err) : PC_OK);
    return end_torn_line(file, err);
}

pc_status pc_line_file_open(const char *path, pc_line_sharing sharing, pc_line_file **ret_file, pc_error *err)
{
    PC_AUTO(pc_line_file) pc_line_file *file = calloc(1, sizeof *file);

    if (!file) {
        return pc_fail_memory(err);
    }
    file->fd = -1;
    file->path = strdup(path);
    if (!file->path) {
        return pc_fail_memory(err);
    }
    PC_TRY(open_destination(file, sharing, err));
    *ret_file = PC_TAKE(file);
    return PC_OK;
}

pc_status pc_line_file_add(const pc_line_file *file, const char *line, pc_error *err)
{
    PC_AUTO(free) char *whole = NULL;
    int len = asprintf(&whole, "%s\n", line);

    if (len < 0) {
        whole = NULL;
        return pc_fail_memory(err);
    }
    return write_whole(file, whole, (size_t)len, err);
}

pc_status pc_line_file_sync(const pc_line_file *file, pc_error *err)
{
    return fsync(file->fd) == 0 || errno == EINVAL /* a pipe or a device */
               ? PC_OK
               : pc_fail_errno(err, PC_E_IO, errno, "cannot write \"%s\"", file->path);
}
