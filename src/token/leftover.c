/* SPDX-License-Identifier: Apache-2.0 */
#include "token/leftover.h"

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

static bool may_be_empty(CK_OBJECT_CLASS class)
{
    return class == CKO_DATA || class == CKO_CERTIFICATE;
}

/* One call for an object of another class. SoftHSM fails the call if there is no class. */
static pc_status look_at_class(const pc_token *token, CK_OBJECT_HANDLE handle, state *ret_state, pc_error *err)
{
    CK_OBJECT_CLASS class = CK_UNAVAILABLE_INFORMATION; /* if it stays unchanged, it is not a class that may be empty */
    CK_ATTRIBUTE attribute = { .type = CKA_CLASS, .pValue = &class, .ulValueLen = sizeof class };
    CK_RV rv = token->functions->C_GetAttributeValue(token->session, handle, &attribute, 1);

    if (rv != CKR_OK || attribute.ulValueLen != sizeof class) {
        return ask(token, handle, CKA_CLASS, ret_state, err);
    }
    *ret_state = may_be_empty(class) ? EMPTY : HAS_CONTENT;
    return PC_OK;
}

static pc_status look(const pc_token *token, CK_OBJECT_HANDLE handle, state *ret_state, pc_error *err)
{
    static const CK_ATTRIBUTE_TYPE content[] = { CKA_LABEL,     CKA_ID,      CKA_VALUE,  CKA_APPLICATION,
                                                 CKA_OBJECT_ID, CKA_SUBJECT, CKA_ISSUER, CKA_SERIAL_NUMBER,
                                                 CKA_URL };

    PC_TRY(look_at_class(token, handle, ret_state, err));
    for (size_t i = 0; i < PC_COUNT(content) && *ret_state == EMPTY; i++) {
        PC_TRY(ask(token, handle, content[i], ret_state, err));
    }
    return PC_OK;
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

/* SoftHSM 2.6.1 answers CKR_FUNCTION_FAILED where it found no lock file to remove, and has removed the object. */
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
