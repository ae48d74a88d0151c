/* SPDX-License-Identifier: Apache-2.0 */

/*
 * SoftHSM with the habits of other tokens: a PKCS#11 module before /usr/lib/softhsm/libsofthsm2.so. P11CERT_ODD names
 * the habits, separated by commas; docs/tokens.md says what they are modelled on, "Tokens with habits of their own":
 *
 *   prints          prints on standard output when it is loaded, in every call, and when the program ends
 *   sick-slot       has another slot first, which answers C_GetTokenInfo with CKR_DEVICE_ERROR
 *   short-pins      claims that a PIN has 4 to 6 bytes
 *   no-pin-length   gives CK_UNAVAILABLE_INFORMATION for the lengths
 *   keypad          claims to have a keypad (CKF_PROTECTED_AUTHENTICATION_PATH), and refuses a login without a PIN
 *   no-login        does not set CKF_LOGIN_REQUIRED
 *   private-public  takes a public key only with CKA_PRIVATE true
 *   cuts-id         keeps two bytes of a CKA_ID
 *   own-id          gives a new key pair a CKA_ID of its own
 *   short-ids       refuses a CKA_ID of more than two bytes
 *   no-control      answers CKR_GENERAL_ERROR to a template for a private key with CKA_COPYABLE in it
 *   no-outside      takes no private key from outside
 *   no-exportable   makes no private key that can be extracted
 *   one-certificate answers CKR_GENERAL_ERROR to a certificate that it has already
 *   weak-unwrapped  unwraps each private key as one that is not sensitive and can be extracted
 *   bad-arguments   answers C_GenerateKeyPair with CKR_ARGUMENTS_BAD
 *   nul-padded      pads the texts of slot, token and library with NUL
 *   nss             says that it is made by the Mozilla Foundation, and makes keys only in the first thread
 *   small-keys      claims to generate RSA keys of 1024 to 2048 bits and EC keys of 256 bits only
 *   counts-bytes    gives the sizes of keys in bytes
 *   no-sizes        answers C_GetMechanismInfo with CKR_DEVICE_ERROR
 *   no-mechanisms   lists no mechanism
 *   list-fails      answers C_GetMechanismList with CKR_DEVICE_ERROR
 *   no-locks        needs init arguments, and answers C_Initialize with CKR_CANT_LOCK if it is to lock
 *
 * P11CERT_ODD_HIDES names mechanisms that it neither lists nor describes, as hexadecimal numbers separated by commas.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "before_softhsm.h"

#define SICK_SLOT 0x7ffffff0UL
#define SLOTS     64u
#define ITEMS     64u
#define KEPT_LEN  2u

static CK_FUNCTION_LIST odd;

static bool has(const char *habit)
{
    return has_word("P11CERT_ODD", habit);
}

/* Partly through stdio without flushing, partly bypassing it, as modules do. */
static void say(const char *what)
{
    if (has("prints")) {
        (void)printf("VendorHSM: %s\n", what);
    }
}

/* --- slots and tokens --- */

static void pad_with_nul(unsigned char *field, size_t len)
{
    while (len && field[len - 1] == ' ') {
        field[--len] = '\0';
    }
}

static CK_RV initialize(void *args)
{
    const CK_C_INITIALIZE_ARGS *given = args;

    say("starting");
    if (!has("no-locks")) {
        return real->C_Initialize(args);
    }
    if (!given || !given->pReserved) {
        return CKR_ARGUMENTS_BAD;
    }
    return given->flags & CKF_OS_LOCKING_OK ? CKR_CANT_LOCK : real->C_Initialize(NULL);
}

static CK_RV get_info(CK_INFO *info)
{
    CK_RV rv = real->C_GetInfo(info);

    if (rv == CKR_OK && has("nul-padded")) {
        pad_with_nul(info->manufacturerID, sizeof info->manufacturerID);
        pad_with_nul(info->libraryDescription, sizeof info->libraryDescription);
    }
    return rv;
}

static CK_RV get_slot_list(CK_BBOOL present, CK_SLOT_ID *list, CK_ULONG *count)
{
    CK_SLOT_ID own[SLOTS];
    CK_ULONG own_count = SLOTS;

    if (!has("sick-slot")) {
        return real->C_GetSlotList(present, list, count);
    }
    CK_RV rv = real->C_GetSlotList(present, own, &own_count);

    if (rv != CKR_OK) {
        return rv;
    }
    if (list && *count < own_count + 1) {
        *count = own_count + 1;
        return CKR_BUFFER_TOO_SMALL;
    }
    if (list) {
        list[0] = SICK_SLOT;
        memcpy(list + 1, own, own_count * sizeof *own);
    }
    *count = own_count + 1;
    return CKR_OK;
}

