/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/destination.h"
#include "base/standard_output.h"
#include "base/text.h"

typedef int descriptor;

static void pc_auto_descriptor(const descriptor *slot)
{
    if (*slot >= 0) {
        (void)close(*slot);
    }
}

static bool is_standard_stream(const char *path)
{
    return strcmp(path, "-") == 0;
}

static pc_status open_for_reading(const char *path, size_t max, descriptor *ret_fd, pc_error *err)
{
    struct stat info;
    descriptor fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0) {
        return pc_fail_errno(err, errno == ENOENT ? PC_E_NOT_FOUND : PC_E_IO, errno, "cannot open \"%s\"", path);
    }
    pc_status status = PC_OK;

    if (fstat(fd, &info) != 0) {
        status = pc_fail_errno(err, PC_E_IO, errno, "cannot examine \"%s\"", path);
    } else if (S_ISDIR(info.st_mode)) {
        status = pc_fail(err, PC_E_INPUT, "\"%s\" is a directory, not a file", path);
    } else if (S_ISREG(info.st_mode) && (uintmax_t)info.st_size > max) {
        status =
            pc_fail(err, PC_E_INPUT, "\"%s\" has %jd bytes; at most %zu are read", path, (intmax_t)info.st_size, max);
    } else if (!S_ISREG(info.st_mode) && !S_ISFIFO(info.st_mode) && !S_ISSOCK(info.st_mode)) {
        status = pc_fail(err, PC_E_INPUT, "\"%s\" is not a regular file", path);
    }
    if (status != PC_OK) {
        (void)close(fd);
        return status;
    }
    /* Reading waits for a pipe (process substitution); only opening must not block. */
    (void)fcntl(fd, F_SETFL, 0);
    *ret_fd = fd;
    return PC_OK;
}

/* A buffer that doubles: the discarded buffers in the arena are at most as large again. */
static pc_status read_all(pc_arena *arena, descriptor fd, size_t max, pc_bytes *ret_bytes)
{
    size_t size = 16384;
    size_t len = 0;
    uint8_t *bytes = pc_arena_alloc(arena, size + 1);

    while (bytes) {
        ssize_t got = read(fd, bytes + len, size - len);

        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return PC_E_IO;
        }
        len += (size_t)got;
        if (len > max) {
            return PC_E_INPUT;
        }
        if (got == 0) {
            *ret_bytes = (pc_bytes){ bytes, len };
            return PC_OK;
        }
        if (len == size) {
            uint8_t *larger = pc_arena_alloc(arena, size * 2 + 1);

            if (larger) {
                memcpy(larger, bytes, len);
            }
            bytes = larger;
            size *= 2;
        }
    }
    return PC_E_MEMORY;
}

pc_status pc_path_look(const char *path, pc_path_kind *ret_kind, pc_error *err)
{
    struct stat info;

    if (is_standard_stream(path)) {
        *ret_kind = PC_PATH_OTHER;
        return PC_OK;
    }
    if (stat(path, &info) != 0) {
        *ret_kind = PC_PATH_NOTHING;
        return errno == ENOENT || errno == ENOTDIR || errno == ENAMETOOLONG
                   ? PC_OK
                   : pc_fail_errno(err, PC_E_IO, errno, "cannot examine whether \"%s\" exists", path);
    }
    *ret_kind = S_ISREG(info.st_mode) ? PC_PATH_FILE : S_ISDIR(info.st_mode) ? PC_PATH_FOLDER : PC_PATH_OTHER;
    return PC_OK;
}

pc_status pc_path_exists(const char *path, bool *ret_exists, pc_error *err)
{
    pc_path_kind kind;

    PC_TRY(pc_path_look(path, &kind, err));
    *ret_exists = kind != PC_PATH_NOTHING;
    return PC_OK;
}

pc_status pc_file_read(pc_arena *arena, const char *path, size_t max, pc_bytes *ret_bytes, pc_error *err)
{
    PC_AUTO(descriptor) descriptor opened = -1;
    descriptor fd = STDIN_FILENO;

    if (!is_standard_stream(path)) {
        PC_TRY(open_for_reading(path, max, &opened, err));
        fd = opened;
    }
    switch (read_all(arena, fd, max, ret_bytes)) {
    case PC_OK:
        return PC_OK;
    case PC_E_IO:
        return pc_fail_errno(err, PC_E_IO, errno, "cannot read \"%s\"", path);
    case PC_E_INPUT:
        return pc_fail(err, PC_E_INPUT, "\"%s\" has more than %zu bytes, which is the limit", path, max);
    default:
        return pc_fail_memory(err);
    }
}

pc_status pc_file_open(const char *path, FILE **ret_file, pc_error *err)
{
    PC_AUTO(descriptor) descriptor fd = -1;
    struct stat info;

    if (is_standard_stream(path)) {
        return pc_fail(err, PC_E_INPUT, "standard input can be read only once; name a file");
    }
    PC_TRY(open_for_reading(path, SIZE_MAX, &fd, err));
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        return pc_fail(err, PC_E_INPUT, "\"%s\" is not a regular file, which can be read more than once", path);
    }
    *ret_file = fdopen(fd, "r");
    if (!*ret_file) {
        return pc_fail_memory(err);
    }
    fd = -1;
    return PC_OK;
}

