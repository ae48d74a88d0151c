/* SPDX-License-Identifier: Apache-2.0 */
#include "token/act.h"

#include <stdalign.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "token/attributes.h"

#define VALUE_SIZE 512u /* bytes of a label */

/* PKCS#11 functions have no context argument: so the observer is a variable of the whole process. */
static const pc_act_observer *observer;
static unsigned long call_count;

/* What a signature is for, and the key that C_SignInit named: each thread has its own. */
static _Thread_local char thread_purpose[PC_ACT_TEXT];
static _Thread_local pc_running_act signing;

void pc_acts_observe(const pc_act_observer *wanted)
{
    __atomic_store_n(&observer, wanted, __ATOMIC_RELEASE);
}

void pc_act_count(void)
{
    (void)__atomic_add_fetch(&call_count, 1, __ATOMIC_RELAXED);
}

unsigned long pc_acts_call_count(void)
{
    return __atomic_load_n(&call_count, __ATOMIC_RELAXED);
}

void pc_act_purpose(const char *kind, const char *text)
{
    char whole[VALUE_SIZE] = "";

    if (kind) {
        (void)snprintf(whole, sizeof whole, "%s%s%s", kind, text ? " " : "", text ? text : "");
    }
    pc_text_escape_into(whole, strlen(whole), thread_purpose, sizeof thread_purpose);
}

/* --- the token --- */

/* Fixed fields are padded with blanks, not terminated (PKCS#11 v2.40 section 3.2). */
static void take_padded(const CK_UTF8CHAR *field, size_t len, char out[static PC_ACT_TEXT])
{
    while (len > 0 && (field[len - 1] == ' ' || field[len - 1] == '\0')) {
        len--;
    }
    pc_text_escape_into((const char *)field, len, out, PC_ACT_TEXT);
}

static void read_token(const pc_act_call *call, pc_act *act)
{
    CK_SESSION_INFO session = { .slotID = CK_UNAVAILABLE_INFORMATION };
    CK_TOKEN_INFO token;
    CK_TOKEN_INFO untouched;
    CK_SLOT_ID slot = call->slot;

    if (!call->has_slot) {
        if (call->calls->C_GetSessionInfo(call->session, &session) != CKR_OK ||
            session.slotID == CK_UNAVAILABLE_INFORMATION) {
            return;
        }
        slot = session.slotID;
    }
    memset(&untouched, 0xff, sizeof untouched);
    token = untouched;
    if (call->calls->C_GetTokenInfo(slot, &token) == CKR_OK && memcmp(&token, &untouched, sizeof token) != 0) {
        take_padded(token.label, sizeof token.label, act->token_label);
        take_padded(token.serialNumber, sizeof token.serialNumber, act->token_serial);
        act->has_token = true;
    }
}

/* --- the object --- */

static void name_class(CK_OBJECT_CLASS class, char out[static PC_ACT_CLASS])
{
    static const char *const names[] = { [CKO_DATA] = "data",
                                         [CKO_CERTIFICATE] = "certificate",
                                         [CKO_PUBLIC_KEY] = "public-key",
                                         [CKO_PRIVATE_KEY] = "private-key",
                                         [CKO_SECRET_KEY] = "secret-key" };

    if (class < PC_COUNT(names)) {
        (void)snprintf(out, PC_ACT_CLASS, "%s", names[class]);
    } else {
        (void)snprintf(out, PC_ACT_CLASS, "0x%lx", class);
    }
}

/* One attribute of the object, or of the template from which it is made. */
static void take_value(const CK_ATTRIBUTE *value, bool *is_of_session, pc_act *act)
{
    const CK_ULONG len = value->ulValueLen;

    switch (value->type) {
    case CKA_TOKEN:
        *is_of_session = len == sizeof(CK_BBOOL) && *(const CK_BBOOL *)value->pValue == CK_FALSE;
        return;
    case CKA_CLASS:
        if (len == sizeof(CK_OBJECT_CLASS)) {
            CK_OBJECT_CLASS class = 0;

            memcpy(&class, value->pValue, sizeof class);
            name_class(class, act->class_name);
        }
        return;
    case CKA_LABEL:
        act->has_label = len <= VALUE_SIZE;
        pc_text_escape_into(value->pValue, act->has_label ? len : 0, act->label, sizeof act->label);
        return;
    case CKA_ID:
        act->has_id = len <= PC_ACT_ID;
        act->id[0] = '\0';
        for (CK_ULONG i = 0; act->has_id && i < len; i++) {
            (void)snprintf(act->id + 2 * i, 3, "%02x", ((const unsigned char *)value->pValue)[i]);
        }
        return;
    default:
        return;
    }
}

