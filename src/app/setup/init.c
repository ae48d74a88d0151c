/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/init.h>

#include "base/secret_auto.h"
#include "token/init.h"
#include "token/pin.h"

typedef struct {
    const pc_init_order *order;
    const pc_token_access *access;
} pin_context;

static pc_status read_new_pin(const char *source, const pc_token_access *access, pc_secret_kind kind,
                              pc_secret **ret_pin, pc_error *err)
{
    const pc_secret_request request = {
        .source = source ? source : "prompt",
        .access = access,
        .what = kind == PC_SECRET_SO_PIN ? "Security Officer's PIN" : "user PIN",
        .kind = kind,
    };

    return pc_secret_read_new(&request, ret_pin, err);
}

static pc_status so_pin(void *context, pc_secret **ret_pin, pc_error *err)
{
    const pin_context *given = context;

    return read_new_pin(given->order->so_pin_source, given->access, PC_SECRET_SO_PIN, ret_pin, err);
}

static pc_status user_pin(void *context, pc_secret **ret_pin, pc_error *err)
{
    const pin_context *given = context;

    return read_new_pin(given->access->pin_source, given->access, PC_SECRET_USER_PIN, ret_pin, err);
}

pc_status pc_init_run(const pc_init_order *order, const pc_token_access *access, pc_init_outcome *ret_outcome,
                      pc_token_info *ret_token, pc_error *err)
{
    pin_context context = { .order = order, .access = access };
    const pc_init_pins pins = { .so_pin = so_pin, .user_pin = user_pin, .context = &context };

    pc_initialised made;

    PC_TRY(pc_token_initialise(access, order->label, &pins, &made, err));
    *ret_outcome = made.outcome;
    *ret_token = made.info;
    return PC_OK;
}
