/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "app/ceremony/ceremony.h"
#include "app/ceremony/script_file.h"
#include "base/file.h"
#include "base/text.h"
#include "ceremony/transcript/reader.h"
#include "token/module.h"
#include "token/softhsm.h"
#include "x509/words.h"

#define TRANSCRIPT "transcript.jsonl"

static const pc_step_act acts[PC_STEP_KIND_COUNT] = {
    [PC_STEP_WITNESS] = pc_step_witness,     [PC_STEP_CHECK_TOKEN] = pc_step_check_token,
    [PC_STEP_INIT] = pc_step_init,           [PC_STEP_KEYGEN] = pc_step_keygen,
    [PC_STEP_SELF_SIGN] = pc_step_self_sign, [PC_STEP_REQUEST] = pc_step_request,
    [PC_STEP_ISSUE] = pc_step_issue,         [PC_STEP_CROSS] = pc_step_cross,
    [PC_STEP_ACCEPT] = pc_step_accept,       [PC_STEP_EXPORT_PUBLIC] = pc_step_export_public,
    [PC_STEP_PROVE] = pc_step_prove,         [PC_STEP_COPY_CHECK] = pc_step_copy_check,
    [PC_STEP_RETIRE] = pc_step_retire,       [PC_STEP_POLICY] = pc_step_policy,
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

/* --- tokens --------------------------------------------------------------------------------------- */

static bool is_production(const pc_ceremony *ceremony)
{
    return ceremony->mode == PC_CEREMONY_PRODUCTION;
}

static pc_status refuse_softhsm(const pc_ceremony *ceremony, const char *role, const char *module, pc_error *err)
{
    if (!is_production(ceremony) || ceremony->allow_softhsm || !pc_softhsm_is_module(module)) {
        return PC_OK;
    }
    (void)pc_fail(err, PC_E_REFUSED, "the token \"%s\" is on SoftHSM, which keeps its keys in files", role);
    return pc_hint(err, PC_E_REFUSED, "name the HSM's module in the site file, or say --allow-softhsm");
}

pc_status pc_ceremony_access(const pc_ceremony *ceremony, const char *role, pc_token_access *ret_access, pc_error *err)
{
    const pc_script_token *token = pc_script_find_token(ceremony->script, role);
    const pc_site_token *row = pc_site_find(ceremony->site, is_production(ceremony), role);

    if (!row && !ceremony->store) {
        return pc_fail(err, PC_E_INPUT, "\"%s\" does not say which token \"%s\" is", ceremony->site->file, role);
    }
    *ret_access = *ceremony->access;
    ret_access->module = row && row->module ? row->module : NULL;
    ret_access->init_args = row ? row->init_args : NULL;
    ret_access->token = row && row->uri ? row->uri : token->label;
    ret_access->pin_source = row ? row->pin_source : NULL;
    if (!row) {
        ret_access->pin_source = pc_arena_format(ceremony->arena, "file:%s/user.pin", ceremony->store);
        return ret_access->pin_source ? PC_OK : pc_fail_memory(err);
    }
    return refuse_softhsm(ceremony, role, row->module ? row->module : P11CERT_DEFAULT_MODULE, err);
}

const char *pc_ceremony_so_pin_source(const pc_ceremony *ceremony, const char *role)
{
    const pc_site_token *row = pc_site_find(ceremony->site, is_production(ceremony), role);

    return row ? row->so_pin_source : pc_arena_format(ceremony->arena, "file:%s/so.pin", ceremony->store);
}

/* --- the folder ----------------------------------------------------------------------------------- */

/* A copy that an interrupted start has left is used if it is the same. */
static pc_status put_file(const pc_ceremony *ceremony, const char *name, pc_bytes bytes, pc_error *err)
{
    PC_AUTO(pc_output) pc_output *output = NULL;
    const char *path = pc_ceremony_path(ceremony, name);
    pc_bytes there = { .data = NULL };

    if (!path) {
        return pc_fail_memory(err);
    }
    if (access(path, F_OK) == 0) {
        PC_TRY(pc_file_read(ceremony->arena, path, bytes.len + 1, &there, err));
        return pc_bytes_equal(there, bytes)
                   ? PC_OK
                   : pc_fail(err, PC_E_REFUSED, "\"%s\" exists and is another file; it was not replaced", path);
    }
    PC_TRY(pc_output_open(path, PC_FILE_NEW, 0644, &output, err));
    return pc_output_commit(output, bytes.data, bytes.len, err);
}

#define MOST_INPUT ((size_t)16 * 1024 * 1024)

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
    PC_TRY(pc_file_read(ceremony->arena, path, MOST_INPUT, &bytes, err));
    PC_TRY(pc_sha256_of(bytes, &digest, err));
    pc_sha256_to_hex(&digest, hex);
    if (input->sha256 && strcmp(hex, input->sha256) != 0) {
        return pc_fail(err, PC_E_VERIFY, "\"%s\" is not the file that the script names: its SHA-256 is %s", path, hex);
    }
    return put_file(ceremony, input->file, bytes, err);
}

