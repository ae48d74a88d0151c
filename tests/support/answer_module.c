/* SPDX-License-Identifier: Apache-2.0 */

/*
 * SoftHSM with the answers of other modules: a PKCS#11 module before /usr/lib/softhsm/libsofthsm2.so. P11CERT_ANSWERS
 * names the habits, separated by commas. It is read at each call, so that a test can change it while a token is open.
 *
 * searches
 *   no-value-search   finds nothing by modulus, point, subject or certificate value
 *   refuses-search    refuses a template with one of these: CKR_ATTRIBUTE_TYPE_INVALID
 *   signed-numbers    shows and finds moduli and exponents with a leading zero
 *   bare-points       shows and finds points without their OCTET STRING
 *   one-a-call        returns one object from each C_FindObjects
 *   endless           begins again whenever a search has returned all objects
 *   repeats           returns each object twice
 *
 * C_GetAttributeValue
 *   stops             at the first attribute that it does not know: CKR_ATTRIBUTE_TYPE_INVALID, the rest untouched
 *   fails-whole       with that code, and nothing touched, if there is any attribute that it does not know
 *   lengths-alone     CKR_OK, and values untouched
 *   untouched         CKR_OK, and neither lengths nor values touched
 *   old-lengths       CKR_BUFFER_TOO_SMALL, with the length that is needed in place of CK_UNAVAILABLE_INFORMATION
 *   It never knows CKA_COPYABLE and CKA_DESTROYABLE.
 *
 * handles
 *   own-handles       those of one session are invalid in every other (PKCS#11 v2.40 section 2.4 allows that)
 *
 * slots
 *   no-slots          C_GetSlotList returns CKR_OK and touches nothing
 *   no-token-info     C_GetTokenInfo returns CKR_OK and touches nothing
 *
 * mechanisms
 *   no-list           C_GetMechanismList returns CKR_OK and touches nothing
 *   list-fails        it returns CKR_DEVICE_ERROR
 *   info-fails        C_GetMechanismInfo returns CKR_DEVICE_ERROR
 *   no-info           it returns CKR_OK and touches nothing
 */
#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "before_softhsm.h"

#define ITEMS     32u
#define VALUE_LEN 1100u

static CK_FUNCTION_LIST answering;

static bool has(const char *habit)
{
    return has_word("P11CERT_ANSWERS", habit);
}

/* --- handles --- */

#define SESSION_SHIFT 32u

static CK_OBJECT_HANDLE show_handle(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object)
{
    return has("own-handles") ? (session << SESSION_SHIFT) | object : object;
}

/* CK_INVALID_HANDLE for another session's. */
static CK_OBJECT_HANDLE take_handle(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE shown)
{
    if (!has("own-handles")) {
        return shown;
    }
    return shown >> SESSION_SHIFT == session ? shown & (((CK_OBJECT_HANDLE)1 << SESSION_SHIFT) - 1) : CK_INVALID_HANDLE;
}

static CK_RV generate_pair(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_ATTRIBUTE *public_items,
                           CK_ULONG public_count, CK_ATTRIBUTE *private_items, CK_ULONG private_count,
                           CK_OBJECT_HANDLE *public_key, CK_OBJECT_HANDLE *private_key)
{
    CK_RV rv = real->C_GenerateKeyPair(session, mechanism, public_items, public_count, private_items, private_count,
                                       public_key, private_key);

    *public_key = show_handle(session, *public_key);
    *private_key = show_handle(session, *private_key);
    return rv;
}

static CK_RV generate_secret(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_ATTRIBUTE *items, CK_ULONG count,
                             CK_OBJECT_HANDLE *key)
{
    CK_RV rv = real->C_GenerateKey(session, mechanism, items, count, key);

    *key = show_handle(session, *key);
    return rv;
}

static CK_RV sign_init(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key)
{
    return real->C_SignInit(session, mechanism, take_handle(session, key));
}

static CK_RV wrap(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE wrapping, CK_OBJECT_HANDLE key,
                  CK_BYTE *out, CK_ULONG *len)
{
    return real->C_WrapKey(session, mechanism, take_handle(session, wrapping), take_handle(session, key), out, len);
}

