/* SPDX-License-Identifier: Apache-2.0 */
#include "token/init.h"

#include <stdlib.h>
#include <string.h>

#include "base/secret_auto.h"
#include "token/attributes.h"
#include "token/ckr.h"
#include "token/lock.h"
#include "token/objects.h"
#include "token/session.h"
#include "token/softhsm.h"
#include "token/uri.h"

/** Both PINs, borrowed. */
typedef struct {
    pc_secret *so;
    pc_secret *user;
} pin_pair;

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

/* --- is it certain? --- */

static pc_status read_info(const pc_module *module, CK_SLOT_ID slot, CK_TOKEN_INFO *ret_info, pc_error *err)
{
    memset(ret_info, PC_BYTE_UNTOUCHED, sizeof *ret_info);
    CK_RV rv = module->functions->C_GetTokenInfo(slot, ret_info);

    if (rv != CKR_OK) {
        return pc_fail_ckr(err, rv, "C_GetTokenInfo");
    }
    const pc_bytes fields[] = {
        PC_BYTES_OF(ret_info->label),
        PC_BYTES_OF(ret_info->serialNumber),
        PC_BYTES_OF(ret_info->flags),
    };
    bool is_filled = true;

    for (size_t i = 0; i < PC_COUNT(fields); i++) {
        is_filled = is_filled && !pc_bytes_consist_of(fields[i], PC_BYTE_UNTOUCHED);
    }

    return is_filled ? PC_OK
                     : pc_fail(err, PC_E_TOKEN, "C_GetTokenInfo: the module returned CKR_OK and no information");
}

/* A single answer may be wrong, and the next step cannot be undone. */
static pc_status read_info_twice(const pc_module *module, CK_SLOT_ID slot, CK_TOKEN_INFO *ret_info, pc_error *err)
{
    CK_TOKEN_INFO first;

    PC_TRY(read_info(module, slot, &first, err));
    PC_TRY(read_info(module, slot, ret_info, err));
    bool same = first.flags == ret_info->flags && memcmp(first.label, ret_info->label, sizeof first.label) == 0 &&
                memcmp(first.serialNumber, ret_info->serialNumber, sizeof first.serialNumber) == 0;

    return same ? PC_OK : pc_fail(err, PC_E_TOKEN, "C_GetTokenInfo: the module gives two answers about one slot");
}

static pc_status refuse_in_doubt(const char *why, pc_error *err)
{
    (void)pc_fail(err, PC_E_REFUSED, "it is not certain that the token is unused (%s); nothing was done to it", why);
    return pc_hint(
        err, PC_E_REFUSED,
        "p11cert never initialises a token that may be in use; look at it with `p11cert tokens`, or initialise "
        "it with the HSM's own tool");
}

static bool is_blank(const CK_TOKEN_INFO *info)
{
    for (size_t i = 0; i < sizeof info->label; i++) {
        if (info->label[i] != ' ' && info->label[i] != '\0') {
            return false;
        }
    }
    return true;
}

/* An initialised token opens a session, and shows its public objects without a login. */
static pc_status look_for_objects(const pc_module *module, CK_SLOT_ID slot, pc_error *err)
{
    const pc_template every_object = { .count = 0 };
    pc_token token = { .functions = module->functions, .slot = slot };
    pc_found found = { .count = 0 };
    CK_RV rv = module->functions->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &token.session);

    if (rv == CKR_TOKEN_NOT_RECOGNIZED) {
        return PC_OK;
    }
    if (rv != CKR_OK) {
        return pc_fail_ckr(err, rv, "C_OpenSession");
    }
    pc_status status = pc_objects_find(&token, &every_object, 1, &found, err);

    rv = module->functions->C_CloseSession(token.session); /* C_InitToken requires that no session is open */
    PC_TRY(status);
    if (rv != CKR_OK) {
        return pc_fail_ckr(err, rv, "C_CloseSession");
    }
    return found.count ? refuse_in_doubt("it holds objects", err) : PC_OK;
}

