/* SPDX-License-Identifier: Apache-2.0 */
#include "token/init.h"

#include <string.h>

#include "base/secret_auto.h"
#include "token/ckr.h"
#include "token/session.h"
#include "token/softhsm.h"

/** Slots in which a token can be initialised. */
typedef struct {
    const pc_slot *named;  /* already has a token with the label; NULL: none */
    const pc_slot *unused; /* the first without an initialised token; NULL: none */
} slot_choice;

static pc_status find_slots(const pc_slot *slots, size_t count, const char *label, slot_choice *choice, pc_error *err)
{
    for (size_t i = 0; i < count; i++) {
        bool initialised = pc_slot_is_initialised(&slots[i]);

        if (initialised && strcmp(slots[i].info.label, label) == 0) {
            if (choice->named) {
                return pc_fail(err, PC_E_AMBIGUOUS, "several tokens already have the label \"%s\"", label);
            }
            choice->named = &slots[i];
        }
        if (!initialised && !choice->unused) {
            choice->unused = &slots[i];
        }
    }
    return PC_OK;
}

static pc_status init_token(const pc_module *module, const pc_slot *slot, const char *label, pc_secret *so_pin,
                            pc_error *err)
{
    CK_UTF8CHAR padded[32];

    memset(padded, ' ', sizeof padded);
    memcpy(padded, label, strlen(label));
    CK_RV rv = module->functions->C_InitToken(slot->id, pc_secret_bytes(so_pin), pc_secret_len(so_pin), padded);

    if (rv == CKR_OK) {
        return PC_OK;
    }
    pc_status status = module->is_softhsm ? pc_softhsm_fail(PC_SOFTHSM_WRITE, rv, "C_InitToken", err)
                                          : pc_fail_ckr(err, rv, "C_InitToken");

    return pc_note(err, status, "the token \"%s\" was not initialised", label);
}

/* Opening the slot takes over the module, so the caller must not use it afterwards. */
static pc_status set_user_pin(pc_module **module, const pc_slot *slot, pc_secret *so_pin, pc_secret *user_pin,
                              pc_error *err)
{
    PC_AUTO(pc_token) pc_token *token = NULL;

    PC_TRY(pc_token_open_slot(module, slot, true, &token, err));
    CK_RV rv = token->functions->C_Login(token->session, CKU_SO, pc_secret_bytes(so_pin), pc_secret_len(so_pin));

    if (rv != CKR_OK) {
        return pc_note(err, pc_fail_ckr(err, rv, "C_Login"), "cannot log in as Security Officer");
    }
    rv = token->functions->C_InitPIN(token->session, pc_secret_bytes(user_pin), pc_secret_len(user_pin));
    (void)token->functions->C_Logout(token->session);
    if (rv != CKR_OK) {
        (void)pc_note(err, pc_fail_ckr(err, rv, "C_InitPIN"), "the token is initialised, but its user PIN is not set");
        return pc_hint_resume(err, err ? err->status : PC_E_TOKEN,
                              "run the same command again with a PIN that the token accepts");
    }
    return PC_OK;
}

static pc_status check_label(const char *label, pc_error *err)
{
    size_t len = strlen(label);

    return len >= 1 && len <= 32 ? PC_OK
                                 : pc_fail(err, PC_E_USAGE, "a token label must have 1 to 32 bytes, not %zu", len);
}

static pc_status no_free_slot(const char *label, pc_error *err)
{
    (void)pc_fail(err, PC_E_NOT_FOUND, "no free slot for the token \"%s\"", label);
    return pc_hint(err, PC_E_NOT_FOUND,
                   "p11cert never initialises a token that is in use; "
                   "create a free partition with the HSM's own tool");
}

pc_status pc_token_initialise(const pc_token_access *access, const char *label, const pc_init_pins *pins,
                              pc_initialised *ret_token, pc_error *err)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    PC_AUTO(pc_module) pc_module *module = NULL;
    PC_AUTO(pc_secret) pc_secret *so_pin = NULL;
    PC_AUTO(pc_secret) pc_secret *user_pin = NULL;
    slot_choice choice = { .named = NULL };
    pc_slot *slots = NULL;
    size_t count = 0;

    if (!arena) {
        return pc_fail_memory(err);
    }
    PC_TRY(check_label(label, err));
    PC_TRY(pc_token_open_module(access, &module, err));
    PC_TRY(pc_module_slots(module, arena, &slots, &count, err));
    PC_TRY(find_slots(slots, count, label, &choice, err));
    if (choice.named && (choice.named->info.flags & CKF_USER_PIN_INITIALIZED)) {
        ret_token->outcome = PC_INIT_THERE;
        ret_token->info = choice.named->info;
        return PC_OK;
    }
    if (!choice.named && !choice.unused) {
        return no_free_slot(label, err);
    }
    PC_TRY(pins->so_pin(pins->context, &so_pin, err));
    PC_TRY(pins->user_pin(pins->context, &user_pin, err));
    if (!choice.named) {
        PC_TRY(init_token(module, choice.unused, label, so_pin, err));
    }
    const pc_slot *slot = choice.named ? choice.named : choice.unused;

    PC_TRY(set_user_pin(&module, slot, so_pin, user_pin, err));
    ret_token->outcome = choice.named ? PC_INIT_FINISHED : PC_INIT_MADE;
    ret_token->info = slot->info;
    (void)snprintf(ret_token->info.label, sizeof ret_token->info.label, "%s", label);
    return PC_OK;
}