static CK_RV get_slot_info(CK_SLOT_ID slot, CK_SLOT_INFO *info)
{
    CK_RV rv = slot == SICK_SLOT ? CKR_DEVICE_ERROR : real->C_GetSlotInfo(slot, info);

    if (rv == CKR_OK && has("nul-padded")) {
        pad_with_nul(info->slotDescription, sizeof info->slotDescription);
        pad_with_nul(info->manufacturerID, sizeof info->manufacturerID);
    }
    return rv;
}

static CK_RV get_token_info(CK_SLOT_ID slot, CK_TOKEN_INFO *info)
{
    if (slot == SICK_SLOT) {
        return CKR_DEVICE_ERROR;
    }
    CK_RV rv = real->C_GetTokenInfo(slot, info);

    if (rv != CKR_OK) {
        return rv;
    }
    if (has("short-pins")) {
        info->ulMinPinLen = 4;
        info->ulMaxPinLen = 6;
    }
    if (has("no-pin-length")) {
        info->ulMinPinLen = info->ulMaxPinLen = CK_UNAVAILABLE_INFORMATION;
    }
    info->flags |= has("keypad") ? CKF_PROTECTED_AUTHENTICATION_PATH : 0;
    info->flags &= has("no-login") ? ~(CK_FLAGS)CKF_LOGIN_REQUIRED : ~(CK_FLAGS)0;
    if (has("nss")) {
        memcpy(info->manufacturerID, "Mozilla Foundation              ", sizeof info->manufacturerID);
    }
    if (has("nul-padded")) {
        pad_with_nul(info->label, sizeof info->label);
        pad_with_nul(info->manufacturerID, sizeof info->manufacturerID);
        pad_with_nul(info->model, sizeof info->model);
        pad_with_nul(info->serialNumber, sizeof info->serialNumber);
    }
    return CKR_OK;
}

static CK_RV login(CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_BYTE *pin, CK_ULONG len)
{
    say("logging in");
    return has("keypad") && !pin ? CKR_FUNCTION_FAILED : real->C_Login(session, user, pin, len);
}

/* --- mechanisms --- */

static bool is_hidden(CK_MECHANISM_TYPE type)
{
    const char *hidden = getenv("P11CERT_ODD_HIDES");
    char *end = NULL;

    while (hidden && *hidden) {
        if (strtoul(hidden, &end, 16) == type) {
            return true;
        }
        hidden = *end ? end + 1 : end;
    }
    return false;
}

static CK_RV get_mechanism_list(CK_SLOT_ID slot, CK_MECHANISM_TYPE *list, CK_ULONG *count)
{
    CK_RV rv = has("list-fails") ? CKR_DEVICE_ERROR : real->C_GetMechanismList(slot, list, count);
    CK_ULONG kept = 0;

    for (CK_ULONG i = 0; rv == CKR_OK && list && i < *count; i++) {
        if (!is_hidden(list[i]) && !has("no-mechanisms")) {
            list[kept++] = list[i];
        }
    }
    *count = rv == CKR_OK && list ? kept : *count;
    return rv;
}

static void claim_sizes(CK_MECHANISM_INFO *info, CK_ULONG min, CK_ULONG max)
{
    info->ulMinKeySize = min;
    info->ulMaxKeySize = max;
}

static CK_RV get_mechanism_info(CK_SLOT_ID slot, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO *info)
{
    const bool is_rsa = type == CKM_RSA_PKCS_KEY_PAIR_GEN;
    CK_RV rv = has("no-sizes")   ? CKR_DEVICE_ERROR
               : is_hidden(type) ? CKR_MECHANISM_INVALID
                                 : real->C_GetMechanismInfo(slot, type, info);

    if (rv == CKR_OK && (is_rsa || type == CKM_EC_KEY_PAIR_GEN)) {
        if (has("small-keys")) {
            claim_sizes(info, is_rsa ? 1024 : 256, is_rsa ? 2048 : 256);
        }
        if (has("counts-bytes")) {
            claim_sizes(info, is_rsa ? 64 : 32, is_rsa ? 512 : 66);
        }
    }
    return rv;
}