static CK_RV destroy(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object)
{
    return real->C_DestroyObject(session, take_handle(session, object));
}

/* --- searches --- */

/* One at a time: what the real module found, and how much of it has been returned. */
static found_objects found;

static bool is_value(CK_ATTRIBUTE_TYPE type)
{
    return type == CKA_MODULUS || type == CKA_EC_POINT || type == CKA_SUBJECT || type == CKA_VALUE;
}

static CK_ULONG point_header(const unsigned char *point)
{
    return point[1] == 0x81 ? 3 : 2;
}

/* The value as the real module has it; false: not in the form that this module shows. */
static bool translate(CK_ATTRIBUTE *wanted, unsigned char *room)
{
    const unsigned char *value = wanted->pValue;

    if (has("signed-numbers") && (wanted->type == CKA_MODULUS || wanted->type == CKA_PUBLIC_EXPONENT)) {
        if (value[0] != 0) {
            return false;
        }
        memcpy(room, value + 1, --wanted->ulValueLen);
        wanted->pValue = room;
    }
    if (has("bare-points") && wanted->type == CKA_EC_POINT) {
        if (wanted->ulValueLen != 65) { /* P-256, which is what the tests make */
            return false;
        }
        room[0] = 0x04;
        room[1] = 65;
        memcpy(room + 2, value, 65);
        wanted->pValue = room;
        wanted->ulValueLen = 67;
    }
    return true;
}

static void repeat_each(void)
{
    for (CK_ULONG i = found.count; i-- > 0;) {
        found.items[2 * i] = found.items[2 * i + 1] = found.items[i];
    }
    found.count *= 2;
}

static CK_RV find_init(CK_SESSION_HANDLE session, CK_ATTRIBUTE *template, CK_ULONG count)
{
    unsigned char room[ITEMS][VALUE_LEN];
    CK_ATTRIBUTE wanted[ITEMS];
    bool is_blind = false;

    memcpy(wanted, template, count * sizeof *wanted);
    for (CK_ULONG i = 0; i < count; i++) {
        if (is_value(wanted[i].type) && has("refuses-search")) {
            return CKR_ATTRIBUTE_TYPE_INVALID;
        }
        is_blind = is_blind || !translate(&wanted[i], room[i]) || (is_value(wanted[i].type) && has("no-value-search"));
    }
    found.count = found.next = 0;
    CK_RV rv = real->C_FindObjectsInit(session, wanted, count);

    if (rv == CKR_OK && !is_blind) {
        rv = fetch_found(session, &found);
    }
    if (has("repeats")) {
        repeat_each();
    }
    return rv;
}

static CK_RV find(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE *handles, CK_ULONG max, CK_ULONG *count)
{
    if (has("endless") && found.next == found.count) {
        found.next = 0;
    }
    CK_ULONG most = has("one-a-call") && max > 1 ? 1 : max;
    CK_ULONG left = found.count - found.next;

    *count = left < most ? left : most;
    for (CK_ULONG i = 0; i < *count; i++) {
        handles[i] = show_handle(session, found.items[found.next + i]);
    }
    found.next += *count;
    return CKR_OK;
}

/* --- C_GetAttributeValue --- */

static CK_ULONG show_value(CK_ATTRIBUTE_TYPE type, unsigned char *value, CK_ULONG len)
{
    if (has("signed-numbers") && (type == CKA_MODULUS || type == CKA_PUBLIC_EXPONENT) && len) {
        memmove(value + 1, value, len);
        value[0] = 0;
        return len + 1;
    }
    if (has("bare-points") && type == CKA_EC_POINT && len) {
        CK_ULONG header = point_header(value);

        memmove(value, value + header, len - header);
        return len - header;
    }
    return len;
}

