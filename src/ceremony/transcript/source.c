/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/transcript/source.h"

#include <errno.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"

void pc_ceremony_source_clear(pc_ceremony_source *source)
{
    if (source->kind != PC_SOURCE_FOLDER && source->arena) {
        pc_descriptor_close(&source->whole.fd);
    }
    pc_arena_free(source->arena);
    *source = (pc_ceremony_source){ .arena = NULL };
}

static pc_status add_file(pc_ceremony_source *source, const pc_part *file, pc_error *err)
{
    if (source->file_count == PC_SOURCE_FILES_MOST) {
        return pc_fail(err, PC_E_VERIFY, "\"%s\" has more than %u files", source->path, PC_SOURCE_FILES_MOST);
    }
    pc_part *added = PC_PUSH(source->arena, source->files, source->file_count);

    if (!added) {
        return pc_fail_memory(err);
    }
    *added = *file;
    return PC_OK;
}

static pc_status list_bundle(pc_ceremony_source *source, pc_error *err)
{
    for (;;) {
        const pc_part *previous = source->file_count ? &source->files[source->file_count - 1] : NULL;
        pc_part file = { .fd = -1 };

        PC_TRY(pc_tar_next(&source->whole, previous, source->arena, &file, err));
        if (!file.name) {
            return PC_OK;
        }
        PC_TRY(add_file(source, &file, err));
    }
}

static pc_status list_file(pc_ceremony_source *source, pc_error *err)
{
    uint8_t first = 0;
    size_t len = 0;

    PC_TRY(pc_part_read(&source->whole, 0, &first, 1, &len, err));
    source->kind = len == 1 && first == '{' ? PC_SOURCE_TRANSCRIPT : PC_SOURCE_BUNDLE;
    if (source->kind == PC_SOURCE_BUNDLE) {
        return list_bundle(source, err);
    }
    pc_part transcript = source->whole;

    transcript.name = PC_TRANSCRIPT_FILE;
    return add_file(source, &transcript, err);
}

static pc_status check_entry(const FTSENT *entry, const char *name, pc_error *err)
{
    char shown[4 * PC_TAR_NAME_MAX + 1] = "";

    pc_text_escape_into(name, strlen(name), shown, sizeof shown);
    if (entry->fts_info == FTS_ERR || entry->fts_info == FTS_DNR || entry->fts_info == FTS_NS) {
        return pc_fail_errno(err, PC_E_IO, entry->fts_errno, "cannot read \"%s\"", shown);
    }
    if (entry->fts_info != FTS_F) {
        return pc_fail(err, PC_E_VERIFY, "\"%s\" is a link, a device or a pipe; only regular files are allowed", shown);
    }
    return pc_ceremony_name_is_valid(name)
               ? PC_OK
               : pc_fail(err, PC_E_VERIFY, "\"%s\" is not a name that a file of a ceremony may have", shown);
}

static pc_status list_entries(pc_ceremony_source *source, FTS *walk, pc_error *err)
{
    const size_t root_len = strlen(source->path);

    for (FTSENT *entry = NULL; (errno = 0, entry = fts_read(walk));) {
        const char *name = entry->fts_path + root_len + strspn(entry->fts_path + root_len, "/");

        if (entry->fts_info == FTS_D || entry->fts_info == FTS_DP) {
            continue;
        }
        PC_TRY(check_entry(entry, name, err));
        const pc_part file = { pc_arena_string(source->arena, name), -1, 0, entry->fts_statp->st_size };

        if (!file.name) {
            return pc_fail_memory(err);
        }
        PC_TRY(add_file(source, &file, err));
    }
    return errno ? pc_fail_errno(err, PC_E_IO, errno, "cannot read \"%s\"", source->path) : PC_OK;
}

static int compare_names(const void *left, const void *right)
{
    return strcmp(((const pc_part *)left)->name, ((const pc_part *)right)->name);
}

PC_AUTO_DEFINE(fts, FTS, (void)fts_close);

static pc_status list_folder(pc_ceremony_source *source, pc_error *err)
{
    char *paths[] = { (char *)(uintptr_t)source->path, NULL };
    PC_AUTO(fts) FTS *walk = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);

    if (!walk) {
        return pc_fail_errno(err, PC_E_IO, errno, "cannot read \"%s\"", source->path);
    }
    PC_TRY(list_entries(source, walk, err));
    if (source->file_count) {
        qsort(source->files, source->file_count, sizeof *source->files, compare_names);
    }
    return PC_OK;
}

pc_status pc_ceremony_source_open(const char *path, pc_ceremony_source *ret_source, pc_error *err)
{
    PC_AUTO(pc_ceremony_source) pc_ceremony_source source = { .path = path, .arena = pc_arena_new() };
    struct stat info = { .st_mode = 0 };

    source.whole.fd = -1;
    if (!source.arena) {
        return pc_fail_memory(err);
    }
    if (stat(path, &info) != 0) {
        return pc_fail_errno(err, errno == ENOENT ? PC_E_NOT_FOUND : PC_E_IO, errno, "cannot read \"%s\"", path);
    }
    source.kind = S_ISDIR(info.st_mode) ? PC_SOURCE_FOLDER : PC_SOURCE_BUNDLE;
    if (source.kind == PC_SOURCE_FOLDER) {
        PC_TRY(list_folder(&source, err));
    } else {
        PC_TRY(pc_part_open(path, &source.whole.fd, &source.whole, err));
        pc_status status = list_file(&source, err);

        if (status != PC_OK) {
            return pc_note(err, status, "cannot read \"%s\" as the transcript or the bundle of a ceremony", path);
        }
    }
    *ret_source = source;
    source = (pc_ceremony_source){ .arena = NULL };
    return PC_OK;
}

static const pc_part *find(const pc_ceremony_source *source, const char *name)
{
    const pc_part wanted = { .name = name };

    return source->file_count
               ? bsearch(&wanted, source->files, source->file_count, sizeof *source->files, compare_names)
               : NULL;
}

bool pc_ceremony_source_has(const pc_ceremony_source *source, const char *name)
{
    return find(source, name) != NULL;
}

pc_status pc_ceremony_source_part(const pc_ceremony_source *source, const char *name, int *ret_fd, pc_part *ret_part,
                                  pc_error *err)
{
    const pc_part *file = find(source, name);

    *ret_fd = -1;
    if (!file) {
        return pc_fail(err, PC_E_NOT_FOUND, "\"%s\" is not in \"%s\"", name, source->path);
    }
    if (source->kind != PC_SOURCE_FOLDER) {
        *ret_part = *file;
        return PC_OK;
    }
    const char *path = pc_arena_format(source->arena, "%s/%s", source->path, name);

    if (!path) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_part_open(path, ret_fd, ret_part, err));
    ret_part->name = file->name;
    return PC_OK;
}
