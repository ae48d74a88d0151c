/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include <p11cert/init.h>

#include "app/ceremony/ceremony.h"
#include "app/ceremony/token_expected.h"
#include "base/kept_error.h"
#include "base/text.h"
#include "token/inventory.h"
#include "token/session.h"

#define FIRMWARE_SIZE 16u

static const char *firmware_of(const pc_token *token, char text[static FIRMWARE_SIZE])
{
    (void)snprintf(text, FIRMWARE_SIZE, "%u.%u", token->raw.firmwareVersion.major, token->raw.firmwareVersion.minor);
    return text;
}

static pc_status compare(const pc_script_token *expected, const pc_token_shown *shown, pc_error *err)
{
    pc_token_difference first;

    return pc_token_differs(expected, shown, &first)
               ? pc_fail(err, PC_E_VERIFY, "the token's %s is \"%s\", and the script expects \"%s\"", first.what,
                         first.found, first.expected)
               : PC_OK;
}

static pc_status record_token(pc_ceremony *ceremony, const pc_script_step *step, const pc_token *token,
                              const char *phase, pc_error *err)
{
    const pc_token_info *info = pc_token_get_info(token);
    const char *texts[] = { info->label, info->serial, info->model, info->manufacturer };
    char firmware[FIRMWARE_SIZE];

    pc_ceremony_report(ceremony, "token \"%s\": %s, serial number %s", step->token, info->model, info->serial);
    for (size_t i = 0; i < PC_COUNT(texts); i++) {
        texts[i] = pc_text_escape(ceremony->arena, texts[i], strlen(texts[i]));
        if (!texts[i]) {
            return pc_fail_memory(err);
        }
    }
    return pc_transcript_add(ceremony->transcript, "token",
                             json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I}", "role", step->token, "phase",
                                       phase, "label", texts[0], "serial", texts[1], "model", texts[2], "manufacturer",
                                       texts[3], "firmware", firmware_of(token, firmware), "flags",
                                       (json_int_t)info->flags, "step", (json_int_t)step->number),
                             err);
}

/* What a script expects is the production token; in a rehearsal, SoftHSM replaces any. */
pc_status pc_ceremony_compare_identity(const pc_ceremony *ceremony, const pc_script_token *expected,
                                       const pc_token *token, pc_error *err)
{
    char firmware[FIRMWARE_SIZE];
    const pc_token_shown shown = {
        .manufacturer = token->info.manufacturer,
        .model = token->info.model,
        .firmware = firmware_of(token, firmware),
        .serial = token->info.serial,
    };

    PC_TRY(pc_ceremony_compare_mechanisms(ceremony, expected, token, err));
    return ceremony->store ? PC_OK : compare(expected, &shown, err);
}

pc_status pc_ceremony_compare_token(const pc_ceremony *ceremony, const pc_script_token *expected, const pc_token *token,
                                    pc_error *err)
{
    PC_TRY(compare(expected, &(pc_token_shown){ .label = token->info.label }, err));
    return pc_ceremony_compare_identity(ceremony, expected, token, err);
}

static pc_status compare_inventory(const pc_script_step *step, const pc_inventory *inventory, pc_error *err)
{
    if (step->empty && inventory->key_count + inventory->public_count + inventory->certificate_count > 0) {
        return pc_fail(err, PC_E_VERIFY,
                       "the token \"%s\" is not empty: %zu private keys, %zu public keys, %zu certificates",
                       step->token, inventory->key_count, inventory->public_count, inventory->certificate_count);
    }
    for (size_t i = 0; i < inventory->key_count && step->keys.count > 0; i++) {
        if (!pc_script_texts_have(&step->keys, inventory->keys[i].label)) {
            return pc_fail(err, PC_E_VERIFY, "the token \"%s\" has a key \"%s\", which the script does not list",
                           step->token, inventory->keys[i].label);
        }
    }
    for (size_t i = 0; i < step->keys.count; i++) {
        size_t count = 0;

        for (size_t j = 0; j < inventory->key_count; j++) {
            count += strcmp(inventory->keys[j].label, step->keys.items[i]) == 0;
        }
        if (count != 1) {
            return pc_fail(err, PC_E_VERIFY, "the token \"%s\" has %zu keys \"%s\"; the script expects one",
                           step->token, count, step->keys.items[i]);
        }
    }
    return PC_OK;
}

