/* SPDX-License-Identifier: Apache-2.0 */
#include "token/made_object.h"

#include <string.h>

#include "base/bytes.h"
#include "token/attributes.h"
#include "token/filled_value.h"

static bool matches(const pc_attributes *attributes, const pc_template *made)
{
    for (CK_ULONG i = 0; i < made->count; i++) {
        const CK_ATTRIBUTE *expected = &made->items[i];
        const pc_bytes value = { expected->pValue, expected->ulValueLen };

        if (!pc_attribute_equal(expected->type, pc_attributes_bytes(attributes, expected->type), value)) {
            return false;
        }
    }
    return made->count > 0;
}

static CK_RV code_of(const pc_error *why)
{
    return why->origin == PC_ORIGIN_PKCS11 ? why->code
           : why->status == PC_E_MEMORY    ? CKR_HOST_MEMORY
                                           : CKR_GENERAL_ERROR; /* impossible lengths */
}

pc_status pc_made_object_compare(pc_object object, const pc_template *made, bool *ret_is_it, pc_error *err)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    CK_ATTRIBUTE_TYPE types[PC_COUNT(made->items)];
    pc_attributes attributes = { .count = 0 };

    if (!arena) {
        return pc_fail_memory(err);
    }
    for (CK_ULONG i = 0; i < made->count; i++) {
        types[i] = made->items[i].type;
    }
    PC_TRY(pc_attributes_read(object, (pc_attribute_types){ types, made->count }, arena, &attributes, err));
    *ret_is_it = matches(&attributes, made);
    return PC_OK;
}

CK_RV pc_made_object_destroy(const pc_token *token, CK_OBJECT_HANDLE handle, const pc_template *made)
{
    pc_error why = { .status = PC_OK };
    bool is_it = false;

    if (pc_made_object_compare((pc_object){ token, handle }, made, &is_it, &why) != PC_OK) {
        return code_of(&why);
    }
    return is_it ? token->functions->C_DestroyObject(token->session, handle) : CKR_OBJECT_HANDLE_INVALID;
}

pc_status pc_made_object_is_found(pc_object object, CK_OBJECT_CLASS class, const char *label, bool *ret_is_found,
                                  pc_error *err)
{
    pc_template search = { .count = 0 };
    pc_found found = { .count = 0 };
    bool is_found = false;

    pc_template_add(&search, CKA_CLASS, &class, sizeof class);
    pc_template_add(&search, CKA_LABEL, label, strlen(label));
    PC_TRY(pc_objects_find_by_text(object.token, &search, PC_FOUND_MAX, &found, err));
    for (size_t i = 0; i < found.count; i++) {
        is_found = is_found || found.items[i] == object.handle;
    }
    *ret_is_found = is_found;
    return PC_OK;
}

pc_template pc_made_with_id(const CK_OBJECT_CLASS *class, pc_bytes id)
{
    pc_template made = { .count = 0 };

    pc_template_add(&made, CKA_CLASS, class, sizeof *class);
    pc_template_add_bytes(&made, CKA_ID, id);
    return made;
}

CK_RV pc_made_key_destroy(const pc_token *token, CK_OBJECT_HANDLE handle, CK_OBJECT_CLASS class, pc_bytes id)
{
    const pc_template made = pc_made_with_id(&class, id);

    return pc_made_object_destroy(token, handle, &made);
}

CK_RV pc_made_session_key_destroy(const pc_token *token, CK_OBJECT_HANDLE handle, CK_OBJECT_CLASS class)
{
    static const CK_BBOOL no = CK_FALSE;
    pc_template made = { .count = 0 };

    pc_template_add(&made, CKA_CLASS, &class, sizeof class);
    pc_template_add(&made, CKA_TOKEN, &no, sizeof no);
    return pc_made_object_destroy(token, handle, &made);
}
