/* SPDX-License-Identifier: Apache-2.0 */
#include "app/repair/view.h"

#include <openssl/core_names.h>
#include <openssl/sha.h>
#include <string.h>

#include "app/files/document.h"
#include "app/repair/recovery.h"
#include "base/bytes.h"
#include "base/kept_error.h"
#include "base/text.h"
#include "pair/public_key.h"
#include "pair/public_key_info.h"
#include "signer/sign.h"
#include "token/filled_value.h"
#include "token/key.h"
#include "token/ml_dsa.h"
#include "token/public_half.h"
#include "x509/name.h"
#include "x509/openssl_error.h"
#include "x509/words.h"
#include "x509/attempt.h"

/* --- public values --- */

static void measure(pc_bytes info, pc_bytes bits, pc_repair_object *object)
{
    (void)SHA256(info.data, info.len, object->value);
    (void)SHA1(bits.data, bits.len, object->identifier);
    object->known = true;
}

/* X509_PUBKEY_set encodes the key and decodes it again, which costs more than everything else done with an object. */
static pc_status measure_key(EVP_PKEY *key, pc_repair_object *object, pc_error *err)
{
    PC_AUTO(X509_PUBKEY) X509_PUBKEY *spki = NULL;
    PC_AUTO(openssl_bytes) unsigned char *der = NULL;
    const unsigned char *bits = NULL;
    int bits_len = 0;
    int len = X509_PUBKEY_set(&spki, key) == 1 ? i2d_X509_PUBKEY(spki, &der) : 0;

    if (len <= 0 || X509_PUBKEY_get0_param(NULL, &bits, &bits_len, NULL, spki) != 1) {
        return pc_fail_openssl(err, PC_E_CRYPTO, "a public key cannot be encoded");
    }
    measure((pc_bytes){ der, (size_t)len }, (pc_bytes){ bits, (size_t)bits_len }, object);
    return PC_OK;
}

/* A value that OpenSSL cannot turn into a public key stays unknown. */
static pc_status measure_half(const pc_public_half *half, pc_arena *arena, pc_repair_object *object, pc_error *err)
{
    PC_AUTO(EVP_PKEY) EVP_PKEY *key = NULL;
    pc_public_info info;

    PC_TRY(pc_public_key_if_known(half, &key, err));
    if (!key) {
        return PC_OK;
    }
    object->half = half;
    PC_TRY(pc_public_key_info(half, arena, &info, err));
    if (info.der.len == 0) {
        return measure_key(key, object, err);
    }
    measure(info.der, info.bits, object);
    return PC_OK;
}

/* Through the attributes, so that a compressed point counts as the same key. */
static pc_status measure_certificate(X509 *certificate, pc_arena *arena, pc_repair_object *object, pc_error *err)
{
    EVP_PKEY *shown = X509_get0_pubkey(certificate);
    PC_AUTO(EVP_PKEY) EVP_PKEY *key = shown ? EVP_PKEY_dup(shown) : NULL;
    pc_public_half *half = pc_arena_alloc(arena, sizeof *half);

    if (!half) {
        return pc_fail_memory(err);
    }
    pc_attempt_begin();
    if (key && EVP_PKEY_is_a(key, "EC")) {
        (void)EVP_PKEY_set_utf8_string_param(key, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, "uncompressed");
    }
    pc_attempt_end();
    if (!key || pc_public_key_attributes(key, arena, half, NULL) != PC_OK) {
        return PC_OK;
    }
    return measure_half(half, arena, object, err);
}

/* --- the objects --- */

static pc_status view_key(const pc_key *key, pc_repair_class class, pc_arena *arena, pc_repair_object *object,
                          pc_error *err)
{
    *object = (pc_repair_object){
        .class = class,
        .label = key->label,
        .id = key->id,
        .subject = key->subject,
        .modifiable = key->flags[PC_KEY_MODIFIABLE],
        .may_sign = key->flags[PC_KEY_SIGN] != PC_FACT_FALSE,
        .is_made_here = key->flags[PC_KEY_LOCAL] == PC_FACT_TRUE,
    };
    return measure_half(&key->half, arena, object, err);
}

