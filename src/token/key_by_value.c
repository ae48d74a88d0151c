/* SPDX-License-Identifier: Apache-2.0 */
#include "token/key_by_value.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/kept_error.h"
#include "token/attributes.h"
#include "token/key.h"
#include "token/ml_dsa.h"
#include "token/public_half.h"
#include "token/search_ability.h"

#define SAME_ID_MAX 8u /* objects with one CKA_ID; of more, the private keys are searched for alone */

static const CK_OBJECT_CLASS public_class = CKO_PUBLIC_KEY;
static const CK_OBJECT_CLASS private_class = CKO_PRIVATE_KEY;

/** A search for the objects of a class by their public value. */
typedef struct {
    const pc_token *token;
    const pc_public_half *half;
    const CK_OBJECT_CLASS *class;
    size_t max;
    bool with_certificates;
    pc_arena *arena;
} value_search;

static pc_search_kind kind_of(const value_search *search)
{
    bool is_private = *search->class == CKO_PRIVATE_KEY;

    if (search->half->key_type == CKK_ML_DSA) {
        return PC_SEARCH_PUBLIC_ML_DSA; /* if a private key does not show it */
    }
    return search->half->key_type == CKK_RSA ? (is_private ? PC_SEARCH_PRIVATE_MODULUS : PC_SEARCH_PUBLIC_MODULUS)
                                             : (is_private ? PC_SEARCH_PRIVATE_POINT : PC_SEARCH_PUBLIC_POINT);
}

/* That a module accepts other searches of this kind does not say that there is no such key. Of a form that only a few
 * modules store, a refusal says nothing. */
static void note_refusal(const value_search *search, pc_bytes value)
{
    if (pc_bytes_equal(value, pc_public_value(search->half))) {
        pc_search_ability_note(search->token, kind_of(search), false);
    }
}

static pc_status find_value(const value_search *search, pc_bytes value, pc_found *ret_found, pc_error *err)
{
    pc_template wanted = { .count = 0 };
    pc_error why = { .status = PC_OK };

    pc_template_add(&wanted, CKA_CLASS, search->class, sizeof *search->class);
    pc_template_add_bytes(&wanted, pc_public_value_type(search->half->key_type), value);
    pc_status status = pc_objects_find(search->token, &wanted, search->max, ret_found, &why);

    if (status != PC_OK && pc_search_is_refused(&why)) {
        note_refusal(search, value);
        ret_found->count = 0;
        return PC_OK;
    }
    if (status != PC_OK) {
        pc_error_pass(err, &why);
    }
    return status;
}

/* The form that only a few modules store: a modulus as a signed number, a point without its OCTET STRING. */
static pc_status other_form(const value_search *search, pc_bytes *ret_form, pc_error *err)
{
    if (search->half->key_type != CKK_RSA) {
        *ret_form = pc_bare_point(pc_public_value(search->half));
        return PC_OK;
    }
    const pc_bytes number = pc_unsigned_number(search->half->modulus);
    uint8_t *form = pc_arena_alloc(search->arena, number.len + 1);

    if (!form) {
        return pc_fail_memory(err);
    }
    form[0] = 0;
    memcpy(form + 1, number.data, number.len);
    *ret_form = (pc_bytes){ form, number.len + 1 };
    return PC_OK;
}

static pc_status find_either_form(const value_search *search, pc_found *ret_found, pc_error *err)
{
    const pc_public_half *half = search->half;
    pc_bytes other = { .len = 0 };

    PC_TRY(find_value(search, pc_public_value(half), ret_found, err));
    if (ret_found->count) {
        return PC_OK;
    }
    PC_TRY(other_form(search, &other, err));
    return find_value(search, other, ret_found, err);
}

/* Does the module find a key of this class by the value that it shows? False also if no key shows its value. */
static pc_status try_search(const value_search *search, bool *ret_can, pc_error *err)
{
    const CK_ATTRIBUTE_TYPE wanted[] = { pc_public_value_type(search->half->key_type) };
    value_search itself = *search;
    pc_template any = { .count = 0 };
    pc_attributes attributes;
    pc_found found;

    itself.max = 1;
    *ret_can = false;
    pc_template_add(&any, CKA_CLASS, search->class, sizeof *search->class);
    pc_template_add(&any, CKA_KEY_TYPE, &search->half->key_type, sizeof search->half->key_type);
    PC_TRY(pc_objects_find(search->token, &any, 1, &found, err));
    if (found.count == 0) {
        return PC_OK;
    }
    PC_TRY(pc_attributes_read((pc_object){ search->token, found.items[0] }, PC_TYPES(wanted), search->arena,
                              &attributes, err));
    pc_public_half shown = { .key_type = search->half->key_type };

    pc_public_half_take(&attributes, &shown);
    const pc_bytes value = pc_attributes_bytes(&attributes, wanted[0]);

    if (value.len) {
        PC_TRY(find_value(&itself, value, &found, err));
        *ret_can = found.count > 0 && pc_public_value_is_usual(&shown);
        pc_search_ability_note(search->token, kind_of(search), *ret_can);
    }
    return PC_OK;
}

