/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "app/ceremony/ceremony.h"
#include "app/ceremony/script_file.h"
#include "base/file.h"
#include "base/member.h"

#define TRANSCRIPT "transcript.jsonl"

static const pc_step_act acts[PC_STEP_KIND_COUNT] = {
    [PC_STEP_CHECK_TOKEN] = pc_step_check_token,
    [PC_STEP_INIT] = pc_step_init,
    [PC_STEP_KEYGEN] = pc_step_keygen,
    [PC_STEP_SELF_SIGN] = pc_step_self_sign,
    [PC_STEP_REQUEST] = pc_step_request,
    [PC_STEP_ISSUE] = pc_step_issue,
    [PC_STEP_CROSS] = pc_step_cross,
    [PC_STEP_CRL] = pc_step_crl,
    [PC_STEP_ACCEPT] = pc_step_accept,
    [PC_STEP_EXPORT_PUBLIC] = pc_step_export_public,
    [PC_STEP_PROVE] = pc_step_prove,
    [PC_STEP_COPY_CHECK] = pc_step_copy_check,
    [PC_STEP_RETIRE] = pc_step_retire,
    [PC_STEP_POLICY] = pc_step_policy,
};

const char *pc_ceremony_state_name(pc_ceremony_state state)
{
    static const char *const names[] = {
        [PC_CEREMONY_FINISHED] = "finished",
        [PC_CEREMONY_PAUSED] = "paused",
        [PC_CEREMONY_ABORTED] = "aborted",
    };

    return names[state];
}

/* --- the steps ------------------------------------------------------------------------------------ */

#define MOST_FACTS 16u

static void add_fact(const pc_ceremony *ceremony, const char *facts[static MOST_FACTS], const char *name,
                     const char *value)
{
    size_t count = 0;

    while (count < MOST_FACTS && facts[count]) {
        count++;
    }
    const char *text = value ? pc_arena_format(ceremony->arena, "%s: %s", name, value) : NULL;

    if (text && count + 1 < MOST_FACTS) {
        facts[count] = pc_ceremony_safe(ceremony, text);
    }
}

static void show(const pc_ceremony *ceremony, const pc_script_step *step)
{
    const char *facts[MOST_FACTS] = { NULL };
    const pc_step_kind_row *kind = &pc_step_kinds[step->kind];
    const pc_ceremony_step shown = { .number = step->number,
                                     .count = ceremony->script->steps.count,
                                     .kind = kind->name,
                                     .does = kind->does,
                                     .title = pc_ceremony_safe(ceremony, step->title),
                                     .text = pc_ceremony_safe(ceremony, step->text),
                                     .facts = facts };

    add_fact(ceremony, facts, "Token", step->token);
    add_fact(ceremony, facts, "Copy on token", step->copy);
    add_fact(ceremony, facts, "Key", step->key);
    add_fact(ceremony, facts, "Type of key", step->type);
    add_fact(ceremony, facts, "CA key", step->ca);
    add_fact(ceremony, facts, "Subject", step->subject);
    add_fact(ceremony, facts, "Profile", step->profile);
    add_fact(ceremony, facts, "Request", step->request);
    add_fact(ceremony, facts, "Certificate", step->certificate);
    add_fact(ceremony, facts, "Output file", step->out);
    if (ceremony->talk->show) {
        ceremony->talk->show(ceremony->talk->context, &shown);
    }
}

static pc_status add_phase(const pc_ceremony *ceremony, const pc_script_step *step, const char *phase, pc_error *err)
{
    json_t *body = json_pack("{s:I, s:s, s:s}", "step", (json_int_t)step->number, "step_kind",
                             pc_step_kinds[step->kind].name, "phase", phase);

    if (body && strcmp(phase, "begin") == 0 && step->title) {
        (void)json_object_set_new(body, "title", json_string(step->title));
    }
    if (body && strcmp(phase, "end") == 0) {
        (void)json_object_set_new(body, "outcome", json_string("done"));
    }
    return pc_transcript_add(ceremony->transcript, "step", body, err);
}

/* Before the token is opened, so that a file from elsewhere is detected in time. An interrupted step may have written
 * its own. */
static pc_status refuse_existing(const pc_ceremony *ceremony, const pc_script_step *step, pc_error *err)
{
    const char *path = step->out ? pc_ceremony_path(ceremony, step->out) : NULL;
    bool is_there = false;

    PC_TRY(path && ceremony->progress.begun != step->number ? pc_path_exists(path, &is_there, err) : PC_OK);
    return is_there ? pc_fail(err, PC_E_REFUSED, "\"%s\" exists and is not overwritten", path) : PC_OK;
}

