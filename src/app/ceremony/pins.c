/* SPDX-License-Identifier: Apache-2.0 */
#include "app/ceremony/pins.h"

#include <string.h>

#include "base/secret_auto.h"
#include "token/pin.h"
#include "token/share.h"

typedef struct pc_kept_pin {
    const char *role;
    pc_secret *pin;         /* NULL: not entered yet */
    pc_token_access access; /* as it was, with the prompt and the source */
    struct pc_kept_pin *next;
} kept_pin;

/* People enter the PIN or their shares of it. NULL is "prompt", unless the URI has a source. */
static bool asks_people(const char *source)
{
    static const char *const sources[] = { "prompt", "pinentry", "askpass", PC_PIN_SOURCE_SHARES };

    for (size_t i = 0; source && i < PC_COUNT(sources); i++) {
        if (strcmp(source, sources[i]) == 0) {
            return true;
        }
    }
    return false;
}

static void copy(pc_secret *from, pc_secret *target)
{
    memcpy(pc_secret_bytes(target), pc_secret_bytes(from), pc_secret_len(from));
    pc_secret_set_len(target, pc_secret_len(from));
}

static pc_status ask(const kept_pin *kept, const char *what, pc_secret *secret, pc_error *err)
{
    const pc_token_access *access = &kept->access;
    const pc_secret_request request = {
        .source = access->pin_source, .access = access, .what = what, .kind = PC_SECRET_USER_PIN
    };
    PC_AUTO(pc_secret) pc_secret *pin = NULL;

    if (!asks_people(access->pin_source) || strcmp(access->pin_source, "prompt") == 0) {
        return access->prompt(access->prompt_context, PC_SECRET_USER_PIN, what, secret, err);
    }
    PC_TRY(pc_secret_read(&request, &pin, err));
    if (pc_secret_len(pin) > pc_secret_size(secret)) {
        return pc_fail(err, PC_E_INPUT, "the %s is too long", what);
    }
    copy(pin, secret);
    return PC_OK;
}

/* A pc_pin_prompt. */
static pc_status ask_once(void *context, pc_secret_kind kind, const char *what, pc_secret *secret, pc_error *err)
{
    kept_pin *kept = context;
    PC_AUTO(pc_secret) pc_secret *pin = NULL;

    if (kind != PC_SECRET_USER_PIN) {
        return kept->access.prompt(kept->access.prompt_context, kind, what, secret, err);
    }
    if (kept->pin && pc_secret_len(kept->pin) <= pc_secret_size(secret)) {
        copy(kept->pin, secret);
        return PC_OK;
    }
    PC_TRY(ask(kept, what, secret, err));
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
        *kept = (kept_pin){ .role = role, .access = *access, .next = pins->first };
        pins->first = kept;
    }
    access->pin_source = asks_people(access->pin_source) ? "prompt" : access->pin_source;
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
