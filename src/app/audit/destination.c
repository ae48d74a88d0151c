/* SPDX-License-Identifier: Apache-2.0 */
#include "app/audit/destination.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/time.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#include "base/cleanup.h"

#define CLAIM      ((off_t)256 * 1024) /* bytes: records of several runs at once */
#define LOCK_TRIES 1000                /* of 10 ms: a record is written in less */
#define SEND_SEC   10

#define NOTHING_DONE "`log` names a new file in an existing folder, or a log that it created; nothing was done"

typedef enum { TO_FILE, TO_SYSLOG, TO_JOURNAL } destination_kind;

struct pc_audit_destination {
    destination_kind kind;
    int fd;
    char *path; /* of the file, or of the socket */
};

PC_AUTO_DEFINE(pc_audit_destination, pc_audit_destination, pc_audit_destination_close);

void pc_audit_destination_close(pc_audit_destination *destination)
{
    if (destination) {
        if (destination->fd >= 0) {
            (void)close(destination->fd);
        }
        free(destination->path);
        free(destination);
    }
}

static pc_status fail_io(const pc_audit_destination *destination, const char *what, pc_error *err)
{
    return pc_fail_errno(err, PC_E_IO, errno, "cannot %s the audit log \"%s\"", what, destination->path);
}

/* --- a file --- */

/* Never through a dangling link, which would create the file that it names. */
static int open_or_create(const char *path)
{
    const int flags = O_RDWR | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
    int fd = open(path, flags);

    if (fd < 0 && errno == ENOENT) {
        fd = open(path, flags | O_CREAT | O_EXCL, 0600);
        /* Another run has just created it; or it is such a link, and there is nothing to open. */
        fd = fd < 0 && errno == EEXIST ? open(path, flags) : fd;
    }
    return fd;
}

static pc_status check_contents(const pc_audit_destination *destination, pc_error *err)
{
    char mark[sizeof PC_AUDIT_MARK] = "";
    ssize_t len = pread(destination->fd, mark, sizeof mark - 1, 0);

    if (len < 0) {
        return fail_io(destination, "read", err);
    }
    if (len == 0 || strcmp(mark, PC_AUDIT_MARK) == 0) {
        return PC_OK;
    }
    (void)pc_fail(err, PC_E_INPUT, "\"%s\" has contents that are not an audit log", destination->path);
    return pc_hint(err, PC_E_INPUT,
                   strncmp(mark, "{\"at\":\"", 7) == 0
                       ? "it seems to be an issuance log, which is named with `issuance_log`; nothing was done"
                       : NOTHING_DONE);
}

static pc_status open_file(pc_audit_destination *destination, pc_error *err)
{
    struct stat info;

    destination->fd = open_or_create(destination->path);
    if (destination->fd < 0) {
        (void)fail_io(destination, "open", err);
        return pc_hint(err, PC_E_IO, NOTHING_DONE);
    }
    if (fstat(destination->fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        (void)pc_fail(err, PC_E_INPUT, "the audit log \"%s\" is not a regular file", destination->path);
        return pc_hint(err, PC_E_INPUT, NOTHING_DONE);
    }
    return check_contents(destination, err);
}

/* If the file system cannot reserve blocks, its free space is checked. */
static bool has_room(int fd)
{
    struct statvfs system;

    if (fstatvfs(fd, &system) != 0) {
        return false;
    }
    if (system.f_bavail * system.f_frsize < (unsigned long)CLAIM) {
        errno = ENOSPC;
        return false;
    }
    return true;
}

/* Blocks after the end of the file, whose size does not change. */
static bool set_aside(int fd)
{
    struct stat info;
    struct rlimit limit;

    if (fstat(fd, &info) != 0) {
        return false;
    }
    if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
        (unsigned long long)info.st_size + (unsigned long long)CLAIM > limit.rlim_cur) {
        errno = EFBIG;
        return false;
    }
    if (fallocate(fd, FALLOC_FL_KEEP_SIZE, info.st_size, CLAIM) == 0) {
        return true;
    }
    return (errno == EOPNOTSUPP || errno == ENOSYS) && has_room(fd);
}

static bool lock(int fd)
{
    for (int i = 0; i < LOCK_TRIES; i++) {
        if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
            return true;
        }
        if (errno != EWOULDBLOCK && errno != EINTR) {
            return false;
        }
        (void)poll(NULL, 0, 10);
    }
    errno = EWOULDBLOCK;
    return false;
}

/* A run that was cut off, for example by a power failure, may have left a partial line: the next record starts a new
 * line. */
static bool ends_a_line(int fd, off_t size)
{
    char last = '\n';

    return size == 0 || (pread(fd, &last, 1, size - 1) == 1 && last == '\n');
}

/* In one write, so that lines of several runs do not mix; all or nothing. */
static bool append(int fd, const char *json)
{
    const size_t len = strlen(json);
    PC_AUTO(free) char *line = malloc(len + 3);
    struct stat info;

    if (!line || fstat(fd, &info) != 0) {
        return false;
    }
    const size_t start = ends_a_line(fd, info.st_size) ? 0 : 1;

    line[0] = '\n';
    memcpy(line + start, json, len);
    line[start + len] = '\n';
    errno = 0;
    if (write(fd, line, start + len + 1) == (ssize_t)(start + len + 1) && fsync(fd) == 0) {
        return true;
    }
    int cause = errno ? errno : ENOSPC;

    /* If that fails too, the next line begins after the rest of this one. */
    (void)!ftruncate(fd, info.st_size);
    errno = cause;
    return false;
}