/* The token may have been brought after the ceremony began, or replaced by another one since. */
static pc_status require_tokens(const pc_ceremony *ceremony, const pc_script_step *step, pc_error *err)
{
    const char *const roles[] = { step->token, step->copy };

    for (size_t i = 0; i < PC_COUNT(roles); i++) {
        const pc_script_token *token = roles[i] ? pc_script_find_token(ceremony->script, roles[i]) : NULL;

        PC_TRY(token ? pc_ceremony_require_token(ceremony, token, err) : PC_OK);
    }
    return PC_OK;
}

static pc_status take_step(pc_ceremony *ceremony, const pc_script_step *step, pc_ceremony_course *ret_course,
                           pc_error *err)
{
    bool was_begun = ceremony->progress.begun == step->number;

    show(ceremony, step);
    PC_TRY(refuse_existing(ceremony, step, err));
    if (!was_begun) {
        ceremony->progress.intent = 0;
        ceremony->progress.has_intent = false;
        ceremony->progress.id = NULL;
        ceremony->progress.draws.count = 0;
        PC_TRY(add_phase(ceremony, step, "begin", err));
        ceremony->progress.begun = step->number;
    }
    PC_TRY(step->kind == PC_STEP_WITNESS ? pc_ceremony_take_names(ceremony, step, ret_course, err)
                                         : pc_ceremony_confirm(ceremony, step, ret_course, err));
    if (*ret_course != PC_COURSE_GO_ON) {
        return PC_OK;
    }
    PC_TRY(require_tokens(ceremony, step, err));
    PC_TRY(acts[step->kind] ? acts[step->kind](ceremony, step, err) : PC_OK);
    PC_TRY(add_phase(ceremony, step, "end", err));
    ceremony->progress.done = step->number;
    ceremony->progress.begun = 0;
    return PC_OK;
}

/* A run resumes; a rehearsal begins again. What the ceremony file orders cannot be changed by an option. */
static pc_status fail_step(const pc_ceremony *ceremony, const pc_script_step *step, pc_status status, pc_error *err)
{
    (void)pc_note(err, status, "step %zu of the ceremony (%s) failed", step->number, pc_step_kinds[step->kind].name);
    const bool is_empty = err && *err->hint == '\0';

    size_t member_len = 0;

    /* A use case names a member of its order, `label`, which is an option of another verb. */
    if (!is_empty && !(err && pc_member_find(err->hint, &member_len))) {
        return status;
    }
    if (ceremony->mode == PC_CEREMONY_REHEARSAL) {
        return pc_hint(err, status,
                       "correct the ceremony file or the site file, and rehearse again into another folder");
    }
    return is_empty ? pc_hint_resume(err, status, "run the same command again to resume with this step")
                    : pc_hint_resume(err, status,
                                     "remove the cause, since no option changes what the ceremony file orders, and run "
                                     "the same command again to resume with this step; or abort the ceremony with a "
                                     "reason");
}

static pc_status take_steps(pc_ceremony *ceremony, pc_ceremony_course *ret_course, pc_error *err)
{
    const pc_script *script = ceremony->script;

    for (size_t i = ceremony->progress.done; i < script->steps.count && *ret_course == PC_COURSE_GO_ON; i++) {
        if (ceremony->mode == PC_CEREMONY_REHEARSAL && pc_ceremony_is_to_end()) {
            return pc_fail(err, PC_E_REFUSED, "the rehearsal was interrupted");
        }
        pc_status status = take_step(ceremony, &script->steps.items[i], ret_course, err);

        if (status != PC_OK) {
            return fail_step(ceremony, &script->steps.items[i], status, err);
        }
    }
    return *ret_course == PC_COURSE_GO_ON
               ? pc_transcript_add(ceremony->transcript, "close", json_pack("{s:s}", "outcome", "complete"), err)
               : PC_OK;
}

/* --- the whole ------------------------------------------------------------------------------------ */

static pc_status make_folder(const pc_ceremony *ceremony, pc_error *err)
{
    struct stat info;

    if (stat(ceremony->folder, &info) == 0 && !S_ISDIR(info.st_mode)) {
        (void)pc_fail(err, PC_E_REFUSED, "\"%s\" exists and is not a folder; nothing was done", ceremony->folder);
        return pc_hint(err, PC_E_REFUSED, "name a folder with `out`: a new one, or that of the run to be resumed");
    }
    return mkdir(ceremony->folder, 0755) == 0 || errno == EEXIST
               ? PC_OK
               : pc_fail_errno(err, PC_E_IO, errno, "cannot create the folder \"%s\"", ceremony->folder);
}