static pc_status take_names(X509 *certificate, pc_arena *arena, pc_repair_object *object, pc_error *err)
{
    const char *name = NULL;

    PC_TRY(pc_first_common_name(X509_get_subject_name(certificate), arena, &name, err));
    object->common_name = name ? pc_text_escape(arena, name, strlen(name)) : NULL;
    object->serial = pc_serial_words(certificate, arena);
    return pc_x509_name_der(X509_get_subject_name(certificate), arena, &object->true_subject, err);
}

static pc_status view_certificate(const pc_certificate_object *held, pc_arena *arena, pc_repair_object *object,
                                  pc_error *err)
{
    const uint8_t *rest = held->value.data;

    pc_attempt_begin();
    PC_AUTO(X509) X509 *certificate = rest ? d2i_X509(NULL, &rest, (long)held->value.len) : NULL;

    pc_attempt_end();
    *object = (pc_repair_object){ .class = PC_REPAIR_CERTIFICATE,
                                  .label = held->label,
                                  .id = held->id,
                                  .subject = held->subject,
                                  .modifiable = held->modifiable };
    if (!certificate || rest != held->value.data + held->value.len) {
        return PC_OK;
    }
    (void)SHA256(held->value.data, held->value.len, object->digest);
    PC_TRY(take_names(certificate, arena, object, err));
    return measure_certificate(certificate, arena, object, err);
}

/* These are reported as leftovers (app/repair/leftover.h). */
static void drop_empty_certificates(pc_inventory *inventory)
{
    size_t kept = 0;

    for (size_t i = 0; i < inventory->certificate_count; i++) {
        const pc_certificate_object *each = &inventory->certificates[i];

        if (each->value.len || *each->label || each->id.len || each->subject.len) {
            inventory->certificates[kept++] = *each;
        }
    }
    inventory->certificate_count = kept;
}

static pc_status view_objects(pc_repair_view *view, pc_error *err)
{
    const pc_inventory *all = &view->inventory;
    pc_repair_plan *plan = &view->plan;
    pc_repair_object *next;

    plan->object_count = all->key_count + all->public_count + all->certificate_count;
    plan->objects = next = pc_arena_alloc(plan->arena, (plan->object_count + 1) * sizeof *plan->objects);
    view->proved = pc_arena_alloc(plan->arena, plan->object_count + 1);
    if (!plan->objects || !view->proved) {
        return pc_fail_memory(err);
    }
    for (size_t i = 0; i < all->key_count; i++, next++) {
        PC_TRY(view_key(&all->keys[i], PC_REPAIR_KEY, plan->arena, next, err));
        next->can_sign_here = pc_signer_supports(view->token, all->keys[i].half.key_type);
        next->source = i;
        next->tried = next->known;
    }
    for (size_t i = 0; i < all->public_count; i++, next++) {
        PC_TRY(view_key(&all->publics[i], PC_REPAIR_PUBLIC, plan->arena, next, err));
        next->source = i;
    }
    for (size_t i = 0; i < all->certificate_count; i++, next++) {
        PC_TRY(view_certificate(&all->certificates[i], plan->arena, next, err));
        next->source = i;
    }
    return PC_OK;
}

/* --- which public key a private key has --- */

/** The candidates on which one signature is tried. */
typedef struct {
    const pc_repair_object **objects;
    EVP_PKEY **keys;
    size_t count;
} shortlist;

/** The public keys to try, each value once, by CKA_ID and by value. */
typedef struct {
    pc_repair_view *view;
    const pc_repair_object **by_id;
    size_t by_id_count;
    const pc_repair_object **distinct;
    EVP_PKEY **keys; /* for each of `distinct`, made when first needed */
    size_t distinct_count;
    shortlist list; /* for one key at a time */
} choice;

