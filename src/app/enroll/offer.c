/* SPDX-License-Identifier: Apache-2.0 */
#include "app/enroll/offer.h"

#include <stdio.h>
#include <string.h>

#include "app/ca/template_key.h"
#include "base/text.h"
#include "enroll/http/address.h"

/* --- the template ------------------------------------------------------------------------------------------------ */

static pc_status refuse(const pc_template *item, pc_error *err)
{
    const char *reason = "";

    for (size_t i = 0; i < item->line_count && !*reason; i++) {
        reason = item->lines[i].verdict == PC_TEMPLATE_REFUSED ? item->lines[i].words : reason;
    }
    (void)pc_fail(err, PC_E_REFUSED,
                  "the template \"%s\" cannot be satisfied by a key on a token: %s; nothing was created", item->name,
                  reason);
    return pc_hint(
        err, PC_E_REFUSED,
        "`p11cert templates` lists those that can; the CA's administrator can change a copy of the template");
}

pc_status pc_offer_check_key(const pc_offer *offer, pc_key_kind kind, pc_error *err)
{
    const pc_template *item = offer->item;

    if (pc_template_takes_key(item, kind)) {
        return PC_OK;
    }
    char least[64] = "";

    if (item->key_bits && pc_text_equal(item->key_algorithm, "RSA")) {
        (void)snprintf(least, sizeof least, " with at least %u bits", item->key_bits);
    }
    (void)pc_fail(err, PC_E_REFUSED, "the key would be %s, but the template \"%s\" requires %s%s; nothing was created",
                  pc_key_kind_name(kind), item->name, item->key_algorithm, least);
    return offer->key_type ? pc_hint(err, PC_E_REFUSED, "`key_type` %s satisfies it", offer->key_type) : PC_E_REFUSED;
}

/* --- the CA ------------------------------------------------------------------------------------------------------ */

static bool is_candidate(const pc_template_ca *ca, const char *name)
{
    return ca->enroll && *ca->url && (!name || pc_text_equal(ca->name, name));
}

/* How many of its addresses may be used: a login is not sent elsewhere because an answer says so. */
static pc_status near_count(const pc_ca_access *policy, const pc_template_ca *ca, size_t *ret_count, pc_error *err)
{
    *ret_count = 0;
    for (size_t i = 0; i < ca->url_count; i++) {
        bool is_near = false;

        PC_TRY(pc_address_may_follow(policy, policy->url, ca->urls[i], &is_near, err));
        *ret_count += is_near;
    }
    return PC_OK;
}

static pc_status fail_far(const pc_ca_access *policy, const pc_template_ca *ca, pc_error *err)
{
    if (!ca) {
        (void)pc_fail(err, PC_E_NOT_FOUND,
                      "no CA that offers the template has an enrolment web service for this login");
        return pc_hint(err, PC_E_NOT_FOUND,
                       "`p11cert templates` shows the CAs; another login may have other addresses");
    }
    (void)pc_fail(
        err, PC_E_REFUSED,
        "the policy service \"%s\" refers to \"%s\", which is not on the same host%s over TLS; nothing was sent there",
        policy->url, ca->url, pc_address_sends_login(policy) ? " and port" : "");
    return pc_hint(err, PC_E_REFUSED,
                   "if that is the CA, allow it with `ces_host` HOST[:PORT], or name its address with `ca`");
}

/* The only CA that may be used: choosing by priority alone has led other clients to a CA that nobody intended. */
static pc_status choose_ca(const pc_offer_order *order, const pc_template *item, const pc_template_ca **ret_ca,
                           pc_error *err)
{
    const pc_template_ca *chosen = NULL;
    const pc_template_ca *far = NULL;
    size_t count = 0;

    for (size_t i = 0; i < item->ca_count; i++) {
        const pc_template_ca *each = &item->cas[i];

        if (!is_candidate(each, order->ca_name)) {
            continue;
        }
        size_t near = 0;

        PC_TRY(near_count(order->ca, each, &near, err));
        chosen = near > 0 ? each : chosen;
        far = near > 0 ? far : each;
        count += near > 0;
    }
    if (count > 1) {
        (void)pc_fail(err, PC_E_AMBIGUOUS, "%zu CAs offer the template \"%s\"", count, item->name);
        return pc_hint(err, PC_E_AMBIGUOUS, "name one with `ca_name`; `p11cert templates` shows them");
    }
    if (!chosen) {
        return fail_far(order->ca, far, err);
    }
    *ret_ca = chosen;
    return PC_OK;
}

/* Those of one host: a record of several addresses is used only if they are on one. */
static pc_status take_urls(const pc_ca_access *policy, const pc_template_ca *ca, pc_arena *arena, pc_offer *offer,
                           pc_error *err)
{
    for (size_t i = 0; i < ca->url_count; i++) {
        bool is_near = false;

        PC_TRY(pc_address_may_follow(policy, policy->url, ca->urls[i], &is_near, err));
        if (is_near && offer->ca_url_count > 0) {
            PC_TRY(pc_address_is_on_host(offer->ca_urls[0], ca->urls[i], &is_near, err));
        }
        if (!is_near) {
            continue;
        }
        const char **slot = PC_PUSH(arena, offer->ca_urls, offer->ca_url_count);

        if (!slot || !(*slot = pc_arena_string(arena, ca->urls[i]))) {
            return pc_fail_memory(err);
        }
    }
    return PC_OK;
}

/* --- the offer --------------------------------------------------------------------------------------------------- */

static pc_status take(const pc_offer_order *order, const pc_templates_result *offered, pc_arena *arena,
                      pc_offer *ret_offer, pc_error *err)
{
    const pc_template *item = &offered->items[0];
    const pc_template_ca *ca = NULL;

    if (item->verdict == PC_TEMPLATE_REFUSED) {
        return refuse(item, err);
    }
    PC_TRY(choose_ca(order, item, &ca, err));
    pc_offer offer = {
        .template_name = pc_arena_string(arena, item->name),
        .key_type = pc_template_key_type(item),
        .item = pc_arena_alloc(arena, sizeof *offer.item),
    };

    if (!offer.template_name || !offer.item) {
        return pc_fail_memory(err);
    }
    PC_TRY(take_urls(order->ca, ca, arena, &offer, err));
    *offer.item = (pc_template){
        .name = offer.template_name,
        .key_algorithm = pc_arena_string(arena, item->key_algorithm),
        .key_bits = item->key_bits,
    };
    if (!offer.item->key_algorithm) {
        return pc_fail_memory(err);
    }
    *ret_offer = offer;
    return PC_OK;
}

pc_status pc_offer_find(const pc_token *token, const pc_offer_order *order, pc_arena *arena, pc_offer *ret_offer,
                        pc_error *err)
{
    PC_AUTO(pc_templates_result) pc_templates_result *offered = NULL;
    const pc_templates_order question = {
        .ca = order->ca,
        .template_name = order->template_name,
        .ca_name = order->ca_name,
    };

    PC_TRY(order->ca->ces_host ? pc_address_check_host(order->ca->ces_host, err) : PC_OK);
    if (!order->template_name) {
        (void)pc_fail(err, PC_E_USAGE, "name a template: a policy service offers several");
        return pc_hint(err, PC_E_USAGE, "`template` NAME; `p11cert templates` lists them");
    }
    PC_TRY(pc_templates_on(token, &question, order->access, &offered, err));
    return take(order, offered, arena, ret_offer, err);
}
