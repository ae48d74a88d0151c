/* SPDX-License-Identifier: Apache-2.0 */
#include "token/attributes.h"

#include <string.h>

#include "token/ckr.h"

#define UNAVAILABLE ((CK_ULONG)-1) /* CK_UNAVAILABLE_INFORMATION */

/* A buffer size that usually suffices, so that one round trip is enough. */
static CK_ULONG usual_len(CK_ATTRIBUTE_TYPE type)
{
    switch (type) {
    case CKA_MODULUS:
    case CKA_SUBJECT:
    case CKA_ISSUER:
        return 1024;
    case CKA_VALUE:
        return 4096;
    case CKA_LABEL:
    case CKA_ID:
    case CKA_EC_PARAMS:
    case CKA_EC_POINT:
    case CKA_SERIAL_NUMBER:
    case CKA_PUBLIC_EXPONENT:
    case CKA_ALLOWED_MECHANISMS:
        return 256;
    default:
        return sizeof(CK_ULONG);
    }
}

/* Codes that refer to single attributes, not to the whole call (PKCS#11 v2.40 section 5.7, C_GetAttributeValue). */
static bool is_partial(CK_RV rv)
{
    return rv == CKR_OK || rv == CKR_ATTRIBUTE_SENSITIVE || rv == CKR_ATTRIBUTE_TYPE_INVALID ||
           rv == CKR_BUFFER_TOO_SMALL;
}

/* An object of the right class always has these attributes, so one that is unavailable can only have been too long. If
 * another attribute is unknown as well, the module may have returned the code for that one. */
static bool may_be_longer(const CK_ATTRIBUTE *attribute, CK_RV rv)
{
    if (attribute->ulValueLen != UNAVAILABLE) {
        return false;
    }
    return rv == CKR_BUFFER_TOO_SMALL || attribute->type == CKA_LABEL || attribute->type == CKA_ID ||
           attribute->type == CKA_SUBJECT || attribute->type == CKA_VALUE;
}

static pc_status get(pc_object object, CK_ATTRIBUTE *list, size_t count, CK_RV *ret_rv, pc_error *err)
{
    CK_ULONG room[PC_ATTRIBUTE_MAX_COUNT];

    for (size_t i = 0; i < count; i++) {
        room[i] = list[i].ulValueLen;
    }
    *ret_rv = object.token->functions->C_GetAttributeValue(object.token->session, object.handle, list, count);
    if (!is_partial(*ret_rv)) {
        return pc_fail_ckr(err, *ret_rv, "C_GetAttributeValue");
    }
    for (size_t i = 0; i < count; i++) {
        CK_ULONG len = list[i].ulValueLen;
        CK_ULONG most = list[i].pValue ? room[i] : PC_ATTRIBUTE_MAX_LEN;

        if (len != UNAVAILABLE && len > most) {
            return pc_fail(err, PC_E_TOKEN,
                           "C_GetAttributeValue: the module reports an impossible length for attribute 0x%lx: %lu "
                           "bytes",
                           list[i].type, len);
        }
    }
    return PC_OK;
}

static pc_status make_room(CK_ATTRIBUTE *attribute, CK_ULONG len, pc_arena *arena, pc_error *err)
{
    attribute->pValue = pc_arena_alloc(arena, len ? len : 1);
    attribute->ulValueLen = len;
    return attribute->pValue ? PC_OK : pc_fail_memory(err);
}

/** The attributes of a list that did not fit. */
typedef struct {
    size_t places[PC_ATTRIBUTE_MAX_COUNT];
    size_t count;
} longer;

static longer find_longer(const CK_ATTRIBUTE *list, size_t count, CK_RV rv)
{
    longer found = { .count = 0 };

    for (size_t i = 0; i < count; i++) {
        if (may_be_longer(&list[i], rv)) {
            found.places[found.count++] = i;
        }
    }
    return found;
}

