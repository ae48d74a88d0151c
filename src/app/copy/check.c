/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/copy.h>

#include <stdlib.h>
#include <string.h>

#include "app/copy/second_token.h"
#include "base/kept_error.h"
#include "base/result.h"
#include "base/text.h"
#include "pair/own_certificate.h"
#include "pair/public_key.h"
#include "signer/sign.h"
#include "token/inventory.h"
#include "token/key.h"
#include "token/key_difference.h"
#include "token/public_half.h"
#include "x509/spki.h"

void pc_copy_check_result_free(pc_copy_check_result *result)
{
    pc_arena_free(result ? result->arena : NULL);
}
PC_AUTO_DEFINE(pc_copy_check_result, pc_copy_check_result, pc_copy_check_result_free);

const char *pc_copied_state_name(pc_copied_state state)
{
    static const char *const names[] = {
        [PC_COPIED_SAME] = "same",
        [PC_COPIED_MISSING] = "missing",
        [PC_COPIED_DIFFERS] = "differs",
        [PC_COPIED_NOT_CHECKED] = "not-checked",
    };

    return names[state];
}

/** A key of the first token and its copy on the second. */
typedef struct {
    const pc_token *source;
    const pc_token *target;
    pc_arena *arena;
    const pc_key *key;
    EVP_PKEY *public_key; /* owned */
    pc_key copy;
    pc_copied_key *found;
} comparison;

static void comparison_clear(comparison *compared)
{
    EVP_PKEY_free(compared->public_key);
}
PC_AUTO_DEFINE_VALUE(comparison, comparison, comparison_clear);

/* A difference outweighs something that could not be checked. */
static pc_status add_reason(comparison *compared, pc_copied_state state, const char *text, pc_error *err)
{
    pc_copied_key *found = compared->found;
    const char **slot = text ? PC_PUSH(compared->arena, found->reasons, found->reason_count) : NULL;

    if (!slot) {
        return pc_fail_memory(err);
    }
    *slot = text;
    found->state = found->state == PC_COPIED_DIFFERS ? PC_COPIED_DIFFERS : state;
    return PC_OK;
}

/* A key that cannot be judged must not hide the others; a token that is lost ends the run. */
static pc_status add_failure(comparison *compared, const pc_token *token, const pc_error *why, pc_error *err)
{
    if (why->status == PC_E_MEMORY || pc_token_is_lost(token, why)) {
        pc_error_pass(err, why);
        return why->status;
    }
    return add_reason(compared, PC_COPIED_NOT_CHECKED,
                      pc_arena_format(compared->arena, "token \"%s\": %s", token->info.label, why->frames[0]), err);
}

/* --- is there a copy? --- */

/* A failed or mistaken copy leaves the label or the CKA_ID on another key. */
static pc_status look_for_namesake(comparison *compared, const pc_key_selector *selector, const char *what,
                                   pc_error *err)
{
    pc_keys named = { .count = 0 };
    pc_error why = { .status = PC_OK };
    pc_status status = pc_keys_find(compared->target, selector, compared->arena, &named, &why);

    if (status == PC_E_AMBIGUOUS) {
        return add_reason(compared, PC_COPIED_DIFFERS,
                          pc_arena_format(compared->arena, "several keys on the second token have its %s", what), err);
    }
    if (status != PC_OK) {
        return add_failure(compared, compared->target, &why, err);
    }
    if (named.count == 0) {
        return PC_OK;
    }
    return pc_public_half_is_whole(&named.items[0].half)
               ? add_reason(compared, PC_COPIED_DIFFERS,
                            pc_arena_format(compared->arena,
                                            "the key on the second token that has its %s is another key", what),
                            err)
               : add_reason(compared, PC_COPIED_NOT_CHECKED,
                            pc_arena_format(compared->arena,
                                            "the key on the second token that has its %s does not show its public half",
                                            what),
                            err);
}

static pc_status explain_absence(comparison *compared, pc_error *err)
{
    const pc_key *key = compared->key;
    const pc_key_selector by_label = { .words = key->label, .label = key->label, .half_may_lack = true };
    const pc_key_selector by_id = { .words = key->label, .id = key->id, .half_may_lack = true };

    compared->found->state = PC_COPIED_MISSING;
    if (*key->label) {
        PC_TRY(look_for_namesake(compared, &by_label, "label", err));
    }
    return key->id.len ? look_for_namesake(compared, &by_id, "CKA_ID", err) : PC_OK;
}

