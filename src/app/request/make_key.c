/* SPDX-License-Identifier: Apache-2.0 */
#include "app/request/make_key.h"

#include <string.h>

#include "base/text.h"
#include "pair/key_id.h"
#include "pair/own_certificate.h"
#include "signer/signer.h"
#include "token/key.h"
#include "token/keygen.h"
#include "token/rival.h"

pc_status pc_make_key_refuse_bound(const pc_token *token, const pc_key *key, const pc_make_key_hints *hints,
                                   pc_arena *arena, pc_error *err)
{
    PC_AUTO(pc_token_certificates) pc_token_certificates own = { .items = NULL };

    PC_TRY(pc_own_certificates(token, key, arena, &own, err));
    if (own.count == 0) {
        return PC_OK;
    }
    (void)pc_fail(err, PC_E_REFUSED,
                  "the key \"%s\" is already on token \"%s\" and has a certificate; no key was created", key->label,
                  token->info.label);
    return pc_hint(err, PC_E_REFUSED, "%s", hints->has_certificate);
}

pc_status pc_make_key_check(const pc_token *token, const pc_key *key, const pc_key_plan *plan,
                            const pc_make_key_hints *hints, pc_error *err)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    const char *wrong = arena ? pc_key_compare(key, plan, PC_RUNG_BARE, arena) : NULL;

    if (!wrong) {
        return pc_fail_memory(err);
    }
    if (plan->id_is_given && !pc_bytes_equal(key->id, pc_key_plan_id(plan))) {
        wrong = pc_arena_format(arena, "%s%sits CKA_ID is %s", wrong, *wrong ? ", " : "",
                                pc_text_hex(arena, key->id, '\0'));
    }
    if (!wrong) {
        return pc_fail_memory(err);
    }
    if (*wrong) {
        (void)pc_fail(err, PC_E_REFUSED,
                      "a key \"%s\" is already on token \"%s\", but it is not as requested: %s; "
                      "no key was created",
                      key->label, token->info.label, wrong);
        bool local = hints->is_not_local && strcmp(wrong, "local is false") == 0;

        return pc_hint(err, PC_E_REFUSED, "%s", local ? hints->is_not_local : hints->is_another);
    }
    return PC_OK;
}

pc_status pc_make_key(const pc_token *token, const pc_make_key_order *order, pc_arena *arena, pc_made_key *ret_made,
                      pc_error *err)
{
    pc_key_plan *plan = order->plan;
    const pc_key_selector by_label = { .words = plan->label, .label = plan->label };
    pc_keygen_result made;
    pc_keys found;

    PC_AUTO(pc_token_lock) pc_token_lock lock = pc_token_lock_take(token, plan->label);

    if (!plan->id_is_given) {
        PC_TRY(pc_key_id_choose(NULL, plan, err));
    }
    PC_TRY(pc_keys_find(token, &by_label, arena, &found, err));
    if (found.count == 1) {
        const pc_key *key = &found.items[0];

        /* From an earlier run, if it matches what this run would make and still has no certificate. */
        PC_TRY(pc_make_key_refuse_bound(token, key, order->hints, arena, err));
        PC_TRY(pc_make_key_check(token, key, plan, order->hints, err));
        *ret_made = (pc_made_key){
            .key = *key, .resumed = true, .unsupported_flags = "", .tolerated = pc_key_tolerated(key, plan, arena)
        };
        return ret_made->tolerated ? PC_OK : pc_fail_memory(err);
    }
    plan->signing.raw_only = pc_signer_is_raw_only(token);
    PC_TRY(pc_keygen(token, plan, arena, &made, err));
    PC_TRY(pc_rival_give_way(token, plan, &lock, err));
    *ret_made =
        (pc_made_key){ .key = made.key, .unsupported_flags = made.unsupported_flags, .tolerated = made.tolerated };
    return PC_OK;
}
