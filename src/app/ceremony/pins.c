/* SPDX-License-Identifier: Apache-2.0 */
#include "app/ceremony/pins.h"

#include <string.h>

#include "base/secret_auto.h"

typedef struct pc_kept_pin {
    const char *role;
    pc_secret *pin; /* NULL: not entered yet */
    pc_pin_prompt prompt;
    void *context;
    struct pc_kept_pin *next;
} kept_pin;

static void copy(pc_secret *from, pc_secret *target)
{
    memcpy(pc_secret_bytes(target), pc_secret_bytes(from), pc_secret_len(from));
    pc_secret_set_len(target, pc_secret_len(from));
}

/* A pc_pin_prompt. */
static pc_status ask_once(void *context, pc_secret_kind kind, const char *what, pc_secret *secret, pc_error *err)
{
    kept_pin *kept = context;
    PC_AUTO(pc_secret) pc_secret *pin = NULL;

    if (kind != PC_SECRET_USER_PIN) {
        return kept->prompt(kept->context, kind, what, secret, err);
    }
    if (kept->pin && pc_secret_len(kept->pin) <= pc_secret_size(secret)) {
        copy(kept->pin, secret);
        return PC_OK;
    }
    PC_TRY(kept->prompt(kept->context, kind, what, secret, err));
    if (pc_secret_len(secret) > 0) {
        PC_TRY(pc_secret_new(pc_secret_len(secret), &pin, err));
        copy(secret, pin);
        pc_secret_free(kept->pin);
        kept->pin = PC_TAKE(pin);
    }
    return PC_OK;
}

pc_status pc_ceremony_pins_attach(pc_ceremony_pins *pins, const char *role, pc_arena *arena, pc_token_access *access,
                                  pc_error *err)
{
    kept_pin *kept = pins->first;

    if (!access->prompt) {
        return PC_OK;
    }
    while (kept && strcmp(kept->role, role) != 0) {
        kept = kept->next;
    }
    if (!kept) {
        kept = pc_arena_alloc(arena, sizeof *kept);
        if (!kept) {
            return pc_fail_memory(err);
        }
        *kept = (kept_pin){
            .role = role, .prompt = access->prompt, .context = access->prompt_context, .next = pins->first
        };
        pins->first = kept;
    }
    access->prompt = ask_once;
    access->prompt_context = kept;
    return PC_OK;
}

void pc_ceremony_pins_clear(pc_ceremony_pins *pins)
{
    for (kept_pin *kept = pins->first; kept; kept = kept->next) {
        pc_secret_free(kept->pin);
        kept->pin = NULL;
    }
    pins->first = NULL;
}