static void choice_clear(choice *all)
{
    for (size_t i = 0; i < all->distinct_count; i++) {
        EVP_PKEY_free(all->keys[i]);
    }
}

PC_AUTO_DEFINE_VALUE(choice, choice, choice_clear);

static int compare_values(const void *a, const void *b)
{
    return memcmp((*(const pc_repair_object *const *)a)->value, (*(const pc_repair_object *const *)b)->value, 32);
}

static pc_status choice_fill(choice *all, const pc_repair_object *files, size_t file_count, pc_error *err)
{
    pc_repair_plan *plan = &all->view->plan;
    size_t most = plan->object_count + file_count + 1;
    size_t count = 0;

    all->by_id = pc_arena_alloc(plan->arena, most * sizeof(void *));
    all->distinct = pc_arena_alloc(plan->arena, most * sizeof(void *));
    all->keys = pc_arena_alloc(plan->arena, most * sizeof(void *));
    all->list.objects = pc_arena_alloc(plan->arena, most * sizeof(void *));
    all->list.keys = pc_arena_alloc(plan->arena, most * sizeof(void *));
    if (!all->by_id || !all->distinct || !all->keys || !all->list.objects || !all->list.keys) {
        return pc_fail_memory(err);
    }
    for (size_t i = 0; i < plan->object_count + file_count; i++) {
        const pc_repair_object *each = i < plan->object_count ? &plan->objects[i] : &files[i - plan->object_count];

        if (each->class == PC_REPAIR_KEY || !each->known) {
            continue;
        }
        all->by_id[all->by_id_count++] = each;
        all->distinct[count++] = each;
    }
    qsort(all->by_id, all->by_id_count, sizeof(void *), pc_repair_compare_ids);
    qsort(all->distinct, count, sizeof(void *), compare_values);
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || compare_values(&all->distinct[i - 1], &all->distinct[i]) != 0) {
            all->distinct[all->distinct_count++] = all->distinct[i];
        }
    }
    return PC_OK;
}

/* Compares the properties that the private key shows. */
static bool may_be_of(const pc_public_half *shown, const pc_public_half *half)
{
    char own[32];
    char other[32];

    if (shown->key_type != half->key_type) {
        return false;
    }
    if (shown->key_type == CKK_EC_EDWARDS) { /* its curve has two encodings */
        return strcmp(pc_public_half_describe(shown, own), pc_public_half_describe(half, other)) == 0;
    }
    if (shown->key_type == CKK_ML_DSA) { /* a private key does not show its parameter set */
        return true;
    }
    return shown->key_type == CKK_RSA ? pc_public_half_equal(shown, half)
                                      : pc_bytes_match(shown->parameters, half->parameters);
}

static pc_status put(choice *all, const pc_repair_object *object, pc_error *err)
{
    shortlist *list = &all->list;
    const pc_repair_object *const *slot =
        bsearch(&object, all->distinct, all->distinct_count, sizeof(void *), compare_values);
    size_t at = slot ? (size_t)(slot - (const pc_repair_object *const *)all->distinct) : 0;

    if (!all->keys[at]) {
        PC_TRY(pc_public_half_to_key(all->distinct[at]->half, &all->keys[at], err));
    }
    list->objects[list->count] = all->distinct[at];
    list->keys[list->count++] = all->keys[at];
    return PC_OK;
}

static pc_status list_by_id(choice *all, const pc_repair_object *object, const pc_key *key, pc_error *err)
{
    shortlist *list = &all->list;
    const pc_repair_object **end = all->by_id + all->by_id_count;
    const pc_repair_object **at =
        object->id.len ? bsearch(&object, all->by_id, all->by_id_count, sizeof(void *), pc_repair_compare_ids) : NULL;

    list->count = 0;
    while (at && at > all->by_id && pc_repair_compare_ids(at - 1, &object) == 0) {
        at--;
    }
    for (; at && at < end && pc_repair_compare_ids(at, &object) == 0; at++) {
        bool again = list->count && compare_values(&list->objects[list->count - 1], at) == 0;

        if (!again && may_be_of(&key->half, (*at)->half)) {
            PC_TRY(put(all, *at, err));
        }
    }
    return PC_OK;
}