static bool put_line(int fd, const char *json)
{
    if (!lock(fd)) {
        return false;
    }
    bool is_written = append(fd, json);
    int cause = errno;

    (void)flock(fd, LOCK_UN);
    errno = cause;
    return is_written;
}

/* --- daemons --- */

static int connect_as(const char *path, int type)
{
    const struct timeval patience = { .tv_sec = SEND_SEC };
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    const size_t len = strlen(path);
    int fd = len < sizeof address.sun_path ? socket(AF_UNIX, type | SOCK_CLOEXEC, 0) : -1;

    if (fd < 0) {
        return -1;
    }
    memcpy(address.sun_path, path, len);
    if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) == 0 &&
        connect(fd, (const struct sockaddr *)&address, sizeof address) == 0) {
        return fd;
    }
    int cause = errno;

    (void)close(fd);
    errno = cause;
    return -1;
}

/* Connects again for each record: a daemon may have been restarted or stopped. */
static bool reach(pc_audit_destination *destination)
{
    if (destination->fd >= 0) {
        (void)close(destination->fd);
    }
    destination->fd = connect_as(destination->path, SOCK_DGRAM);
    if (destination->fd < 0 && destination->kind == TO_SYSLOG && errno == EPROTOTYPE) {
        destination->fd = connect_as(destination->path, SOCK_STREAM);
    }
    return destination->fd >= 0;
}

/*
 * The journal's native protocol (https://systemd.io/JOURNAL_NATIVE_PROTOCOL), through its socket: sd_journal_send(3)
 * reports success even if no journal is running, and its library loads five others into a process that holds PINs.
 */
static bool send_to_journal(int fd, const char *json, const char *words)
{
    char *message = NULL;
    int len = asprintf(&message,
                       "MESSAGE=%s\nPRIORITY=%d\nSYSLOG_FACILITY=%d\nSYSLOG_IDENTIFIER=p11cert\nP11CERT_RECORD=%s\n",
                       words, LOG_NOTICE, LOG_AUTHPRIV >> 3, json);

    if (len < 0) {
        errno = ENOMEM;
        return false;
    }
    bool is_sent = send(fd, message, (size_t)len, MSG_NOSIGNAL) == (ssize_t)len;
    int cause = errno;

    free(message);
    errno = cause;
    return is_sent;
}

static pc_status fail_daemon(const pc_audit_destination *destination, const char *consequence, pc_error *err)
{
    (void)pc_fail_errno(err, PC_E_IO, errno, "cannot write the audit log: nothing receives records at \"%s\"",
                        destination->path);
    return pc_hint(err, PC_E_IO, "start %s, or give `log` a file%s",
                   destination->kind == TO_SYSLOG ? "the system's log daemon" : "systemd-journald", consequence);
}

/* --- all --- */

static pc_status open_kind(pc_audit_destination *destination, pc_error *err)
{
    if (destination->kind == TO_FILE) {
        PC_TRY(open_file(destination, err));
    }
    if (destination->kind == TO_SYSLOG) {
        openlog("p11cert", LOG_PID, LOG_AUTHPRIV);
    }
    if (destination->kind != TO_FILE && !reach(destination)) {
        return fail_daemon(destination, "; nothing was done", err);
    }
    return pc_audit_destination_claim(destination, err);
}

static const char *path_of(const char *log, const pc_audit_sockets *sockets, destination_kind *ret_kind)
{
    *ret_kind = strcmp(log, "syslog") == 0 ? TO_SYSLOG : strcmp(log, "journald") == 0 ? TO_JOURNAL : TO_FILE;
    if (*ret_kind == TO_SYSLOG) {
        return sockets && sockets->syslog ? sockets->syslog : PC_SYSLOG_SOCKET;
    }
    if (*ret_kind == TO_JOURNAL) {
        return sockets && sockets->journal ? sockets->journal : PC_JOURNAL_SOCKET;
    }
    return log;
}

pc_status pc_audit_destination_open(const char *log, const pc_audit_sockets *sockets,
                                    pc_audit_destination **ret_destination, pc_error *err)
{
    PC_AUTO(pc_audit_destination) pc_audit_destination *destination = calloc(1, sizeof *destination);

    if (!destination) {
        return pc_fail_memory(err);
    }
    destination->fd = -1;
    destination->path = strdup(path_of(log, sockets, &destination->kind));
    if (!destination->path) {
        return pc_fail_memory(err);
    }
    PC_TRY(open_kind(destination, err));
    *ret_destination = PC_TAKE(destination);
    return PC_OK;
}

pc_status pc_audit_destination_claim(pc_audit_destination *destination, pc_error *err)
{
    if (destination->kind != TO_FILE) {
        return reach(destination) ? PC_OK : fail_daemon(destination, "", err);
    }
    return set_aside(destination->fd) ? PC_OK : fail_io(destination, "write", err);
}

pc_status pc_audit_destination_put(pc_audit_destination *destination, const char *json, const char *words,
                                   pc_error *err)
{
    if (destination->kind == TO_FILE) {
        return put_line(destination->fd, json) ? PC_OK : fail_io(destination, "write", err);
    }
    if (!reach(destination)) {
        return fail_daemon(destination, "", err);
    }
    if (destination->kind == TO_SYSLOG) {
        syslog(LOG_AUTHPRIV | LOG_NOTICE, "%s", json); /* it does not report failures */
        return PC_OK;
    }
    return send_to_journal(destination->fd, json, words) ? PC_OK : fail_daemon(destination, "", err);
}
