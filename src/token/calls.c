/* SPDX-License-Identifier: Apache-2.0 */
#include "token/calls.h"

#include <pthread.h>

#include "token/act.h"
#include "token/running_call.h"

/* --- the functions: name, whether it changes the store, parameters, arguments; for an act (act.h), its description
 * --- */

#define FUNCTIONS(X, A, place) \
    X(place, C_Initialize, false, (void *a), (a)) \
    X(place, C_Finalize, true, (void *a), (a)) \
    X(place, C_GetInfo, false, (CK_INFO * a), (a)) \
    X(place, C_GetSlotList, false, (CK_BBOOL a, CK_SLOT_ID * b, CK_ULONG * c), (a, b, c)) \
    X(place, C_GetSlotInfo, false, (CK_SLOT_ID a, CK_SLOT_INFO * b), (a, b)) \
    X(place, C_GetTokenInfo, false, (CK_SLOT_ID a, CK_TOKEN_INFO * b), (a, b)) \
    X(place, C_GetMechanismList, false, (CK_SLOT_ID a, CK_MECHANISM_TYPE * b, CK_ULONG * c), (a, b, c)) \
    X(place, C_GetMechanismInfo, false, (CK_SLOT_ID a, CK_MECHANISM_TYPE b, CK_MECHANISM_INFO * c), (a, b, c)) \
    A(place, C_InitToken, true, (CK_SLOT_ID a, CK_BYTE * b, CK_ULONG c, CK_BYTE * d), (a, b, c, d), \
      .name = "init-token", .slot = a, .has_slot = true) \
    A(place, C_InitPIN, true, (CK_SESSION_HANDLE s, CK_BYTE * a, CK_ULONG b), (s, a, b), .name = "set-user-pin", \
      .session = s) \
    A(place, C_SetPIN, true, (CK_SESSION_HANDLE s, CK_BYTE * a, CK_ULONG b, CK_BYTE * c, CK_ULONG d), (s, a, b, c, d), \
      .name = "change-pin", .session = s) \
    X(place, C_OpenSession, false, (CK_SLOT_ID a, CK_FLAGS b, void *c, CK_NOTIFY d, CK_SESSION_HANDLE *e), \
      (a, b, c, d, e)) \
    X(place, C_CloseSession, true, (CK_SESSION_HANDLE s), (s)) \
    X(place, C_GetSessionInfo, false, (CK_SESSION_HANDLE s, CK_SESSION_INFO * a), (s, a)) \
    X(place, C_Login, b != NULL, (CK_SESSION_HANDLE s, CK_USER_TYPE a, CK_BYTE * b, CK_ULONG c), (s, a, b, c)) \
    X(place, C_Logout, true, (CK_SESSION_HANDLE s), (s)) \
    A(place, C_CreateObject, true, (CK_SESSION_HANDLE s, CK_ATTRIBUTE * a, CK_ULONG b, CK_OBJECT_HANDLE * c), \
      (s, a, b, c), .name = "create-object", .session = s, .attributes = a, .count = b) \
    A(place, C_CopyObject, true, \
      (CK_SESSION_HANDLE s, CK_OBJECT_HANDLE a, CK_ATTRIBUTE * b, CK_ULONG c, CK_OBJECT_HANDLE * d), (s, a, b, c, d), \
      .name = "copy-object", .session = s, .object = a, .attributes = b, .count = c) \
    A(place, C_DestroyObject, true, (CK_SESSION_HANDLE s, CK_OBJECT_HANDLE a), (s, a), .name = "remove-object", \
      .session = s, .object = a) \
    X(place, C_GetAttributeValue, false, (CK_SESSION_HANDLE s, CK_OBJECT_HANDLE a, CK_ATTRIBUTE * b, CK_ULONG c), \
      (s, a, b, c)) \
    A(place, C_SetAttributeValue, true, (CK_SESSION_HANDLE s, CK_OBJECT_HANDLE a, CK_ATTRIBUTE * b, CK_ULONG c), \
      (s, a, b, c), .name = "change-object", .session = s, .object = a) \
    X(place, C_FindObjectsInit, false, (CK_SESSION_HANDLE s, CK_ATTRIBUTE * a, CK_ULONG b), (s, a, b)) \
    X(place, C_FindObjects, false, (CK_SESSION_HANDLE s, CK_OBJECT_HANDLE * a, CK_ULONG b, CK_ULONG * c), \
      (s, a, b, c)) \
    X(place, C_FindObjectsFinal, false, (CK_SESSION_HANDLE s), (s)) \
    A(place, C_SignInit, false, (CK_SESSION_HANDLE s, CK_MECHANISM * m, CK_OBJECT_HANDLE a), (s, m, a), \
      .name = "sign", .session = s, .object = a, .is_start = true) \
    A(place, C_Sign, false, (CK_SESSION_HANDLE s, CK_BYTE * a, CK_ULONG b, CK_BYTE * c, CK_ULONG * d), \
      (s, a, b, c, d), .name = "sign", .session = s, .is_signature = true, .is_query = !c) \
    X(place, C_SignUpdate, false, (CK_SESSION_HANDLE s, CK_BYTE * a, CK_ULONG b), (s, a, b)) \
    A(place, C_SignFinal, false, (CK_SESSION_HANDLE s, CK_BYTE * a, CK_ULONG * b), (s, a, b), .name = "sign", \
      .session = s, .is_signature = true, .is_query = !a) \
    A(place, C_GenerateKey, true, \
      (CK_SESSION_HANDLE s, CK_MECHANISM * m, CK_ATTRIBUTE * a, CK_ULONG b, CK_OBJECT_HANDLE * c), (s, m, a, b, c), \
      .name = "make-key", .session = s, .attributes = a, .count = b, .class_name = "secret-key") \
    A(place, C_GenerateKeyPair, true, \
      (CK_SESSION_HANDLE s, CK_MECHANISM * m, CK_ATTRIBUTE * a, CK_ULONG b, CK_ATTRIBUTE * c, CK_ULONG d, \
       CK_OBJECT_HANDLE * e, CK_OBJECT_HANDLE * f), \
      (s, m, a, b, c, d, e, f), .name = "make-key-pair", .session = s, .attributes = c, .count = d, \
      .class_name = "private-key") \
    A(place, C_WrapKey, false, \
      (CK_SESSION_HANDLE s, CK_MECHANISM * m, CK_OBJECT_HANDLE a, CK_OBJECT_HANDLE b, CK_BYTE * c, CK_ULONG * d), \
      (s, m, a, b, c, d), .name = "wrap-key", .session = s, .object = b, .is_query = !c, .is_always_one = true) \
    A(place, C_UnwrapKey, true, \
      (CK_SESSION_HANDLE s, CK_MECHANISM * m, CK_OBJECT_HANDLE a, CK_BYTE * b, CK_ULONG c, CK_ATTRIBUTE * d, \
       CK_ULONG e, CK_OBJECT_HANDLE * f), \
      (s, m, a, b, c, d, e, f), .name = "unwrap-key", .session = s, .attributes = d, .count = e)

