/* SPDX-License-Identifier: Apache-2.0 */
#include "app/log/parts.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/destination.h"

#define MOST_LOG       ((off_t)1024 * 1024 * 1024) /* bytes */
#define LOCK_TRIES     6000                        /* for a minute */
#define LOCK_STEP_MSEC 10

void pc_issuance_log_close(pc_issuance_log *log)
{
    if (log) {
        if (log->fd >= 0) {
            (void)close(log->fd);
        }
        pc_issuance_log_forget(log);
        pc_arena_free(log->arena);
        free(log);
    }
}

/* --- reading --- */

pc_status pc_issuance_log_fail_io(const pc_issuance_log *log, const char *what, pc_error *err)
{
    return pc_fail_errno(err, PC_E_IO, errno, "cannot %s the issuance log \"%s\"", what, log->path);
}

static pc_status take_line(pc_issuance_log *log, const char *line, size_t len, pc_error *err)
{
    PC_AUTO(pc_record) pc_record record = { .whole = NULL };
    pc_status status = pc_record_read((pc_bytes){ (const uint8_t *)line, len }, &record, err);

    if (status == PC_OK) {
        status = pc_issuance_log_take(log, &record, err);
    }
    if (status == PC_OK) {
        return PC_OK;
    }
    (void)pc_note(err, status, "line %lld of the issuance log \"%s\" is not as it was written", (long long)log->seq + 1,
                  log->path);
    return pc_hint(err, status, "find out who changed it, and restore a copy from before the change");
}

/* A line that a killed run left incomplete: either the run had not asked for the signature yet, or the previous line
 * says that it was about to.
 */
static pc_status remove_torn(const pc_issuance_log *log, off_t whole, off_t size, pc_error *err)
{
    if (whole == size) {
        return PC_OK;
    }
    return ftruncate(log->fd, whole) == 0 && fsync(log->fd) == 0 ? PC_OK : pc_issuance_log_fail_io(log, "repair", err);
}

static pc_status take_all(pc_issuance_log *log, FILE *in, off_t size, pc_error *err)
{
    char *line = NULL;
    size_t room = 0;
    off_t whole = 0;
    ssize_t len = 0;
    pc_status status = PC_OK;

    while (status == PC_OK && (len = getline(&line, &room, in)) > 0 && line[len - 1] == '\n') {
        whole += len;
        status = take_line(log, line, (size_t)len - 1, err);
    }
    if (status == PC_OK && ferror(in)) {
        status = pc_issuance_log_fail_io(log, "read", err);
    }
    free(line);
    PC_TRY(status);
    log->size = whole;
    return remove_torn(log, whole, size, err);
}

static pc_status fail_not_a_log(const pc_issuance_log *log, pc_error *err)
{
    return pc_fail(err, PC_E_INPUT, "the issuance log \"%s\" is not a regular file of at most 1 GiB", log->path);
}

static pc_status read_all(pc_issuance_log *log, pc_error *err)
{
    struct stat info;
    int copy = -1;

    if (fstat(log->fd, &info) != 0 || !S_ISREG(info.st_mode) || info.st_size > MOST_LOG) {
        return fail_not_a_log(log, err);
    }
    copy = fcntl(log->fd, F_DUPFD_CLOEXEC, 0);
    PC_AUTO(file) FILE *in = copy >= 0 ? fdopen(copy, "r") : NULL;

    if (!in) {
        if (copy >= 0) {
            (void)close(copy);
        }
        return pc_issuance_log_fail_io(log, "read", err);
    }
    return take_all(log, in, info.st_size, err);
}

/* A run uses the log until it ends, and may be waiting for a PIN. */
static pc_status hold(const pc_issuance_log *log, pc_error *err)
{
    for (int i = 0; i < LOCK_TRIES; i++) {
        if (flock(log->fd, LOCK_EX | LOCK_NB) == 0) {
            return PC_OK;
        }
        if (errno != EWOULDBLOCK) {
            return pc_issuance_log_fail_io(log, "lock", err);
        }
        (void)poll(NULL, 0, LOCK_STEP_MSEC);
    }
    (void)pc_fail(err, PC_E_REFUSED, "another run has been using the issuance log \"%s\" for a minute", log->path);
    return pc_hint(err, PC_E_REFUSED, "run the command again once the other one has ended; nothing was signed");
}

/* @param creation  O_CREAT, or 0 */
static pc_status open_destination(pc_issuance_log *log, int creation, pc_error *err)
{
    PC_AUTO(pc_destination) pc_destination destination = { .path = NULL };

    PC_TRY(pc_destination_of(log->path, &destination, err));
    if (destination.kind != PC_DESTINATION_FILE) {
        return fail_not_a_log(log, err);
    }
    log->fd = open(destination.path, O_RDWR | O_APPEND | creation | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, 0644);
    if (log->fd < 0 && errno == ENOENT && !creation) {
        return pc_fail(err, PC_E_NOT_FOUND, "there is no issuance log \"%s\"", log->path);
    }
    return log->fd < 0 ? pc_issuance_log_fail_io(log, "open", err) : PC_OK;
}

static pc_status open_log(const char *path, int creation, pc_issuance_log **ret_log, pc_error *err)
{
    PC_AUTO(pc_issuance_log) pc_issuance_log *log = calloc(1, sizeof *log);

    if (!log) {
        return pc_fail_memory(err);
    }
    log->fd = -1;
    log->arena = pc_arena_new();
    log->path = log->arena ? pc_arena_string(log->arena, path) : NULL;
    if (!log->path) {
        return pc_fail_memory(err);
    }
    PC_TRY(open_destination(log, creation, err));
    PC_TRY(hold(log, err));
    PC_TRY(read_all(log, err));
    *ret_log = PC_TAKE(log);
    return PC_OK;
}

pc_status pc_issuance_log_open(const char *path, pc_issuance_log **ret_log, pc_error *err)
{
    return open_log(path, O_CREAT, ret_log, err);
}

pc_status pc_issuance_log_open_existing(const char *path, pc_issuance_log **ret_log, pc_error *err)
{
    PC_AUTO(pc_issuance_log) pc_issuance_log *log = NULL;

    PC_TRY(open_log(path, 0, &log, err));
    if (log->size == 0) {
        (void)pc_fail(err, PC_E_INPUT, "the issuance log \"%s\" is empty", path);
        return pc_hint(err, PC_E_INPUT, "restore it from a copy: a CRL would contain nothing that it recorded");
    }
    *ret_log = PC_TAKE(log);
    return PC_OK;
}