static pc_status fill_folder(const pc_ceremony *ceremony, pc_error *err)
{
    PC_TRY(put_file(ceremony, "ceremony.yaml", ceremony->script->bytes, err));
    PC_TRY(put_file(ceremony, "site.yaml", ceremony->site->bytes, err));
    for (size_t i = 0; i < ceremony->script->inputs.count; i++) {
        PC_TRY(copy_input(ceremony, &ceremony->script->inputs.items[i], err));
    }
    /* What a step would write must not be there before anything begins. */
    for (size_t i = 0; i < ceremony->script->steps.count; i++) {
        const char *out = ceremony->script->steps.items[i].out;
        const char *path = out ? pc_ceremony_path(ceremony, out) : NULL;

        if (path && access(path, F_OK) == 0) {
            return pc_fail(err, PC_E_REFUSED, "\"%s\" exists, and step %zu would write it; nothing was done", path,
                           i + 1);
        }
    }
    return PC_OK;
}

/* --- begin, resume -------------------------------------------------------------------------------- */

static json_t *module_row(const pc_ceremony *ceremony, const pc_script_token *token)
{
    const pc_site_token *row = pc_site_find(ceremony->site, is_production(ceremony), token->role);
    const char *path = row && row->module ? row->module : P11CERT_DEFAULT_MODULE;
    pc_error ignored = { .status = PC_OK };
    pc_sha256 digest;
    char hex[PC_SHA256_TEXT] = "";

    if (pc_sha256_of_file(path, &digest, &ignored) == PC_OK) {
        pc_sha256_to_hex(&digest, hex);
    }
    return json_pack("{s:s, s:s, s:s}", "role", token->role, "path", path, "sha256", hex);
}

/* The ceremony before this one must be over: its last line is what this one follows. */
static pc_status read_earlier_head(const pc_ceremony *ceremony, pc_sha256 *ret_head, pc_error *err)
{
    PC_AUTO(pc_transcript_reader) pc_transcript_reader *reader = NULL;
    PC_AUTO(pc_descriptor) int fd = -1;
    const char *path = pc_ceremony_path(ceremony, ceremony->script->head.follows);
    pc_part part;
    bool more = true;

    if (!path) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_part_open(path, &fd, &part, err));
    PC_TRY(pc_transcript_reader_open(&part, PC_TORN_REFUSED, &reader, err));
    while (more) {
        PC_AUTO(pc_record) pc_record record = { .whole = NULL };

        PC_TRY(pc_transcript_reader_next(reader, &record, &more, err));
    }
    if (!pc_transcript_reader_order(reader).is_closed) {
        return pc_fail(err, PC_E_INPUT, "the ceremony of \"%s\" is not over", path);
    }
    *ret_head = pc_transcript_reader_head(reader);
    return PC_OK;
}

static pc_status begin(pc_ceremony *ceremony, const char *path, pc_error *err)
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
    PC_TRY(pc_ceremony_artefact(ceremony, NULL, "site.yaml", "site", err));
    for (size_t i = 0; i < ceremony->script->inputs.count; i++) {
        PC_TRY(pc_ceremony_artefact(ceremony, NULL, ceremony->script->inputs.items[i].file, "input", err));
    }
    return PC_OK;
}

static pc_status note_clock(pc_ceremony *ceremony, pc_error *err)
{
    const char *now = pc_time_now_words(ceremony->arena);
    const char *last = ceremony->progress.last_time;

    /* Both are as 2027-11-22T21:00:00; the parts of a second are left out. */
    if (!now || !last || strncmp(now, last, 19) >= 0) {
        return now ? PC_OK : pc_fail_memory(err);
    }
    const char *reason = pc_arena_format(ceremony->arena, "the clock went back: it was %s, and is %s", last, now);

    return reason ? pc_ceremony_deviation(ceremony, ceremony->progress.begun, reason, "p11cert", err)
                  : pc_fail_memory(err);
}

