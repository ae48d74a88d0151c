/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <time.h>

#include "app/renew/renew.h"
#include "base/bytes.h"
#include "pair/successor.h"
#include "base/text.h"
#include "pair/own_certificate.h"
#include "pair/public_key.h"
#include "token/inventory.h"
#include "x509/certificate.h"
#include "x509/name.h"
#include "x509/words.h"

void pc_renewals_clear(pc_renewals *renewals)
{
    for (size_t i = 0; i < renewals->count; i++) {
        X509_free(renewals->items[i].old);
        renewals->items[i].old = NULL;
    }
}

/** A search for certificates to be renewed: the contents of the token, its certificates parsed, and the result. */
typedef struct {
    const pc_token *token;
    const pc_renew_order *order;
    pc_arena *arena;
    pc_inventory inventory;
    pc_token_certificates certificates;
    pc_renewals found;
} renewal_search;

static void renewal_search_clear(renewal_search *search)
{
    pc_token_certificates_clear(&search->certificates);
    pc_renewals_clear(&search->found);
}

PC_AUTO_DEFINE_VALUE(renewal_search, renewal_search, renewal_search_clear);

static pc_status parse_certificates(renewal_search *search, pc_error *err)
{
    PC_TRY(pc_token_certificates_parse(search->inventory.certificates, search->inventory.certificate_count,
                                       search->arena, &search->certificates, err));
    pc_token_certificates_sort(&search->certificates);
    return PC_OK;
}

/* Names are copied from the certificate that is renewed, so it must be of the key's own CA. */
static pc_status look_for_doubt(const renewal_search *search, pc_renewal *renewal, pc_error *err)
{
    PC_AUTO(EVP_PKEY) EVP_PKEY *public_key = NULL;
    const pc_token_certificate *sure = NULL;
    pc_error doubt = { .status = PC_OK };

    PC_TRY(pc_public_key_of(&renewal->key, &public_key, err));
    const pc_certificate_owner owner = { .key = &renewal->key,
                                         .public_key = public_key,
                                         .now_sec = (int64_t)time(NULL) };
    pc_status status = pc_sure_certificate(&search->certificates, &owner, search->arena, &sure, &doubt);

    if (status == PC_E_AMBIGUOUS) {
        (void)pc_hint(&doubt, status,
                      "if one of them is not the key's, remove it with the token's own tool: anybody can write a "
                      "certificate to most tokens; otherwise the request must come from `p11cert new --key`");
        renewal->doubt = pc_arena_copy(search->arena, &doubt, sizeof doubt);
        return renewal->doubt ? PC_OK : pc_fail_memory(err);
    }
    if (status == PC_OK && sure && sure->certificate != renewal->old) {
        X509_free(renewal->old);
        renewal->old = NULL;
        if (X509_up_ref(sure->certificate) != 1) {
            return pc_fail_memory(err);
        }
        renewal->old = sure->certificate;
    }
    return status == PC_OK ? PC_OK : pc_fail_memory(err);
}

/* Borrowed; NULL if the key has none. */
static pc_status current_certificate(const renewal_search *search, const pc_key *key, X509 **ret_certificate,
                                     pc_error *err)
{
    const pc_token_certificate *current = NULL;

    PC_TRY(pc_current_certificate_of(&search->certificates, key, (int64_t)time(NULL), &current, err));
    *ret_certificate = current ? current->certificate : NULL;
    return PC_OK;
}

static const pc_key *key_labelled(const renewal_search *search, const char *label)
{
    for (size_t i = 0; i < search->inventory.key_count; i++) {
        if (strcmp(search->inventory.keys[i].label, label) == 0) {
            return &search->inventory.keys[i];
        }
    }
    return NULL;
}

static pc_status describe(pc_renewal *renewal, pc_error *err)
{
    pc_renewed *item = renewal->item;
    pc_arena *arena = renewal->arena;

    item->hook_exit = -1;
    item->left_out = "";
    item->key_label = pc_text_escape(arena, renewal->key.label, strlen(renewal->key.label));
    item->old_serial = pc_serial_words(renewal->old, arena);
    item->old_not_after = pc_time_words(X509_get0_notAfter(renewal->old), arena);
    item->subject = pc_x509_name_text(X509_get_subject_name(renewal->old), arena);
    renewal->successor = item->old_serial ? pc_renewal_label(renewal->key.label, item->old_serial, arena) : NULL;
    return item->key_label && item->old_not_after && item->subject && renewal->successor ? PC_OK : pc_fail_memory(err);
}

static pc_status add(renewal_search *search, const pc_key *key, X509 *old, pc_error *err)
{
    pc_renewal *renewal = PC_PUSH(search->arena, search->found.items, search->found.count);
    pc_renewed *item = pc_arena_alloc(search->arena, sizeof *item);

    if (!renewal || !item || X509_up_ref(old) != 1) {
        return pc_fail_memory(err);
    }
    *renewal = (pc_renewal){ .order = search->order, .key = *key, .old = old, .item = item, .arena = search->arena };
    PC_TRY(look_for_doubt(search, renewal, err));
    return describe(renewal, err);
}