static pc_status list_all(choice *all, const pc_key *key, pc_error *err)
{
    all->list.count = 0;
    for (size_t i = 0; i < all->distinct_count; i++) {
        if (may_be_of(&key->half, all->distinct[i]->half)) {
            PC_TRY(put(all, all->distinct[i], err));
        }
    }
    return PC_OK;
}

/* A key that cannot sign, or whose signature matches none, proves nothing; a failure of the token is an error. */
static bool is_verdict(pc_status status, const pc_error *err)
{
    return status == PC_E_VERIFY || status == PC_E_INPUT || status == PC_E_REFUSED ||
           (err->origin == PC_ORIGIN_PKCS11 &&
            (err->code == CKR_KEY_FUNCTION_NOT_PERMITTED || err->code == CKR_MECHANISM_INVALID ||
             err->code == CKR_KEY_TYPE_INCONSISTENT || err->code == CKR_KEY_SIZE_RANGE));
}

/* Signs once with the key as it is with this public half: any of the list has the same signature form. */
static pc_status sign_for(const pc_token *token, const pc_key *key, const shortlist *list, size_t *ret_at,
                          pc_error *err)
{
    PC_AUTO(pc_signer) pc_signer *signer = NULL;
    pc_key whole = *key;

    whole.half = *list->objects[0]->half;
    PC_TRY(pc_signer_open(token, &whole, &signer, err));
    return pc_sign_finds(signer, list->keys, list->count, ret_at, err);
}

static pc_status note_problem(pc_repair_object *object, pc_arena *arena, const pc_error *why, pc_error *err)
{
    object->problem = pc_arena_format(arena, "the private key did not prove its public key: %s", why->frames[0]);
    return object->problem ? PC_OK : pc_fail_memory(err);
}

/* One signature tried on a list; *ret_found is NULL if it matches none. */
static pc_status try_list(const choice *all, const pc_key *key, const pc_repair_object **ret_found,
                          pc_repair_object *object, pc_error *err)
{
    const shortlist *list = &all->list;
    pc_error why = { .status = PC_OK };
    size_t at = 0;

    *ret_found = NULL;
    if (list->count == 0) {
        return PC_OK;
    }
    pc_status status = sign_for(all->view->token, key, list, &at, &why);

    if (status == PC_OK) {
        *ret_found = list->objects[at];
        object->problem = NULL;
        return PC_OK;
    }
    if (is_verdict(status, &why)) {
        return note_problem(object, all->view->plan.arena, &why, err);
    }
    pc_error_pass(err, &why);
    return pc_note(err, status, "the private key \"%s\" could not sign to prove its public key; nothing was written",
                   key->label);
}

/* No object and no file has the public half of the key. Signatures of other kinds than ECDSA do not show it. */
static pc_status recover(pc_repair_view *view, const pc_key *key, pc_repair_object *object, pc_error *err)
{
    pc_public_half *half = pc_arena_alloc(view->plan.arena, sizeof *half);
    pc_error why = { .status = PC_OK };

    if (!half) {
        return pc_fail_memory(err);
    }
    if (key->half.key_type != CKK_EC || key->half.parameters.len == 0) {
        return PC_OK;
    }
    pc_status status = pc_repair_recover(view->token, key, view->plan.arena, half, &why);

    if (status == PC_OK) {
        object->problem = NULL;
        view->proved[object - view->plan.objects] = true;
        view->proof_count++;
        return measure_half(half, view->plan.arena, object, err);
    }
    if (is_verdict(status, &why)) {
        return note_problem(object, view->plan.arena, &why, err);
    }
    pc_error_pass(err, &why);
    return pc_note(err, status, "the private key \"%s\" could not sign to show its public key; nothing was written",
                   key->label);
}

