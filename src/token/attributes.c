/* SPDX-License-Identifier: Apache-2.0 */
#include "token/attributes.h"

#include <stdalign.h>
#include <string.h>

#include "token/ckr.h"
#include "token/filled_value.h"

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

/* What a buffer holds before it is read: an answer that left it unchanged must be noticed. A value may happen to
 * consist of one of the two bytes, but not of both. */
static const uint8_t fills[] = { PC_BYTE_UNTOUCHED, (uint8_t)~PC_BYTE_UNTOUCHED };

/* Codes that refer to single attributes, not to the whole call (PKCS#11 v2.40 section 5.7, C_GetAttributeValue). Some
 * modules stop at the first such attribute, and some leave every attribute of the call as it was. */
static bool is_partial(CK_RV rv)
{
    return rv == CKR_OK || rv == CKR_ATTRIBUTE_SENSITIVE || rv == CKR_ATTRIBUTE_TYPE_INVALID ||
           rv == CKR_ATTRIBUTE_VALUE_INVALID || rv == CKR_BUFFER_TOO_SMALL;
}

/* Attributes that can be unknown: one that is not shown is reported as unknown, and decides nothing. */
static bool is_flag(CK_ATTRIBUTE_TYPE type)
{
    return usual_len(type) == sizeof(CK_ULONG) && type != CKA_CLASS && type != CKA_KEY_TYPE;
}

#define ROOM_LEN 12288u /* enough for the usual lengths of the longest list of attributes */

/** Attributes that are read in one call. */
typedef struct {
    CK_ATTRIBUTE items[PC_ATTRIBUTE_MAX_COUNT];
    CK_ULONG room[PC_ATTRIBUTE_MAX_COUNT]; /* the length that each had before the call */
    size_t count;
    CK_RV rv;
    uint8_t fill;      /* the byte that the buffers held before the call */
    bool may_be_short; /* the buffers have the usual sizes */
} reading;

/* An object of the right class always has these attributes, so one that is unavailable can only have been too long. If
 * another attribute is unknown as well, the module may have returned the code for that one. Some modules report the
 * length that they need (PKCS#11 before v2.40). */
static bool is_longer(const reading *call, size_t place)
{
    CK_ATTRIBUTE_TYPE type = call->items[place].type;
    CK_ULONG len = call->items[place].ulValueLen;

    if (!call->may_be_short || call->rv == CKR_OK) {
        return false;
    }
    if (len != UNAVAILABLE) {
        return call->rv == CKR_BUFFER_TOO_SMALL && len > call->room[place] && len <= PC_ATTRIBUTE_MAX_LEN;
    }
    return call->rv == CKR_BUFFER_TOO_SMALL || type == CKA_LABEL || type == CKA_ID || type == CKA_SUBJECT ||
           type == CKA_VALUE;
}

/* Did the call leave this attribute, or a part of it, as it was? A length that was not set is that of the buffer. */
static bool is_untouched(const reading *call, size_t place)
{
    const CK_ATTRIBUTE *attribute = &call->items[place];
    const uint8_t *bytes = attribute->pValue;
    CK_ULONG len = attribute->ulValueLen;

    if (len == UNAVAILABLE || len == 0) {
        return false;
    }
    if (!bytes || len > call->room[place]) {
        return !bytes && len == PC_LENGTH_UNTOUCHED;
    }
    return len == call->room[place] ? bytes[len - 1] == call->fill
                                    : pc_bytes_consist_of((pc_bytes){ bytes, len }, call->fill);
}

static pc_status check_lengths(const reading *call, pc_error *err)
{
    for (size_t i = 0; i < call->count; i++) {
        CK_ULONG len = call->items[i].ulValueLen;
        CK_ULONG most = call->items[i].pValue ? call->room[i] : PC_ATTRIBUTE_MAX_LEN;

        if (len != UNAVAILABLE && len > most && !is_untouched(call, i) && !is_longer(call, i)) {
            return pc_fail(err, PC_E_TOKEN,
                           "C_GetAttributeValue: the module reports an impossible length for attribute 0x%lx: %lu "
                           "bytes",
                           call->items[i].type, len);
        }
    }
    return PC_OK;
}