static pc_status resume(pc_ceremony *ceremony, const char *path, pc_error *err)
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
    return progress->begun ? pc_ceremony_deviation(ceremony, progress->begun, where, "p11cert", err) : PC_OK;
}

/* --- questions ------------------------------------------------------------------------------------ */

/* Not a failure: the state in which it ends. */
typedef enum { GO_ON, PAUSED, ABORTED } course;

static const char *safe(const pc_ceremony *ceremony, const char *text)
{
    return text ? pc_text_escape(ceremony->arena, text, strlen(text)) : NULL;
}

static pc_status abort_ceremony(pc_ceremony *ceremony, size_t step, const pc_ceremony_answer *answer, const char *who,
                                pc_error *err)
{
    const json_int_t number = (json_int_t)step;

    PC_TRY(pc_transcript_add(ceremony->transcript, "abort",
                             json_pack("{s:s, s:s, s:I}", "reason", answer->text, "by", who, "step", number), err));
    return pc_transcript_add(ceremony->transcript, "close", json_pack("{s:s}", "outcome", "aborted"), err);
}

static const char *name_of(const pc_ceremony *ceremony, const char *role, unsigned nth)
{
    for (size_t i = 0; i < ceremony->people.count; i++) {
        if (strcmp(ceremony->people.items[i].role, role) == 0 && nth-- == 0) {
            return ceremony->people.items[i].name;
        }
    }
    return NULL;
}

static pc_status confirm_one(pc_ceremony *ceremony, const pc_script_step *step, const char *role, unsigned nth,
                             course *ret_course, pc_error *err)
{
    const char *title = pc_script_role_title(ceremony->script, role);
    const char *name = name_of(ceremony, role, nth);
    const pc_ceremony_question question = { .who = safe(ceremony, title), .name = safe(ceremony, name) };
    const char *who = name ? name : title;
    pc_ceremony_answer answer = { .kind = PC_CEREMONY_DEVIATION };

    while (answer.kind == PC_CEREMONY_DEVIATION) {
        answer.kind = PC_CEREMONY_YES;
        PC_TRY(ceremony->talk->ask ? ceremony->talk->ask(ceremony->talk->context, &question, &answer, err) : PC_OK);
        if (answer.kind == PC_CEREMONY_DEVIATION) {
            PC_TRY(pc_ceremony_deviation(ceremony, step->number, answer.text, who, err));
        }
    }
    if (answer.kind == PC_CEREMONY_YES) {
        return pc_transcript_add(ceremony->transcript, "confirm",
                                 json_pack("{s:I, s:s, s:s}", "step", (json_int_t)step->number, "role", role, "name",
                                           who),
                                 err);
    }
    *ret_course = answer.kind == PC_CEREMONY_PAUSE ? PAUSED : ABORTED;
    return answer.kind == PC_CEREMONY_PAUSE
               ? pc_transcript_add(ceremony->transcript, "pause", json_pack("{s:s}", "reason", answer.text), err)
               : abort_ceremony(ceremony, step->number, &answer, who, err);
}