/* Those with the key's CKA_ID first: usually one of them is the right one. */
static pc_status resolve(choice *all, pc_repair_object *object, pc_error *err)
{
    pc_repair_plan *plan = &all->view->plan;
    const pc_key *key = &all->view->inventory.keys[object->source];
    const pc_repair_object *found = NULL;

    object->tried = true;
    PC_TRY(list_by_id(all, object, key, err));
    PC_TRY(try_list(all, key, &found, object, err));
    if (!found) {
        PC_TRY(list_all(all, key, err));
        PC_TRY(try_list(all, key, &found, object, err));
    }
    if (!found) {
        return recover(all->view, key, object, err);
    }
    object->known = true;
    object->half = found->half;
    memcpy(object->value, found->value, sizeof object->value);
    memcpy(object->identifier, found->identifier, sizeof object->identifier);
    all->view->proved[object - plan->objects] = true;
    all->view->proof_count++;
    return PC_OK;
}

static bool is_open(const pc_repair_object *object)
{
    return object->class == PC_REPAIR_KEY && !object->tried && object->can_sign_here && object->may_sign;
}

static pc_status resolve_all(choice *all, pc_error *err)
{
    for (size_t i = 0; i < all->view->inventory.key_count; i++) {
        if (is_open(&all->view->plan.objects[i])) {
            PC_TRY(resolve(all, &all->view->plan.objects[i], err));
        }
    }
    return PC_OK;
}

/* --- selection --- */

static bool matches(const pc_key *key, const pc_key_selector *selector)
{
    return (!selector->label || pc_label_is(selector->label, key->label)) &&
           (!selector->id.data || pc_bytes_match(selector->id, key->id));
}

static pc_status name_key(pc_repair_view *view, const char *text, pc_repair_object **ret_key, pc_error *err)
{
    pc_key_selector selector;
    size_t count = 0;

    PC_TRY(pc_key_selector_parse(view->token, text, view->plan.arena, &selector, err));
    for (size_t i = 0; i < view->inventory.key_count; i++) {
        if (matches(&view->inventory.keys[i], &selector)) {
            *ret_key = &view->plan.objects[i];
            count++;
        }
    }
    if (count == 1) {
        (*ret_key)->named = true;
        return PC_OK;
    }
    if (count == 0) {
        (void)pc_fail(err, PC_E_NOT_FOUND, "no private key on token \"%s\" matches \"%s\"", view->token->info.label,
                      text);
        return pc_hint(err, PC_E_NOT_FOUND, "`p11cert list` shows the keys on the token");
    }
    (void)pc_fail(err, PC_E_AMBIGUOUS, "%zu private keys match \"%s\"", count, text);
    return pc_hint(err, PC_E_AMBIGUOUS,
                   "name one by its URI (`p11cert list --json`), or by its certificate: `cert` FILE");
}

static bool shares_id(const pc_repair_object *a, const pc_repair_object *b)
{
    return pc_bytes_match(a->id, b->id);
}

/* Other keys matter only if they share an id with the named one or with objects that belong to it. */
static pc_status resolve_around(choice *all, pc_repair_object *named, pc_error *err)
{
    pc_repair_plan *plan = &all->view->plan;

    if (is_open(named)) {
        PC_TRY(resolve(all, named, err));
    }
    for (size_t i = 0; i < plan->object_count; i++) {
        const pc_repair_object *each = &plan->objects[i];

        if (each != named && !(named->known && each->known && memcmp(each->value, named->value, 32) == 0)) {
            continue;
        }
        for (size_t j = 0; j < all->view->inventory.key_count; j++) {
            if (is_open(&plan->objects[j]) && shares_id(each, &plan->objects[j])) {
                PC_TRY(resolve(all, &plan->objects[j], err));
            }
        }
    }
    return PC_OK;
}