static pc_status can_search(const value_search *search, bool *ret_can, pc_error *err)
{
    pc_search_ability known = pc_search_ability_of(search->token, kind_of(search));

    *ret_can = known == PC_SEARCH_FINDS;
    return known == PC_SEARCH_UNKNOWN ? try_search(search, ret_can, err) : PC_OK;
}

/* --- reading every key --- */

static pc_status read_value(const value_search *search, CK_OBJECT_HANDLE handle, pc_key *ret_key, pc_error *err)
{
    static const CK_ATTRIBUTE_TYPE wanted[] = { CKA_KEY_TYPE,        CKA_ID,        CKA_MODULUS,
                                                CKA_PUBLIC_EXPONENT, CKA_EC_PARAMS, CKA_EC_POINT };
    const pc_object object = { search->token, handle };
    pc_attributes attributes;

    PC_TRY(pc_attributes_read(object, PC_TYPES(wanted), search->arena, &attributes, err));
    *ret_key = (pc_key){ .handle = handle,
                         .id = pc_attributes_bytes(&attributes, CKA_ID),
                         .half.key_type = pc_attributes_number(&attributes, CKA_KEY_TYPE, CKK_VENDOR_DEFINED) };
    pc_public_half_take(&attributes, &ret_key->half);
    return pc_ml_dsa_read_value(object, *search->class, search->arena, &ret_key->half, err);
}

/* All objects of the class and key type with the value, whatever their number. */
static pc_status compare_all(const value_search *search, pc_keys *ret_matches, pc_error *err)
{
    pc_template every = { .count = 0 };
    pc_handles handles = { .count = 0 };
    pc_keys matches = { .count = 0 };

    pc_template_add(&every, CKA_CLASS, search->class, sizeof *search->class);
    pc_template_add(&every, CKA_KEY_TYPE, &search->half->key_type, sizeof search->half->key_type);
    PC_TRY(pc_objects_find_all(search->token, &every, search->arena, &handles, err));
    for (size_t i = 0; i < handles.count; i++) {
        pc_key each;

        PC_TRY(read_value(search, handles.items[i], &each, err));
        if (!pc_public_half_equal(&each.half, search->half)) {
            continue;
        }
        pc_key *slot = PC_PUSH(search->arena, matches.items, matches.count);

        if (!slot) {
            return pc_fail_memory(err);
        }
        *slot = each;
    }
    *ret_matches = matches;
    return PC_OK;
}

static void add_handle(const value_search *search, CK_OBJECT_HANDLE handle, pc_found *found)
{
    bool is_known = false;

    for (size_t i = 0; i < found->count; i++) {
        is_known = is_known || found->items[i] == handle;
    }
    if (!is_known && found->count < search->max && found->count < PC_FOUND_MAX) {
        found->items[found->count++] = handle;
    }
}

/* --- the private key of a public object --- */

static pc_status find_private(const value_search *search, const pc_key *public_key, pc_found *ret_found, pc_error *err)
{
    pc_template wanted = { .count = 0 };

    ret_found->count = 0;
    if (public_key->id.len == 0) {
        return PC_OK;
    }
    pc_template_add(&wanted, CKA_CLASS, &private_class, sizeof private_class);
    pc_template_add(&wanted, CKA_KEY_TYPE, &search->half->key_type, sizeof search->half->key_type);
    pc_template_add_bytes(&wanted, CKA_ID, public_key->id);
    return pc_objects_find(search->token, &wanted, search->max, ret_found, err);
}

/* --- everything with the CKA_ID of a public object --- */

static pc_status keep_same_id(const value_search *search, const pc_key_object *object, pc_same_id_objects *same_id,
                              pc_error *err)
{
    pc_key *key = NULL;
    CK_OBJECT_HANDLE *certificate = NULL;

    if (object->class == CKO_CERTIFICATE) {
        certificate = PC_PUSH(search->arena, same_id->certificates.items, same_id->certificates.count);
        if (!certificate) {
            return pc_fail_memory(err);
        }
        *certificate = object->key.handle;
    }
    if (object->class == CKO_PRIVATE_KEY && object->key.half.key_type == search->half->key_type) {
        key = PC_PUSH(search->arena, same_id->private_keys.items, same_id->private_keys.count);
        if (!key) {
            return pc_fail_memory(err);
        }
        *key = object->key;
    }
    return PC_OK;
}

