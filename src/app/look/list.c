/* SPDX-License-Identifier: Apache-2.0 */
#include "app/look/list.h"

#include <string.h>
#include <time.h>

#include "app/ca/pending/pending.h"
#include "base/bytes.h"
#include "base/kept_error.h"
#include "base/result.h"
#include "pair/successor.h"
#include "token/other_object.h"
#include "token/public_half.h"
#include "x509/spki.h"
#include "token/uri.h"
#include "base/text.h"
#include "pair/own_certificate.h"
#include "pair/public_key.h"
#include "pair/public_key_info.h"
#include "token/inventory.h"
#include "x509/certificate.h"
#include "x509/chain.h"
#include "x509/name.h"
#include "x509/words.h"
#include "x509/attempt.h"

void pc_list_result_free(pc_list_result *result)
{
    pc_arena_free(result ? result->arena : NULL);
}
PC_AUTO_DEFINE(pc_list_result, pc_list_result, pc_list_result_free);

/** A certificate of the token. */
typedef struct {
    const pc_certificate_object *object;
    X509 *parsed; /* NULL if it does not parse */
    bool claimed; /* true if it is listed under a key */
} token_certificate;

/** The token's certificates, by CKA_ID. */
typedef struct {
    token_certificate *entries;
    size_t count;
    STACK_OF(X509) *authorities;
    pc_arena *arena;
} token_certificates;

static void token_certificates_clear(token_certificates *certificates)
{
    for (size_t i = 0; certificates->entries && i < certificates->count; i++) {
        X509_free(certificates->entries[i].parsed);
    }
    sk_X509_free(certificates->authorities);
}

PC_AUTO_DEFINE_VALUE(token_certificates, token_certificates, token_certificates_clear);

static int compare_entries(const void *a, const void *b)
{
    const pc_certificate_object *left = ((const token_certificate *)a)->object;
    const pc_certificate_object *right = ((const token_certificate *)b)->object;

    return pc_bytes_compare(left->id, right->id);
}

static pc_status parse_entry(token_certificate *each, token_certificates *certificates, pc_error *err)
{
    each->parsed = pc_certificate_parse(each->object->value);
    if (each->parsed && X509_check_ca(each->parsed) && sk_X509_push(certificates->authorities, each->parsed) <= 0) {
        return pc_fail_memory(err);
    }
    return PC_OK;
}

static pc_status token_certificates_fill(token_certificates *certificates, const pc_inventory *inventory, pc_error *err)
{
    certificates->count = inventory->certificate_count;
    certificates->entries =
        pc_arena_alloc(certificates->arena, (certificates->count + 1) * sizeof *certificates->entries);
    certificates->authorities = sk_X509_new_null();
    if (!certificates->entries || !certificates->authorities) {
        return pc_fail_memory(err);
    }
    for (size_t i = 0; i < certificates->count; i++) {
        certificates->entries[i].object = &inventory->certificates[i];
    }
    qsort(certificates->entries, certificates->count, sizeof *certificates->entries, compare_entries);
    for (size_t i = 0; i < certificates->count; i++) {
        PC_TRY(parse_entry(&certificates->entries[i], certificates, err));
    }
    return PC_OK;
}

static pc_status list_chain(X509 *certificate, const token_certificates *certificates, pc_listed_certificate *listed,
                            pc_error *err)
{
    const pc_chain_question question = { .leaf = certificate,
                                         .others = certificates->authorities,
                                         .rigour = PC_RIGOUR_TIMELESS };
    pc_chain chain = { .issuers = NULL };

    if (X509_self_signed(certificate, 0) == 1 ||
        pc_chain_build(&question, certificates->arena, &chain, NULL) != PC_OK) {
        listed->chain_complete = X509_self_signed(certificate, 0) == 1;
        return PC_OK;
    }
    PC_AUTO(X509_stack) STACK_OF(X509) *issuers = chain.issuers;

    for (int i = 0; i < sk_X509_num(issuers); i++) {
        X509 *each = sk_X509_value(issuers, i);
        const char **slot = PC_PUSH(certificates->arena, listed->chain, listed->chain_count);

        if (!slot || !(*slot = pc_x509_name_text(X509_get_subject_name(each), certificates->arena))) {
            return pc_fail_memory(err);
        }
        listed->chain_complete = X509_self_signed(each, 0) == 1;
    }
    return PC_OK;
}

