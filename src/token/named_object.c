/* SPDX-License-Identifier: Apache-2.0 */
#include "token/named_object.h"

#include "token/ckr.h"
#include "token/made_object.h"

static void add_unless_empty(pc_template *identity, CK_ATTRIBUTE_TYPE type, pc_bytes value)
{
    if (value.len) {
        pc_template_add_bytes(identity, type, value);
    }
}

static pc_template identity_of(const pc_named_object *object)
{
    pc_template identity = { .count = 0 };

    pc_template_add(&identity, CKA_CLASS, &object->object_class, sizeof object->object_class);
    add_unless_empty(&identity, CKA_ID, object->id);
    add_unless_empty(&identity, CKA_LABEL, object->label);
    add_unless_empty(&identity, object->value_type, object->value);
    return identity;
}

/* Codes by which a token says that it does not do this at all, as opposed to a failure. */
static bool is_refusal(CK_RV rv)
{
    return rv == 0x0000001bUL /* CKR_ACTION_PROHIBITED, v2.40 */ || rv == CKR_FUNCTION_NOT_SUPPORTED ||
           rv == CKR_TOKEN_WRITE_PROTECTED || rv == CKR_FUNCTION_REJECTED || rv == CKR_ATTRIBUTE_READ_ONLY;
}

pc_status pc_named_object_destroy(const pc_token *token, const pc_named_object *object, pc_error *err)
{
    const pc_template identity = identity_of(object);
    CK_RV rv = pc_made_object_destroy(token, object->handle, &identity);

    if (rv == CKR_OK) {
        return PC_OK;
    }
    if (rv == CKR_OBJECT_HANDLE_INVALID) {
        (void)pc_fail_ckr_as(err, PC_E_VERIFY, rv, "C_DestroyObject");
        return pc_note(err, PC_E_VERIFY, "the object has changed since it was found, or is gone; it was not destroyed");
    }
    return is_refusal(rv) ? pc_fail_ckr_as(err, PC_E_REFUSED, rv, "C_DestroyObject")
                          : pc_fail_ckr(err, rv, "C_DestroyObject");
}

/* A search by all of its attributes would not find an object that the token shows in another form than it is found by.
 */
static pc_template search_of(const pc_named_object *object)
{
    pc_template search = { .count = 0 };

    pc_template_add(&search, CKA_CLASS, &object->object_class, sizeof object->object_class);
    add_unless_empty(&search, CKA_ID, object->id);
    return search;
}

pc_status pc_named_object_is_there(const pc_token *token, const pc_named_object *object, bool *ret_there, pc_error *err)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    const pc_template search = search_of(object);
    const pc_template identity = identity_of(object);
    pc_handles found = { .count = 0 };
    bool is_it = false;

    if (!arena) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_objects_find_all(token, &search, arena, &found, err));
    for (size_t i = 0; i < found.count && !is_it; i++) {
        PC_TRY(pc_made_object_compare((pc_object){ token, found.items[i] }, &identity, &is_it, err));
    }
    *ret_there = is_it;
    return PC_OK;
}
