/* SPDX-License-Identifier: Apache-2.0 */
#include "base/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/file.h"
#include "base/text.h"
#include "base/unfinished.h"

#define FILE_MOST ((size_t)16 * 1024 * 1024) /* bytes of a file that is compared */

struct pc_folder {
    char *path;
    char *aside; /* temporary name; NULL once the folder is in place */
    int fd;      /* of the folder itself, independent of its name */
};

static void remove_files(int fd)
{
    int own = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *listing = own >= 0 ? fdopendir(own) : NULL;

    if (!listing) {
        if (own >= 0) {
            (void)close(own);
        }
        return;
    }
    for (struct dirent *each; (each = readdir(listing));) {
        if (strcmp(each->d_name, ".") != 0 && strcmp(each->d_name, "..") != 0) {
            (void)unlinkat(fd, each->d_name, 0);
        }
    }
    (void)closedir(listing);
}

void pc_folder_free(pc_folder *folder)
{
    if (!folder) {
        return;
    }
    if (folder->aside && folder->fd >= 0) {
        remove_files(folder->fd);
    }
    pc_unfinished_clear(folder->fd);
    if (folder->fd >= 0) {
        (void)close(folder->fd);
    }
    if (folder->aside) {
        (void)rmdir(folder->aside);
    }
    free(folder->aside);
    free(folder->path);
    free(folder);
}

static pc_status refuse_existing(const char *path, pc_error *err)
{
    (void)pc_fail(err, PC_E_REFUSED, "\"%s\" exists and is not replaced", path);
    return pc_hint(err, PC_E_REFUSED, "name a folder with `out` that does not exist");
}

static pc_status check_place(const char *path, pc_error *err)
{
    struct stat info;

    if (!*path || strcmp(path, "-") == 0) {
        return pc_fail(err, PC_E_USAGE, "\"%s\" is not a folder name", path);
    }
    if (pc_text_starts(path, "pkcs11:")) {
        return pc_fail(err, PC_E_USAGE, "a pkcs11: URI is not a valid output folder");
    }
    return lstat(path, &info) == 0 ? refuse_existing(path, err) : PC_OK;
}

/* "kit/" and "kit" are the same path. */
static char *without_slashes(const char *path)
{
    size_t len = strlen(path);

    while (len > 1 && path[len - 1] == '/') {
        len--;
    }
    return strndup(path, len);
}

/* Under its temporary name, whatever is in its place. */
static pc_status open_aside(const char *path, bool may_exist, pc_folder **ret_folder, pc_error *err)
{
    PC_AUTO(pc_folder) pc_folder *folder = calloc(1, sizeof *folder);

    if (!folder) {
        return pc_fail_memory(err);
    }
    folder->fd = -1;
    folder->path = without_slashes(path);
    if (!folder->path) {
        return pc_fail_memory(err);
    }
    PC_TRY(may_exist ? PC_OK : check_place(folder->path, err));
    if (asprintf(&folder->aside, "%s.p11cert-XXXXXX", folder->path) < 0) {
        folder->aside = NULL;
        return pc_fail_memory(err);
    }
    if (!mkdtemp(folder->aside)) {
        int reason = errno;

        free(PC_TAKE(folder->aside));
        return pc_fail_errno(err, PC_E_IO, reason, "cannot create the folder \"%s\"", folder->path);
    }
    folder->fd = open(folder->aside, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder->fd < 0) {
        return pc_fail_errno(err, PC_E_IO, errno, "cannot open the folder \"%s\"", folder->aside);
    }
    pc_unfinished_set(folder->fd, folder->aside);
    *ret_folder = PC_TAKE(folder);
    return PC_OK;
}

pc_status pc_folder_open(const char *path, pc_folder **ret_folder, pc_error *err)
{
    return open_aside(path, false, ret_folder, err);
}

pc_status pc_folder_open_again(const char *path, pc_folder **ret_folder, bool *ret_there, pc_error *err)
{
    PC_AUTO(free) char *bare = without_slashes(path);
    struct stat info;

    if (!bare) {
        return pc_fail_memory(err);
    }
    *ret_there = lstat(bare, &info) == 0 && S_ISDIR(info.st_mode);
    return open_aside(path, *ret_there, ret_folder, err);
}

static pc_status refuse_different(const pc_folder *folder, const char *name, const char *how, pc_error *err)
{
    (void)pc_fail(err, PC_E_REFUSED, "\"%s\" exists and is not replaced: its file \"%s\" %s", folder->path, name, how);
    return pc_hint(err, PC_E_REFUSED, "name a folder with `out` that does not exist");
}

static pc_status compare_file(const pc_folder *folder, const char *name, pc_error *err)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    pc_bytes made = { .len = 0 };
    pc_bytes there = { .len = 0 };
    const char *made_path = arena ? pc_arena_format(arena, "%s/%s", folder->aside, name) : NULL;
    const char *there_path = arena ? pc_arena_format(arena, "%s/%s", folder->path, name) : NULL;

    if (!made_path || !there_path) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_file_read(arena, made_path, FILE_MOST, &made, err));
    pc_status status = pc_file_read(arena, there_path, FILE_MOST, &there, err);

    if (status == PC_E_NOT_FOUND || status == PC_E_INPUT) {
        return refuse_different(folder, name, "is missing", err);
    }
    PC_TRY(status);
    return pc_bytes_equal(made, there) ? PC_OK : refuse_different(folder, name, "has another content", err);
}