/* Everybody of every role that the step names; of a step that names none, nobody. */
static pc_status confirm(pc_ceremony *ceremony, const pc_script_step *step, course *ret_course, pc_error *err)
{
    bool asks = step->kind != PC_STEP_WITNESS && !(ceremony->unattended && step->unattended);

    for (size_t i = 0; i < step->by.count && asks; i++) {
        const pc_script_role *role = pc_script_find_role(ceremony->script, step->by.items[i]);

        for (unsigned j = 0; j < (role->count ? role->count : 1) && *ret_course == GO_ON; j++) {
            PC_TRY(confirm_one(ceremony, step, role->name, j, ret_course, err));
        }
    }
    return PC_OK;
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
        facts[count] = safe(ceremony, text);
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
                                     .title = safe(ceremony, step->title),
                                     .text = safe(ceremony, step->text),
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

/* Before the token is opened: another's file is found in time. An interrupted step may have written its own. */
static pc_status refuse_existing(const pc_ceremony *ceremony, const pc_script_step *step, pc_error *err)
{
    const char *path = step->out ? pc_ceremony_path(ceremony, step->out) : NULL;

    return path && ceremony->progress.begun != step->number && access(path, F_OK) == 0
               ? pc_fail(err, PC_E_REFUSED, "\"%s\" exists and is not overwritten", path)
               : PC_OK;
}

static pc_status take_step(pc_ceremony *ceremony, const pc_script_step *step, course *ret_course, pc_error *err)
{
    bool was_begun = ceremony->progress.begun == step->number;

    show(ceremony, step);
    PC_TRY(refuse_existing(ceremony, step, err));
    if (!was_begun) {
        ceremony->progress.intent = 0;
        ceremony->progress.has_intent = false;
        ceremony->progress.id = NULL;
        PC_TRY(add_phase(ceremony, step, "begin", err));
        ceremony->progress.begun = step->number;
    }
    PC_TRY(confirm(ceremony, step, ret_course, err));
    if (*ret_course != GO_ON) {
        return PC_OK;
    }
    PC_TRY(acts[step->kind] ? acts[step->kind](ceremony, step, err) : PC_OK);
    PC_TRY(add_phase(ceremony, step, "end", err));
    ceremony->progress.done = step->number;
    ceremony->progress.begun = 0;
    return PC_OK;
}

static pc_status take_steps(pc_ceremony *ceremony, course *ret_course, pc_error *err)
{
    const pc_script *script = ceremony->script;

    for (size_t i = ceremony->progress.done; i < script->steps.count && *ret_course == GO_ON; i++) {
        pc_status status = take_step(ceremony, &script->steps.items[i], ret_course, err);

        if (status != PC_OK) {
            (void)pc_note(err, status, "step %zu of the ceremony (%s) failed", i + 1,
                          pc_step_kinds[script->steps.items[i].kind].name);
            return *err->hint ? status
                              : pc_hint_resume(err, status, "run the same command again to resume with this step");
        }
    }
    return *ret_course == GO_ON
               ? pc_transcript_add(ceremony->transcript, "close", json_pack("{s:s}", "outcome", "complete"), err)
               : PC_OK;
}

/* --- the whole ------------------------------------------------------------------------------------ */

static pc_status open_folder(pc_ceremony *ceremony, bool *ret_exists, pc_error *err)
{
    const char *path = pc_ceremony_path(ceremony, TRANSCRIPT);

    if (!path) {
        return pc_fail_memory(err);
    }
    if (mkdir(ceremony->folder, 0755) != 0 && errno != EEXIST) {
        return pc_fail_errno(err, PC_E_IO, errno, "cannot make the folder \"%s\"", ceremony->folder);
    }
    *ret_exists = access(path, F_OK) == 0;
    if (*ret_exists) {
        return pc_ceremony_read_progress(ceremony, path, err);
    }
    return fill_folder(ceremony, err);
}

static void report(const pc_ceremony *ceremony, pc_ceremony_result *result, course ended)
{
    const pc_sha256 head = pc_transcript_head(ceremony->transcript);

    result->title = safe(ceremony, ceremony->script->head.title);
    result->out = ceremony->folder;
    result->step_count = ceremony->script->steps.count;
    memcpy(result->script_sha256, ceremony->script->sha256, sizeof result->script_sha256);

    result->state = ended == GO_ON ? PC_CEREMONY_FINISHED : ended == PAUSED ? PC_CEREMONY_PAUSED : PC_CEREMONY_ABORTED;
    result->done_count = ceremony->progress.done;
    result->deviation_count = ceremony->progress.deviations;
    pc_sha256_to_hex(&head, result->head);
}

static pc_status conduct_open(pc_ceremony *ceremony, pc_ceremony_result *result, pc_error *err)
{
    course ended = GO_ON;
    const char *path = pc_ceremony_path(ceremony, TRANSCRIPT);

    if (!path) {
        return pc_fail_memory(err);
    }
    if (ceremony->progress.is_closed) {
        ended = ceremony->progress.was_aborted ? ABORTED : GO_ON;
        PC_TRY(pc_transcript_open(path, &ceremony->transcript, err));
    } else {
        result->changed = true;
        PC_TRY(result->was_resumed ? resume(ceremony, path, err) : begin(ceremony, path, err));
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

    if (!script || !site) {
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
                                   .arena = arena };
    return PC_OK;
}