/* Space is reserved when the file is opened, so that a full disk is detected before a key is made. */
#define ROOM_CLAIMED ((off_t)64 * 1024)

#define OUTPUT_NAME 512u

struct pc_output {
    char *path;  /* as given */
    char *place; /* where the file goes: links are followed; NULL for a stream */
    char *aside; /* temporary name, if there is one; an O_TMPFILE has none */
    descriptor fd;
    pc_file_mode mode;
    off_t written; /* bytes */
    bool is_unchanged;
};

void pc_output_free(pc_output *output)
{
    if (!output) {
        return;
    }
    if (output->aside) {
        (void)unlink(output->aside);
    }
    pc_auto_descriptor(&output->fd);
    free(output->aside);
    free(output->place);
    free(output->path);
    free(output);
}

static pc_status refuse_existing(const char *path, pc_error *err)
{
    (void)pc_fail(err, PC_E_REFUSED, "\"%s\" exists and is not replaced", path);
    return pc_hint(err, PC_E_REFUSED, "name another file with `out`, or use `force` to replace this one");
}

static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
}

static pc_status open_named_aside(pc_output *output, mode_t permissions, pc_error *err)
{
    mode_t mask = umask(0);

    (void)umask(mask);
    if (asprintf(&output->aside, "%s.p11cert-XXXXXX", output->place) < 0) {
        output->aside = NULL;
        return pc_fail_memory(err);
    }
    output->fd = mkostemp(output->aside, O_CLOEXEC);
    if (output->fd < 0) {
        int reason = errno;

        free(PC_TAKE(output->aside));
        return pc_fail_errno(err, PC_E_IO, reason, "cannot write in the folder of \"%s\"", output->path);
    }
    /* mkostemp creates files with mode 0600; open() would have applied the umask. */
    if (fchmod(output->fd, permissions & ~mask) != 0) {
        return pc_fail_errno(err, PC_E_IO, errno, "cannot set the mode of \"%s\"", output->path);
    }
    return PC_OK;
}

/* An unnamed file disappears even if the process is killed; if that is not supported, use a named one. */
static pc_status open_aside(pc_output *output, mode_t permissions, pc_error *err)
{
    PC_AUTO(free) char *folder = folder_of(output->place);

    if (!folder) {
        return pc_fail_memory(err);
    }
    if (access("/proc/self/fd", X_OK) == 0) {
        output->fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, permissions);
    }
    if (output->fd < 0) {
        PC_TRY(open_named_aside(output, permissions, err));
    }
    int reason = posix_fallocate(output->fd, 0, ROOM_CLAIMED);

    if (reason == ENOSPC || reason == EDQUOT || reason == EFBIG || reason == EIO) {
        return pc_fail_errno(err, PC_E_IO, reason, "cannot write \"%s\"", output->path);
    }
    return PC_OK;
}

/* A temporary name next to a file to be replaced. Owned by the caller; NULL when out of memory. */
static char *name_aside(const char *path)
{
    char *aside = NULL;

    return asprintf(&aside, "%s.p11cert-%ld", path, (long)getpid()) < 0 ? NULL : aside;
}

/* The temporary file has a short name or none, so a final name that is too long would only be detected at the end. */
static pc_status check_name(const char *path, pc_file_mode mode, pc_error *err)
{
    PC_AUTO(free) char *aside = mode == PC_FILE_REPLACE ? name_aside(path) : strdup(path);
    struct stat info;

    if (!aside) {
        return pc_fail_memory(err);
    }
    return lstat(aside, &info) != 0 && errno == ENAMETOOLONG
               ? pc_fail_errno(err, PC_E_IO, ENAMETOOLONG, "cannot write \"%s\"", path)
               : PC_OK;
}

/* Takes the destination's path. */
static pc_status open_file(pc_output *output, pc_destination *destination, mode_t permissions, pc_error *err)
{
    output->place = PC_TAKE(destination->path);
    PC_TRY(check_name(output->place, output->mode, err));
    if (destination->exists && output->mode == PC_FILE_NEW) {
        return refuse_existing(output->path, err);
    }
    return open_aside(output, permissions, err);
}

pc_status pc_output_open(const char *path, pc_file_mode mode, mode_t permissions, pc_output **ret_output, pc_error *err)
{
    if (pc_text_starts(path, "pkcs11:")) {
        return pc_fail(err, PC_E_USAGE, "a pkcs11: URI is not a valid output file");
    }
    if (*path == '\0') {
        return pc_fail(err, PC_E_USAGE, "\"\" is not a file name");
    }
    PC_AUTO(pc_output) pc_output *output = calloc(1, sizeof *output);
    PC_AUTO(pc_destination) pc_destination destination = { .path = NULL };

    if (!output) {
        return pc_fail_memory(err);
    }
    output->fd = -1;
    output->mode = mode;
    output->path = strdup(path);
    if (!output->path) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_destination_of(path, &destination, err));
    PC_TRY(destination.kind == PC_DESTINATION_FILE ? open_file(output, &destination, permissions, err)
                                                   : pc_destination_open(&destination, &output->fd, err));
    *ret_output = PC_TAKE(output);
    return PC_OK;
}