static pc_status check_unused(const pc_module *module, CK_SLOT_ID slot, pc_error *err)
{
    CK_TOKEN_INFO info;

    PC_TRY(read_info_twice(module, slot, &info, err));
    if (!is_blank(&info)) {
        return refuse_in_doubt("it has a label", err);
    }
    if (info.flags & (CKF_TOKEN_INITIALIZED | CKF_USER_PIN_INITIALIZED)) {
        return refuse_in_doubt("its flags say that it is initialised", err);
    }
    return look_for_objects(module, slot, err);
}

/* --- the two steps --- */

static pc_status init_token(const pc_module *module, const pc_slot *slot, const char *label, pc_secret *so_pin,
                            pc_error *err)
{
    CK_UTF8CHAR padded[32];

    pc_status status = check_unused(module, slot->id, err);

    if (status == PC_OK) {
        memset(padded, ' ', sizeof padded);
        memcpy(padded, label, strlen(label));
        CK_RV rv = module->functions->C_InitToken(slot->id, pc_secret_bytes(so_pin), pc_secret_len(so_pin), padded);

        if (rv == CKR_OK) {
            return PC_OK;
        }
        status = module->is_softhsm ? pc_softhsm_fail(PC_SOFTHSM_WRITE, rv, "C_InitToken", err)
                                    : pc_fail_ckr(err, rv, "C_InitToken");
    }
    return pc_note(err, status, "the token \"%s\" was not initialised", label);
}

/* If the token does not report its PIN as set, a login with the PIN tells. */
static pc_status check_user_pin(const pc_token *token, pc_secret *user_pin, pc_error *err)
{
    CK_TOKEN_INFO info;

    PC_TRY(read_info(token->module, token->slot, &info, err));
    if (info.flags & CKF_USER_PIN_INITIALIZED) {
        return PC_OK;
    }
    CK_RV rv = token->functions->C_Login(token->session, CKU_USER, pc_secret_bytes(user_pin), pc_secret_len(user_pin));

    return rv == CKR_OK ? PC_OK : pc_fail_ckr_as(err, PC_E_VERIFY, rv, "C_Login");
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
    pc_status status = check_user_pin(token, user_pin, err);

    if (status != PC_OK) {
        (void)pc_note(err, status, "the token is initialised, but whether its user PIN is set is not certain");
        return pc_hint_resume(err, status, "run the same command again: it sets the user PIN if that is missing");
    }
    return PC_OK;
}

static pc_status no_free_slot(const char *label, pc_error *err)
{
    (void)pc_fail(err, PC_E_NOT_FOUND, "no free slot for the token \"%s\"", label);
    return pc_hint(err, PC_E_NOT_FOUND,
                   "p11cert never initialises a token that is in use; "
                   "create a free partition with the HSM's own tool");
}

/** A module, and the slot in which the token is or can be. */
typedef struct {
    pc_module *module;
    pc_arena *arena;
    slot_choice choice;
} place;

static void place_clear(place *found)
{
    pc_module_close(found->module);
    pc_arena_free(found->arena);
}

PC_AUTO_DEFINE_VALUE(place, place, place_clear);

static pc_status find_place(const pc_token_access *access, const char *label, place *found, pc_error *err)
{
    pc_slot *slots = NULL;
    size_t count = 0;

    found->arena = pc_arena_new();
    if (!found->arena) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_token_open_module(access, &found->module, err));
    PC_TRY(pc_module_slots(found->module, found->arena, &slots, &count, err));
    PC_TRY(pc_module_sick_slot(found->module, err)); /* it may hold a token with that label */
    PC_TRY(find_slots(slots, count, label, &found->choice, err));
    return found->choice.named || found->choice.unused ? PC_OK : no_free_slot(label, err);
}

