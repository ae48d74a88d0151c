/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/init.h>

#include <openssl/crypto.h>
#include <string.h>

#include "base/secret_auto.h"
#include "token/init.h"
#include "token/pin.h"

typedef struct {
    const pc_init_order *order;
    const pc_token_access *access;
} pin_context;

/* A new PIN that nobody can see being typed is typed twice. */
static pc_status read_new_pin(const char *source, const pc_token_access *access, pc_secret_kind kind,
                              pc_secret **ret_pin, pc_error *err)
{
    const char *what = kind == PC_SECRET_SO_PIN ? "Security Officer's PIN" : "user PIN";
    PC_AUTO(pc_secret) pc_secret *pin = NULL;
    PC_AUTO(pc_secret) pc_secret *again = NULL;
    char what_again[160];

    source = source ? source : "prompt";
    pc_secret_request request = { .source = source, .access = access, .what = what, .kind = kind };

    PC_TRY(pc_secret_read(&request, &pin, err));
    if (strcmp(source, "prompt") == 0) {
        (void)snprintf(what_again, sizeof what_again, "%s, once more", what);
        request.what = what_again;
        PC_TRY(pc_secret_read(&request, &again, err));
        if (pc_secret_len(pin) != pc_secret_len(again) ||
            CRYPTO_memcmp(pc_secret_bytes(pin), pc_secret_bytes(again), pc_secret_len(pin)) != 0) {
            return pc_fail(err, PC_E_USAGE, "the two entries of the %s differ; nothing was done", what);
        }
    }
    *ret_pin = PC_TAKE(pin);
    return PC_OK;
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