static pc_status write_all(descriptor fd, const char *path /* its name in errors */, const uint8_t *bytes, size_t len,
                           pc_error *err)
{
    while (len) {
        ssize_t put = write(fd, bytes, len);

        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put <= 0) {
            return pc_fail_errno(err, PC_E_IO, errno, "cannot write %s", path);
        }
        bytes += put;
        len -= (size_t)put;
    }
    return PC_OK;
}

/* The name must survive a crash too: POSIX guarantees that only after its directory is synced. */
static void sync_directory_of(const char *path)
{
    PC_AUTO(free) char *folder = folder_of(path);
    PC_AUTO(descriptor) descriptor fd = folder ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

    if (fd >= 0) {
        (void)fsync(fd);
    }
}

/* Give an unnamed file a name; fails with EEXIST if the name is taken. */
static int link_nameless(descriptor fd, const char *path)
{
    char self[64];

    (void)snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
    return linkat(AT_FDCWD, self, AT_FDCWD, path, AT_SYMLINK_FOLLOW);
}

static int place_new(const pc_output *output)
{
    if (!output->aside) {
        return link_nameless(output->fd, output->place);
    }
    /* link() refuses an existing name, which rename() would replace. */
    int failed = link(output->aside, output->place);

    if (!failed) {
        (void)unlink(output->aside);
    }
    return failed;
}

static int place_replacing(pc_output *output)
{
    if (!output->aside) {
        output->aside = name_aside(output->place);
        if (!output->aside) {
            errno = ENOMEM;
            return -1;
        }
        if (link_nameless(output->fd, output->aside) != 0) {
            free(PC_TAKE(output->aside));
            return -1;
        }
    }
    return rename(output->aside, output->place);
}

/* Both from the beginning. A file that cannot be read is one with another content. */
static bool holds_the_same(descriptor made, descriptor there)
{
    uint8_t ours[16384];
    uint8_t theirs[16384];
    off_t offset = 0;

    for (;;) {
        const ssize_t got = pread(made, ours, sizeof ours, offset);

        if (got < 0 || pread(there, theirs, sizeof theirs, offset) != got || memcmp(ours, theirs, (size_t)got) != 0) {
            return false;
        }
        if (got == 0) {
            return true;
        }
        offset += got;
    }
}

static pc_status keep_the_same(pc_output *output, pc_error *err)
{
    PC_AUTO(descriptor) descriptor there = open(output->place, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (there < 0 || !holds_the_same(output->fd, there)) {
        return refuse_existing(output->path, err);
    }
    output->is_unchanged = true;
    return PC_OK;
}

static pc_status move_into_place(pc_output *output, pc_error *err)
{
    int failed = output->mode == PC_FILE_REPLACE ? place_replacing(output) : place_new(output);

    if (failed && errno == EEXIST) {
        return output->mode == PC_FILE_SAME ? keep_the_same(output, err) : refuse_existing(output->path, err);
    }
    if (failed) {
        return pc_fail_errno(err, PC_E_IO, errno, "cannot move \"%s\" into place", output->path);
    }
    free(PC_TAKE(output->aside));
    sync_directory_of(output->place);
    return PC_OK;
}

bool pc_output_is_unchanged(const pc_output *output)
{
    return output->is_unchanged;
}

/* How errors name it. */
static void name_output(const pc_output *output, char name[static OUTPUT_NAME])
{
    (void)snprintf(name, OUTPUT_NAME, "standard output");
    if (!pc_standard_output_is_path(output->path)) {
        (void)snprintf(name, OUTPUT_NAME, "\"%s\"", output->path);
    }
}

pc_status pc_output_write(pc_output *output, const void *bytes, size_t len, pc_error *err)
{
    char name[OUTPUT_NAME];

    name_output(output, name);
    PC_TRY(write_all(output->fd, name, bytes, len, err));
    output->written += (off_t)len;
    return PC_OK;
}

pc_status pc_output_finish(pc_output *output, pc_error *err)
{
    char name[OUTPUT_NAME];

    if (!output->place) {
        return PC_OK;
    }
    name_output(output, name);
    if (ftruncate(output->fd, output->written) != 0 || fsync(output->fd) != 0) {
        return pc_fail_errno(err, PC_E_IO, errno, "cannot write %s", name);
    }
    return move_into_place(output, err);
}

pc_status pc_output_commit(pc_output *output, const void *bytes, size_t len, pc_error *err)
{
    PC_TRY(pc_output_write(output, bytes, len, err));
    return pc_output_finish(output, err);
}