static pc_status open_folder(pc_ceremony *ceremony, bool *ret_exists, pc_error *err)
{
    const char *path = pc_ceremony_path(ceremony, TRANSCRIPT);

    if (!path) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_path_exists(path, ret_exists, err));
    if (*ret_exists) {
        return pc_ceremony_read_progress(ceremony, path, err);
    }
    PC_TRY(pc_ceremony_look_ahead(ceremony, err));
    PC_TRY(make_folder(ceremony, err));
    return pc_ceremony_fill_folder(ceremony, err);
}

static void report(const pc_ceremony *ceremony, pc_ceremony_result *result, pc_ceremony_course ended)
{
    const pc_sha256 head = pc_transcript_head(ceremony->transcript);

    result->title = pc_ceremony_safe(ceremony, ceremony->script->head.title);
    result->out = ceremony->folder;
    result->step_count = ceremony->script->steps.count;
    memcpy(result->script_sha256, ceremony->script->sha256, sizeof result->script_sha256);

    result->state = ended == PC_COURSE_GO_ON    ? PC_CEREMONY_FINISHED
                    : ended == PC_COURSE_PAUSED ? PC_CEREMONY_PAUSED
                                                : PC_CEREMONY_ABORTED;
    result->done_count = ceremony->progress.done;
    result->deviation_count = ceremony->progress.deviations;
    pc_sha256_to_hex(&head, result->head);
}

static pc_status conduct_open(pc_ceremony *ceremony, pc_ceremony_result *result, pc_error *err)
{
    pc_ceremony_course ended = PC_COURSE_GO_ON;
    const char *path = pc_ceremony_path(ceremony, TRANSCRIPT);

    if (!path) {
        return pc_fail_memory(err);
    }
    if (ceremony->progress.is_closed) {
        ended = ceremony->progress.was_aborted ? PC_COURSE_ABORTED : PC_COURSE_GO_ON;
        PC_TRY(pc_transcript_open(path, &ceremony->transcript, err));
    } else {
        result->changed = true;
        PC_TRY(result->was_resumed ? pc_ceremony_resume(ceremony, path, err) : pc_ceremony_begin(ceremony, path, err));
        PC_TRY(take_steps(ceremony, &ended, err));
    }
    report(ceremony, result, ended);
    return PC_OK;
}

pc_status pc_ceremony_conduct(pc_ceremony *ceremony, pc_ceremony_result *result, pc_error *err)
{
    PC_TRY(open_folder(ceremony, &result->was_resumed, err));
    pc_status status = conduct_open(ceremony, result, err);

    pc_transcript_close(ceremony->transcript);
    ceremony->transcript = NULL;
    return status;
}

/* --- preparing ------------------------------------------------------------------------------------ */

static pc_status read_site(const pc_ceremony_order *order, const pc_script *script, pc_site *ret_site, pc_error *err)
{
    static const char nobody[] = PC_SITE_OF_NOBODY;
    pc_file_bytes source = { .name = order->site ? order->site : "site.yaml",
                             .bytes = { (const uint8_t *)nobody, sizeof nobody - 1 } };
    pc_script_findings findings = { .arena = script->arena };

    PC_TRY(order->site ? pc_file_read(script->arena, order->site, PC_SCRIPT_MOST_BYTES, &source.bytes, err) : PC_OK);
    PC_TRY(pc_site_read(source, script, ret_site, &findings, err));
    return findings.count == 0 ? PC_OK
                               : pc_fail(err, PC_E_INPUT, "\"%s\", line %zu: %s", order->site, findings.items[0].line,
                                         findings.items[0].message);
}

pc_status pc_ceremony_prepare(const pc_ceremony_order *order, pc_ceremony_mode mode, pc_arena *arena,
                              pc_ceremony *ret_ceremony, pc_error *err)
{
    pc_script *script = pc_arena_alloc(arena, sizeof *script);
    pc_site *site = pc_arena_alloc(arena, sizeof *site);
    pc_ceremony_pins *pins = pc_arena_alloc(arena, sizeof *pins);

    if (!script || !site || !pins) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_script_file_read(order->script, arena, script, err));
    PC_TRY(read_site(order, script, site, err));
    *ret_ceremony = (pc_ceremony){ .script = script,
                                   .site = site,
                                   .mode = mode,
                                   .access = order->access,
                                   .folder = order->out,
                                   .talk = order->talk,
                                   .unattended = order->unattended,
                                   .allow_softhsm = order->allow_softhsm,
                                   .pins = pins,
                                   .arena = arena };
    return PC_OK;
}