/* Each object must be read to know what it is. Not known of many, or if a class is not shown. */
static pc_status find_same_id(const value_search *search, const pc_key *public_key, pc_same_id_objects *ret_found,
                              pc_error *err)
{
    pc_same_id_objects same_id = { .is_known = true };
    pc_template wanted = { .count = 0 };
    pc_found found;

    *ret_found = (pc_same_id_objects){ .is_known = false };
    pc_template_add_bytes(&wanted, CKA_ID, public_key->id);
    PC_TRY(pc_objects_find(search->token, &wanted, SAME_ID_MAX, &found, err));
    for (size_t i = 0; i < found.count && found.count < SAME_ID_MAX; i++) {
        pc_key_object object = { .class = CKO_PUBLIC_KEY };

        if (found.items[i] != public_key->handle) {
            PC_TRY(pc_key_read_classified((pc_object){ search->token, found.items[i] }, search->arena, &object, err));
        }
        same_id.is_known = same_id.is_known && object.class != CK_UNAVAILABLE_INFORMATION;
        PC_TRY(keep_same_id(search, &object, &same_id, err));
    }
    if (found.count < SAME_ID_MAX && same_id.is_known && same_id.private_keys.count) {
        *ret_found = same_id;
    }
    return PC_OK;
}

static pc_status find_private_or_same_id(const value_search *search, pc_value_found *found, pc_error *err)
{
    pc_same_id_objects *same_id = &found->same_id;

    if (search->with_certificates && found->public_key.id.len) {
        PC_TRY(find_same_id(search, &found->public_key, same_id, err));
    }
    if (!same_id->is_known) {
        return find_private(search, &found->public_key, &found->private_keys, err);
    }
    for (size_t i = 0; i < same_id->private_keys.count; i++) {
        add_handle(search, same_id->private_keys.items[i].handle, &found->private_keys);
    }
    return PC_OK;
}

/* A private key that shows a value is found by it alone: the CKA_ID of a public object is no evidence against that. */
static pc_status add_unless_another(const value_search *search, CK_OBJECT_HANDLE handle, pc_found *found, pc_error *err)
{
    pc_key key;

    PC_TRY(read_value(search, handle, &key, err));
    if (!pc_public_value(&key.half).len) {
        add_handle(search, handle, found);
    }
    return PC_OK;
}

/* The public object that led to the keys is returned only if all of them have its CKA_ID. */
static pc_status add_of_publics(const value_search *search, const pc_keys *publics, pc_value_found *found,
                                pc_error *err)
{
    pc_key holder = { .handle = CK_INVALID_HANDLE };
    bool of_one = true;

    for (size_t i = 0; i < publics->count; i++) {
        pc_found held;

        PC_TRY(find_private(search, &publics->items[i], &held, err));
        for (size_t j = 0; j < held.count; j++) {
            PC_TRY(add_unless_another(search, held.items[j], &found->private_keys, err));
        }
        of_one = of_one && (!held.count || !holder.id.len || pc_bytes_equal(holder.id, publics->items[i].id));
        holder = held.count ? publics->items[i] : holder;
    }
    found->public_key = of_one ? holder : (pc_key){ .handle = CK_INVALID_HANDLE };
    return PC_OK;
}

static pc_status look_through_publics(const value_search *search, pc_value_found *found, pc_error *err)
{
    value_search publics = *search;
    pc_keys matches = { .count = 0 };

    publics.class = &public_class;
    PC_TRY(compare_all(&publics, &matches, err));
    return add_of_publics(search, &matches, found, err);
}

/* Private keys by the value that they show, and by the CKA_ID of the public objects that show it. */
static pc_status look_through(const value_search *search, pc_value_found *ret_found, pc_error *err)
{
    value_search privates = *search;
    pc_keys matches = { .count = 0 };

    *ret_found = (pc_value_found){ .private_keys = { .count = 0 } };
    privates.class = &private_class;
    PC_TRY(compare_all(&privates, &matches, err));
    for (size_t i = 0; i < matches.count; i++) {
        add_handle(&privates, matches.items[i].handle, &ret_found->private_keys);
    }
    return matches.count ? PC_OK : look_through_publics(&privates, ret_found, err);
}