/* Whether it is due is not known, and a key that is left out silently would lose its certificate unnoticed. */
static pc_status add_unknown(renewal_search *search, const pc_key *key, const pc_error *why, pc_error *err)
{
    pc_renewal *renewal = PC_PUSH(search->arena, search->found.items, search->found.count);
    pc_renewed *item = pc_arena_alloc(search->arena, sizeof *item);
    const char *label = pc_text_escape(search->arena, key->label, strlen(key->label));
    const pc_error *doubt = pc_arena_copy(search->arena, why, sizeof *why);

    if (!renewal || !item || !label || !doubt) {
        search->found.count -= renewal != NULL;
        return pc_fail_memory(err);
    }
    *item = (pc_renewed){ .key_label = label, .hook_exit = -1, .left_out = "" };
    item->subject = item->old_serial = item->old_not_after = "(unknown)";
    *renewal =
        (pc_renewal){ .order = search->order, .key = *key, .item = item, .doubt = doubt, .arena = search->arena };
    return PC_OK;
}

static pc_status find_one(renewal_search *search, pc_error *err)
{
    pc_key_selector selector;

    PC_TRY(pc_key_selector_parse(search->token, search->order->key, search->arena, &selector, err));
    PC_TRY(pc_inventory_of_key(search->token, &selector, search->arena, &search->inventory, err));
    PC_TRY(parse_certificates(search, err));
    const pc_key *key = &search->inventory.keys[0];
    X509 *current = NULL;

    PC_TRY(current_certificate(search, key, &current, err));
    if (!current) {
        PC_AUTO(EVP_PKEY) EVP_PKEY *public_key = NULL;

        PC_TRY(pc_public_key_of(key, &public_key, err));
        (void)pc_fail(err, PC_E_NOT_FOUND,
                      "no certificate on token \"%s\" belongs to the key \"%s\": there is nothing to renew",
                      search->token->info.label, key->label);
        return pc_hint(err, PC_E_NOT_FOUND, "`p11cert accept` binds one; `p11cert new --key` asks for a first one");
    }
    return add(search, key, current, err);
}

/* Has a new key, with its own certificate, replaced this one? */
static pc_status has_taken_over(const renewal_search *search, const pc_key *key, const X509 *current, bool *ret_has,
                                pc_error *err)
{
    const char *serial = pc_serial_words(current, search->arena);
    const char *label = serial ? pc_renewal_label(key->label, serial, search->arena) : NULL;

    if (!label) {
        return pc_fail_memory(err);
    }
    const pc_key *successor = key_labelled(search, label);
    X509 *own = NULL;

    if (successor) {
        PC_TRY(current_certificate(search, successor, &own, err));
    }
    *ret_has = own != NULL;
    return PC_OK;
}

/* The certificate of the key, if it is to be renewed now; else NULL. Borrowed. */
static pc_status look_if_due(const renewal_search *search, const pc_key *key, int64_t limit_sec, X509 **ret_due,
                             pc_error *err)
{
    X509 *current = NULL;
    int64_t until_sec = 0;
    bool taken_over = false;

    *ret_due = NULL;
    PC_TRY(current_certificate(search, key, &current, err));
    if (!current || X509_check_ca(current)) {
        return PC_OK;
    }
    if (!pc_asn1_time_to_sec(X509_get0_notAfter(current), &until_sec)) {
        return pc_fail(err, PC_E_INPUT, "the expiry date of the certificate of the key \"%s\" cannot be read",
                       key->label);
    }
    if (until_sec <= limit_sec) {
        PC_TRY(has_taken_over(search, key, current, &taken_over, err));
        *ret_due = taken_over ? NULL : current;
    }
    return PC_OK;
}

static pc_status find_due(renewal_search *search, pc_error *err)
{
    int64_t limit_sec = (int64_t)time(NULL) + search->order->due_sec;

    PC_TRY(pc_inventory_read(search->token, search->arena, &search->inventory, err));
    PC_TRY(parse_certificates(search, err));
    for (size_t i = 0; i < search->inventory.key_count; i++) {
        const pc_key *key = &search->inventory.keys[i];
        pc_error why = { .status = PC_OK };
        X509 *due = NULL;
        pc_status status = look_if_due(search, key, limit_sec, &due, &why);

        if (status == PC_E_MEMORY) {
            return pc_fail_memory(err);
        }
        PC_TRY(status == PC_OK ? PC_OK : add_unknown(search, key, &why, err));
        PC_TRY(due ? add(search, key, due, err) : PC_OK);
    }
    return PC_OK;
}

pc_status pc_renewals_find(const pc_token *token, const pc_renew_order *order, pc_arena *arena,
                           pc_renewals *ret_renewals, pc_error *err)
{
    PC_AUTO(renewal_search) renewal_search search = { .token = token, .order = order, .arena = arena };

    PC_TRY(order->due ? find_due(&search, err) : find_one(&search, err));
    *ret_renewals = search.found;
    search.found = (pc_renewals){ .items = NULL };
    return PC_OK;
}