/* A length that still equals the size of the buffer was not filled in; neither were bytes that are unchanged. */
static bool is_filled(const CK_ATTRIBUTE *value)
{
    const CK_ULONG len = value->ulValueLen;

    return len <= VALUE_SIZE && (len == 0 || !pc_bytes_consist_of((pc_bytes){ value->pValue, len }, PC_BYTE_UNTOUCHED));
}

/* One by one: a module may stop at the first attribute that an object does not have. An attribute that it does not
 * return is unknown.
 */
static void read_object(const pc_act_call *call, bool *is_of_session, pc_act *act)
{
    static const CK_ATTRIBUTE_TYPE types[] = { CKA_TOKEN, CKA_CLASS, CKA_LABEL, CKA_ID };

    for (size_t i = 0; i < PC_COUNT(types); i++) {
        alignas(CK_ULONG) unsigned char bytes[VALUE_SIZE + 1]; /* modules store numbers through a pointer */
        CK_ATTRIBUTE value = { .type = types[i], .pValue = bytes, .ulValueLen = sizeof bytes };

        memset(bytes, PC_BYTE_UNTOUCHED, sizeof bytes);
        CK_RV rv = call->calls->C_GetAttributeValue(call->session, call->object, &value, 1);

        if (rv == CKR_OK && is_filled(&value)) {
            take_value(&value, is_of_session, act);
        }
    }
}

static void read_template(const pc_act_call *call, bool *is_of_session, pc_act *act)
{
    /* A template without CKA_TOKEN makes a session object (PKCS#11 v2.40 section 4.4). */
    *is_of_session = *is_of_session || call->object == CK_INVALID_HANDLE;
    for (CK_ULONG i = 0; i < call->count; i++) {
        if (call->attributes[i].pValue || call->attributes[i].ulValueLen == 0) {
            take_value(&call->attributes[i], is_of_session, act);
        }
    }
}

static void describe(const char *function, const pc_act_call *call, pc_running_act *running)
{
    bool is_of_session = false;
    pc_act *act = &running->act;

    act->name = call->name;
    act->function = function;
    read_token(call, act);
    if (call->object != CK_INVALID_HANDLE) {
        read_object(call, &is_of_session, act);
    }
    if (call->attributes) {
        read_template(call, &is_of_session, act);
    }
    if (call->class_name) {
        (void)snprintf(act->class_name, sizeof act->class_name, "%s", call->class_name);
    }
    running->is_one = !is_of_session || call->is_always_one;
}

/* --- from beginning to end --- */

/* The key is read before the operation is active: a token may allow no other call from then on. */
static void start_signing(const pc_act_call *call)
{
    signing = (pc_running_act){ .is_one = false };
    describe("C_Sign", call, &signing);
}

static void take_signing(const char *function, pc_running_act *ret_running)
{
    *ret_running = signing;
    ret_running->act.function = function;
    (void)snprintf(ret_running->act.purpose, sizeof ret_running->act.purpose, "%s", thread_purpose);
}

CK_RV pc_act_begin(const char *function, const pc_act_call *call, pc_running_act *ret_running)
{
    const pc_act_observer *known = __atomic_load_n(&observer, __ATOMIC_ACQUIRE);

    ret_running->is_one = false;
    if (!known || call->is_query) {
        return CKR_OK;
    }
    if (call->is_start) {
        start_signing(call);
        return CKR_OK;
    }
    *ret_running = (pc_running_act){ .is_one = false };
    if (call->is_signature) {
        take_signing(function, ret_running);
    } else {
        describe(function, call, ret_running);
    }
    return ret_running->is_one ? known->begin(known->context, &ret_running->act) : CKR_OK;
}

void pc_act_end(const pc_running_act *running, CK_RV rv)
{
    const pc_act_observer *known = __atomic_load_n(&observer, __ATOMIC_ACQUIRE);

    if (known && running->is_one) {
        known->end(known->context, &running->act, rv);
    }
}