static pc_status get(pc_object object, reading *call, pc_error *err)
{
    for (size_t i = 0; i < call->count; i++) {
        CK_ATTRIBUTE *attribute = &call->items[i];

        call->room[i] = attribute->ulValueLen;
        if (attribute->pValue) {
            memset(attribute->pValue, call->fill, attribute->ulValueLen);
        }
    }
    call->rv =
        object.token->functions->C_GetAttributeValue(object.token->session, object.handle, call->items, call->count);
    if (!is_partial(call->rv)) {
        return pc_fail_ckr(err, call->rv, "C_GetAttributeValue");
    }
    return check_lengths(call, err);
}

static pc_status make_room(CK_ATTRIBUTE *attribute, CK_ULONG len, pc_arena *arena, pc_error *err)
{
    attribute->pValue = pc_arena_alloc(arena, len ? len : 1);
    attribute->ulValueLen = len;
    return attribute->pValue ? PC_OK : pc_fail_memory(err);
}

/* --- one by one --- */

/* An answer without a length or a value says neither that the attribute exists nor that it does not. */
static pc_status end_without_value(CK_ATTRIBUTE *attribute, CK_RV rv, pc_error *err)
{
    bool is_answered =
        rv == CKR_ATTRIBUTE_SENSITIVE || rv == CKR_ATTRIBUTE_TYPE_INVALID || rv == CKR_ATTRIBUTE_VALUE_INVALID;

    attribute->ulValueLen = UNAVAILABLE;
    if (is_answered || is_flag(attribute->type)) {
        return PC_OK;
    }
    return rv == CKR_OK ? pc_fail(err, PC_E_TOKEN,
                                  "C_GetAttributeValue: the module returned CKR_OK and no value for attribute 0x%lx",
                                  attribute->type)
                        : pc_fail_ckr(err, rv, "C_GetAttributeValue");
}

/* Its length, then its value, as PKCS#11 v2.40 section 5.2 describes. */
static pc_status get_alone(pc_object object, CK_ATTRIBUTE *attribute, pc_arena *arena, pc_error *err)
{
    reading call = { .items = { { .type = attribute->type, .ulValueLen = PC_LENGTH_UNTOUCHED } }, .count = 1 };

    PC_TRY(get(object, &call, err));
    CK_ULONG len = call.items[0].ulValueLen;

    if (call.rv != CKR_OK || is_untouched(&call, 0) || len == UNAVAILABLE) {
        return end_without_value(attribute, call.rv, err);
    }
    if (len == 0) {
        attribute->ulValueLen = 0;
        return PC_OK;
    }
    for (size_t i = PC_COUNT(fills); i-- > 0;) {
        PC_TRY(make_room(&call.items[0], len, arena, err));
        call.fill = fills[i];
        PC_TRY(get(object, &call, err));
        if (call.rv == CKR_OK && !pc_bytes_consist_of((pc_bytes){ call.items[0].pValue, len }, call.fill)) {
            *attribute = call.items[0];
            return PC_OK;
        }
    }
    return end_without_value(attribute, call.rv, err);
}

/** The attributes of a list that have to be read again. */
typedef struct {
    size_t places[PC_ATTRIBUTE_MAX_COUNT];
    size_t count;
} again;

static again find_untouched(const reading *call)
{
    again found = { .count = 0 };

    for (size_t i = 0; i < call->count; i++) {
        if (is_untouched(call, i)) {
            found.places[found.count++] = i;
        }
    }
    return found;
}

static pc_status get_untouched(pc_object object, reading *call, pc_arena *arena, pc_error *err)
{
    const again untouched = find_untouched(call);

    for (size_t i = 0; i < untouched.count; i++) {
        PC_TRY(get_alone(object, &call->items[untouched.places[i]], arena, err));
    }
    return PC_OK;
}

/* --- all at once --- */

static again find_longer(const reading *call)
{
    again found = { .count = 0 };

    for (size_t i = 0; i < call->count; i++) {
        if (is_longer(call, i)) {
            found.places[found.count++] = i;
        }
    }
    return found;
}

