/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/list.h>

#include <openssl/err.h>
#include <string.h>

#include "app/bind.h"
#include "app/pending.h"
#include "app/spki.h"
#include "app/uri_text.h"
#include "base/text.h"
#include "signer/public_key.h"
#include "token/inventory.h"
#include "x509/certificate.h"
#include "x509/chain.h"
#include "x509/name.h"

void pc_list_result_free(pc_list_result *result)
{
    if (result) {
        pc_arena_free(result->arena);
        free(result);
    }
}
PC_AUTO_DEFINE(pc_list_result, pc_list_result, pc_list_result_free);

/* The token's certificates, parsed: parsed[i] belongs to inventory->certificates[i], NULL if it does not parse. */
typedef struct {
    const pc_inventory *inventory;
    X509 **parsed;
    STACK_OF(X509) *authorities;
    pc_arena *arena;
} shelf;

static void shelf_clear(shelf *held)
{
    for (size_t i = 0; held->parsed && i < held->inventory->certificate_count; i++) {
        X509_free(held->parsed[i]);
    }
    sk_X509_free(held->authorities);
}

static pc_status shelf_fill(shelf *held, pc_error *err)
{
    size_t count = held->inventory->certificate_count;

    held->parsed = pc_arena_alloc(held->arena, (count + 1) * sizeof(X509 *));
    held->authorities = sk_X509_new_null();
    if (!held->parsed || !held->authorities) {
        return pc_fail_memory(err);
    }
    for (size_t i = 0; i < count; i++) {
        const pc_certificate_object *object = &held->inventory->certificates[i];
        const uint8_t *at = object->value;

        held->parsed[i] = at ? d2i_X509(NULL, &at, (long)object->value_len) : NULL;
        if (held->parsed[i] && X509_check_ca(held->parsed[i]) && sk_X509_push(held->authorities, held->parsed[i]) <= 0) {
            return pc_fail_memory(err);
        }
    }
    ERR_clear_error();
    return PC_OK;
}

static pc_status list_chain(X509 *certificate, const shelf *held, pc_listed_certificate *listed, pc_error *err)
{
    PC_AUTO(X509_stack) STACK_OF(X509) *issuers = NULL;
    const char *detail = NULL;

    if (X509_self_signed(certificate, 0) == 1 ||
        pc_chain_build(certificate, held->authorities, PC_CHAIN_TIMELESS, held->arena, &issuers, &detail, NULL) != PC_OK) {
        listed->chain_complete = X509_self_signed(certificate, 0) == 1;
        return PC_OK;
    }
    for (int i = 0; i < sk_X509_num(issuers); i++) {
        X509 *each = sk_X509_value(issuers, i);
        const char **slot = PC_PUSH(held->arena, listed->chain, listed->chain_count);

        if (!slot || !(*slot = pc_x509_name_text(X509_get_subject_name(each), held->arena))) {
            return pc_fail_memory(err);
        }
        listed->chain_complete = X509_self_signed(each, 0) == 1;
    }
    return PC_OK;
}

static pc_status list_certificate(const shelf *held, size_t at, pc_listed_certificate *listed, pc_error *err)
{
    const pc_certificate_object *object = &held->inventory->certificates[at];
    X509 *certificate = held->parsed[at];

    listed->label = pc_text_escape(held->arena, object->label, strlen(object->label));
    listed->id = pc_text_hex(held->arena, object->id, object->id_len, '\0');
    if (!certificate) {
        listed->subject = listed->issuer = listed->serial = listed->not_after = "(unreadable)";
        return PC_OK;
    }
    listed->subject = pc_x509_name_text(X509_get_subject_name(certificate), held->arena);
    listed->issuer = pc_x509_name_text(X509_get_issuer_name(certificate), held->arena);
    listed->serial = pc_serial_words(certificate, held->arena);
    listed->not_after = pc_time_words(X509_get0_notAfter(certificate), held->arena);
    (void)pc_asn1_time_to_sec(X509_get0_notAfter(certificate), &listed->not_after_sec);
    listed->is_ca = X509_check_ca(certificate) != 0;
    if (!listed->label || !listed->id || !listed->subject || !listed->issuer || !listed->serial || !listed->not_after) {
        return pc_fail_memory(err);
    }
    return list_chain(certificate, held, listed, err);
}

static bool belongs(X509 *certificate, const pc_key *key, pc_arena *arena)
{
    EVP_PKEY *public_key = certificate ? X509_get0_pubkey(certificate) : NULL;
    pc_key like;

    return public_key && pc_public_key_attributes(public_key, arena, &like, NULL) == PC_OK && pc_key_same_public(&like, key);
}

