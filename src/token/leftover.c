/* SPDX-License-Identifier: Apache-2.0 */
#include "token/leftover.h"

#include <string.h>
#include <time.h>

#include "token/attributes.h"
#include "token/ckr.h"

typedef enum {
    EMPTY,
    HAS_CONTENT,
    GONE,
} state;

/* CKR_OK with a length that was never set, or set to "unavailable", says nothing: certainly not that there is no value.
 */
static pc_status judge_length(CK_ULONG len, state *ret_state, pc_error *err)
{
    if (len == PC_LENGTH_UNTOUCHED || len == CK_UNAVAILABLE_INFORMATION) {
        return pc_fail(err, PC_E_TOKEN, "C_GetAttributeValue: the module returned CKR_OK and no length");
    }
    *ret_state = len ? HAS_CONTENT : EMPTY;
    return PC_OK;
}

/* A length without a value: enough to tell whether there is one. SoftHSM answers CKR_ATTRIBUTE_VALUE_INVALID. */
static pc_status ask(const pc_token *token, CK_OBJECT_HANDLE handle, CK_ATTRIBUTE_TYPE type, state *ret_state,
                     pc_error *err)
{
    CK_ATTRIBUTE attribute = { .type = type, .ulValueLen = PC_LENGTH_UNTOUCHED };
    CK_RV rv = token->functions->C_GetAttributeValue(token->session, handle, &attribute, 1);

    switch (rv) {
    case CKR_OK:
        return judge_length(attribute.ulValueLen, ret_state, err);
    case CKR_ATTRIBUTE_TYPE_INVALID:
    case CKR_ATTRIBUTE_VALUE_INVALID:
        *ret_state = EMPTY;
        return PC_OK;
    case CKR_ATTRIBUTE_SENSITIVE:
        *ret_state = HAS_CONTENT;
        return PC_OK;
    case CKR_OBJECT_HANDLE_INVALID:
        *ret_state = GONE;
        return PC_OK;
    default:
        return pc_fail_ckr(err, rv, "C_GetAttributeValue");
    }
}

/* The essential attribute of each class of object. SoftHSM shows it for any RSA or EC key that it has generated or
 * imported. */
static const CK_ATTRIBUTE_TYPE of_object[] = { CKA_LABEL,     CKA_ID,      CKA_VALUE,  CKA_APPLICATION,
                                               CKA_OBJECT_ID, CKA_SUBJECT, CKA_ISSUER, CKA_SERIAL_NUMBER,
                                               CKA_URL };
static const CK_ATTRIBUTE_TYPE of_private_key[] = { CKA_MODULUS, CKA_EC_PARAMS };
static const CK_ATTRIBUTE_TYPE of_public_key[] = { CKA_MODULUS, CKA_EC_POINT };

typedef struct {
    const CK_ATTRIBUTE_TYPE *types;
    size_t count;
} content;

static bool is_of_softhsm(const pc_token *token)
{
    static const char maker[] = "SoftHSM project";

    return memcmp(token->raw.manufacturerID, maker, sizeof maker - 1) == 0;
}

/* Does it have no class yet, or one whose content is known? */
static pc_status check_key_type(const pc_token *token, CK_OBJECT_HANDLE handle, state *ret_state, pc_error *err)
{
    CK_KEY_TYPE type = CK_UNAVAILABLE_INFORMATION;
    CK_ATTRIBUTE attribute = { .type = CKA_KEY_TYPE, .pValue = &type, .ulValueLen = sizeof type };
    CK_RV rv = token->functions->C_GetAttributeValue(token->session, handle, &attribute, 1);

    if (rv != CKR_OK || attribute.ulValueLen != sizeof type) {
        return ask(token, handle, CKA_KEY_TYPE, ret_state, err);
    }
    *ret_state = type == CKK_RSA || type == CKK_EC || type == CKK_EC_EDWARDS ? EMPTY : HAS_CONTENT;
    return PC_OK;
}

/* Empty for an object that is never regarded as empty. */
static content content_of(const pc_token *token, CK_OBJECT_CLASS class)
{
    if (class == CKO_DATA || class == CKO_CERTIFICATE) {
        return (content){ of_object, PC_COUNT(of_object) };
    }
    if (class == CKO_PRIVATE_KEY && is_of_softhsm(token)) {
        return (content){ of_private_key, PC_COUNT(of_private_key) };
    }
    if (class == CKO_PUBLIC_KEY && is_of_softhsm(token)) {
        return (content){ of_public_key, PC_COUNT(of_public_key) };
    }
    return (content){ NULL, 0 };
}

/* One call for an object of another class. SoftHSM fails the call if there is no class. */
static pc_status look_at_class(const pc_token *token, CK_OBJECT_HANDLE handle, content *ret_content, state *ret_state,
                               pc_error *err)
{
    CK_OBJECT_CLASS class = CK_UNAVAILABLE_INFORMATION; /* if it stays unchanged, it is not a class that may be empty */
    CK_ATTRIBUTE attribute = { .type = CKA_CLASS, .pValue = &class, .ulValueLen = sizeof class };
    CK_RV rv = token->functions->C_GetAttributeValue(token->session, handle, &attribute, 1);

    if (rv != CKR_OK || attribute.ulValueLen != sizeof class) {
        *ret_content = (content){ of_object, PC_COUNT(of_object) };
        return ask(token, handle, CKA_CLASS, ret_state, err);
    }
    *ret_content = content_of(token, class);
    *ret_state = ret_content->count ? EMPTY : HAS_CONTENT;
    return *ret_state == EMPTY && ret_content->types != of_object ? check_key_type(token, handle, ret_state, err)
                                                                  : PC_OK;
}

