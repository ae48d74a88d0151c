/* SPDX-License-Identifier: Apache-2.0 */
#include "app/fleet/manifest.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>
#include <sys/stat.h>

#include "base/line_file.h"
#include "base/outward.h"
#include "base/text.h"

struct pc_batch_manifest {
    pc_line_file *lines;
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
    if (manifest) {
        pc_line_file_close(manifest->lines);
        free(manifest);
    }
}

pc_status pc_batch_manifest_open(const char *folder, pc_batch_manifest **ret_manifest, pc_error *err)
{
    PC_AUTO(pc_batch_manifest) pc_batch_manifest *manifest = calloc(1, sizeof *manifest);
    PC_AUTO(free) char *path = NULL;

    if (!manifest) {
        return pc_fail_memory(err);
    }
    if (mkdir(folder, 0777) != 0 && errno != EEXIST) {
        return pc_fail_errno(err, PC_E_IO, errno, "cannot create the folder \"%s\"", folder);
    }
    if (asprintf(&path, "%s/" PC_BATCH_MANIFEST, folder) < 0) {
        path = NULL;
        return pc_fail_memory(err);
    }
    pc_status status = pc_line_file_open(path, PC_LINES_ALONE, &manifest->lines, err);

    if (status == PC_E_REFUSED) {
        (void)pc_note(err, status, "another run is working in the folder \"%s\"", folder);
        return pc_hint(err, status, "wait for it to finish, or give this run another `shard` and another `out`");
    }
    PC_TRY(status);
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

static json_t *texts_of(pc_text_list texts)
{
    json_t *array = json_array();

    for (size_t i = 0; i < texts.count; i++) {
        (void)json_array_append_new(array, json_string(texts.items[i]));
    }
    return array;
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
    put(object, "left_out", line->left_out, arena);
    (void)json_object_set_new(object, "warnings", texts_of(line->warnings));
    (void)json_object_set_new(object, "error", line->err ? error_of(line->err) : json_null());
    return object;
}

pc_status pc_batch_manifest_add(pc_batch_manifest *manifest, pc_arena *arena, pc_batch_line *line, pc_error *err)
{
    json_t *object = object_of(line, arena);
    PC_AUTO(free) char *plain = object ? json_dumps(object, JSON_COMPACT) : NULL;
    PC_AUTO(free) char *text = plain ? pc_outward_json(plain) : NULL;

    json_decref(object);
    if (!text) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_line_file_add(manifest->lines, text, err));
    line->json = pc_arena_string(arena, text);
    return line->json ? PC_OK : pc_fail_memory(err);
}