static pc_status look_through_if_blind(const value_search *search, pc_value_found *ret_found, pc_error *err)
{
    bool can = false;

    PC_TRY(can_search(search, &can, err));
    return can ? PC_OK : look_through(search, ret_found, err);
}

static pc_status find_rsa(const value_search *search, pc_value_found *ret_found, pc_error *err)
{
    PC_TRY(find_either_form(search, &ret_found->private_keys, err));
    return ret_found->private_keys.count ? PC_OK : look_through_if_blind(search, ret_found, err);
}

static pc_status find_of_several(const value_search *search, const pc_found *found, pc_value_found *ret_found,
                                 pc_error *err)
{
    value_search publics = *search;
    pc_key items[PC_FOUND_MAX];
    const pc_keys read = { .items = items, .count = found->count };

    publics.class = &public_class;
    for (size_t i = 0; i < found->count; i++) {
        PC_TRY(read_value(&publics, found->items[i], &items[i], err));
    }
    return add_of_publics(search, &read, ret_found, err);
}

/* Of other keys, only the public key object shows the public half on most tokens; its CKA_ID identifies the private
 * key. Several with this point may have different ones: a key that is on the token twice.
 */
static pc_status find_by_public(const value_search *search, pc_value_found *ret_found, pc_error *err)
{
    value_search publics = *search;
    pc_found found;

    publics.class = &public_class;
    publics.max = PC_FOUND_MAX;
    PC_TRY(find_either_form(&publics, &found, err));
    publics.max = search->max;
    if (found.count == 0) {
        return look_through_if_blind(&publics, ret_found, err);
    }
    if (found.count == 1) {
        PC_TRY(read_value(&publics, found.items[0], &ret_found->public_key, err));
        PC_TRY(find_private_or_same_id(search, ret_found, err));
    } else {
        PC_TRY(find_of_several(search, &found, ret_found, err));
    }
    /* There may be another public object with this point. */
    return ret_found->private_keys.count ? PC_OK : look_through(search, ret_found, err);
}

pc_status pc_private_keys_by_value(const pc_token *token, const pc_value_wanted *wanted, pc_arena *arena,
                                   pc_value_found *ret_found, pc_error *err)
{
    const value_search search = {
        .token = token,
        .half = wanted->half,
        .class = &private_class,
        .max = wanted->max,
        .with_certificates = wanted->with_certificates,
        .arena = arena,
    };

    *ret_found = (pc_value_found){ .private_keys = { .count = 0 } };
    return wanted->half->key_type == CKK_RSA ? find_rsa(&search, ret_found, err)
                                             : find_by_public(&search, ret_found, err);
}

static int compare_ids(const void *a, const void *b)
{
    const pc_key *left = a;
    const pc_key *right = b;

    return pc_bytes_compare(left->id, right->id);
}

/* Those found, or, if the module cannot search for them or there may be more, every public key compared. */
static pc_status find_publics(const value_search *search, pc_keys *ret_matches, pc_error *err)
{
    pc_found found;
    bool can = true;

    PC_TRY(find_either_form(search, &found, err));
    if (found.count == 0) {
        PC_TRY(can_search(search, &can, err));
    }
    if (!can || found.count == PC_FOUND_MAX) {
        return compare_all(search, ret_matches, err);
    }
    *ret_matches = (pc_keys){ .count = 0 };
    for (size_t i = 0; i < found.count; i++) {
        pc_key *slot = PC_PUSH(search->arena, ret_matches->items, ret_matches->count);

        PC_TRY(slot ? read_value(search, found.items[i], slot, err) : pc_fail_memory(err));
    }
    return PC_OK;
}

pc_status pc_public_keys_by_value(const pc_token *token, const pc_public_half *half, pc_arena *arena, pc_keys *ret_keys,
                                  pc_error *err)
{
    const value_search search = {
        .token = token, .half = half, .class = &public_class, .max = PC_FOUND_MAX, .arena = arena
    };
    const pc_bytes exponent = pc_unsigned_number(half->exponent);
    pc_keys matches = { .count = 0 };
    size_t kept = 0;

    PC_TRY(find_publics(&search, &matches, err));
    for (size_t i = 0; i < matches.count; i++) {
        if (pc_bytes_equal(pc_unsigned_number(matches.items[i].half.exponent), exponent)) {
            matches.items[kept++] = matches.items[i];
        }
    }
    matches.count = kept;
    if (kept > 1) {
        qsort(matches.items, kept, sizeof *matches.items, compare_ids);
    }
    *ret_keys = matches;
    return PC_OK;
}
