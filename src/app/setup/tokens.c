/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/list.h>

#include "base/result.h"
#include "token/abilities.h"
#include "token/uri.h"
#include "token/session.h"

void pc_tokens_result_free(pc_tokens_result *result)
{
    pc_arena_free(result ? result->arena : NULL);
}
PC_AUTO_DEFINE(pc_tokens_result, pc_tokens_result, pc_tokens_result_free);

/* The other slots are listed anyway. */
static pc_status report_sick_slot(const pc_module *module, pc_arena *arena, pc_listed_module *listed, pc_error *err)
{
    pc_error problem = { .status = PC_OK };

    if (pc_module_sick_slot(module, &problem) == PC_OK) {
        return PC_OK;
    }
    listed->has_started = true;
    listed->problem = pc_arena_format(arena, "%s: %s", problem.frames[1], problem.frames[0]);
    listed->hint = problem.hint[0] ? pc_arena_string(arena, problem.hint) : NULL;
    return listed->problem ? PC_OK : pc_fail_memory(err);
}

static pc_status list_slots(pc_module *module, pc_tokens_result *result, pc_listed_module *listed, pc_error *err)
{
    pc_arena *arena = result->arena;
    pc_slot *slots = NULL;
    size_t count = 0;

    PC_TRY(pc_module_slots(module, arena, &slots, &count, err));
    listed->tokens = pc_arena_alloc(arena, (count + 1) * sizeof *listed->tokens);
    listed->uris = pc_arena_alloc(arena, (count + 1) * sizeof *listed->uris);
    listed->abilities = result->is_verbose ? pc_arena_alloc(arena, (count + 1) * sizeof *listed->abilities) : NULL;
    if (!listed->tokens || !listed->uris || (result->is_verbose && !listed->abilities)) {
        return pc_fail_memory(err);
    }
    for (size_t i = 0; i < count; i++) {
        if (!pc_slot_is_initialised(&slots[i])) {
            listed->free_count++;
            continue;
        }
        if (result->is_verbose) {
            PC_TRY(pc_token_abilities_read(module, &slots[i], arena, &listed->abilities[listed->token_count], err));
        }
        listed->tokens[listed->token_count] = slots[i].info;
        listed->uris[listed->token_count] = pc_uri_of_token(&slots[i].info, arena);
        if (!listed->uris[listed->token_count++]) {
            return pc_fail_memory(err);
        }
    }
    return report_sick_slot(module, arena, listed, err);
}

/* A registered module that does not start must not hide the others. */
static pc_status list_registry(pc_tokens_result *result, pc_error *err)
{
    const char **names = NULL;
    size_t count = 0;

    PC_TRY(pc_module_names(result->arena, &names, &count, err));
    for (size_t i = 0; i < count; i++) {
        PC_AUTO(pc_module) pc_module *module = NULL;
        pc_listed_module *listed = PC_PUSH(result->arena, result->modules, result->module_count);
        pc_error problem = { .status = PC_OK };

        if (!listed) {
            return pc_fail_memory(err);
        }
        listed->module = names[i];
        if (pc_module_open(names[i], NULL, &module, &problem) != PC_OK ||
            list_slots(module, result, listed, &problem) != PC_OK) {
            listed->problem = pc_arena_string(result->arena, problem.frames[0]);
            listed->hint = problem.hint[0] ? pc_arena_string(result->arena, problem.hint) : NULL;
            if (!listed->problem || (problem.hint[0] && !listed->hint)) {
                return pc_fail_memory(err);
            }
        }
    }
    return PC_OK;
}

static pc_status list_named(const pc_token_access *access, pc_tokens_result *result, pc_error *err)
{
    PC_AUTO(pc_module) pc_module *module = NULL;
    pc_listed_module *listed = PC_PUSH(result->arena, result->modules, result->module_count);

    if (!listed) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_token_open_module(access, &module, err));
    listed->module = pc_arena_string(result->arena, module->name);
    return listed->module ? list_slots(module, result, listed, err) : pc_fail_memory(err);
}

static pc_status run(const pc_token_access *access, bool is_verbose, pc_tokens_result **ret_result, pc_error *err)
{
    PC_AUTO(pc_tokens_result) pc_tokens_result *result = PC_RESULT_NEW(pc_tokens_result);

    if (!result) {
        return pc_fail_memory(err);
    }
    result->is_verbose = is_verbose;
    PC_TRY(access->module ? list_named(access, result, err) : list_registry(result, err));
    *ret_result = PC_TAKE(result);
    return PC_OK;
}

pc_status pc_tokens_run(const pc_token_access *access, pc_tokens_result **ret_result, pc_error *err)
{
    return run(access, false, ret_result, err);
}

pc_status pc_tokens_run_verbose(const pc_token_access *access, pc_tokens_result **ret_result, pc_error *err)
{
    return run(access, true, ret_result, err);
}