static pc_status look(const pc_token *token, CK_OBJECT_HANDLE handle, state *ret_state, pc_error *err)
{
    content wanted;

    PC_TRY(look_at_class(token, handle, &wanted, ret_state, err));
    for (size_t i = 0; i < wanted.count && *ret_state == EMPTY; i++) {
        PC_TRY(ask(token, handle, wanted.types[i], ret_state, err));
    }
    return PC_OK;
}

static bool shows_content(CK_OBJECT_CLASS class, const pc_public_half *half)
{
    return half->modulus.len || half->value.len || (class == CKO_PRIVATE_KEY ? half->parameters.len : half->point.len);
}

pc_status pc_leftover_is_key(pc_object object, CK_OBJECT_CLASS class, const pc_public_half *half, bool *ret_is_leftover,
                             pc_error *err)
{
    const bool is_key = class == CKO_PRIVATE_KEY || class == CKO_PUBLIC_KEY;
    state found = HAS_CONTENT;

    if (is_key && is_of_softhsm(object.token) && !shows_content(class, half)) {
        PC_TRY(look(object.token, object.handle, &found, err));
    }
    *ret_is_leftover = found == EMPTY;
    return PC_OK;
}

pc_status pc_leftovers_drop(const pc_token *token, CK_OBJECT_CLASS class, pc_found *found, pc_error *err)
{
    const pc_public_half not_read = { .key_type = CKK_VENDOR_DEFINED };
    size_t kept = 0;

    for (size_t i = 0; i < found->count; i++) {
        bool is_leftover = false;

        PC_TRY(pc_leftover_is_key((pc_object){ token, found->items[i] }, class, &not_read, &is_leftover, err));
        if (!is_leftover) {
            found->items[kept++] = found->items[i];
        }
    }
    found->count = kept;
    return PC_OK;
}

pc_status pc_leftovers_fail_full(size_t max, const char *words, pc_error *err)
{
    (void)pc_fail(err, PC_E_TOKEN, "more than %zu objects match \"%s\", and some of them are keys without key material",
                  max - 1, words);
    return pc_hint(err, PC_E_TOKEN, "`p11cert repair --apply` removes what a killed program left");
}

static int compare_handles(const void *a, const void *b)
{
    const CK_OBJECT_HANDLE *left = a;
    const CK_OBJECT_HANDLE *right = b;

    return (*left > *right) - (*left < *right);
}

static pc_status sort_known(const pc_inventory *known, pc_arena *arena, pc_handles *ret_sorted, pc_error *err)
{
    size_t count = known->key_count + known->public_count + known->certificate_count;
    CK_OBJECT_HANDLE *next = pc_arena_alloc(arena, (count + 1) * sizeof *next);

    if (!next) {
        return pc_fail_memory(err);
    }
    ret_sorted->items = next;
    for (size_t i = 0; i < known->key_count; i++) {
        *next++ = known->keys[i].handle;
    }
    for (size_t i = 0; i < known->public_count; i++) {
        *next++ = known->publics[i].handle;
    }
    for (size_t i = 0; i < known->certificate_count; i++) {
        if (known->certificates[i].value.len) {
            *next++ = known->certificates[i].handle;
        }
    }
    ret_sorted->count = (size_t)(next - ret_sorted->items);
    qsort(ret_sorted->items, ret_sorted->count, sizeof *next, compare_handles);
    return PC_OK;
}

pc_status pc_leftovers_find(const pc_token *token, const pc_inventory *known, pc_arena *arena, pc_handles *ret_found,
                            pc_error *err)
{
    const pc_template every_object = { .count = 0 };
    pc_handles sorted = { .count = 0 };
    pc_handles all = { .count = 0 };
    size_t kept = 0;

    PC_TRY(sort_known(known, arena, &sorted, err));
    PC_TRY(pc_objects_find_all(token, &every_object, arena, &all, err));
    for (size_t i = 0; i < all.count; i++) {
        state found = HAS_CONTENT;

        if (!bsearch(&all.items[i], sorted.items, sorted.count, sizeof *sorted.items, compare_handles)) {
            PC_TRY(look(token, all.items[i], &found, err));
        }
        if (found == EMPTY) {
            all.items[kept++] = all.items[i];
        }
    }
    *ret_found = (pc_handles){ .items = all.items, .count = kept };
    return PC_OK;
}

/* An object that another program is creating looks the same for a few milliseconds. */
#define CREATION_SEC 2

void pc_leftover_wait_for_creation(void)
{
    const struct timespec pause = { .tv_sec = CREATION_SEC };

    (void)nanosleep(&pause, NULL);
}

/* SoftHSM 2.6.1 returns CKR_FUNCTION_FAILED if it found no lock file to remove, although it has removed the object. */
pc_status pc_leftover_remove(const pc_token *token, CK_OBJECT_HANDLE handle, pc_error *err)
{
    state found = GONE;

    PC_TRY(look(token, handle, &found, err));
    if (found == HAS_CONTENT) {
        return pc_fail(err, PC_E_REFUSED, "the object has content now: another program was creating it");
    }
    CK_RV rv = found == GONE ? CKR_OK : token->functions->C_DestroyObject(token->session, handle);

    if (rv == CKR_OK) {
        return PC_OK;
    }
    pc_error ignored = { .status = PC_OK };

    return look(token, handle, &found, &ignored) == PC_OK && found == GONE ? PC_OK
                                                                           : pc_fail_ckr(err, rv, "C_DestroyObject");
}