/* --- templates --- */

/* The attributes as the token accepts them; `copy` has room for ITEMS. */
static CK_RV take_template(CK_ATTRIBUTE *copy, const CK_ATTRIBUTE *items, CK_ULONG count, bool is_new_pair)
{
    static CK_BYTE own[] = { 0x01, 0x23, 0x45 };

    if (count > ITEMS) {
        return CKR_HOST_MEMORY;
    }
    memcpy(copy, items, count * sizeof *items);
    for (CK_ULONG i = 0; i < count; i++) {
        if (copy[i].type != CKA_ID) {
            continue;
        }
        if (has("short-ids") && copy[i].ulValueLen > KEPT_LEN) {
            return CKR_ATTRIBUTE_VALUE_INVALID;
        }
        if (has("cuts-id") && copy[i].ulValueLen > KEPT_LEN) {
            copy[i].ulValueLen = KEPT_LEN;
        }
        if (has("own-id") && is_new_pair) {
            copy[i].pValue = own;
            copy[i].ulValueLen = sizeof own;
        }
    }
    return CKR_OK;
}

static bool refuses_public(const CK_ATTRIBUTE *items, CK_ULONG count)
{
    for (CK_ULONG i = 0; has("private-public") && i < count; i++) {
        if (items[i].type == CKA_PRIVATE && *(const CK_BBOOL *)items[i].pValue == CK_FALSE) {
            return true;
        }
    }
    return false;
}

static bool has_class(const CK_ATTRIBUTE *items, CK_ULONG count, CK_OBJECT_CLASS class)
{
    for (CK_ULONG i = 0; i < count; i++) {
        if (items[i].type == CKA_CLASS) {
            return *(const CK_OBJECT_CLASS *)items[i].pValue == class;
        }
    }
    return false;
}

static bool refuses_exportable(const CK_ATTRIBUTE *items, CK_ULONG count)
{
    for (CK_ULONG i = 0; has("no-exportable") && i < count; i++) {
        if (items[i].type == CKA_EXTRACTABLE && *(const CK_BBOOL *)items[i].pValue == CK_TRUE) {
            return true;
        }
    }
    return false;
}

static bool refuses_control(const CK_ATTRIBUTE *items, CK_ULONG count)
{
    for (CK_ULONG i = 0; has("no-control") && i < count; i++) {
        if (items[i].type == CKA_COPYABLE) {
            return true;
        }
    }
    return false;
}

static CK_RV generate_key_pair(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_ATTRIBUTE *public_items,
                               CK_ULONG public_count, CK_ATTRIBUTE *private_items, CK_ULONG private_count,
                               CK_OBJECT_HANDLE *public_key, CK_OBJECT_HANDLE *private_key)
{
    CK_ATTRIBUTE public_copy[ITEMS];
    CK_ATTRIBUTE private_copy[ITEMS];

    say("generating");
    if (has("bad-arguments")) {
        return CKR_ARGUMENTS_BAD;
    }
    if (has("nss") && gettid() != getpid()) {
        return CKR_FUNCTION_FAILED;
    }
    if (refuses_public(public_items, public_count)) {
        return CKR_ATTRIBUTE_VALUE_INVALID;
    }
    if (refuses_exportable(private_items, private_count)) {
        return CKR_ATTRIBUTE_VALUE_INVALID;
    }
    if (refuses_control(private_items, private_count)) {
        return CKR_GENERAL_ERROR;
    }
    CK_RV rv = take_template(public_copy, public_items, public_count, true);

    rv = rv == CKR_OK ? take_template(private_copy, private_items, private_count, true) : rv;
    return rv == CKR_OK ? real->C_GenerateKeyPair(session, mechanism, public_copy, public_count, private_copy,
                                                  private_count, public_key, private_key)
                        : rv;
}

static bool is_there(CK_SESSION_HANDLE session, const CK_ATTRIBUTE *items, CK_ULONG count)
{
    CK_OBJECT_HANDLE found = 0;
    CK_ULONG found_count = 0;

    for (CK_ULONG i = 0; i < count; i++) {
        CK_ATTRIBUTE value = items[i];

        if (value.type == CKA_VALUE && real->C_FindObjectsInit(session, &value, 1) == CKR_OK) {
            (void)real->C_FindObjects(session, &found, 1, &found_count);
            (void)real->C_FindObjectsFinal(session);
        }
    }
    return found_count > 0;
}

