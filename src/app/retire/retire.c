/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/retire.h>

#include "app/ca/key_ca.h"
#include "app/retire/earlier.h"
#include "app/retire/plan.h"
#include "app/retire/record.h"
#include "base/kept_error.h"
#include "base/result.h"
#include "token/lock.h"

PC_AUTO_DEFINE(pc_retire_result, pc_retire_result, pc_retire_result_free);

static const char *const classes[] = {
    [PC_RETIRE_PRIVATE_KEY] = "private key", [PC_RETIRE_SECRET_KEY] = "secret key",
    [PC_RETIRE_PUBLIC_KEY] = "public key",   [PC_RETIRE_CERTIFICATE] = "certificate",
    [PC_RETIRE_RECORD] = "pending record",   [PC_RETIRE_CA_RECORD] = "CA record",
};

static const char *const states[] = {
    [PC_RETIRE_PLANNED] = "planned",
    [PC_RETIRE_GONE] = "gone",
    [PC_RETIRE_KEPT] = "kept",
    [PC_RETIRE_REMAINS] = "remains",
};

const char *pc_retire_class_name(pc_retire_class retired)
{
    return classes[retired];
}

const char *pc_retire_state_name(pc_retire_state state)
{
    return states[state];
}

void pc_retire_result_free(pc_retire_result *result)
{
    pc_arena_free(result ? result->arena : NULL);
}

/* --- may it be destroyed? --- */

static pc_status refuse_valid(const pc_retire_plan *plan, pc_error *err)
{
    const char *label = plan->result->label;

    if (plan->valid_until) {
        (void)pc_fail(err, PC_E_REFUSED,
                      "the key \"%s\" has a certificate that is valid until %s; nothing was destroyed", label,
                      plan->valid_until);
        return pc_hint(err, PC_E_REFUSED,
                       "have its CA revoke the certificate, make sure that nothing uses it, and give `allow_valid`");
    }
    (void)
        pc_fail(err, PC_E_REFUSED,
                "a certificate object with the CKA_ID of the key \"%s\" cannot be read, so it is not known whether the "
                "key has a valid certificate; nothing was destroyed",
                label);
    return pc_hint(err, PC_E_REFUSED,
                   "run the command again; if it is refused again, make sure that nothing uses the key, and give "
                   "`allow_valid`");
}

static pc_status check_allowed(const pc_retire_order *order, const pc_retire_plan *plan, pc_error *err)
{

    if (plan->destroyable == PC_FACT_FALSE) {
        (void)pc_fail(err, PC_E_REFUSED,
                      "the token does not allow the key \"%s\" to be destroyed (CKA_DESTROYABLE is false); nothing was "
                      "destroyed",
                      plan->result->label);
        return pc_hint(err, PC_E_REFUSED, "only initialising the token again removes such a key, with all others");
    }
    return (plan->valid_until || plan->may_be_valid) && !order->allow_valid ? refuse_valid(plan, err) : PC_OK;
}

/* --- destroy --- */

static pc_status destroy_one(const pc_token *token, const pc_retire_plan *plan, size_t index, pc_error *err)
{
    const pc_retire_result *result = plan->result;

    if (result->objects[index].object_class == PC_RETIRE_RECORD) {
        return pc_pending_remove(token, &plan->records.items[0], result->arena, err);
    }
    if (result->objects[index].object_class == PC_RETIRE_CA_RECORD) {
        return pc_key_ca_remove(token, result->spki_sha256, result->arena, err);
    }
    return pc_named_object_destroy(token, &plan->named[index], err);
}

/* The remaining objects are found again through the public key object. */
static bool can_be_resumed(const pc_retire_result *result)
{
    return result->object_count > 0 && result->objects[result->object_count - 1].object_class == PC_RETIRE_PUBLIC_KEY;
}

static pc_status explain_stop(const pc_retire_result *result, size_t index, size_t destroyed_count, pc_status status,
                              pc_error *err)
{
    const char *class = pc_retire_class_name(result->objects[index].object_class);

    if (status == PC_E_REFUSED) {
        (void)pc_note(err, status, "the token refuses to destroy the %s \"%s\"; %zu object%s destroyed before", class,
                      result->objects[index].label, destroyed_count, destroyed_count == 1 ? " was" : "s were");
        return status;
    }
    (void)pc_note(err, status, "the %s \"%s\" may or may not be destroyed; %zu object%s destroyed before", class,
                  result->objects[index].label, destroyed_count, destroyed_count == 1 ? " was" : "s were");
    return can_be_resumed(result)
               ? pc_hint_resume(err, status, "run the same command again: it finishes what is left")
               : pc_hint(err, status, "`p11cert list` shows what is left; the token's own tool can remove it");
}

/* Stops at the first failure: the next run finds the rest through the objects that follow. */
static pc_status destroy_all(const pc_token *token, const pc_retire_plan *plan, pc_error *err)
{
    pc_retire_result *result = plan->result;
    size_t destroyed_count = 0;

    for (size_t i = 0; i < result->object_count; i++) {
        if (result->objects[i].state != PC_RETIRE_PLANNED) {
            continue;
        }
        pc_status status = destroy_one(token, plan, i, err);

        if (status != PC_OK) {
            result->objects[i].state = PC_RETIRE_REMAINS;
            return explain_stop(result, i, destroyed_count, status, err);
        }
        result->objects[i].state = PC_RETIRE_GONE;
        destroyed_count++;
    }
    return PC_OK;
}

/* --- prove --- */

