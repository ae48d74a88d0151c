/* SPDX-License-Identifier: Apache-2.0 */
#include "app/ca/pending/pending.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "token/data_object.h"

#define SUFFIX ".pending.json"

PC_AUTO_DEFINE(DIR, DIR, (void)closedir);

const char *pc_pending_folder(pc_arena *arena)
{
    const char *own = getenv("P11CERT_STATE_DIR");
    const char *state = getenv("XDG_STATE_HOME");
    const char *home = getenv("HOME");

    if (own && own[0]) {
        return pc_arena_string(arena, own);
    }
    if (state && state[0] == '/') {
        return pc_arena_format(arena, "%s/p11cert", state);
    }
    return pc_arena_format(arena, "%s/.local/state/p11cert", home && home[0] ? home : "");
}

static pc_status make_folder(const char *folder, pc_arena *arena, pc_error *err)
{
    char *path = pc_arena_string(arena, folder);

    if (!path) {
        return pc_fail_memory(err);
    }
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        (void)mkdir(path, 0700); /* the last attempt reports the error */
        *slash = '/';
    }
    if (mkdir(path, 0700) != 0 && errno != EEXIST) {
        return pc_fail_errno(err, PC_E_IO, errno, "cannot create the folder of pending requests \"%s\"", folder);
    }
    return PC_OK;
}

static const char *path_of(const char *folder, const pc_pending *record, pc_arena *arena)
{
    return pc_arena_format(arena, "%s/%s" SUFFIX, folder, record->spki_sha256);
}

pc_status pc_pending_file_save(pc_pending *record, pc_arena *arena, pc_error *err)
{
    const char *folder = pc_pending_folder(arena);
    const char *text = pc_pending_to_text(record, arena);
    const char *path = folder ? path_of(folder, record, arena) : NULL;
    PC_AUTO(pc_output) pc_output *output = NULL;

    if (!text || !path) {
        return pc_fail_memory(err);
    }
    PC_TRY(make_folder(folder, arena, err));
    PC_TRY(pc_output_open(path, PC_FILE_REPLACE, 0600, &output, err));
    PC_TRY(pc_output_commit(output, text, strlen(text), err));
    record->where = path;
    record->handle = 0;
    return PC_OK;
}

pc_status pc_pending_file_remove(const pc_pending *record, pc_error *err)
{
    if (unlink(record->where) != 0 && errno != ENOENT) {
        return pc_fail_errno(err, PC_E_IO, errno, "cannot remove the record of a pending request \"%s\"",
                             record->where);
    }
    return PC_OK;
}

static bool is_record(const char *name)
{
    size_t len = strlen(name);

    return len > strlen(SUFFIX) && strcmp(name + len - strlen(SUFFIX), SUFFIX) == 0;
}

/* A record says where a password is sent: only a regular file that this user owns and nobody else can write counts. */
static bool is_own(const char *path)
{
    struct stat info;

    return lstat(path, &info) == 0 && S_ISREG(info.st_mode) && info.st_uid == geteuid() &&
           (info.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

static pc_status read_record(const char *folder, const char *name, pc_arena *arena, pc_pending *ret_record,
                             pc_error *err)
{
    const char *path = pc_arena_format(arena, "%s/%s", folder, name);
    pc_bytes bytes = { .len = 0 };

    if (!path) {
        return pc_fail_memory(err);
    }
    if (!is_own(path)) {
        return pc_fail(err, PC_E_REFUSED, "\"%s\" does not belong to this user, or others can write to it", path);
    }
    PC_TRY(pc_file_read(arena, path, PC_DATA_OBJECT_MAX_LEN, &bytes, err));
    PC_TRY(pc_pending_from_text((const char *)bytes.data, bytes.len, arena, ret_record, err));
    ret_record->where = path;
    return PC_OK;
}

/* One problem is enough to make somebody look at the folder. */
static pc_status pass_over(const pc_error *why, pc_arena *arena, pc_pending_list *list, pc_error *err)
{
    if (!list->problem) {
        list->problem = pc_arena_format(arena, "%s; it was skipped", why->frames[0]);
    }
    return list->problem ? PC_OK : pc_fail_memory(err);
}

static pc_status add_record(const char *folder, const char *name, pc_arena *arena, pc_pending_list *list, pc_error *err)
{
    pc_pending record;
    pc_error why = { .status = PC_OK };
    pc_status status = read_record(folder, name, arena, &record, &why);

    if (status == PC_E_MEMORY) {
        return pc_fail_memory(err);
    }
    if (status != PC_OK) {
        return pass_over(&why, arena, list, err);
    }
    pc_pending *slot = PC_PUSH(arena, list->items, list->count);

    if (!slot) {
        return pc_fail_memory(err);
    }
    *slot = record;
    return PC_OK;
}

static pc_status fail_folder(const char *folder, int error_number, pc_error *err)
{
    return pc_fail_errno(err, PC_E_IO, error_number, "cannot read the folder of pending requests \"%s\"", folder);
}

pc_status pc_pending_files_find(pc_arena *arena, pc_pending_list *ret_list, pc_error *err)
{
    const char *folder = pc_pending_folder(arena);
    PC_AUTO(DIR) DIR *entries = folder ? opendir(folder) : NULL;
    pc_pending_list list = { .items = NULL };

    if (!folder) {
        return pc_fail_memory(err);
    }
    /* A folder that this user may not read contains no record of this user: only the user's own ones count (is_own). */
    if (!entries && errno == EACCES) {
        pc_error why = { .status = PC_OK };

        (void)fail_folder(folder, EACCES, &why);
        PC_TRY(pass_over(&why, arena, &list, err));
    } else if (!entries && errno != ENOENT && errno != ENOTDIR) {
        return fail_folder(folder, errno, err);
    }
    for (struct dirent *entry = entries ? readdir(entries) : NULL; entry; entry = readdir(entries)) {
        PC_TRY(is_record(entry->d_name) ? add_record(folder, entry->d_name, arena, &list, err) : PC_OK);
    }
    *ret_list = list;
    return PC_OK;
}