static pc_status list_certificate(const token_certificates *certificates, const token_certificate *entry,
                                  pc_listed_certificate *listed, pc_error *err)
{
    const pc_certificate_object *object = entry->object;
    X509 *certificate = entry->parsed;

    listed->label = pc_text_escape(certificates->arena, object->label, strlen(object->label));
    listed->id = pc_text_hex(certificates->arena, object->id, '\0');
    if (!listed->label || !listed->id) {
        return pc_fail_memory(err);
    }
    if (!certificate) {
        listed->subject = listed->issuer = listed->serial = listed->not_after = "(unreadable)";
        return PC_OK;
    }
    listed->subject = pc_x509_name_text(X509_get_subject_name(certificate), certificates->arena);
    listed->issuer = pc_x509_name_text(X509_get_issuer_name(certificate), certificates->arena);
    listed->serial = pc_serial_words(certificate, certificates->arena);
    listed->not_after = pc_time_words(X509_get0_notAfter(certificate), certificates->arena);
    listed->not_before_sec = pc_validity_of(certificate).not_before_sec;
    listed->not_after_sec = pc_validity_of(certificate).not_after_sec;
    listed->is_ca = X509_check_ca(certificate) != 0;
    if (!listed->subject || !listed->issuer || !listed->serial || !listed->not_after) {
        return pc_fail_memory(err);
    }
    return list_chain(certificate, certificates, listed, err);
}

/** The data that decides whether a certificate is a key's own. */
typedef struct {
    const pc_key *key;
    pc_public_info info; /* SubjectPublicKeyInfo; empty if OpenSSL's key has to be made for it */
    EVP_PKEY *made;      /* NULL also if the token does not show a public key that OpenSSL can use */
    bool was_tried;
} public_view;

static void public_view_clear(public_view *view)
{
    EVP_PKEY_free(view->made);
}

PC_AUTO_DEFINE_VALUE(public_view, public_view, public_view_clear);

static pc_status make_key(public_view *view, pc_error *err)
{
    if (!view->was_tried) {
        PC_TRY(pc_public_key_if_known(&view->key->half, &view->made, err));
    }
    view->was_tried = true;
    return PC_OK;
}

/* OpenSSL has made one for the certificate, which is the same if the encodings are equal. */
static pc_status key_to_compare(public_view *view, X509 *certificate, const EVP_PKEY **ret_key, pc_error *err)
{
    PC_AUTO(openssl_bytes) unsigned char *der = NULL;
    int len = view->info.der.len ? i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der) : 0;
    bool is_alike = len > 0 && pc_bytes_equal((pc_bytes){ der, (size_t)len }, view->info.der);

    if (!is_alike) {
        PC_TRY(make_key(view, err));
    }
    *ret_key = is_alike ? X509_get0_pubkey(certificate) : view->made;
    return PC_OK;
}

static pc_status belongs(public_view *view, X509 *certificate, bool *ret_belongs, pc_error *err)
{
    const EVP_PKEY *key = NULL;

    if (!certificate) {
        *ret_belongs = false;
        return PC_OK;
    }
    PC_TRY(key_to_compare(view, certificate, &key, err));
    *ret_belongs = pc_certificate_is_own(certificate, key);
    return PC_OK;
}

static pc_status digest(public_view *view, pc_arena *arena, const char **ret_hex, pc_error *err)
{
    if (view->info.der.len) {
        return pc_sha256_words(view->info.der, arena, ret_hex, err);
    }
    PC_TRY(make_key(view, err));
    return view->made ? pc_spki_sha256(view->made, arena, ret_hex, err) : PC_OK;
}

static pc_status describe_key(pc_listed_key *listed, public_view *view, const pc_token_info *token, pc_arena *arena,
                              pc_error *err)
{
    (void)pc_key_describe(&listed->key, listed->kind);
    listed->id = pc_text_hex(arena, listed->key.id, '\0');
    listed->uri = pc_uri_of_key(token, &listed->key, arena);
    if (!listed->id || !listed->uri) {
        return pc_fail_memory(err);
    }
    return digest(view, arena, &listed->spki_sha256, err);
}

/* Tokens return their objects in any order; people and scripts need a fixed one. */
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

