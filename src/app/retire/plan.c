/* SPDX-License-Identifier: Apache-2.0 */
#include "app/retire/plan.h"

#include <openssl/x509v3.h>
#include <string.h>
#include <time.h>

#include "app/ca/key_ca.h"
#include "base/text.h"
#include "pair/own_certificate.h"
#include "pair/public_key.h"
#include "token/filled_value.h"
#include "token/inventory.h"
#include "token/public_half.h"
#include "x509/attempt.h"
#include "x509/certificate.h"
#include "x509/name.h"
#include "x509/spki.h"
#include "x509/words.h"

/** The input of the plan. */
typedef struct {
    const pc_token *token;
    const pc_retire_order *order;
    pc_arena *arena;
    pc_key key;            /* with its public half, if any object shows it */
    CK_OBJECT_CLASS class; /* of the key; CKO_PUBLIC_KEY: only the rest of an interrupted run exists */
    EVP_PKEY *public_key;  /* owned; NULL if the half is not shown */
    pc_inventory inventory;
    pc_token_certificates certificates; /* of the token, owned */
    pc_retire_plan *plan;
} search;

static void search_clear(search *searched)
{
    EVP_PKEY_free(searched->public_key);
    pc_token_certificates_clear(&searched->certificates);
}
PC_AUTO_DEFINE_VALUE(search, search, search_clear);

/* --- objects to be destroyed --- */

static pc_status add(search *searched, const pc_retire_object *object, const pc_named_object *named, pc_error *err)
{
    pc_retire_result *result = searched->plan->result;
    size_t named_count = result->object_count;
    pc_named_object *identity = PC_PUSH(searched->arena, searched->plan->named, named_count);
    pc_retire_object *slot = identity ? PC_PUSH(searched->arena, result->objects, result->object_count) : NULL;

    if (!slot) {
        return pc_fail_memory(err);
    }
    *identity = *named;
    *slot = *object;
    slot->label = pc_text_escape(searched->arena, (const char *)named->label.data, named->label.len);
    slot->id = pc_text_hex(searched->arena, named->id, '\0');
    return slot->label && slot->id ? PC_OK : pc_fail_memory(err);
}

/* The value that identifies a key object, if that object itself shows it. */
static void take_value(const pc_public_half *half, pc_named_object *named)
{
    named->value_type = pc_public_value_type(half->key_type);
    named->value = pc_public_value(half);
}

static pc_status add_key(search *searched, CK_OBJECT_CLASS class, const pc_key *key, pc_error *err)
{
    const pc_retire_object object = {
        .object_class = class == CKO_PRIVATE_KEY  ? PC_RETIRE_PRIVATE_KEY
                        : class == CKO_SECRET_KEY ? PC_RETIRE_SECRET_KEY
                                                  : PC_RETIRE_PUBLIC_KEY,
    };
    pc_named_object named = {
        .handle = key->handle,
        .object_class = class,
        .id = key->id,
        .label = pc_bytes_of_text(key->label),
    };

    if (class != CKO_SECRET_KEY) {
        take_value(&key->half, &named);
    }
    return add(searched, &object, &named, err);
}

static pc_status add_public_keys(search *searched, pc_error *err)
{
    for (size_t i = 0; i < searched->inventory.public_count; i++) {
        const pc_key *each = &searched->inventory.publics[i];

        if (pc_public_half_equal(&each->half, &searched->key.half) && pc_bytes_equal(each->id, searched->key.id)) {
            PC_TRY(add_key(searched, CKO_PUBLIC_KEY, each, err));
        }
    }
    return PC_OK;
}

static const char *later(const char *left, const char *right)
{
    return !left || strcmp(right, left) > 0 ? right : left; /* ISO 8601 sorts as text */
}

static pc_status describe_certificate(const search *searched, const pc_token_certificate *held,
                                      pc_retire_object *object, pc_error *err)
{
    if (!held->certificate) {
        return PC_OK;
    }
    object->subject = pc_x509_name_text(X509_get_subject_name(held->certificate), searched->arena);
    object->serial = pc_serial_words(held->certificate, searched->arena);
    object->not_after = pc_time_words(X509_get0_notAfter(held->certificate), searched->arena);
    object->is_valid = pc_validity_holds(pc_validity_of(held->certificate), (int64_t)time(NULL));
    return object->subject && object->serial && object->not_after ? PC_OK : pc_fail_memory(err);
}

static bool is_own(const search *searched, const pc_token_certificate *held)
{
    return held->certificate && searched->public_key && pc_certificate_is_own(held->certificate, searched->public_key);
}