/* Asks for the sizes of the attributes that did not fit, then reads them again. */
static pc_status get_longer(pc_object object, reading *call, pc_arena *arena, pc_error *err)
{
    const again longer = find_longer(call);
    reading second = { .count = longer.count, .fill = call->fill };

    if (longer.count == 0) {
        return PC_OK;
    }
    for (size_t i = 0; i < longer.count; i++) {
        second.items[i] =
            (CK_ATTRIBUTE){ .type = call->items[longer.places[i]].type, .ulValueLen = PC_LENGTH_UNTOUCHED };
    }
    PC_TRY(get(object, &second, err));
    for (size_t i = 0; i < longer.count; i++) {
        CK_ULONG len = second.items[i].ulValueLen;
        bool is_known = len != UNAVAILABLE && len != PC_LENGTH_UNTOUCHED;

        PC_TRY(make_room(&second.items[i], is_known ? len : 1, arena, err));
    }
    PC_TRY(get(object, &second, err));
    PC_TRY(get_untouched(object, &second, arena, err));
    for (size_t i = 0; i < longer.count; i++) {
        call->items[longer.places[i]] = second.items[i];
    }
    return PC_OK;
}

/* Only the values, one after the other: the buffers that they were read into are much longer, and for a token with
 * thousands of objects they would fill the memory. */
static pc_status keep_values(const reading *call, pc_arena *arena, pc_attributes *ret_attributes, pc_error *err)
{
    size_t len = 0;

    ret_attributes->count = call->count;
    for (size_t i = 0; i < call->count; i++) {
        const CK_ATTRIBUTE *each = &call->items[i];
        bool readable = each->ulValueLen != UNAVAILABLE;

        ret_attributes->items[i] = (pc_attribute){ .type = each->type,
                                                   .readable = readable,
                                                   .value = { each->pValue, readable ? each->ulValueLen : 0 } };
        len += ret_attributes->items[i].value.len;
    }
    uint8_t *next = pc_arena_alloc(arena, len ? len : 1);

    if (!next) {
        return pc_fail_memory(err);
    }
    for (size_t i = 0; i < call->count; i++) {
        pc_bytes *value = &ret_attributes->items[i].value;

        if (value->len) {
            memcpy(next, value->data, value->len);
        }
        value->data = next;
        next += value->len;
    }
    return PC_OK;
}

/* In memory that need not be cleared: get() fills it before the call. Modules store numbers through a pointer of their
 * type, so each buffer is aligned: the usual lengths are all multiples of the alignment of `room`. */
static pc_status lay_out(reading *call, pc_attribute_types types, uint8_t room[static ROOM_LEN], pc_arena *buffers,
                         pc_error *err)
{
    size_t used = 0;

    for (size_t i = 0; i < types.count; i++) {
        const CK_ULONG len = usual_len(types.items[i]);

        call->items[i].type = types.items[i];
        if (len > ROOM_LEN - used) {
            PC_TRY(make_room(&call->items[i], len, buffers, err));
            continue;
        }
        call->items[i].pValue = room + used;
        call->items[i].ulValueLen = len;
        used += len;
    }
    return PC_OK;
}

pc_status pc_attributes_read(pc_object object, pc_attribute_types types, pc_arena *arena, pc_attributes *ret_attributes,
                             pc_error *err)
{
    PC_AUTO(pc_arena) pc_arena *buffers = pc_arena_new();
    alignas(CK_ULONG) uint8_t room[ROOM_LEN];
    reading call = { .count = types.count, .fill = fills[0], .may_be_short = true };

    if (!buffers) {
        return pc_fail_memory(err);
    }
    if (types.count > PC_ATTRIBUTE_MAX_COUNT) {
        return pc_fail(err, PC_E_INTERNAL, "%zu attributes requested at once", types.count);
    }
    PC_TRY(lay_out(&call, types, room, buffers, err));
    PC_TRY(get(object, &call, err));
    PC_TRY(get_longer(object, &call, buffers, err));
    PC_TRY(get_untouched(object, &call, buffers, err));
    return keep_values(&call, arena, ret_attributes, err);
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
    const pc_bytes text = pc_value_unfilled(type, pc_attributes_bytes(attributes, type));

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