pc_status pc_step_check_token(pc_ceremony *ceremony, const pc_script_step *step, pc_error *err)
{
    PC_AUTO(pc_token) pc_token *token = NULL;
    bool looks_inside = step->empty || step->keys.count > 0;
    pc_inventory inventory;
    pc_token_access access;

    PC_TRY(pc_ceremony_access(ceremony, step->token, &access, err));
    PC_TRY(pc_token_open(&access, looks_inside ? PC_TOKEN_READ : PC_TOKEN_PUBLIC, &token, err));
    PC_TRY(pc_ceremony_compare_token(ceremony, pc_script_find_token(ceremony->script, step->token), token, err));
    if (looks_inside) {
        PC_TRY(pc_inventory_read(token, ceremony->arena, &inventory, err));
        PC_TRY(compare_inventory(step, &inventory, err));
    }
    PC_TRY(record_token(ceremony, step, token, "checked", err));
    return pc_ceremony_checked(ceremony, step,
                               step->empty        ? "the token is as expected, and empty"
                               : step->keys.count ? "the token is as expected, and has these keys"
                                                  : "the token is as expected",
                               err);
}

bool pc_ceremony_has_init(const pc_script *script, const char *role)
{
    for (size_t i = 0; i < script->steps.count; i++) {
        if (script->steps.items[i].kind == PC_STEP_INIT && strcmp(script->steps.items[i].token, role) == 0) {
            return true;
        }
    }
    return false;
}

/* --- init ----------------------------------------------------------------------------------------- */

static pc_status initialise(pc_ceremony *ceremony, const pc_script_step *step, pc_error *err)
{
    const char *label = pc_script_find_token(ceremony->script, step->token)->label;
    const pc_init_order order = { .label = label, .so_pin_source = pc_ceremony_so_pin_source(ceremony, step->token) };
    pc_init_outcome outcome = PC_INIT_THERE;
    pc_token_access access;
    pc_token_info info;

    /* A new PIN must be entered twice, so it must not be remembered here. */
    PC_TRY(pc_ceremony_access_as_given(ceremony, step->token, &access, err));
    access.token = NULL; /* it has no label yet */
    PC_TRY(pc_init_run(&order, &access, &outcome, &info, err));
    if (outcome == PC_INIT_THERE && !ceremony->progress.has_intent) {
        return pc_fail(err, PC_E_REFUSED, "a token \"%s\" existed before this step; it was not changed", label);
    }
    return PC_OK;
}

/* Before the intent: an initialised token with that label was not made by this ceremony. */
static pc_status refuse_initialised(const pc_ceremony *ceremony, const pc_script_step *step, pc_error *err)
{
    PC_AUTO(pc_token) pc_token *token = NULL;
    pc_token_access access;
    pc_error ignored = { .status = PC_OK };

    PC_TRY(pc_ceremony_access(ceremony, step->token, &access, err));
    access.token = pc_script_find_token(ceremony->script, step->token)->label;
    pc_status status = pc_token_open(&access, PC_TOKEN_PUBLIC, &token, &ignored);

    if (status == PC_E_NOT_FOUND) {
        return PC_OK;
    }
    if (status == PC_OK || status == PC_E_AMBIGUOUS) {
        (void)pc_fail(err, PC_E_REFUSED, "a token \"%s\" already exists; it is not initialised again", access.token);
        return pc_hint(err, PC_E_REFUSED,
                       "remove it from the reader, or leave out the step init if it is the right one");
    }
    pc_error_pass(err, &ignored);
    return status;
}

/* In its present state: before, it had neither label nor serial number. */
static pc_status record_initialised(pc_ceremony *ceremony, const pc_script_step *step, pc_error *err)
{
    PC_AUTO(pc_token) pc_token *token = NULL;
    pc_token_access access;

    PC_TRY(pc_ceremony_access(ceremony, step->token, &access, err));
    access.token = pc_script_find_token(ceremony->script, step->token)->label;
    PC_TRY(pc_token_open(&access, PC_TOKEN_PUBLIC, &token, err));
    return record_token(ceremony, step, token, "initialised", err);
}

pc_status pc_step_init(pc_ceremony *ceremony, const pc_script_step *step, pc_error *err)
{
    if (!ceremony->progress.has_intent) {
        PC_TRY(refuse_initialised(ceremony, step, err));
    }
    PC_TRY(pc_ceremony_intent(ceremony, step, "C_InitToken, C_InitPIN", json_pack("{s:s}", "token", step->token), err));
    PC_TRY(pc_ceremony_outcome(ceremony, initialise(ceremony, step, err), json_object(), err));
    return record_initialised(ceremony, step, err);
}