/** @param ret_found  false: the reasons, or the state, say why */
static pc_status find_copy(comparison *compared, bool *ret_found, pc_error *err)
{
    pc_public_half half;
    pc_keys held = { .count = 0 };
    pc_error why = { .status = PC_OK };

    *ret_found = false;
    PC_TRY(pc_public_key_attributes(compared->public_key, compared->arena, &half, err));
    const pc_key_selector by_value = { .words = compared->key->label, .public_half = &half };
    pc_status status = pc_keys_find(compared->target, &by_value, compared->arena, &held, &why);

    if (status != PC_OK) {
        return add_failure(compared, compared->target, &why, err);
    }
    if (held.count == 0) {
        return explain_absence(compared, err);
    }
    compared->copy = held.items[0];
    compared->found->copy_label = pc_text_escape(compared->arena, compared->copy.label, strlen(compared->copy.label));
    compared->found->copy_id = pc_text_hex(compared->arena, compared->copy.id, '\0');
    *ret_found = true;
    return compared->found->copy_label && compared->found->copy_id ? PC_OK : pc_fail_memory(err);
}

/* --- is it the same? --- */

static pc_status compare_flags(comparison *compared, pc_error *err)
{
    const char *difference = pc_key_flags_difference(compared->key, &compared->copy, compared->arena);
    const char *not_compared = pc_key_flags_not_compared(compared->key, &compared->copy, compared->arena);

    if (!difference || !not_compared) {
        return pc_fail_memory(err);
    }
    if (*not_compared) {
        PC_TRY(
            add_reason(compared, PC_COPIED_NOT_CHECKED,
                       pc_arena_format(compared->arena, "only one of the tokens shows these flags: %s", not_compared),
                       err));
    }
    return *difference ? add_reason(compared, PC_COPIED_DIFFERS,
                                    pc_arena_format(compared->arena, "the flags of the copy: %s", difference), err)
                       : PC_OK;
}

/* How many of these the other list lacks. */
static size_t count_lacking(const pc_token_certificates *wanted, const pc_token_certificates *held)
{
    size_t lacking = 0;

    for (size_t i = 0; i < wanted->count; i++) {
        bool is_held = false;

        for (size_t j = 0; j < held->count; j++) {
            is_held = is_held || pc_bytes_equal(held->items[j].object->value, wanted->items[i].object->value);
        }
        lacking += !is_held;
    }
    return lacking;
}

static pc_status judge_certificates(comparison *compared, size_t lacking, size_t further, pc_error *err)
{
    if (lacking) {
        PC_TRY(
            add_reason(compared, PC_COPIED_DIFFERS,
                       pc_arena_format(compared->arena, "the second token lacks %zu of the %zu certificates of the key",
                                       lacking, compared->found->certificate_count),
                       err));
    }
    return further ? add_reason(compared, PC_COPIED_DIFFERS,
                                pc_arena_format(compared->arena,
                                                "the second token has %zu further certificate%s of the key", further,
                                                further == 1 ? "" : "s"),
                                err)
                   : PC_OK;
}

static pc_status compare_certificates(comparison *compared, pc_error *err)
{
    PC_AUTO(pc_token_certificates) pc_token_certificates own = { .items = NULL };
    PC_AUTO(pc_token_certificates) pc_token_certificates held = { .items = NULL };
    pc_error why = { .status = PC_OK };

    if (pc_own_certificates(compared->source, compared->key, compared->arena, &own, &why) != PC_OK) {
        return add_failure(compared, compared->source, &why, err);
    }
    compared->found->certificate_count = own.count;
    if (pc_own_certificates(compared->target, &compared->copy, compared->arena, &held, &why) != PC_OK) {
        return add_failure(compared, compared->target, &why, err);
    }
    return judge_certificates(compared, count_lacking(&own, &held), count_lacking(&held, &own), err);
}

static pc_status compare_signatures(comparison *compared, pc_error *err)
{
    pc_error why = { .status = PC_OK };
    pc_status status = pc_key_proves(compared->source, compared->key, compared->public_key, &why);

    compared->found->signed_by_original = status == PC_OK;
    if (status != PC_OK) {
        PC_TRY(add_failure(compared, compared->source, &why, err));
    }
    why = (pc_error){ .status = PC_OK };
    status = pc_key_proves(compared->target, &compared->copy, compared->public_key, &why);
    compared->found->signed_by_copy = status == PC_OK;
    if (status == PC_E_VERIFY) {
        return add_reason(compared, PC_COPIED_DIFFERS,
                          "a signature of the copy does not verify with the public key of the original", err);
    }
    return status == PC_OK ? PC_OK : add_failure(compared, compared->target, &why, err);
}