static CK_RV read_one(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *wanted)
{
    unsigned char value[16384];
    CK_ATTRIBUTE whole = { wanted->type, value, sizeof value - 1 };

    if (wanted->type == CKA_COPYABLE || wanted->type == CKA_DESTROYABLE) {
        wanted->ulValueLen = UNAVAILABLE;
        return CKR_ATTRIBUTE_TYPE_INVALID;
    }
    CK_RV rv = real->C_GetAttributeValue(session, object, &whole, 1);

    if (rv != CKR_OK) {
        wanted->ulValueLen = UNAVAILABLE;
        return rv;
    }
    CK_ULONG len = show_value(wanted->type, value, whole.ulValueLen);

    if (wanted->pValue && wanted->ulValueLen < len) {
        wanted->ulValueLen = has("old-lengths") ? len : UNAVAILABLE;
        return CKR_BUFFER_TOO_SMALL;
    }
    if (wanted->pValue && len == sizeof(CK_ULONG) && (uintptr_t)wanted->pValue % alignof(CK_ULONG)) {
        abort(); /* many modules store a number through a pointer of its type */
    }
    if (wanted->pValue && !has("lengths-alone")) {
        memcpy(wanted->pValue, value, len);
    }
    wanted->ulValueLen = len;
    return CKR_OK;
}

static bool knows_all(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, const CK_ATTRIBUTE *list, CK_ULONG count)
{
    for (CK_ULONG i = 0; i < count; i++) {
        CK_ATTRIBUTE each = { .type = list[i].type };

        if (read_one(session, object, &each) != CKR_OK) {
            return false;
        }
    }
    return true;
}

static CK_RV get_attribute_value(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE shown, CK_ATTRIBUTE *list, CK_ULONG count)
{
    const CK_OBJECT_HANDLE object = take_handle(session, shown);
    CK_RV worst = CKR_OK;

    if (has("untouched")) {
        return CKR_OK;
    }
    if (object == CK_INVALID_HANDLE) {
        return CKR_OBJECT_HANDLE_INVALID;
    }
    if (has("fails-whole") && !knows_all(session, object, list, count)) {
        return CKR_ATTRIBUTE_TYPE_INVALID;
    }
    for (CK_ULONG i = 0; i < count; i++) {
        CK_ATTRIBUTE each = list[i];
        CK_RV rv = read_one(session, object, &each);

        if (rv != CKR_OK && has("stops")) {
            return rv;
        }
        list[i].ulValueLen = each.ulValueLen;
        worst = rv == CKR_OK ? worst : rv;
    }
    return worst;
}

/* --- slots and mechanisms --- */

static CK_RV get_slot_list(CK_BBOOL present, CK_SLOT_ID *list, CK_ULONG *count)
{
    return has("no-slots") ? CKR_OK : real->C_GetSlotList(present, list, count);
}

static CK_RV get_token_info(CK_SLOT_ID slot, CK_TOKEN_INFO *info)
{
    return has("no-token-info") ? CKR_OK : real->C_GetTokenInfo(slot, info);
}

static CK_RV get_mechanism_list(CK_SLOT_ID slot, CK_MECHANISM_TYPE *list, CK_ULONG *count)
{
    if (has("no-list")) {
        return CKR_OK;
    }
    return has("list-fails") ? CKR_DEVICE_ERROR : real->C_GetMechanismList(slot, list, count);
}

static CK_RV get_mechanism_info(CK_SLOT_ID slot, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO *info)
{
    if (has("no-info")) {
        return CKR_OK;
    }
    return has("info-fails") ? CKR_DEVICE_ERROR : real->C_GetMechanismInfo(slot, type, info);
}

__attribute__((visibility("default"))) CK_RV C_GetFunctionList(CK_FUNCTION_LIST **list)
{
    if (!load_softhsm()) {
        return CKR_GENERAL_ERROR;
    }
    answering = *real;
    answering.C_GetFunctionList = C_GetFunctionList;
    answering.C_GenerateKeyPair = generate_pair;
    answering.C_GenerateKey = generate_secret;
    answering.C_SignInit = sign_init;
    answering.C_WrapKey = wrap;
    answering.C_DestroyObject = destroy;
    answering.C_FindObjectsInit = find_init;
    answering.C_FindObjects = find;
    answering.C_GetAttributeValue = get_attribute_value;
    answering.C_GetSlotList = get_slot_list;
    answering.C_GetTokenInfo = get_token_info;
    answering.C_GetMechanismList = get_mechanism_list;
    answering.C_GetMechanismInfo = get_mechanism_info;
    *list = &answering;
    return CKR_OK;
}