/* --- one list per module --- */

/* The only state that outlives a call: PKCS#11 functions get no context argument. */
static struct {
    CK_FUNCTION_LIST *module; /* NULL: free */
    unsigned long users;
} places[PC_CALLS_MODULES];

static pthread_mutex_t places_lock = PTHREAD_MUTEX_INITIALIZER;

#define DEFINE(place, name, changes_store, parameters, arguments) \
    static CK_RV call_##place##_##name parameters \
    { \
        const pc_running_call running = pc_running_call_begin(#name, changes_store); \
        CK_RV rv = places[place].module->name arguments; \
\
        pc_act_count(); \
        pc_running_call_end(&running); \
        return rv; \
    }
/* Signals that wait for the call also wait until it has been recorded. */
#define DEFINE_ACT(place, name, changes_store, parameters, arguments, ...) \
    static CK_RV call_##place##_##name parameters \
    { \
        pc_running_act act; \
        CK_RV rv = pc_act_begin(#name, &(const pc_act_call){ .calls = &lists[place], __VA_ARGS__ }, &act); \
\
        if (rv != CKR_OK) { \
            return rv; \
        } \
        const pc_running_call running = pc_running_call_begin(#name, changes_store); \
\
        rv = places[place].module->name arguments; \
        pc_act_count(); \
        pc_act_end(&act, rv); \
        pc_running_call_end(&running); \
        return rv; \
    }
#define MEMBER(place, name, changes_store, parameters, arguments)          .name = call_##place##_##name,
#define MEMBER_ACT(place, name, changes_store, parameters, arguments, ...) .name = call_##place##_##name,

static CK_FUNCTION_LIST lists[PC_CALLS_MODULES];

FUNCTIONS(DEFINE, DEFINE_ACT, 0)
FUNCTIONS(DEFINE, DEFINE_ACT, 1)
FUNCTIONS(DEFINE, DEFINE_ACT, 2)
FUNCTIONS(DEFINE, DEFINE_ACT, 3)

/* PKCS#11 requires non-const lists, but nothing writes to them. */
static CK_FUNCTION_LIST lists[PC_CALLS_MODULES] = {
    { .version = { 2, 40 }, FUNCTIONS(MEMBER, MEMBER_ACT, 0) },
    { .version = { 2, 40 }, FUNCTIONS(MEMBER, MEMBER_ACT, 1) },
    { .version = { 2, 40 }, FUNCTIONS(MEMBER, MEMBER_ACT, 2) },
    { .version = { 2, 40 }, FUNCTIONS(MEMBER, MEMBER_ACT, 3) },
};

/* The entry of a module, or else a free one; PC_CALLS_MODULES if there is neither. */
static unsigned find_place(const CK_FUNCTION_LIST *module)
{
    unsigned unused = PC_CALLS_MODULES;

    for (unsigned i = 0; i < PC_CALLS_MODULES; i++) {
        if (places[i].users && places[i].module == module) {
            return i;
        }
        unused = !places[i].users && unused == PC_CALLS_MODULES ? i : unused;
    }
    return unused;
}

pc_status pc_calls_take(CK_FUNCTION_LIST *module, CK_FUNCTION_LIST **ret_calls, pc_error *err)
{
    (void)pthread_mutex_lock(&places_lock);
    unsigned place = find_place(module);

    if (place < PC_CALLS_MODULES) {
        places[place].module = module;
        places[place].users++;
    }
    (void)pthread_mutex_unlock(&places_lock);
    if (place == PC_CALLS_MODULES) {
        return pc_fail(err, PC_E_INTERNAL, "more than %u PKCS#11 modules are open at the same time", PC_CALLS_MODULES);
    }
    *ret_calls = &lists[place];
    return PC_OK;
}

bool pc_calls_are_shared(const CK_FUNCTION_LIST *calls)
{
    bool is_shared = false;

    (void)pthread_mutex_lock(&places_lock);
    for (unsigned i = 0; i < PC_CALLS_MODULES; i++) {
        is_shared = is_shared || (calls == &lists[i] && places[i].users > 1);
    }
    (void)pthread_mutex_unlock(&places_lock);
    return is_shared;
}

void pc_calls_release(const CK_FUNCTION_LIST *calls)
{
    (void)pthread_mutex_lock(&places_lock);
    for (unsigned i = 0; i < PC_CALLS_MODULES; i++) {
        if (calls == &lists[i]) {
            places[i].users--;
        }
    }
    (void)pthread_mutex_unlock(&places_lock);
}