static const char *why_kept(const search *searched, const pc_token_certificate *held)
{
    if (!held->certificate) {
        return "has the key's CKA_ID; its value cannot be read, so it may belong to the key";
    }
    return searched->public_key
               ? "has the key's CKA_ID, but does not belong to it"
               : "has the key's CKA_ID; the token does not show the public key, so it may belong to the key";
}

/* A certificate with the key's CKA_ID that is not its own is shown, so that nobody wonders why it stays. */
static pc_status add_certificate(search *searched, const pc_token_certificate *held,
                                 const pc_token_certificate *current, pc_error *err)
{
    const pc_certificate_object *certificate = held->object;
    const pc_named_object named = {
        .handle = certificate->handle,
        .object_class = CKO_CERTIFICATE,
        .id = certificate->id,
        .label = pc_bytes_of_text(certificate->label),
        .value_type = CKA_VALUE,
        .value = certificate->value,
    };
    bool owns = is_own(searched, held);
    pc_retire_object object = { .object_class = PC_RETIRE_CERTIFICATE, .is_current = held == current };

    PC_TRY(describe_certificate(searched, held, &object, err));
    object.state = owns && !searched->order->keep_certificate ? PC_RETIRE_PLANNED : PC_RETIRE_KEPT;
    object.note = owns ? NULL : why_kept(searched, held);
    if (!held->certificate) {
        searched->plan->may_be_valid = true;
    }
    if (owns && object.is_valid) {
        searched->plan->valid_until = later(searched->plan->valid_until, object.not_after);
    }
    return add(searched, &object, &named, err);
}

static pc_status add_certificates(search *searched, pc_error *err)
{
    const pc_token_certificates *held = &searched->certificates;
    const pc_token_certificate *current =
        searched->public_key
            ? pc_current_certificate_among(held, &searched->key, searched->public_key, (int64_t)time(NULL))
            : NULL;

    for (size_t i = 0; i < held->count; i++) {
        bool shares_id = searched->key.id.len && pc_bytes_equal(held->items[i].object->id, searched->key.id);

        if (shares_id || is_own(searched, &held->items[i])) {
            PC_TRY(add_certificate(searched, &held->items[i], current, err));
        }
    }
    return PC_OK;
}

static pc_status depend(search *searched, const char *kind, const char *text, pc_error *err)
{
    pc_retire_result *result = searched->plan->result;
    pc_retire_dependent *slot = text ? PC_PUSH(searched->arena, result->dependents, result->dependent_count) : NULL;

    if (!slot) {
        return pc_fail_memory(err);
    }
    *slot = (pc_retire_dependent){ .kind = kind, .text = text };
    return PC_OK;
}

/* It is removed first: it is found through the key, and a key that remains after a failure can be renewed without
 * it. */
static pc_status add_ca_record(search *searched, pc_error *err)
{
    const char *spki_sha256 = searched->plan->result->spki_sha256;
    const pc_named_object named = { .id = searched->key.id, .label = pc_bytes_of_text(searched->key.label) };
    pc_retire_object object = { .object_class = PC_RETIRE_CA_RECORD };
    const char *unreadable = NULL;
    pc_key_ca ca = { .address = NULL };

    PC_TRY(spki_sha256 ? pc_key_ca_look(searched->token, spki_sha256, searched->arena, &ca, &unreadable, err) : PC_OK);
    if (unreadable) {
        PC_TRY(depend(searched, "unreadable-record",
                      pc_arena_format(searched->arena,
                                      "the record of a key's CA in data object \"%s\" cannot be read: it may be this "
                                      "key's, and stays",
                                      unreadable),
                      err));
    }
    if (!ca.address) {
        return PC_OK;
    }
    object.note =
        pc_arena_format(searched->arena, "of the CA that issued its certificate: %s (%s)", ca.address, ca.protocol);
    return object.note ? add(searched, &object, &named, err) : pc_fail_memory(err);
}

static pc_status add_records(search *searched, pc_error *err)
{
    pc_retire_result *result = searched->plan->result;
    const pc_retire_object object = { .object_class = PC_RETIRE_RECORD };
    const pc_named_object named = { .id = searched->key.id, .label = pc_bytes_of_text(searched->key.label) };

    if (!result->spki_sha256) {
        return PC_OK;
    }
    PC_TRY(pc_pending_find(searched->token, result->spki_sha256, searched->arena, &searched->plan->records, err));
    for (size_t i = 0; i < searched->plan->records.count; i++) {
        const pc_pending *record = &searched->plan->records.items[i];

        PC_TRY(add(searched, &object, &named, err));
        PC_TRY(record->state == PC_PENDING_DENIED
                   ? PC_OK
                   : depend(searched, "pending-request",
                            pc_arena_format(searched->arena,
                                            "a request for this key is pending at %s%s%s: its certificate could no "
                                            "longer be used",
                                            record->ca, *record->request_id ? " as number " : "", record->request_id),
                            err));
    }
    return PC_OK;
}

