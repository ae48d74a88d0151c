/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "app/ceremony/ceremony.h"
#include "base/file.h"
#include "base/kept_error.h"
#include "ceremony/transcript/earlier.h"
#include "ceremony/transcript/one_object.h"
#include "x509/read.h"
#include "x509/words.h"

/* Null: a module that the loader finds in its own folders has no path here, and a module's file may be executable but
 * not readable.
 */
static json_t *module_row(const pc_ceremony *ceremony, const pc_script_token *token)
{
    const pc_site_token *row = pc_site_find(ceremony->site, ceremony->mode == PC_CEREMONY_PRODUCTION, token->role);
    const char *path = row && row->module ? row->module : P11CERT_DEFAULT_MODULE;
    pc_error ignored = { .status = PC_OK };
    pc_sha256 digest;
    char hex[PC_SHA256_TEXT];
    const bool is_read = pc_sha256_of_file(path, &digest, &ignored) == PC_OK;

    if (is_read) {
        pc_sha256_to_hex(&digest, hex);
    }
    return json_pack("{s:s, s:s, s:s?}", "role", token->role, "path", path, "sha256", is_read ? hex : NULL);
}

static pc_status read_earlier_head(const pc_ceremony *ceremony, pc_sha256 *ret_head, pc_error *err)
{
    PC_AUTO(pc_descriptor) int fd = -1;
    const char *path = pc_ceremony_path(ceremony, ceremony->script->head.follows);
    pc_part part;

    if (!path) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_part_open(path, &fd, &part, err));
    return pc_earlier_read(&part, ceremony->mode == PC_CEREMONY_PRODUCTION, ret_head, err);
}

/* By its content: a verifier builds chains with the certificates among the inputs. */
static pc_status type_of_input(const pc_ceremony *ceremony, const char *name, const char **ret_type, pc_error *err)
{
    PC_AUTO(pc_x509_content) pc_x509_content content = { .csr = NULL };
    const char *path = pc_ceremony_path(ceremony, name);
    pc_error own = { .status = PC_OK };
    pc_bytes bytes;

    if (!path) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_file_read(ceremony->arena, path, PC_CEREMONY_MOST_INPUT, &bytes, err));
    pc_status status = pc_x509_read(bytes, name, &content, &own);

    if (status != PC_OK && status != PC_E_INPUT) {
        pc_error_pass(err, &own);
        return status;
    }
    *ret_type = content.csr && pc_is_one_object(bytes, "request")                                  ? "request"
                : sk_X509_num(content.certificates) == 1 && pc_is_one_object(bytes, "certificate") ? "certificate"
                                                                                                   : "input";
    return PC_OK;
}

/* If a run that was interrupted here has already recorded something, it is not recorded again. */
static pc_status record_inputs(const pc_ceremony *ceremony, pc_error *err)
{
    PC_TRY(pc_ceremony_artefact(ceremony, NULL, "site.yaml", "site", err));
    for (size_t i = 0; i < ceremony->script->inputs.count; i++) {
        const char *name = ceremony->script->inputs.items[i].file;

        const char *type = NULL;

        PC_TRY(type_of_input(ceremony, name, &type, err));
        PC_TRY(pc_ceremony_artefact(ceremony, NULL, name, type, err));
    }
    return PC_OK;
}

pc_status pc_ceremony_begin(pc_ceremony *ceremony, const char *path, pc_error *err)
{
    json_t *modules = json_array();
    json_t *more =
        json_pack("{s:s, s:I}", "id", ceremony->script->head.id, "steps", (json_int_t)ceremony->script->steps.count);
    pc_sha256 earlier;
    const bool follows = ceremony->script->head.follows != NULL;

    for (size_t i = 0; i < ceremony->script->tokens.count; i++) {
        (void)json_array_append_new(modules, module_row(ceremony, &ceremony->script->tokens.items[i]));
    }
    pc_status status = follows ? read_earlier_head(ceremony, &earlier, err) : PC_OK;

    if (status == PC_OK) {
        const pc_transcript_header header = {
            .mode = ceremony->mode,
            .title = ceremony->script->head.title,
            .script = ceremony->script->digest,
            .site = ceremony->site->digest,
            .tool_version = P11CERT_VERSION,
            .modules = modules,
            .more = more,
            .earlier = follows ? &earlier : NULL,
        };

        status = pc_transcript_create(path, &header, &ceremony->transcript, err);
    }
    json_decref(modules);
    json_decref(more);
    PC_TRY(status);
    return record_inputs(ceremony, err);
}
static pc_status note_clock(pc_ceremony *ceremony, pc_error *err)
{
    const char *now = pc_time_now_words(ceremony->arena);
    const char *last = ceremony->progress.last_time;

    /* Both have the form 2027-11-22T21:00:00; fractions of a second are omitted. */
    if (!now || !last || strncmp(now, last, 19) >= 0) {
        return now ? PC_OK : pc_fail_memory(err);
    }
    const char *reason = pc_arena_format(ceremony->arena, "the clock went back: it was %s, and is %s", last, now);

    return reason ? pc_ceremony_deviation(ceremony, ceremony->progress.begun, reason, "p11cert", err)
                  : pc_fail_memory(err);
}

pc_status pc_ceremony_resume(pc_ceremony *ceremony, const char *path, pc_error *err)
{
    const pc_ceremony_progress *progress = &ceremony->progress;
    const char *where = progress->begun ? pc_arena_format(ceremony->arena, "interrupted in step %zu", progress->begun)
                                        : pc_arena_format(ceremony->arena, "stopped after step %zu", progress->done);

    if (!where) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_transcript_open(path, &ceremony->transcript, err));
    PC_TRY(pc_transcript_add(ceremony->transcript, "resume", json_pack("{s:s}", "reason", where), err));
    PC_TRY(note_clock(ceremony, err));
    PC_TRY(progress->done == 0 ? record_inputs(ceremony, err) : PC_OK);
    return progress->begun ? pc_ceremony_deviation(ceremony, progress->begun, where, "p11cert", err) : PC_OK;
}
