/* SPDX-License-Identifier: Apache-2.0 */
#include "app/fleet/manifest.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/outward.h"
#include "base/text.h"

struct pc_batch_manifest {
    char *path;
    int fd;
};

const char *pc_batch_outcome_name(pc_batch_outcome outcome)
{
    static const char *const names[PC_BATCH_OUTCOME_COUNT] = {
        [PC_BATCH_MADE] = "made",     [PC_BATCH_RESUMED] = "resumed", [PC_BATCH_KEPT] = "kept",
        [PC_BATCH_ISSUED] = "issued", [PC_BATCH_BOUND] = "bound",     [PC_BATCH_FAILED] = "failed",
    };

    return names[outcome];
}

void pc_batch_manifest_close(pc_batch_manifest *manifest)
{
    if (!manifest) {
        return;
    }
    if (manifest->fd >= 0) {
        (void)fsync(manifest->fd);
        (void)close(manifest->fd);
    }
    free(manifest->path);
    free(manifest);
}

/* One write per line: a killed run leaves at most one incomplete line, at the end. */
static pc_status write_whole(const pc_batch_manifest *manifest, const char *text, size_t len, pc_error *err)
{
    ssize_t put = 0;

    do {
        put = write(manifest->fd, text, len);
    } while (put < 0 && errno == EINTR);
    if (put == (ssize_t)len) {
        return PC_OK;
    }
    return pc_fail_errno(err, PC_E_IO, put < 0 ? errno : ENOSPC, "cannot write \"%s\"", manifest->path);
}

static pc_status lock(const pc_batch_manifest *manifest, pc_error *err)
{
    if (flock(manifest->fd, LOCK_EX | LOCK_NB) == 0) {
        return PC_OK;
    }
    if (errno != EWOULDBLOCK) {
        return pc_fail_errno(err, PC_E_IO, errno, "cannot lock \"%s\"", manifest->path);
    }
    (void)pc_fail(err, PC_E_REFUSED, "another run is working in this folder and has locked \"%s\"", manifest->path);
    return pc_hint(err, PC_E_REFUSED, "wait for it to finish, or give this run another --shard and another --out");
}

static pc_status end_torn_line(const pc_batch_manifest *manifest, pc_error *err)
{
    char last = '\n';
    off_t size = lseek(manifest->fd, 0, SEEK_END);

    if (size > 0 && pread(manifest->fd, &last, 1, size - 1) != 1) {
        return pc_fail_errno(err, PC_E_IO, errno, "cannot read \"%s\"", manifest->path);
    }
    return last == '\n' ? PC_OK : write_whole(manifest, "\n", 1, err);
}

pc_status pc_batch_manifest_open(const char *folder, pc_batch_manifest **ret_manifest, pc_error *err)
{
    PC_AUTO(pc_batch_manifest) pc_batch_manifest *manifest = calloc(1, sizeof *manifest);

    if (!manifest) {
        return pc_fail_memory(err);
    }
    manifest->fd = -1;
    if (mkdir(folder, 0777) != 0 && errno != EEXIST) {
        return pc_fail_errno(err, PC_E_IO, errno, "cannot make the folder \"%s\"", folder);
    }
    if (asprintf(&manifest->path, "%s/" PC_BATCH_MANIFEST, folder) < 0) {
        manifest->path = NULL;
        return pc_fail_memory(err);
    }
    manifest->fd = open(manifest->path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (manifest->fd < 0) {
        return pc_fail_errno(err, PC_E_IO, errno, "cannot write \"%s\"", manifest->path);
    }
    PC_TRY(lock(manifest, err));
    PC_TRY(end_torn_line(manifest, err));
    *ret_manifest = PC_TAKE(manifest);
    return PC_OK;
}

/* ---- a line ---- */

/* jansson accepts UTF-8 only, and token labels need not be UTF-8. */
static void put(json_t *object, const char *name, const char *text, pc_arena *arena)
{
    json_t *value = text ? json_string(text) : NULL;
    const char *safe = text && !value ? pc_text_escape(arena, text, strlen(text)) : NULL;

    (void)json_object_set_new(object, name, value ? value : safe ? json_string(safe) : json_null());
}

static json_t *error_of(const pc_error *err)
{
    json_t *because = json_array();

    for (unsigned i = err->frame_count; i > 0; i--) {
        (void)json_array_append_new(because, json_string(err->frames[i - 1]));
    }
    return json_pack("{s:s, s:o, s:o}", "status", pc_status_name(err->status), "because", because, "hint",
                     err->hint[0] ? json_string(err->hint) : json_null());
}

static json_t *object_of(const pc_batch_line *line, pc_arena *arena)
{
    json_t *object = json_object();

    put(object, "host", line->host, arena);
    put(object, "outcome", pc_batch_outcome_name(line->outcome), arena);
    put(object, "label", line->label, arena);
    put(object, "id", line->id, arena);
    put(object, "spki_sha256", line->spki_sha256, arena);
    put(object, "file", line->file, arena);
    put(object, "certificate", line->certificate, arena);
    put(object, "proof", line->proof, arena);
    put(object, "half_id", line->half_id, arena);
    put(object, "unsupported_flags", line->unsupported_flags, arena);
    put(object, "conflict", line->conflict, arena);
    (void)json_object_set_new(object, "error", line->err ? error_of(line->err) : json_null());
    return object;
}

pc_status pc_batch_manifest_add(pc_batch_manifest *manifest, pc_arena *arena, pc_batch_line *line, pc_error *err)
{
    json_t *object = object_of(line, arena);
    PC_AUTO(free) char *plain = object ? json_dumps(object, JSON_COMPACT) : NULL;
    PC_AUTO(free) char *text = plain ? pc_outward_json(plain) : NULL;

    json_decref(object);
    char *whole = text ? pc_arena_format(arena, "%s\n", text) : NULL;

    if (!whole) {
        return pc_fail_memory(err);
    }
    size_t len = strlen(whole);

    PC_TRY(write_whole(manifest, whole, len, err));
    whole[len - 1] = '\0';
    line->json = whole;
    return PC_OK;
}