/* --- dependents --- */

static bool issued(const search *searched, const pc_token_certificate *held)
{
    bool did = false;

    if (!held->certificate || !searched->public_key || is_own(searched, held)) {
        return false;
    }
    pc_attempt_begin();
    did = X509_verify(held->certificate, searched->public_key) == 1;
    pc_attempt_end();
    return did;
}

static pc_status add_issued(search *searched, pc_error *err)
{
    for (size_t i = 0; i < searched->certificates.count; i++) {
        const pc_token_certificate *each = &searched->certificates.items[i];

        if (!issued(searched, each)) {
            continue;
        }
        const char *subject = pc_x509_name_text(X509_get_subject_name(each->certificate), searched->arena);
        const char *serial = pc_serial_words(each->certificate, searched->arena);

        PC_TRY(depend(searched, "issued-certificate",
                      subject && serial ? pc_arena_format(searched->arena,
                                                          "it issued %s (serial number %s): without it nothing can be "
                                                          "revoked or renewed",
                                                          subject, serial)
                                        : NULL,
                      err));
    }
    return PC_OK;
}

static pc_status add_sharers(search *searched, pc_error *err)
{
    for (size_t i = 0; i < searched->inventory.key_count; i++) {
        const pc_key *each = &searched->inventory.keys[i];

        if (each->handle == searched->key.handle || !pc_bytes_match(each->id, searched->key.id)) {
            continue;
        }
        const char *label = pc_text_escape(searched->arena, each->label, strlen(each->label));

        PC_TRY(depend(searched, "shared-id",
                      label ? pc_arena_format(searched->arena, "the private key \"%s\" has the same CKA_ID and stays",
                                              label)
                            : NULL,
                      err));
    }
    return PC_OK;
}

static pc_status add_validity(search *searched, pc_error *err)
{
    const char *until = searched->plan->valid_until;

    return until ? depend(searched, "valid-certificate",
                          pc_arena_format(searched->arena, "its certificate is valid until %s: its CA should revoke it",
                                          until),
                          err)
                 : PC_OK;
}

/* --- the key --- */

static bool has_private_key(const pc_inventory *inventory, const pc_key *public_key)
{
    for (size_t i = 0; i < inventory->key_count; i++) {
        if (pc_bytes_match(inventory->keys[i].id, public_key->id) ||
            pc_public_half_equal(&inventory->keys[i].half, &public_key->half)) {
            return true;
        }
    }
    return false;
}

static bool is_selected(const pc_key_selector *selector, const pc_key *key)
{
    return (!selector->label || pc_label_is(selector->label, key->label)) &&
           (!selector->id.data || pc_bytes_equal(selector->id, key->id));
}

/* An interrupted run leaves the public key, which is removed last. */
static const pc_key *find_rest(const search *searched, const pc_key_selector *selector)
{
    const pc_inventory *inventory = &searched->inventory;

    for (size_t i = 0; i < inventory->public_count; i++) {
        if (is_selected(selector, &inventory->publics[i]) && !has_private_key(inventory, &inventory->publics[i])) {
            return &inventory->publics[i];
        }
    }
    return NULL;
}

static pc_status find_secret_key(const search *searched, const pc_key_selector *selector, pc_found *ret_found,
                                 pc_error *err)
{
    static const CK_OBJECT_CLASS class = CKO_SECRET_KEY;
    pc_template wanted = { .count = 0 };

    pc_template_add(&wanted, CKA_CLASS, &class, sizeof class);
    if (selector->label) {
        pc_template_add_bytes(&wanted, CKA_LABEL, pc_bytes_of_text(selector->label));
    }
    if (selector->id.data) {
        pc_template_add_bytes(&wanted, CKA_ID, selector->id);
    }
    return selector->label ? pc_objects_find_by_text(searched->token, &wanted, 2, ret_found, err)
                           : pc_objects_find(searched->token, &wanted, 2, ret_found, err);
}

/* The key's length in bits is a CKA_VALUE_LEN of bytes (PKCS#11 v2.40 mechanisms section 2.8). */
static pc_status describe_secret_key(search *searched, pc_error *err)
{
    static const CK_ATTRIBUTE_TYPE types[] = { CKA_KEY_TYPE, CKA_VALUE_LEN };
    pc_retire_result *result = searched->plan->result;
    pc_attributes attributes;

    PC_TRY(pc_attributes_read((pc_object){ searched->token, searched->key.handle }, PC_TYPES(types), searched->arena,
                              &attributes, err));
    CK_ULONG type = pc_attributes_number(&attributes, CKA_KEY_TYPE, CK_UNAVAILABLE_INFORMATION);
    CK_ULONG len = pc_attributes_number(&attributes, CKA_VALUE_LEN, 0);

    if (type == CKK_AES) {
        (void)snprintf(result->kind, sizeof result->kind, len ? "AES-%lu" : "AES", len * 8);
    } else {
        (void)snprintf(result->kind, sizeof result->kind, "key type 0x%lx", type);
    }
    return PC_OK;
}