static bool is_file_name(const char *name)
{
    return strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

static pc_status look_for_strangers(const pc_folder *folder, DIR *listing, const char *but, pc_error *err)
{
    struct stat info;

    for (struct dirent *each; (each = readdir(listing));) {
        if (is_file_name(each->d_name) && (!but || strcmp(each->d_name, but) != 0) &&
            fstatat(folder->fd, each->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0) {
            return refuse_different(folder, each->d_name, "would not be written", err);
        }
    }
    return PC_OK;
}

static pc_status compare_files(const pc_folder *folder, DIR *listing, pc_error *err)
{
    for (struct dirent *each; (each = readdir(listing));) {
        if (is_file_name(each->d_name)) {
            PC_TRY(compare_file(folder, each->d_name, err));
        }
    }
    return PC_OK;
}

pc_status pc_folder_compare(const pc_folder *folder, const char *but, pc_error *err)
{
    DIR *made = opendir(folder->aside);
    DIR *there = opendir(folder->path);
    pc_status status = made && there
                           ? compare_files(folder, made, err)
                           : pc_fail_errno(err, PC_E_IO, errno, "cannot read the folder \"%s\"", folder->path);

    status = status == PC_OK ? look_for_strangers(folder, there, but, err) : status;
    if (made) {
        (void)closedir(made);
    }
    if (there) {
        (void)closedir(there);
    }
    return status;
}

const char *pc_folder_path(const pc_folder *folder, const char *name, pc_arena *arena)
{
    return pc_arena_format(arena, "%s/%s", folder->aside ? folder->aside : folder->path, name);
}

static int write_all(int fd, const uint8_t *bytes, size_t len)
{
    while (len) {
        ssize_t put = write(fd, bytes, len);

        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put <= 0) {
            return -1;
        }
        bytes += put;
        len -= (size_t)put;
    }
    return fsync(fd);
}

pc_status pc_folder_write(const pc_folder *folder, const char *name, const void *bytes, size_t len, pc_error *err)
{
    int fd = openat(folder->fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    bool failed = fd < 0 || write_all(fd, bytes, len) != 0;
    int reason = errno;

    if (fd >= 0 && close(fd) != 0 && !failed) {
        failed = true;
        reason = errno;
    }
    return failed ? pc_fail_errno(err, PC_E_IO, reason, "cannot write \"%s\" for the folder \"%s\"", name, folder->path)
                  : PC_OK;
}

/* For file systems without RENAME_NOREPLACE: rename() would at most replace an empty folder. */
static int move_into_place(const pc_folder *folder)
{
    int failed = renameat2(AT_FDCWD, folder->aside, AT_FDCWD, folder->path, RENAME_NOREPLACE);

    return failed && (errno == EINVAL || errno == ENOSYS) ? rename(folder->aside, folder->path) : failed;
}

/* Between the two calls, a signal would empty the folder that is already in place. */
static int finish(pc_folder *folder)
{
    sigset_t all;
    sigset_t before;

    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_BLOCK, &all, &before);
    int failed = move_into_place(folder);
    int reason = errno;

    if (!failed) {
        pc_unfinished_clear(folder->fd);
    }
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = reason;
    return failed;
}

/* POSIX guarantees that a name survives a crash only after its directory is synced. */
static void sync_parent(const char *path)
{
    const char *slash = strrchr(path, '/');
    PC_AUTO(free) char *parent = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
    int fd = parent ? open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

    if (fd >= 0) {
        (void)fsync(fd);
        (void)close(fd);
    }
}

pc_status pc_folder_commit(pc_folder *folder, pc_error *err)
{
    if (fsync(folder->fd) != 0) {
        return pc_fail_errno(err, PC_E_IO, errno, "cannot write the folder \"%s\"", folder->path);
    }
    if (finish(folder) != 0) {
        return errno == EEXIST || errno == ENOTEMPTY || errno == ENOTDIR
                   ? refuse_existing(folder->path, err)
                   : pc_fail_errno(err, PC_E_IO, errno, "cannot move \"%s\" into place", folder->path);
    }
    free(PC_TAKE(folder->aside));
    sync_parent(folder->path);
    return PC_OK;
}

/* The absolute path of the existing part, followed by the names that do not exist yet; owned by the caller. */
static pc_status resolve(const char *path, char **ret_path, pc_error *err)
{
    PC_AUTO(free) char *trimmed = without_slashes(path);
    char *found = trimmed ? realpath(trimmed, NULL) : NULL;

    if (!trimmed) {
        return pc_fail_memory(err);
    }
    if (!found && errno != ENOENT) {
        return pc_fail_errno(err, PC_E_IO, errno, "cannot examine \"%s\"", path);
    }
    if (found) {
        *ret_path = found;
        return PC_OK;
    }
    char *slash = strrchr(trimmed, '/');
    const char *name = slash ? slash + 1 : trimmed;
    PC_AUTO(free) char *parent = NULL;
    PC_AUTO(free) char *above = slash ? strndup(trimmed, (size_t)(slash - trimmed) + (slash == trimmed)) : strdup(".");

    if (!above) {
        return pc_fail_memory(err);
    }
    PC_TRY(resolve(above, &parent, err));
    if (asprintf(ret_path, "%s/%s", strcmp(parent, "/") == 0 ? "" : parent, name) < 0) {
        return pc_fail_memory(err);
    }
    return PC_OK;
}

pc_status pc_folder_would_hold(const char *folder, const char *path, bool *ret_inside, pc_error *err)
{
    PC_AUTO(free) char *outer = NULL;
    PC_AUTO(free) char *inner = NULL;

    PC_TRY(resolve(folder, &outer, err));
    PC_TRY(resolve(path, &inner, err));
    size_t len = strlen(outer);

    *ret_inside = strncmp(inner, outer, len) == 0 && (inner[len] == '/' || inner[len] == '\0');
    return PC_OK;
}