static CK_RV create_object(CK_SESSION_HANDLE session, CK_ATTRIBUTE *items, CK_ULONG count, CK_OBJECT_HANDLE *object)
{
    CK_ATTRIBUTE copy[ITEMS];
    CK_RV rv = refuses_control(items, count) ? CKR_GENERAL_ERROR : take_template(copy, items, count, false);

    if (has("one-certificate") && has_class(items, count, CKO_CERTIFICATE) && is_there(session, items, count)) {
        return CKR_GENERAL_ERROR;
    }
    if (has("no-outside") && has_class(items, count, CKO_PRIVATE_KEY)) {
        return CKR_ATTRIBUTE_VALUE_INVALID;
    }
    if (rv == CKR_OK && has_class(items, count, CKO_PUBLIC_KEY) && refuses_public(items, count)) {
        return CKR_ATTRIBUTE_VALUE_INVALID;
    }
    return rv == CKR_OK ? real->C_CreateObject(session, copy, count, object) : rv;
}

static void weaken(CK_ATTRIBUTE *items, CK_ULONG count)
{
    static CK_BBOOL yes = CK_TRUE;
    static CK_BBOOL no = CK_FALSE;

    for (CK_ULONG i = 0; i < count; i++) {
        if (items[i].type == CKA_SENSITIVE) {
            items[i].pValue = &no;
        } else if (items[i].type == CKA_EXTRACTABLE) {
            items[i].pValue = &yes;
        }
    }
}

static CK_RV unwrap_key(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE wrapping, CK_BYTE *wrapped,
                        CK_ULONG wrapped_len, CK_ATTRIBUTE *items, CK_ULONG count, CK_OBJECT_HANDLE *key)
{
    CK_ATTRIBUTE copy[ITEMS];
    CK_RV rv = refuses_control(items, count) ? CKR_GENERAL_ERROR : take_template(copy, items, count, false);

    if (has("no-outside") && has_class(items, count, CKO_PRIVATE_KEY)) {
        return CKR_FUNCTION_NOT_SUPPORTED;
    }
    if (rv == CKR_OK && has("weak-unwrapped")) {
        weaken(copy, count);
    }
    return rv == CKR_OK ? real->C_UnwrapKey(session, mechanism, wrapping, wrapped, wrapped_len, copy, count, key) : rv;
}

static CK_RV set_attribute_value(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *items,
                                 CK_ULONG count)
{
    CK_ATTRIBUTE copy[ITEMS];
    CK_RV rv = take_template(copy, items, count, false);

    return rv == CKR_OK ? real->C_SetAttributeValue(session, object, copy, count) : rv;
}

/* A token that cuts a CKA_ID in a template cuts it in a search as well. */
static CK_RV find_objects_init(CK_SESSION_HANDLE session, CK_ATTRIBUTE *items, CK_ULONG count)
{
    CK_ATTRIBUTE copy[ITEMS];
    CK_RV rv = count ? take_template(copy, items, count, false) : CKR_OK;

    say("searching");
    /* One that refuses a long CKA_ID has no object with it. */
    return real->C_FindObjectsInit(session, rv == CKR_OK && count ? copy : items, count);
}

__attribute__((visibility("default"))) CK_RV C_GetFunctionList(CK_FUNCTION_LIST **list)
{
    if (!load_softhsm()) {
        return CKR_GENERAL_ERROR;
    }
    odd = *real;
    odd.C_GetFunctionList = C_GetFunctionList;
    odd.C_Initialize = initialize;
    odd.C_GetInfo = get_info;
    odd.C_GetSlotList = get_slot_list;
    odd.C_GetSlotInfo = get_slot_info;
    odd.C_GetTokenInfo = get_token_info;
    odd.C_GetMechanismList = get_mechanism_list;
    odd.C_GetMechanismInfo = get_mechanism_info;
    odd.C_Login = login;
    odd.C_GenerateKeyPair = generate_key_pair;
    odd.C_CreateObject = create_object;
    odd.C_UnwrapKey = unwrap_key;
    odd.C_SetAttributeValue = set_attribute_value;
    odd.C_FindObjectsInit = find_objects_init;
    *list = &odd;
    return CKR_OK;
}

__attribute__((constructor)) static void loaded(void)
{
    say("loaded");
}

__attribute__((destructor)) static void unloaded(void)
{
    say("unloaded");
}