static pc_status read_files(const char *file, pc_arena *arena, pc_repair_object **ret_files, size_t *ret_count,
                            pc_error *err)
{
    PC_AUTO(X509_stack) STACK_OF(X509) *certificates = NULL;

    PC_TRY(pc_document_read_certificates(file, &certificates, err));
    size_t count = (size_t)sk_X509_num(certificates);
    pc_repair_object *files = pc_arena_alloc(arena, (count + 1) * sizeof *files);

    if (!files) {
        return pc_fail_memory(err);
    }
    for (size_t i = 0; i < count; i++) {
        files[i] = (pc_repair_object){ .class = PC_REPAIR_CERTIFICATE, .label = "" };
        PC_TRY(measure_certificate(sk_X509_value(certificates, (int)i), arena, &files[i], err));
    }
    *ret_files = files;
    *ret_count = count;
    return PC_OK;
}

static pc_status name_by_files(pc_repair_view *view, const char *file, const pc_repair_object *files, size_t count,
                               pc_error *err)
{
    bool any = false;

    for (size_t i = 0; i < view->inventory.key_count; i++) {
        pc_repair_object *key = &view->plan.objects[i];

        for (size_t j = 0; j < count && key->known; j++) {
            key->named = key->named || (files[j].known && memcmp(key->value, files[j].value, 32) == 0);
        }
        any = any || key->named;
    }
    if (any) {
        return PC_OK;
    }
    (void)pc_fail(err, PC_E_NOT_FOUND, "no private key on token \"%s\" belongs to the certificate in \"%s\"",
                  view->token->info.label, file);
    return pc_hint(err, PC_E_NOT_FOUND, "`p11cert list` shows the keys on the token");
}

static pc_status resolve_wanted(const pc_repair_order *order, choice *all, const pc_repair_object *files, size_t count,
                                pc_error *err)
{
    pc_repair_object *named = NULL;

    if (order->key) {
        PC_TRY(name_key(all->view, order->key, &named, err));
        return resolve_around(all, named, err);
    }
    PC_TRY(resolve_all(all, err));
    return order->certificate ? name_by_files(all->view, order->certificate, files, count, err) : PC_OK;
}

pc_status pc_repair_view_read(const pc_repair_order *order, pc_repair_view *ret_view, pc_error *err)
{
    PC_AUTO(choice) choice all = { .view = ret_view };
    pc_repair_object *files = NULL;
    size_t count = 0;

    ret_view->plan.restricted = order->key || order->certificate;
    PC_TRY(pc_inventory_read_apart(ret_view->token, ret_view->plan.arena, &ret_view->inventory, err));
    drop_empty_certificates(&ret_view->inventory);
    PC_TRY(view_objects(ret_view, err));
    if (order->certificate) {
        PC_TRY(read_files(order->certificate, ret_view->plan.arena, &files, &count, err));
    }
    PC_TRY(choice_fill(&all, files, count, err));
    return resolve_wanted(order, &all, files, count, err);
}

pc_status pc_repair_view_prove(pc_repair_view *view, size_t object, pc_error *err)
{
    pc_repair_object *key = &view->plan.objects[object];
    PC_AUTO(EVP_PKEY) EVP_PKEY *public_key = NULL;
    pc_error why = { .status = PC_OK };
    size_t at = 0;

    if (view->proved[object] || key->problem) {
        return PC_OK;
    }
    PC_TRY(pc_public_half_to_key(key->half, &public_key, err));
    const pc_repair_object *own = key;
    const shortlist only = { .objects = &own, .keys = &public_key, .count = 1 };
    pc_status status = sign_for(view->token, &view->inventory.keys[key->source], &only, &at, &why);

    if (status == PC_OK) {
        view->proved[object] = true;
        view->proof_count++;
        return PC_OK;
    }
    if (is_verdict(status, &why)) {
        return note_problem(key, view->plan.arena, &why, err);
    }
    pc_error_pass(err, &why);
    return pc_note(err, status, "the private key \"%s\" could not sign to prove its public key; nothing was written",
                   key->label);
}