/* A single answer is not enough to set a PIN either: that would lock out everyone who knows the old one. */
static pc_status is_complete(const place *found, bool *ret_complete, pc_error *err)
{
    const pc_slot *named = found->choice.named;
    CK_TOKEN_INFO info = { .flags = 0 };

    if (named && !(named->info.flags & CKF_USER_PIN_INITIALIZED)) {
        PC_TRY(read_info_twice(found->module, named->id, &info, err));
    }
    *ret_complete = named && ((named->info.flags | info.flags) & CKF_USER_PIN_INITIALIZED) != 0;
    return PC_OK;
}

static pc_status initialise(const pc_token_access *access, const char *label, const pin_pair *pins,
                            pc_initialised *ret_token, pc_error *err)
{
    PC_AUTO(place) place found = { .module = NULL };
    bool complete = false;

    PC_TRY(
        find_place(access, label, &found, err)); /* again: another run may have initialised it while a PIN was typed */
    PC_TRY(is_complete(&found, &complete, err));
    const pc_slot *slot = found.choice.named ? found.choice.named : found.choice.unused;

    ret_token->outcome = complete ? PC_INIT_THERE : found.choice.named ? PC_INIT_FINISHED : PC_INIT_MADE;
    ret_token->info = slot->info;
    (void)snprintf(ret_token->info.label, sizeof ret_token->info.label, "%s", label);
    if (complete) {
        return PC_OK;
    }
    if (!found.choice.named) {
        PC_TRY(init_token(found.module, slot, label, pins->so, err));
    }
    return set_user_pin(&found.module, slot, pins->so, pins->user, err);
}

/* No PIN is requested if there is nothing to do. */
static pc_status look(const pc_token_access *access, const char *label, bool *ret_complete, pc_initialised *ret_token,
                      pc_error *err)
{
    PC_AUTO(pc_token_lock) __attribute__((unused)) pc_token_lock lock = pc_machine_lock_take(PC_LOGIN_LOCK);
    PC_AUTO(place) place found = { .module = NULL };

    PC_TRY(find_place(access, label, &found, err));
    PC_TRY(is_complete(&found, ret_complete, err));
    if (*ret_complete) {
        *ret_token = (pc_initialised){ .outcome = PC_INIT_THERE, .info = found.choice.named->info };
    }
    return PC_OK;
}

pc_status pc_token_initialise(const pc_token_access *access, const char *label, const pc_init_pins *pins,
                              pc_initialised *ret_token, pc_error *err)
{
    PC_AUTO(pc_secret) pc_secret *so_pin = NULL;
    PC_AUTO(pc_secret) pc_secret *user_pin = NULL;
    bool complete = false;

    PC_TRY(pc_token_label_check(label, err));
    PC_TRY(look(access, label, &complete, ret_token, err));
    if (complete) {
        return PC_OK;
    }
    PC_TRY(pins->so_pin(pins->context, &so_pin, err));
    PC_TRY(pins->user_pin(pins->context, &user_pin, err));
    PC_AUTO(pc_token_lock) __attribute__((unused)) pc_token_lock lock = pc_machine_lock_take(PC_LOGIN_LOCK);

    return initialise(access, label, &(pin_pair){ so_pin, user_pin }, ret_token, err);
}

pc_status pc_token_look_before_init(const pc_token_access *access, const char *label, pc_token **ret_token,
                                    pc_error *err)
{
    PC_AUTO(place) place found = { .module = NULL };
    PC_AUTO(pc_token) pc_token *token = calloc(1, sizeof *token);

    if (!token) {
        return pc_fail_memory(err);
    }
    PC_TRY(find_place(access, label, &found, err));
    const pc_slot *slot = found.choice.named ? found.choice.named : found.choice.unused;

    token->functions = found.module->functions;
    token->labels = found.module->labels;
    token->slot = slot->id;
    token->info = slot->info;
    token->raw = slot->raw;
    token->module = PC_TAKE(found.module);
    *ret_token = PC_TAKE(token);
    return PC_OK;
}