static pc_status take_secret_key(search *searched, CK_OBJECT_HANDLE handle, pc_error *err)
{
    searched->class = CKO_SECRET_KEY;
    PC_TRY(pc_key_read_object((pc_object){ searched->token, handle }, searched->arena, &searched->key, err));
    return describe_secret_key(searched, err);
}

static void take_private_key(search *searched, const pc_key *key)
{
    searched->class = CKO_PRIVATE_KEY;
    searched->key = *key;
    (void)pc_key_describe(key, searched->plan->result->kind);
}

static pc_status add_the_key(search *searched, pc_error *err)
{
    const pc_object object = { searched->token, searched->key.handle };
    pc_key as_shown;

    if (searched->class == CKO_PUBLIC_KEY) {
        return PC_OK;
    }
    PC_TRY(pc_key_read_object(object, searched->arena, &as_shown, err));
    return add_key(searched, searched->class, &as_shown, err);
}

static pc_status find_key(search *searched, pc_error *err)
{
    pc_key_selector selector;
    pc_keys keys = { .count = 0 };
    pc_found secret = { .count = 0 };

    PC_TRY(pc_key_selector_parse(searched->token, searched->order->key, searched->arena, &selector, err));
    selector.half_may_lack = true;
    PC_TRY(pc_keys_find(searched->token, &selector, searched->arena, &keys, err));
    PC_TRY(find_secret_key(searched, &selector, &secret, err));
    if (keys.count + secret.count > 1) {
        (void)pc_fail(err, PC_E_AMBIGUOUS, "%zu private and secret keys match \"%s\"", keys.count + secret.count,
                      searched->order->key);
        return pc_hint(err, PC_E_AMBIGUOUS, "name one by its CKA_ID: pkcs11:id=%%01%%02…");
    }
    const pc_key *rest = find_rest(searched, &selector);

    if (keys.count == 1) {
        take_private_key(searched, &keys.items[0]);
        return PC_OK;
    }
    if (secret.count == 1) {
        return take_secret_key(searched, secret.items[0], err);
    }
    if (rest) {
        searched->class = CKO_PUBLIC_KEY;
        searched->key = *rest;
        return PC_OK;
    }
    searched->plan->is_absent = true;
    (void)pc_fail(err, PC_E_NOT_FOUND, "no key on token \"%s\" matches \"%s\"; nothing was destroyed",
                  searched->token->info.label, searched->order->key);
    return pc_hint(err, PC_E_NOT_FOUND,
                   "`p11cert list` shows the keys on the token; that an earlier run retired it is known only from the "
                   "`record` of that run");
}

static pc_status describe_key(search *searched, pc_error *err)
{
    pc_retire_result *result = searched->plan->result;

    /* Of a kind that OpenSSL does not support, the certificates stay, with a note. */
    PC_TRY(pc_public_key_if_known(&searched->key.half, &searched->public_key, err));
    result->label = pc_text_escape(searched->arena, searched->key.label, strlen(searched->key.label));
    result->id = pc_text_hex(searched->arena, searched->key.id, '\0');
    searched->plan->destroyable = searched->key.flags[PC_KEY_DESTROYABLE];
    if (!result->label || !result->id) {
        return pc_fail_memory(err);
    }
    return searched->public_key ? pc_spki_sha256(searched->public_key, searched->arena, &result->spki_sha256, err)
                                : PC_OK;
}

pc_status pc_retire_make_plan(const pc_token *token, const pc_retire_order *order, pc_retire_plan *plan, pc_error *err)
{
    PC_AUTO(search) search searched = { .token = token, .order = order, .arena = plan->result->arena, .plan = plan };

    PC_TRY(pc_inventory_read_apart(token, searched.arena, &searched.inventory, err));
    PC_TRY(pc_token_certificates_parse(searched.inventory.certificates, searched.inventory.certificate_count,
                                       searched.arena, &searched.certificates, err));
    PC_TRY(find_key(&searched, err));
    PC_TRY(describe_key(&searched, err));
    PC_TRY(add_ca_record(&searched, err));
    PC_TRY(add_the_key(&searched, err));
    PC_TRY(add_records(&searched, err));
    PC_TRY(add_certificates(&searched, err));
    PC_TRY(add_public_keys(&searched, err));
    PC_TRY(add_validity(&searched, err));
    PC_TRY(add_issued(&searched, err));
    return add_sharers(&searched, err);
}
