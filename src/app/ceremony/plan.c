/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "app/ceremony/ceremony.h"
#include "base/file.h"
#include "base/result.h"
#include "base/text.h"
#include "token/inventory.h"
#include "token/session.h"

void pc_ceremony_plan_free(pc_ceremony_plan *plan)
{
    pc_arena_free(plan ? plan->arena : NULL);
}
PC_AUTO_DEFINE(pc_ceremony_plan, pc_ceremony_plan, pc_ceremony_plan_free);

typedef struct {
    pc_ceremony ceremony;
    pc_ceremony_plan *plan;
    pc_script_texts *keys; /* for each token, the labels on it */
} planning;

static const char *safe(const planning *planner, const char *text)
{
    return text ? pc_text_escape(planner->plan->arena, text, strlen(text)) : NULL;
}

/* The purpose of a plan is to report a token that is missing or not the expected one; a failed login is an error, and
 * so is a module or a PIN that cannot be read. */
static bool is_problem(pc_status status)
{
    return status == PC_E_NOT_FOUND || status == PC_E_AMBIGUOUS || status == PC_E_VERIFY;
}

static pc_status read_labels(const planning *planner, const pc_token *token, pc_script_texts *labels, pc_error *err)
{
    pc_inventory inventory;

    PC_TRY(pc_inventory_read(token, planner->plan->arena, &inventory, err));
    for (size_t i = 0; i < inventory.key_count; i++) {
        const char **label = PC_PUSH(planner->plan->arena, labels->items, labels->count);

        if (!label) {
            return pc_fail_memory(err);
        }
        *label = inventory.keys[i].label;
    }
    return PC_OK;
}

static pc_status note_problem(const planning *planner, pc_status status, pc_ceremony_planned_token *row, pc_error *err)
{
    if (!is_problem(status)) {
        return status;
    }
    row->problem = safe(planner, err->frames[0]);
    return row->problem ? PC_OK : pc_fail_memory(err);
}

/* A token that is to be initialised: can it be used at all? */
static pc_status look_at_blank(const planning *planner, const pc_script_token *token, bool is_there,
                               pc_ceremony_planned_token *row, pc_error *err)
{
    row->state = "to be initialised";
    if (is_there) {
        row->problem = "a token with that label exists, and is not initialised again";
        return PC_OK;
    }
    pc_status status = pc_ceremony_require_token(&planner->ceremony, token, err);

    return status == PC_OK ? PC_OK : note_problem(planner, status, row, err);
}

/* A module that is missing is not a token that is missing. */
static pc_status require_module(const pc_token_access *access, pc_error *err)
{
    PC_AUTO(pc_module) pc_module *module = NULL;

    return pc_token_open_module(access, &module, err);
}

static pc_status look_at(planning *planner, const pc_script_token *token, pc_ceremony_planned_token *row,
                         pc_script_texts *labels, pc_error *err)
{
    PC_AUTO(pc_token) pc_token *open = NULL;
    const bool is_new = pc_ceremony_has_init(planner->ceremony.script, token->role);
    pc_token_access access;

    PC_TRY(pc_ceremony_access(&planner->ceremony, token->role, &access, err));
    PC_TRY(require_module(&access, err));
    pc_status status = pc_token_open(&access, PC_TOKEN_PUBLIC, &open, err);

    if (is_new && (status == PC_OK || status == PC_E_NOT_FOUND)) {
        return look_at_blank(planner, token, status == PC_OK, row, err);
    }
    if (status != PC_OK) {
        row->state = "not found";
        return note_problem(planner, status, row, err);
    }
    row->state = safe(planner, pc_arena_format(planner->plan->arena, "there, serial number %s", open->info.serial));
    if (!row->state) {
        return pc_fail_memory(err);
    }
    pc_token_close(PC_TAKE(open));
    PC_TRY(pc_token_open(&access, PC_TOKEN_READ, &open, err));
    status = pc_ceremony_compare_token(&planner->ceremony, token, open, err);
    return status == PC_OK ? read_labels(planner, open, labels, err) : note_problem(planner, status, row, err);
}

