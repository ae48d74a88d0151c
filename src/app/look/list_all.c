/* SPDX-License-Identifier: Apache-2.0 */
#include "app/look/list.h"

#include <string.h>

#include "base/result.h"
#include "base/secret_auto.h"
#include "base/text.h"
#include "token/ckr.h"
#include "token/pin_dialog.h"

PC_AUTO_DEFINE(pc_list_all_result, pc_list_all_result, pc_list_all_result_free);
PC_AUTO_DEFINE(pc_tokens_result, pc_tokens_result, pc_tokens_result_free);

void pc_list_all_result_free(pc_list_all_result *result)
{
    if (!result) {
        return;
    }
    for (size_t i = 0; i < result->token_count; i++) {
        pc_list_result_free(result->tokens[i].list);
    }
    pc_arena_free(result->arena);
}

/* A pass over the tokens. */
typedef struct {
    pc_token_access access;
    bool logs_in; /* a PIN source was given, and no token has refused its PIN yet */
    pc_list_all_result *result;
} walk;

static pc_status copy_text(const char *text, pc_arena *arena, const char **ret_copy, pc_error *err)
{
    *ret_copy = text ? pc_arena_string(arena, text) : NULL;
    return *ret_copy || !text ? PC_OK : pc_fail_memory(err);
}

/* A token or module that fails must not hide the others. */
static pc_status note_problem(walk *state, pc_listed_token *listed, pc_status status, const pc_error *problem,
                              pc_error *err)
{
    pc_arena *arena = state->result->arena;
    const char *text =
        problem->frame_count > 1
            ? pc_arena_format(arena, "%s: %s", problem->frames[problem->frame_count - 1], problem->frames[0])
            : pc_arena_string(arena, problem->frames[0]);

    if (!text) {
        return pc_fail_memory(err);
    }
    listed->problem = text;
    if (state->result->failure == PC_OK) {
        state->result->failure = status;
    }
    return copy_text(problem->hint[0] ? problem->hint : NULL, arena, &listed->hint, err);
}

static bool is_about_login(pc_status status)
{
    return status == PC_E_AUTH || status == PC_E_LOCKED;
}

/* The certificates of the system are a token that has neither a PIN nor anything to protect. */
static bool takes_login(const pc_token_info *token)
{
    return (token->flags & (CKF_LOGIN_REQUIRED | CKF_USER_PIN_INITIALIZED)) != 0;
}

/* A token without a user has looked at no PIN. */
static bool may_cost_an_attempt(const pc_error *problem)
{
    return problem->origin != PC_ORIGIN_PKCS11 ||
           (problem->code != CKR_USER_TYPE_INVALID && problem->code != CKR_USER_PIN_NOT_INITIALIZED);
}

/* A PIN that one token refuses is not tried on another: at most one attempt is lost in a run. */
static pc_status list_token(walk *state, const pc_token_info *token, pc_listed_token *listed, pc_error *err)
{
    const bool logs_in = state->logs_in && takes_login(token);
    pc_error problem = { .status = PC_OK };
    pc_token_access access = state->access;
    pc_status status = PC_OK;

    access.module = listed->module;
    access.token = listed->uri;
    listed->is_logged_in = logs_in;
    status = pc_list_in_mode(NULL, &access, logs_in ? PC_TOKEN_READ : PC_TOKEN_PUBLIC, &listed->list, &problem);
    if (status == PC_E_MEMORY) {
        return pc_fail_memory(err);
    }
    if (status == PC_OK) {
        return PC_OK;
    }
    PC_TRY(note_problem(state, listed, status, &problem, err));
    listed->is_logged_in = false;
    if (logs_in && is_about_login(status)) {
        state->logs_in = !may_cost_an_attempt(&problem);
        problem = (pc_error){ .status = PC_OK };
        status = pc_list_in_mode(NULL, &access, PC_TOKEN_PUBLIC, &listed->list, &problem);
    }
    return status == PC_E_MEMORY ? pc_fail_memory(err) : PC_OK;
}

static pc_status add(walk *state, const pc_listed_module *module, pc_listed_token **ret_listed, pc_error *err)
{
    pc_list_all_result *result = state->result;
    pc_listed_token *listed = PC_PUSH(result->arena, result->tokens, result->token_count);

    if (!listed) {
        return pc_fail_memory(err);
    }
    *listed = (pc_listed_token){ .list = NULL };
    *ret_listed = listed;
    return copy_text(module->module, result->arena, &listed->module, err);
}

static pc_status list_module(walk *state, const pc_listed_module *module, pc_error *err)
{
    pc_listed_token *listed = NULL;

    if (module->problem) {
        PC_TRY(add(state, module, &listed, err));
        PC_TRY(copy_text(module->problem, state->result->arena, &listed->problem, err));
        PC_TRY(copy_text(module->hint, state->result->arena, &listed->hint, err));
        state->result->failure = state->result->failure == PC_OK ? PC_E_TOKEN : state->result->failure;
    }
    for (size_t i = 0; i < module->token_count; i++) {
        PC_TRY(add(state, module, &listed, err));
        PC_TRY(copy_text(module->uris[i], state->result->arena, &listed->uri, err));
        PC_TRY(copy_text(module->tokens[i].label, state->result->arena, &listed->label, err));
        PC_TRY(list_token(state, &module->tokens[i], listed, err));
    }
    return PC_OK;
}

/* Some sources can be read only once. At a prompt, each token's own PIN is asked for. */
static pc_status read_pin(walk *state, pc_secret **ret_pin, pc_error *err)
{
    const char *source = state->access.pin_source;

    state->logs_in = source != NULL;
    if (pc_pin_source_asks(source) || state->access.pin) {
        return PC_OK;
    }
    PC_TRY(pc_pin_read(source, &state->access, "PIN of the tokens", ret_pin, err));
    state->access.pin = *ret_pin;
    return PC_OK;
}

pc_status pc_list_all_run(const pc_token_access *access, pc_list_all_result **ret_result, pc_error *err)
{
    PC_AUTO(pc_list_all_result) pc_list_all_result *result = PC_RESULT_NEW(pc_list_all_result);
    PC_AUTO(pc_tokens_result) pc_tokens_result *modules = NULL;
    PC_AUTO(pc_secret) pc_secret *pin = NULL;
    walk state = { .access = *access, .result = result };

    if (!result) {
        return pc_fail_memory(err);
    }
    if (access->token) {
        return pc_fail(err, PC_E_USAGE, "all tokens are listed, so `token` cannot name one");
    }
    PC_TRY(pc_tokens_run(access, &modules, err));
    PC_TRY(read_pin(&state, &pin, err));
    for (size_t i = 0; i < modules->module_count; i++) {
        PC_TRY(list_module(&state, &modules->modules[i], err));
    }
    *ret_result = PC_TAKE(result);
    return PC_OK;
}
