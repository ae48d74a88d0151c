/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "app/request/make_key.h"
#include "token/proof.h"
#include "app/renew/renew.h"
#include "token/uri.h"
#include "base/text.h"
#include "pair/key_id.h"
#include "pair/own_certificate.h"
#include "token/key.h"
#include "x509/name.h"

/* The same policy: the usage stated in the certificate, and exportable only if the old key is. */
static pc_status plan_like_old(const pc_renewal *renewal, pc_key_plan *ret_plan, pc_error *err)
{
    uint32_t usage = X509_get_key_usage(renewal->old); /* UINT32_MAX if it names none; its bits are those of PC_KU_* */
    pc_key_plan plan = {
        .exportable = renewal->key.flags[PC_KEY_EXTRACTABLE] == PC_FACT_TRUE,
        .key_usage = usage == UINT32_MAX ? PC_KU_DIGITAL_SIGNATURE | PC_KU_KEY_ENCIPHERMENT : usage & PC_KU_ALL,
        .label = renewal->successor,
    };

    if (!pc_key_kind_of(&renewal->key.half, &plan.kind)) {
        char kind[32];

        (void)pc_fail(err, PC_E_INPUT, "the key \"%s\" is of a type that p11cert does not create (%s)",
                      renewal->key.label, pc_key_describe(&renewal->key, kind));
        return pc_hint(err, PC_E_INPUT, "`same_key` renews the certificate for the existing key");
    }
    PC_TRY(pc_x509_name_der(X509_get_subject_name(renewal->old), renewal->arena, &plan.subject, err));
    PC_TRY(renewal->order->id ? pc_key_id_choose(renewal->order->id, &plan, err) : PC_OK);
    *ret_plan = plan;
    return PC_OK;
}

/* A new key that already has a certificate was completed by an earlier run. */
static pc_status look_for_finished(const pc_token *token, pc_renewal *renewal, pc_error *err)
{
    const pc_key_selector by_label = { .words = renewal->successor, .label = renewal->successor };
    PC_AUTO(pc_token_certificates) pc_token_certificates own = { .items = NULL };
    pc_keys found;

    PC_TRY(pc_keys_find(token, &by_label, renewal->arena, &found, err));
    if (found.count == 0) {
        return PC_OK;
    }
    PC_TRY(pc_own_certificates(token, &found.items[0], renewal->arena, &own, err));
    if (own.count) {
        renewal->item->already = true;
        renewal->next = found.items[0];
    }
    return PC_OK;
}

static pc_status make(const pc_token *token, pc_renewal *renewal, pc_error *err)
{
    const pc_make_key_hints hints = {
        .has_certificate =
            "its certificate belongs to another key: `p11cert list` shows both, `p11cert repair` fixes wrong pairs",
        .is_another = "`same_key` renews the certificate for the old key; or give that key another label with the "
                      "token's own tool",
    };
    pc_renewed *item = renewal->item;
    pc_key_plan plan;
    pc_made_key made;
    char kind[32];

    PC_TRY(plan_like_old(renewal, &plan, err));
    const pc_make_key_order order = { .plan = &plan, .hints = &hints };

    PC_TRY(pc_make_key(token, &order, renewal->arena, &made, err));
    renewal->next = made.key;
    item->resumed = made.resumed;
    item->changed = !made.resumed;
    item->new_key_kind = pc_arena_string(renewal->arena, pc_key_describe(&made.key, kind));
    if (!item->new_key_kind) {
        return pc_fail_memory(err);
    }
    return plan.exportable ? PC_OK : pc_proof_of_refusal(token, &made.key, renewal->arena, &item->proof, err);
}

/* Nobody wants two keys for one purpose, both renewed for years: a cron line that names the old key stops here. */
static pc_status refuse_superseded(const pc_token *token, pc_renewal *renewal, pc_error *err)
{
    PC_TRY(look_for_finished(token, renewal, err));
    if (!renewal->item->already) {
        return PC_OK;
    }
    (void)pc_fail(err, PC_E_REFUSED,
                  "the key \"%s\" is superseded: the key \"%s\" was created for it and has a certificate",
                  renewal->key.label, renewal->successor);
    return pc_hint(err, PC_E_REFUSED,
                   "renew that one: `key` \"%s\"; `allow_superseded` renews the old key's certificate anyway; "
                   "`p11cert retire` destroys a key that is no longer used",
                   renewal->successor);
}

pc_status pc_renewal_choose_key(const pc_token *token, pc_renewal *renewal, pc_error *err)
{
    renewal->next = renewal->key;
    if (!renewal->order->new_key && !renewal->order->allow_superseded) {
        PC_TRY(refuse_superseded(token, renewal, err));
    }
    if (renewal->order->new_key) {
        renewal->item->new_label = pc_text_escape(renewal->arena, renewal->successor, strlen(renewal->successor));
        if (!renewal->item->new_label) {
            return pc_fail_memory(err);
        }
        PC_TRY(look_for_finished(token, renewal, err));
        if (!renewal->item->already) {
            PC_TRY(make(token, renewal, err));
        }
    }
    renewal->next_uri = pc_uri_of_key(&token->info, &renewal->next, renewal->arena);
    return renewal->next_uri ? PC_OK : pc_fail_memory(err);
}