/* The first certificate that has the key's CKA_ID, or the end. */
static size_t first_of_key(const token_certificates *certificates, const pc_key *key)
{
    size_t low = 0;
    size_t high = certificates->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const pc_certificate_object *object = certificates->entries[middle].object;

        if (pc_bytes_compare(object->id, key->id) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return key->id.len ? low : certificates->count;
}

/* Those with the key's CKA_ID, each marked if it is the key's own, and the current one of these. */
static pc_status list_bound(token_certificates *certificates, pc_listed_key *listed, public_view *view, pc_error *err)
{
    const pc_key *key = &listed->key;
    int64_t now_sec = (int64_t)time(NULL);
    const X509 *current = NULL;
    size_t current_index = 0;

    for (size_t i = first_of_key(certificates, key); i < certificates->count; i++) {
        token_certificate *each = &certificates->entries[i];

        if (pc_bytes_compare(each->object->id, key->id) != 0) {
            break;
        }
        pc_listed_certificate *slot = PC_PUSH(certificates->arena, listed->certificates, listed->certificate_count);

        if (!slot) {
            return pc_fail_memory(err);
        }
        PC_TRY(list_certificate(certificates, each, slot, err));
        PC_TRY(belongs(view, each->parsed, &slot->belongs, err));
        each->claimed = true;
        if (slot->belongs && (!current || pc_certificate_is_more_current(each->parsed, current, now_sec))) {
            current = each->parsed;
            current_index = listed->certificate_count - 1;
        }
    }
    if (current) {
        listed->certificates[current_index].current = true;
    }
    return PC_OK;
}

static pc_status list_key(token_certificates *certificates, const pc_key *key, const pc_token_info *token,
                          pc_listed_key *listed, pc_error *err)
{
    PC_AUTO(public_view) public_view view = { .key = key };

    listed->key = *key;
    PC_TRY(pc_public_key_info(&key->half, certificates->arena, &view.info, err));
    PC_TRY(describe_key(listed, &view, token, certificates->arena, err));
    return list_bound(certificates, listed, &view, err);
}

static pc_status list_keys(token_certificates *certificates, const pc_inventory *inventory, pc_list_result *result,
                           pc_error *err)
{
    result->keys = pc_arena_alloc(certificates->arena, (inventory->key_count + 1) * sizeof *result->keys);
    if (!result->keys) {
        return pc_fail_memory(err);
    }
    for (size_t i = 0; i < inventory->key_count; i++) {
        PC_TRY(list_key(certificates, &inventory->keys[i], &result->token, &result->keys[i], err));
    }
    result->key_count = inventory->key_count;
    qsort(result->keys, result->key_count, sizeof *result->keys, compare_keys);
    return PC_OK;
}

static pc_listed_certificate *current_of(const pc_listed_key *key)
{
    for (size_t i = 0; i < key->certificate_count; i++) {
        if (key->certificates[i].current) {
            return &key->certificates[i];
        }
    }
    return NULL;
}

static int compare_label(const void *label, const void *key)
{
    return strcmp(label, ((const pc_listed_key *)key)->key.label);
}

/* Whether another key has replaced the one that a certificate is for. The keys are ordered by label. */
static pc_status mark_superseded(pc_list_result *result, pc_error *err)
{
    for (size_t i = 0; i < result->key_count; i++) {
        pc_listed_certificate *current = current_of(&result->keys[i]);
        const char *label =
            current ? pc_renewal_label(result->keys[i].key.label, current->serial, result->arena) : NULL;

        if (current && !label) {
            return pc_fail_memory(err);
        }
        const pc_listed_key *next =
            label ? bsearch(label, result->keys, result->key_count, sizeof *next, compare_label) : NULL;

        if (current) {
            current->superseded_by = next && current_of(next) ? next->key.label : NULL;
        }
    }
    return PC_OK;
}

static pc_status list_others(const token_certificates *certificates, pc_list_result *result, pc_error *err)
{
    for (size_t i = 0; i < certificates->count; i++) {
        if (certificates->entries[i].claimed) {
            continue;
        }
        pc_listed_certificate *slot = PC_PUSH(certificates->arena, result->others, result->other_count);

        if (!slot) {
            return pc_fail_memory(err);
        }
        PC_TRY(list_certificate(certificates, &certificates->entries[i], slot, err));
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

/* By the label, or by the subject, which `list` prints. */
static bool is_named(const pc_listed_certificate *listed, const char *name)
{
    return (listed->label && strcmp(listed->label, name) == 0) || strcmp(listed->subject, name) == 0;
}

static void keep_named(pc_list_result *result, const char *name)
{
    const size_t key_count = result->key_count;
    const size_t other_count = result->other_count;

    result->key_count = result->other_count = 0;
    for (size_t i = 0; i < key_count; i++) {
        const pc_listed_key key = result->keys[i];
        bool has_named = false;

        for (size_t j = 0; j < key.certificate_count; j++) {
            has_named = has_named || is_named(&key.certificates[j], name);
        }
        if (has_named) {
            result->keys[result->key_count++] = key;
        }
    }
    for (size_t i = 0; i < other_count; i++) {
        const pc_listed_certificate other = result->others[i];

        if (is_named(&other, name)) {
            result->others[result->other_count++] = other;
        }
    }
}

/* A certificate is shown with the key that it belongs to, if that is on the token. */
static pc_status find_certificates(const pc_token *token, const char *name, pc_list_result *result, pc_error *err)
{
    PC_AUTO(token_certificates) token_certificates certificates = { .arena = result->arena };
    pc_inventory inventory;

    PC_TRY(pc_inventory_read(token, result->arena, &inventory, err));
    PC_TRY(token_certificates_fill(&certificates, &inventory, err));
    PC_TRY(list_keys(&certificates, &inventory, result, err));
    PC_TRY(mark_superseded(result, err));
    PC_TRY(list_others(&certificates, result, err));
    keep_named(result, name);
    return PC_OK;
}

/* If no private key has the name, another object or a certificate may have it, which is then shown. */
static pc_status find_others(const pc_token *token, const char *name, pc_list_result *result, pc_error *err)
{
    pc_error none = err ? *err : (pc_error){ .status = PC_OK };
    const pc_inventory no_keys = { .key_count = 0 };

    PC_TRY(pc_other_objects_read(token, &(pc_other_question){ .label = name, .keys = &no_keys }, result->arena, result,
                                 NULL, err));
    PC_TRY(find_certificates(token, name, result, err));
    if (result->object_count + result->other_count + result->key_count == 0) {
        pc_error_pass(err, &none);
        return PC_E_NOT_FOUND;
    }
    return PC_OK;
}

pc_status pc_list_run(const char *key, const pc_token_access *access, pc_list_result **ret_result, pc_error *err)
{
    return pc_list_in_mode(key, access, PC_TOKEN_READ, ret_result, err);
}

/* A token with no data object at all has no record among them: on a full token in software each search takes long. */
static pc_status list_pending(const pc_token *token, bool is_of_key, bool has_data, pc_list_result *result,
                              pc_error *err)
{
    const char *spki_sha256 = is_of_key && result->key_count == 1 ? result->keys[0].spki_sha256 : NULL;
    pc_pending_list pending;

    PC_TRY(has_data ? pc_pending_find(token, spki_sha256, result->arena, &pending, err)
                    : pc_pending_find_in_files(token, result->arena, &pending, err));
    result->pending = pending.items;
    result->pending_count = pending.count;
    return PC_OK;
}

pc_status pc_list_in_mode(const char *key, const pc_token_access *access, pc_token_mode mode,
                          pc_list_result **ret_result, pc_error *err)
{
    PC_AUTO(pc_list_result) pc_list_result *result = PC_RESULT_NEW(pc_list_result);
    PC_AUTO(pc_token) pc_token *token = NULL;
    pc_inventory inventory;

    if (!result) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_token_open(access, mode, &token, err));
    result->token = token->info;
    bool has_data = true;
    pc_error local = { .status = PC_OK };
    pc_error *reported = err ? err : &local;
    pc_status status = take_inventory(token, key, result->arena, &inventory, reported);

    if (status == PC_E_NOT_FOUND && key && !pc_text_starts(key, "pkcs11:")) {
        PC_TRY(find_others(token, key, result, reported));
        *ret_result = PC_TAKE(result);
        return PC_OK;
    }
    PC_TRY(status);
    PC_AUTO(token_certificates) token_certificates certificates = { .arena = result->arena };

    PC_TRY(token_certificates_fill(&certificates, &inventory, err));
    PC_TRY(list_keys(&certificates, &inventory, result, err));
    PC_TRY(mark_superseded(result, err));
    if (!key) {
        PC_TRY(list_others(&certificates, result, err));
        PC_TRY(pc_other_objects_read(token, &(pc_other_question){ .keys = &inventory }, result->arena, result,
                                     &has_data, err));
    }
    PC_TRY(list_pending(token, key != NULL, has_data, result, err));
    *ret_result = PC_TAKE(result);
    return PC_OK;
}

/* If a certificate cannot be read, its not_after_sec is 0, which would count as long ago. */
static size_t keep_ending(pc_listed_certificate *certificates, size_t count, int64_t until_sec)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        if (certificates[i].not_after_sec <= until_sec) {
            certificates[kept++] = certificates[i];
        }
    }
    return kept;
}

size_t pc_list_keep_ending(pc_list_result *result, int64_t until_sec)
{
    size_t keys = 0;
    size_t total = 0;

    for (size_t i = 0; i < result->key_count; i++) {
        pc_listed_key *each = &result->keys[i];

        each->certificate_count = keep_ending(each->certificates, each->certificate_count, until_sec);
        total += each->certificate_count;
        if (each->certificate_count) {
            result->keys[keys++] = *each;
        }
    }
    result->key_count = keys;
    result->object_count = 0;
    result->other_count = keep_ending(result->others, result->other_count, until_sec);
    return total + result->other_count;
}