static pc_status is_ca_recorded(const pc_token *fresh, const pc_retire_result *result, bool *ret_there, pc_error *err)
{
    const char *unreadable = NULL; /* already in the plan */
    pc_key_ca ca;

    PC_TRY(pc_key_ca_look(fresh, result->spki_sha256, result->arena, &ca, &unreadable, err));
    *ret_there = ca.address != NULL;
    return PC_OK;
}

static pc_status is_there(const pc_token *fresh, const pc_retire_plan *plan, size_t index, bool *ret_there,
                          pc_error *err)
{
    const pc_retire_result *result = plan->result;
    pc_pending_list left = { .count = 0 };

    if (result->objects[index].object_class == PC_RETIRE_CA_RECORD) {
        return is_ca_recorded(fresh, result, ret_there, err);
    }
    if (result->objects[index].object_class != PC_RETIRE_RECORD) {
        return pc_named_object_is_there(fresh, &plan->named[index], ret_there, err);
    }
    PC_TRY(pc_pending_find(fresh, result->spki_sha256, result->arena, &left, err));
    *ret_there = left.count > 0;
    return PC_OK;
}

static pc_status prove_in(const pc_token *fresh, const pc_retire_plan *plan, pc_error *err)
{
    pc_retire_result *result = plan->result;

    for (size_t i = 0; i < result->object_count; i++) {
        bool there = true;

        if (result->objects[i].state != PC_RETIRE_GONE) {
            continue;
        }
        PC_TRY(is_there(fresh, plan, i, &there, err));
        if (there) {
            result->objects[i].state = PC_RETIRE_REMAINS;
            return pc_fail(err, PC_E_VERIFY, "the token reported that it destroyed the %s \"%s\", but still has it",
                           pc_retire_class_name(result->objects[i].object_class), result->objects[i].label);
        }
    }
    return PC_OK;
}

static pc_status prove(const pc_token *token, const pc_retire_plan *plan, pc_error *err)
{
    PC_AUTO(pc_token) pc_token *fresh = NULL;
    pc_status status = pc_token_branch(token, false, &fresh, err);

    status = status == PC_OK ? prove_in(fresh, plan, err) : status;
    return status == PC_OK || status == PC_E_VERIFY
               ? status
               : pc_note(err, status, "the objects were destroyed, but the proof that they are gone failed");
}

/* --- the whole --- */

static pc_status destroy_and_prove(const pc_token *token, const pc_retire_plan *plan, const pc_line_file *record,
                                   pc_error *err)
{
    pc_status status = pc_retire_record(record, "begun", plan->result, NULL, err);

    if (status != PC_OK) {
        (void)pc_note(err, status, "nothing was destroyed: the record could not be started");
        return pc_hint(err, status, "give a file that can be written; nothing is destroyed without its record");
    }
    status = destroy_all(token, plan, err);
    status = status == PC_OK ? prove(token, plan, err) : status;
    if (status != PC_OK) {
        pc_error second = { .status = PC_OK };

        if (pc_retire_record(record, "failed", plan->result, err, &second) != PC_OK) {
            (void)pc_note(err, status, "%s; the record lacks the outcome", second.frames[0]);
        }
        return status;
    }
    plan->result->is_done = true;
    status = pc_retire_record(record, "done", plan->result, NULL, err);
    return status == PC_OK ? PC_OK
                           : pc_note(err, status, "the objects are gone, but the record of that could not be written");
}

static pc_status open_record(const char *path, pc_line_file **ret_record, pc_error *err)
{
    pc_status status = path ? pc_line_file_open(path, PC_LINES_SHARED, ret_record, err) : PC_OK;

    return status == PC_OK ? PC_OK : pc_note(err, status, "nothing was destroyed: the record cannot be opened");
}

/* A second run finds no key. Only the record of the first one tells that from a name that is wrong. */
static pc_status make_plan(const pc_token *token, const pc_retire_order *order, pc_retire_plan *plan, pc_error *err)
{
    pc_error failure = { .status = PC_OK };
    pc_status status = pc_retire_make_plan(token, order, plan, &failure);

    if (plan->is_absent && order->record) {
        PC_TRY(pc_retire_find_earlier(token, order, plan->result, err));
    }
    if (status == PC_OK || plan->result->retired_at) {
        return PC_OK;
    }
    pc_error_pass(err, &failure);
    return status;
}

static pc_status retire_on(const pc_token *token, const pc_retire_order *order, pc_retire_plan *plan, pc_error *err)
{
    PC_AUTO(pc_line_file) pc_line_file *record = NULL;

    PC_TRY(make_plan(token, order, plan, err));
    if (order->dry_run || plan->result->retired_at) {
        return PC_OK;
    }
    PC_TRY(check_allowed(order, plan, err));
    PC_TRY(open_record(order->record, &record, err));
    PC_TRY(order->confirm ? order->confirm(order->confirm_context, plan->result, err) : PC_OK);
    PC_TOKEN_LOCKED(token, plan->result->label);
    return destroy_and_prove(token, plan, record, err);
}

pc_status pc_retire_run(const pc_retire_order *order, const pc_token_access *access, pc_retire_result **ret_result,
                        pc_error *err)
{
    PC_AUTO(pc_retire_result) pc_retire_result *result = PC_RESULT_NEW(pc_retire_result);
    PC_AUTO(pc_token) pc_token *token = NULL;
    pc_retire_plan plan = { .result = result };

    if (!result) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_token_open(access, order->dry_run ? PC_TOKEN_READ : PC_TOKEN_WRITE, &token, err));
    result->token = *pc_token_get_info(token);
    PC_TRY(retire_on(token, order, &plan, err));
    *ret_result = PC_TAKE(result);
    return PC_OK;
}