/* --- the whole --- */

static pc_status describe(const comparison *compared, pc_error *err)
{
    const pc_key *key = compared->key;
    pc_copied_key *found = compared->found;

    found->label = pc_text_escape(compared->arena, key->label, strlen(key->label));
    found->id = pc_text_hex(compared->arena, key->id, '\0');
    (void)pc_key_describe(key, found->kind);
    return found->label && found->id ? PC_OK : pc_fail_memory(err);
}

static pc_status compare(comparison *compared, pc_error *err)
{
    pc_error why = { .status = PC_OK };
    bool has_copy = false;

    PC_TRY(describe(compared, err));
    if (pc_public_key_of(compared->key, &compared->public_key, &why) != PC_OK) {
        return add_failure(compared, compared->source, &why, err);
    }
    PC_TRY(pc_spki_sha256(compared->public_key, compared->arena, &compared->found->spki_sha256, err));
    PC_TRY(find_copy(compared, &has_copy, err));
    if (!has_copy) {
        return PC_OK;
    }
    PC_TRY(compare_flags(compared, err));
    PC_TRY(compare_certificates(compared, err));
    return compare_signatures(compared, err);
}

/* Tokens list their objects in any order. */
static int compare_names(const void *a, const void *b)
{
    const pc_key *left = a;
    const pc_key *right = b;
    const int order = strcmp(left->label, right->label);

    return order ? order : pc_bytes_compare(left->id, right->id);
}

static pc_status list_keys(const pc_token *source, const pc_copy_order *order, pc_arena *arena, pc_keys *ret_keys,
                           pc_error *err)
{
    pc_inventory inventory;
    pc_key_selector selector;

    if (order->key) {
        pc_key *key = pc_arena_alloc(arena, sizeof *key);

        PC_TRY(key ? pc_key_selector_parse(source, order->key, arena, &selector, err) : pc_fail_memory(err));
        PC_TRY(pc_key_find(source, &selector, arena, key, err));
        *ret_keys = (pc_keys){ .items = key, .count = 1 };
        return PC_OK;
    }
    PC_TRY(pc_inventory_read(source, arena, &inventory, err));
    *ret_keys = (pc_keys){ .items = inventory.keys, .count = inventory.key_count };
    if (ret_keys->count > 1) {
        qsort(ret_keys->items, ret_keys->count, sizeof *ret_keys->items, compare_names);
    }
    return ret_keys->count ? PC_OK
                           : pc_fail(err, PC_E_NOT_FOUND, "token \"%s\" has no private keys: nothing was compared",
                                     source->info.label);
}

static pc_status compare_all(const pc_token *source, const pc_token *target, const pc_keys *keys,
                             pc_copy_check_result *result, pc_error *err)
{
    for (size_t i = 0; i < keys->count; i++) {
        pc_copied_key *slot = PC_PUSH(result->arena, result->keys, result->key_count);

        if (!slot) {
            return pc_fail_memory(err);
        }
        *slot = (pc_copied_key){ .state = PC_COPIED_SAME };
        PC_AUTO(comparison)
        comparison compared = {
            .source = source, .target = target, .arena = result->arena, .key = &keys->items[i], .found = slot
        };

        PC_TRY(compare(&compared, err));
        result->counts[slot->state]++;
    }
    return PC_OK;
}

pc_status pc_copy_check_run(const pc_copy_order *order, const pc_token_access *access,
                            pc_copy_check_result **ret_result, pc_error *err)
{
    PC_AUTO(pc_copy_check_result) pc_copy_check_result *result = PC_RESULT_NEW(pc_copy_check_result);
    PC_AUTO(pc_token) pc_token *source = NULL;
    PC_AUTO(pc_token) pc_token *target = NULL;
    pc_keys keys = { .count = 0 };

    if (!result) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_signer_check(access->signer, err));
    PC_TRY(pc_token_open(access, PC_TOKEN_READ, &source, err));
    PC_TRY(list_keys(source, order, result->arena, &keys, err));
    const pc_second_token second = { &order->to, PC_TOKEN_READ, &pc_copy_target_options };

    PC_TRY(pc_second_token_open(source, &second, &target, err));
    result->from = source->info;
    result->to = target->info;
    PC_TRY(compare_all(source, target, &keys, result, err));
    *ret_result = PC_TAKE(result);
    return PC_OK;
}