static pc_status describe_key(pc_listed_key *listed, const pc_token_info *token, pc_arena *arena, pc_error *err)
{
    PC_AUTO(EVP_PKEY) EVP_PKEY *public_key = NULL;

    (void)pc_key_describe(&listed->key, listed->kind);
    listed->id = pc_text_hex(arena, listed->key.id, listed->key.id_len, '\0');
    listed->uri = pc_uri_of_key(token, &listed->key, arena);
    if (!listed->id || !listed->uri) {
        return pc_fail_memory(err);
    }
    if (pc_public_key_of(&listed->key, &public_key, NULL) != PC_OK) {
        return PC_OK;
    }
    return pc_spki_sha256(public_key, arena, &listed->spki_sha256, err);
}

static bool same_id(const pc_key *key, const pc_certificate_object *object)
{
    return key->id_len && key->id_len == object->id_len && memcmp(key->id, object->id, key->id_len) == 0;
}

/* Tokens give their objects in any order; people and scripts want one. */
static int compare_keys(const void *a, const void *b)
{
    const pc_listed_key *left = a;
    const pc_listed_key *right = b;
    int order = strcmp(left->key.label, right->key.label);

    return order ? order : pc_key_compare_ids(&left->key, &right->key);
}

static int compare_certificates(const void *a, const void *b)
{
    const pc_listed_certificate *left = a;
    const pc_listed_certificate *right = b;
    int order = strcmp(left->subject, right->subject);

    return order ? order : strcmp(left->serial, right->serial);
}

static pc_status list_keys(const shelf *held, bool *claimed, pc_list_result *result, pc_error *err)
{
    const pc_inventory *inventory = held->inventory;

    result->keys = pc_arena_alloc(held->arena, (inventory->key_count + 1) * sizeof *result->keys);
    if (!result->keys) {
        return pc_fail_memory(err);
    }
    for (size_t i = 0; i < inventory->key_count; i++) {
        pc_listed_key *listed = &result->keys[i];

        listed->key = inventory->keys[i];
        PC_TRY(describe_key(listed, &result->token, held->arena, err));
        for (size_t j = 0; j < inventory->certificate_count; j++) {
            if (!same_id(&listed->key, &inventory->certificates[j])) {
                continue;
            }
            pc_listed_certificate *slot = PC_PUSH(held->arena, listed->certificates, listed->certificate_count);

            if (!slot) {
                return pc_fail_memory(err);
            }
            PC_TRY(list_certificate(held, j, slot, err));
            slot->belongs = belongs(held->parsed[j], &listed->key, held->arena);
            claimed[j] = true;
        }
    }
    result->key_count = inventory->key_count;
    qsort(result->keys, result->key_count, sizeof *result->keys, compare_keys);
    return PC_OK;
}

static pc_status list_others(const shelf *held, const bool *claimed, pc_list_result *result, pc_error *err)
{
    for (size_t i = 0; i < held->inventory->certificate_count; i++) {
        if (claimed[i]) {
            continue;
        }
        pc_listed_certificate *slot = PC_PUSH(held->arena, result->others, result->other_count);

        if (!slot) {
            return pc_fail_memory(err);
        }
        PC_TRY(list_certificate(held, i, slot, err));
    }
    if (result->other_count) {
        qsort(result->others, result->other_count, sizeof *result->others, compare_certificates);
    }
    return PC_OK;
}

static pc_status take_inventory(const pc_token *token, const char *key, pc_arena *arena, pc_inventory *ret_inventory,
                                pc_error *err)
{
    pc_key_selector selector;

    if (!key) {
        return pc_inventory_read(token, arena, ret_inventory, err);
    }
    PC_TRY(pc_key_selector_parse(token, key, arena, &selector, err));
    return pc_inventory_of_key(token, &selector, arena, ret_inventory, err);
}

pc_status pc_list_run(const char *key, const pc_token_access *access, pc_list_result **ret_result, pc_error *err)
{
    PC_AUTO(pc_list_result) pc_list_result *result = calloc(1, sizeof *result);
    PC_AUTO(pc_token) pc_token *token = NULL;
    pc_inventory inventory;

    if (!result || !(result->arena = pc_arena_new())) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_token_open(access, PC_TOKEN_READ, &token, err));
    PC_TRY(take_inventory(token, key, result->arena, &inventory, err));
    result->token = token->info;
    __attribute__((cleanup(shelf_clear))) shelf held = { .inventory = &inventory, .arena = result->arena };
    bool *claimed = pc_arena_alloc(result->arena, inventory.certificate_count + 1);

    if (!claimed) {
        return pc_fail_memory(err);
    }
    PC_TRY(shelf_fill(&held, err));
    PC_TRY(list_keys(&held, claimed, result, err));
    if (!key) {
        PC_TRY(list_others(&held, claimed, result, err));
    }
    PC_TRY(pc_pending_find(token, key && result->key_count == 1 ? result->keys[0].spki_sha256 : NULL, result->arena,
                           &result->pending, &result->pending_count, err));
    *ret_result = PC_TAKE(result);
    return PC_OK;
}
