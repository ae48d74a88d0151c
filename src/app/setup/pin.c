/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/pin.h>

#include <string.h>

#include "base/secret_auto.h"
#include "token/pin.h"
#include "token/pin_change.h"
#include "token/pin_dialog.h"
#include "token/session.h"

static pc_status read_officers_pin(const pc_pin_order *order, const pc_token_access *access, const pc_token *token,
                                   pc_secret **ret_pin, pc_error *err)
{
    const pc_token_info *info = pc_token_get_info(token);
    char what[160];

    PC_TRY(pc_pin_change_is_allowed(info, order->task, pc_pin_source_asks(order->so_pin_source), err));
    (void)snprintf(what, sizeof what, "Security Officer's PIN of token \"%s\"", info->label);
    const pc_secret_request request = {
        .source = order->so_pin_source ? order->so_pin_source : "prompt",
        .access = access,
        .what = what,
        .kind = PC_SECRET_SO_PIN,
    };

    return pc_secret_read(&request, ret_pin, err);
}

static pc_status read_current_pin(const pc_pin_order *order, const pc_token_access *access, const pc_token *token,
                                  pc_secret **ret_pin, pc_error *err)
{
    if (pc_pin_task_is_officers(order->task)) {
        return read_officers_pin(order, access, token, ret_pin, err);
    }
    /* pc_token_read_pin reports locks for logins in general; this adds what is specific to this task. */
    PC_TRY(pc_pin_change_is_allowed(pc_token_get_info(token), order->task, true, err));
    return pc_token_read_pin(access, pc_token_get_info(token), ret_pin, err);
}

static pc_status check_new_pin(const pc_pin_order *order, const pc_token_info *info, const pc_pin_change *change,
                               pc_error *err)
{
    if (!pc_token_info_allows_length(info, pc_secret_len(change->fresh))) {
        return pc_fail(err, PC_E_AUTH,
                       "the new PIN is not %lu to %lu bytes long, as token \"%s\" requires; nothing was changed",
                       info->min_pin_len, info->max_pin_len, info->label);
    }
    if (pc_secret_equal(change->fresh, change->current)) {
        return pc_fail(err, PC_E_REFUSED, "the new PIN is the same as the %s; nothing was changed",
                       order->task == PC_PIN_RESET ? "Security Officer's" : "current one");
    }
    if (!order->allow_weak && pc_pin_is_weak(change->fresh)) {
        (void)pc_fail(err, PC_E_REFUSED,
                      "the new PIN is easy to guess: one repeated character, or a run; nothing was changed");
        return pc_hint(err, PC_E_REFUSED, "choose another, or give `allow_weak`");
    }
    return PC_OK;
}

static pc_status read_new_pin(const pc_pin_order *order, const pc_token_access *access, const pc_token *token,
                              pc_secret **ret_pin, pc_error *err)
{
    char what[160];

    (void)snprintf(what, sizeof what, "new %s of token \"%s\"",
                   order->task == PC_PIN_SO ? "Security Officer's PIN" : "user PIN", pc_token_get_info(token)->label);
    const pc_secret_request request = {
        .source = order->new_pin_source ? order->new_pin_source : "prompt",
        .access = access,
        .what = what,
        .kind = PC_SECRET_NEW_PIN,
    };

    return pc_secret_read_new(&request, ret_pin, err);
}

static pc_status change_on(pc_token *token, const pc_pin_order *order, const pc_token_access *access, bool *ret_proved,
                           pc_error *err)
{
    PC_AUTO(pc_secret) pc_secret *current = NULL;
    PC_AUTO(pc_secret) pc_secret *fresh = NULL;
    const pc_token_info *info = pc_token_get_info(token);
    bool is_given = access->pin || access->pin_source || order->so_pin_source || order->new_pin_source;
    bool has_pad = !is_given && (info->flags & CKF_PROTECTED_AUTHENTICATION_PATH) != 0;

    if (has_pad) {
        PC_TRY(pc_pin_change_is_allowed(info, order->task, true, err));
    } else {
        PC_TRY(read_current_pin(order, access, token, &current, err));
        PC_TRY(read_new_pin(order, access, token, &fresh, err));
    }
    const pc_pin_change change = { .task = order->task, .current = current, .fresh = fresh };

    PC_TRY(has_pad ? PC_OK : check_new_pin(order, info, &change, err));
    PC_TRY(pc_pin_change_make(token, &change, err));
    PC_TRY(has_pad ? PC_OK : pc_pin_change_prove(token, &change, err));
    *ret_proved = !has_pad;
    return PC_OK;
}

pc_status pc_pin_run(const pc_pin_order *order, const pc_token_access *access, pc_pin_changed *ret_changed,
                     pc_error *err)
{
    PC_AUTO(pc_token) pc_token *token = NULL;
    pc_pin_changed changed;

    PC_TRY(pc_token_open(access, PC_TOKEN_PUBLIC, &token, err));
    changed.token = *pc_token_get_info(token);
    PC_TRY(change_on(token, order, access, &changed.is_proved, err));
    *ret_changed = changed;
    return PC_OK;
}
