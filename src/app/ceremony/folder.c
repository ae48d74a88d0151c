/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "app/ceremony/ceremony.h"
#include "app/ceremony/proof.h"
#include "base/file.h"

/* A copy that an interrupted start has left is used if it is the same. */
static pc_status put_file(const pc_ceremony *ceremony, const char *name, pc_bytes bytes, pc_error *err)
{
    PC_AUTO(pc_output) pc_output *output = NULL;
    const char *path = pc_ceremony_path(ceremony, name);
    pc_bytes there = { .data = NULL };
    bool is_there = false;

    if (!path) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_path_exists(path, &is_there, err));
    if (is_there) {
        PC_TRY(pc_file_read(ceremony->arena, path, bytes.len + 1, &there, err));
        if (pc_bytes_equal(there, bytes)) {
            return PC_OK;
        }
        (void)pc_fail(err, PC_E_REFUSED, "\"%s\" exists and is another file; it was not replaced", path);
        return pc_hint(
            err, PC_E_REFUSED,
            "the ceremony has not begun: if an earlier attempt left that file, remove it, and run the command "
            "again");
    }
    PC_TRY(pc_output_open(path, PC_FILE_NEW, 0644, &output, err));
    return pc_output_commit(output, bytes.data, bytes.len, err);
}

static pc_status copy_input(const pc_ceremony *ceremony, const pc_script_input *input, pc_error *err)
{
    const char *end = strrchr(ceremony->script->file, '/');
    const char *path = pc_arena_format(ceremony->arena, "%.*s%s", end ? (int)(end + 1 - ceremony->script->file) : 0,
                                       ceremony->script->file, input->file);
    pc_bytes bytes;
    pc_sha256 digest;
    char hex[PC_SHA256_TEXT];

    if (!path) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_file_read(ceremony->arena, path, PC_CEREMONY_MOST_INPUT, &bytes, err));
    PC_TRY(pc_sha256_of(bytes, &digest, err));
    pc_sha256_to_hex(&digest, hex);
    if (input->sha256 && strcmp(hex, input->sha256) != 0) {
        return pc_fail(err, PC_E_VERIFY, "\"%s\" is not the file that the script names: its SHA-256 is %s", path, hex);
    }
    return put_file(ceremony, input->file, bytes, err);
}

static pc_status refuse_output(const pc_ceremony *ceremony, size_t step, const char *name, pc_error *err)
{
    const char *path = pc_ceremony_path(ceremony, name);
    bool is_there = false;

    if (!path) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_path_exists(path, &is_there, err));
    return is_there
               ? pc_fail(err, PC_E_REFUSED, "\"%s\" exists, and step %zu would write it; nothing was done", path, step)
               : PC_OK;
}

static pc_status refuse_outputs(const pc_ceremony *ceremony, const pc_script_step *step, pc_error *err)
{
    const char *names[PC_PROOF_FILES];

    PC_TRY(step->out ? refuse_output(ceremony, step->number, step->out, err) : PC_OK);
    if (!pc_step_kinds[step->kind].proves) {
        return PC_OK;
    }
    PC_TRY(pc_ceremony_proof_names(ceremony, step, names, err));
    for (size_t i = 0; i < PC_PROOF_FILES; i++) {
        PC_TRY(refuse_output(ceremony, step->number, names[i], err));
    }
    return PC_OK;
}

pc_status pc_ceremony_fill_folder(const pc_ceremony *ceremony, pc_error *err)
{
    PC_TRY(put_file(ceremony, "ceremony.yaml", ceremony->script->bytes, err));
    PC_TRY(put_file(ceremony, "site.yaml", ceremony->site->bytes, err));
    for (size_t i = 0; i < ceremony->script->inputs.count; i++) {
        PC_TRY(copy_input(ceremony, &ceremony->script->inputs.items[i], err));
    }
    /* The files that steps write must not exist before the ceremony begins. */
    for (size_t i = 0; i < ceremony->script->steps.count; i++) {
        PC_TRY(refuse_outputs(ceremony, &ceremony->script->steps.items[i], err));
    }
    return PC_OK;
}