/* Asks for the sizes of the attributes that did not fit, then reads them again. */
static pc_status get_longer(pc_object object, CK_ATTRIBUTE *list, const longer *open, pc_arena *arena, pc_error *err)
{
    CK_ATTRIBUTE again[PC_ATTRIBUTE_MAX_COUNT];
    CK_RV rv;

    for (size_t i = 0; i < open->count; i++) {
        again[i] = (CK_ATTRIBUTE){ .type = list[open->places[i]].type };
    }
    PC_TRY(get(object, again, open->count, &rv, err));
    for (size_t i = 0; i < open->count; i++) {
        PC_TRY(make_room(&again[i], again[i].ulValueLen == UNAVAILABLE ? 0 : again[i].ulValueLen, arena, err));
    }
    PC_TRY(get(object, again, open->count, &rv, err));
    for (size_t i = 0; i < open->count; i++) {
        list[open->places[i]] = again[i];
    }
    return PC_OK;
}

static pc_status get_all(pc_object object, CK_ATTRIBUTE *list, size_t count, pc_arena *arena, pc_error *err)
{
    CK_RV rv;

    PC_TRY(get(object, list, count, &rv, err));
    const longer open = rv == CKR_OK ? (longer){ .count = 0 } : find_longer(list, count, rv);

    return open.count ? get_longer(object, list, &open, arena, err) : PC_OK;
}

pc_status pc_attributes_read(pc_object object, pc_attribute_types types, pc_arena *arena, pc_attributes *ret_attributes,
                             pc_error *err)
{
    CK_ATTRIBUTE list[PC_ATTRIBUTE_MAX_COUNT];

    if (types.count > PC_ATTRIBUTE_MAX_COUNT) {
        return pc_fail(err, PC_E_INTERNAL, "%zu attributes requested at once", types.count);
    }
    for (size_t i = 0; i < types.count; i++) {
        list[i].type = types.items[i];
        PC_TRY(make_room(&list[i], usual_len(types.items[i]), arena, err));
    }
    PC_TRY(get_all(object, list, types.count, arena, err));
    ret_attributes->count = types.count;
    for (size_t i = 0; i < types.count; i++) {
        bool readable = list[i].ulValueLen != UNAVAILABLE;

        ret_attributes->items[i] = (pc_attribute){ .type = types.items[i],
                                                   .readable = readable,
                                                   .value = { list[i].pValue, readable ? list[i].ulValueLen : 0 } };
    }
    return PC_OK;
}

const pc_attribute *pc_attributes_get(const pc_attributes *attributes, CK_ATTRIBUTE_TYPE type)
{
    for (size_t i = 0; i < attributes->count; i++) {
        const pc_attribute *each = &attributes->items[i];

        if (each->type == type) {
            return each->readable && each->value.len ? each : NULL;
        }
    }
    return NULL;
}

pc_bytes pc_attributes_bytes(const pc_attributes *attributes, CK_ATTRIBUTE_TYPE type)
{
    const pc_attribute *found = pc_attributes_get(attributes, type);

    return found ? found->value : (pc_bytes){ .len = 0 };
}

const char *pc_attributes_text(const pc_attributes *attributes, CK_ATTRIBUTE_TYPE type, pc_arena *arena)
{
    pc_bytes text = pc_attributes_bytes(attributes, type);

    return text.len ? pc_arena_text(arena, (const char *)text.data, text.len) : "";
}

pc_fact pc_attributes_fact(const pc_attributes *attributes, CK_ATTRIBUTE_TYPE type)
{
    const pc_attribute *found = pc_attributes_get(attributes, type);

    if (!found || found->value.len != sizeof(CK_BBOOL)) {
        return PC_FACT_UNKNOWN;
    }
    return found->value.data[0] ? PC_FACT_TRUE : PC_FACT_FALSE;
}

CK_ULONG pc_attributes_number(const pc_attributes *attributes, CK_ATTRIBUTE_TYPE type, CK_ULONG otherwise)
{
    const pc_attribute *found = pc_attributes_get(attributes, type);
    CK_ULONG number = otherwise;

    if (found && found->value.len == sizeof number) {
        memcpy(&number, found->value.data, sizeof number);
    }
    return number;
}