static pc_status plan_tokens(planning *planner, pc_error *err)
{
    const pc_script *script = planner->ceremony.script;
    pc_arena *arena = planner->plan->arena;
    pc_ceremony_planned_token *rows = pc_arena_alloc(arena, (script->tokens.count + 1) * sizeof *rows);

    planner->keys = pc_arena_alloc(arena, (script->tokens.count + 1) * sizeof *planner->keys);
    if (!rows || !planner->keys) {
        return pc_fail_memory(err);
    }
    for (size_t i = 0; i < script->tokens.count; i++) {
        const pc_script_token *token = &script->tokens.items[i];

        rows[i] =
            (pc_ceremony_planned_token){ .role = safe(planner, token->role), .label = safe(planner, token->label) };
        PC_TRY(look_at(planner, token, &rows[i], &planner->keys[i], err));
        planner->plan->problem_count += rows[i].problem != NULL;
    }
    planner->plan->tokens = rows;
    planner->plan->token_count = script->tokens.count;
    return PC_OK;
}

static bool is_on_token(const planning *planner, const char *role, const char *key)
{
    const pc_script *script = planner->ceremony.script;
    const pc_script_token *token = pc_script_find_token(script, role);

    return pc_script_texts_have(&planner->keys[token - script->tokens.items], key);
}

static const char *problem_of(const planning *planner, const pc_script_step *step)
{
    const char *path = step->out && planner->ceremony.folder ? pc_ceremony_path(&planner->ceremony, step->out) : NULL;
    const char *key = step->ca ? step->ca : step->key;

    if (path) {
        pc_error err = { .status = PC_OK };
        bool is_there = false;

        if (pc_path_exists(path, &is_there, &err) != PC_OK) {
            return "it could not be determined whether the output file exists";
        }
        if (is_there) {
            return "the output file exists";
        }
    }
    if (step->kind == PC_STEP_KEYGEN) {
        return is_on_token(planner, step->token, key) ? "a key with that label is on the token" : NULL;
    }
    const pc_script_step probe = { .token = step->token, .key = key };
    bool is_made = false;

    for (size_t i = 0; i + 1 < step->number; i++) {
        const pc_script_step *each = &planner->ceremony.script->steps.items[i];

        is_made = is_made || (each->kind == PC_STEP_KEYGEN && key && strcmp(each->key, key) == 0 &&
                              strcmp(each->token, probe.token) == 0);
    }
    return key && !is_made && !is_on_token(planner, step->token, key) ? "the key is not on the token" : NULL;
}

static const char *describe(const planning *planner, const pc_script_step *step)
{
    pc_arena *arena = planner->plan->arena;
    const char *key = step->ca ? step->ca : step->key;
    const char *text = pc_arena_format(arena, "%s%s%s%s%s%s%s", pc_step_kinds[step->kind].does, key ? ": key " : "",
                                       key ? key : "", step->token ? ", token " : "", step->token ? step->token : "",
                                       step->out ? ", file " : "", step->out ? step->out : "");

    return safe(planner, text);
}

static pc_status plan_steps(planning *planner, pc_error *err)
{
    const pc_script *script = planner->ceremony.script;
    pc_ceremony_planned *rows = pc_arena_alloc(planner->plan->arena, (script->steps.count + 1) * sizeof *rows);

    if (!rows) {
        return pc_fail_memory(err);
    }
    for (size_t i = 0; i < script->steps.count; i++) {
        const pc_script_step *step = &script->steps.items[i];
        const pc_step_kind_row *kind = &pc_step_kinds[step->kind];

        rows[i] = (pc_ceremony_planned){ .number = step->number,
                                         .kind = kind->name,
                                         .text = describe(planner, step),
                                         .calls = kind->calls,
                                         .problem = problem_of(planner, step) };
        planner->plan->problem_count += rows[i].problem != NULL;
        if (!rows[i].text) {
            return pc_fail_memory(err);
        }
    }
    planner->plan->steps = rows;
    planner->plan->step_count = script->steps.count;
    return PC_OK;
}

pc_status pc_ceremony_plan_run(const pc_ceremony_order *order, pc_ceremony_plan **ret_plan, pc_error *err)
{
    PC_AUTO(pc_ceremony_plan) pc_ceremony_plan *plan = PC_RESULT_NEW(pc_ceremony_plan);
    planning planner = { .plan = plan };

    if (!plan) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_ceremony_prepare(order, PC_CEREMONY_PRODUCTION, plan->arena, &planner.ceremony, err));
    plan->title = safe(&planner, planner.ceremony.script->head.title);
    memcpy(plan->script_sha256, planner.ceremony.script->sha256, sizeof plan->script_sha256);
    pc_status status = plan_tokens(&planner, err);

    pc_ceremony_pins_clear(planner.ceremony.pins);
    PC_TRY(status);
    PC_TRY(plan_steps(&planner, err));
    *ret_plan = PC_TAKE(plan);
    return PC_OK;
}
