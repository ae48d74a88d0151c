/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A PKCS#11 module in front of a real one, which numbers every call, and does to some of them what a plan says. The
 * environment tells it what to do:
 *
 *   P11CERT_FAULT_MODULE  the real module
 *   P11CERT_FAULT_LOG     a file to which "NUMBER FUNCTION" is appended for each call; no argument is ever written
 *   P11CERT_FAULT_GATE    a file, for "hold"
 *   P11CERT_FAULT_RUN     if set, the numbers go on through the whole process, however often it loads the module
 *   P11CERT_FAULT_NETWORK if set, SIGKILL at this moment of the process's connections (network_trap_set)
 *   P11CERT_FAULT_INIT_ARGS  init arguments for the real module, if the program gives none (pkcs11-tool cannot)
 *   P11CERT_FAULT_PLAN    rules, separated by ';': MATCH ACTION. The first rule that matches a call is applied.
 *
 *   MATCH    call=7        the seventh call of all
 *            C_Sign=2      the second call of that function
 *            call=7+       with a '+': that one and all after it
 *            C_Sign=2>     with a '>': all calls of any function after that one
 *   ACTION   return=0x30   do not call, return that code
 *            then=0x30     call, then return that code
 *            skip=0        do not call, and report success
 *            length=N      set a length or count that is returned to N (-1: unavailable), or, with +N, enlarge it
 *            flip=BIT      turn over a bit of a signature or attribute that is returned
 *            put=BYTE      overwrite the first byte of an attribute that is returned, or of the model of a token
 *            flags=BITS    set flags in CK_TOKEN_INFO
 *            sleep=MS      wait, then go on
 *            hold=SEC      wait until the file P11CERT_FAULT_GATE exists, then go on; abort after SEC
 *            kill=0        SIGKILL to this very process
 *            held=0        abort if the call changes the store and a signal could end this thread in it
 *            stop=N        fill in the first N attributes alone, and return CKR_ATTRIBUTE_TYPE_INVALID
 *            lost=0x30     call, then return that code with neither handle nor length: the answer was lost
 *            short=N       give at most N handles per call of C_FindObjects
 *            endless=0     C_FindObjects never comes to its end: it repeats the last handle
 *            swap=CLASS    return the handle of another object: that class, labelled "precious"
 *            count=0       log how often the module writes in this call, as "NUMBER writes=N"; and as "held"
 *            cut=N         SIGINT before the module's Nth write of this call, when it has truncated the file
 *            cutkill=N     the same with SIGKILL
 *            halfkill=N    SIGKILL after the module's Nth write of this call
 *            length, flip and put take @TYPE, to mean that attribute alone: put=1@0x162
 */
#include "write_trap.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <p11-kit/pkcs11.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define UNAVAILABLE ((CK_ULONG)-1)
#define ANY_TYPE    ((CK_ATTRIBUTE_TYPE)-1)

typedef enum {
    ACTION_RETURN,
    ACTION_THEN,
    ACTION_SKIP,
    ACTION_LENGTH,
    ACTION_FLIP,
    ACTION_PUT,
    ACTION_FLAGS,
    ACTION_SLEEP,
    ACTION_HOLD,
    ACTION_KILL,
    ACTION_HELD,
    ACTION_STOP,
    ACTION_LOST,
    ACTION_SHORT,
    ACTION_ENDLESS,
    ACTION_SWAP,
    ACTION_COUNT,
    ACTION_CUT, /* from here on by trapped writes */
    ACTION_CUTKILL,
    ACTION_HALFKILL,
} action;

static const char *const action_names[] = {
    "return", "then", "skip", "length", "flip",    "put",  "flags", "sleep", "hold",    "kill",
    "held",   "stop", "lost", "short",  "endless", "swap", "count", "cut",   "cutkill", "halfkill",
};

typedef struct {
    char function[40]; /* "call" for any */
    unsigned long from;
    bool sticky;
    bool after;
    bool passed; /* the call after which such a rule is applied was made */
    action action;
    bool relative; /* a length that is added */
    CK_ULONG value;
    CK_ATTRIBUTE_TYPE type;
} rule;

static struct {
    void *library;
    CK_FUNCTION_LIST *real;
    int log;
    rule rules[16];
    size_t rule_count;
    unsigned long call_count;
} state = { .log = -1 };

static __thread unsigned long current_call; /* the number of the one that this thread is in */

static void fail(const char *what, const char *detail)
{
    (void)fprintf(stderr, "fault module: %s: %s\n", what, detail);
    abort();
}

/* --- the plan --- */

static action action_of(const char *name)
{
    for (size_t i = 0; i < sizeof action_names / sizeof *action_names; i++) {
        if (strcmp(action_names[i], name) == 0) {
            return (action)i;
        }
    }
    fail("no such action", name);
    return ACTION_RETURN;
}

static void parse_rule(const char *text, rule *ret_rule)
{
    char name[16];
    char match[24];
    char value[24];
    rule parsed = { .type = ANY_TYPE };

    if (sscanf(text, " %39[^=]=%23s %15[^=]=%23s", parsed.function, match, name, value) != 4) {
        fail("not a rule", text);
    }
    parsed.from = strtoul(match, NULL, 10);
    parsed.sticky = strchr(match, '+') != NULL;
    parsed.after = strchr(match, '>') != NULL;
    parsed.action = action_of(name);
    parsed.relative = value[0] == '+';
    parsed.value = strtoul(value, NULL, 0); /* -1 becomes the largest number, which is what is meant */
    const char *type = strchr(value, '@');

    if (type) {
        parsed.type = strtoul(type + 1, NULL, 0);
    }
    *ret_rule = parsed;
}

static void read_plan(void)
{
    char text[1024];
    char *rest = NULL;
    const char *plan = getenv("P11CERT_FAULT_PLAN");

    state.rule_count = 0;
    (void)snprintf(text, sizeof text, "%s", plan ? plan : "");
    for (const char *each = strtok_r(text, ";", &rest); each; each = strtok_r(NULL, ";", &rest)) {
        if (state.rule_count == sizeof state.rules / sizeof *state.rules) {
            fail("too many rules", plan);
        }
        parse_rule(each, &state.rules[state.rule_count++]);
    }
}

/* --- what happens to a call --- */

static bool is_at(const rule *each, const char *function, unsigned long of_all, unsigned long nth)
{
    bool any = strcmp(each->function, "call") == 0;
    unsigned long number = any ? of_all : nth;

    return (any || strcmp(each->function, function) == 0) &&
           (each->sticky ? number >= each->from : number == each->from);
}

static bool matches(rule *each, const char *function, unsigned long of_all, unsigned long nth)
{
    bool was_passed = __atomic_load_n(&each->passed, __ATOMIC_RELAXED);

    if (!each->after) {
        return is_at(each, function, of_all, nth);
    }
    if (is_at(each, function, of_all, nth)) {
        __atomic_store_n(&each->passed, true, __ATOMIC_RELAXED);
    }
    return was_passed;
}

static void wait_ms(unsigned long ms)
{
    const struct timespec time = { .tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000 };

    (void)nanosleep(&time, NULL);
}

static void wait_for_gate(unsigned long sec)
{
    const char *gate = getenv("P11CERT_FAULT_GATE");

    for (unsigned long i = 0; !gate || access(gate, F_OK) != 0; i++) {
        if (!gate || i > sec * 100) {
            fail("the gate does not open", gate ? gate : "P11CERT_FAULT_GATE is not set");
        }
        wait_ms(10);
    }
}

/* SoftHSM truncates a file before it writes it again: a signal that ends the process in between loses an object. */
static void check_held(const char *function)
{
    static const char *const changing[] = { "C_InitToken",       "C_InitPIN",      "C_SetPIN",
                                            "C_Login",           "C_CreateObject", "C_CopyObject",
                                            "C_DestroyObject",   "C_GenerateKey",  "C_SetAttributeValue",
                                            "C_GenerateKeyPair", "C_UnwrapKey",    "C_DeriveKey" };
    sigset_t blocked;

    (void)pthread_sigmask(SIG_SETMASK, NULL, &blocked);
    bool held = sigismember(&blocked, SIGINT) && sigismember(&blocked, SIGTERM) && sigismember(&blocked, SIGHUP);

    for (size_t i = 0; i < sizeof changing / sizeof *changing && !held; i++) {
        if (strcmp(changing[i], function) == 0) {
            fail("a signal can end this call", function);
        }
    }
}

/* pwrite, on a file opened for appending, is not among the writes that are trapped. */
static void log_line(const char *line, int len)
{
    if (state.log >= 0 && pwrite(state.log, line, (size_t)len, 0) != len) {
        fail("cannot write the log", line);
    }
}

/* Traps the writes of the call that follows, if the rule is about them. */
static void begin_writes(const rule *applied)
{
    if (applied->action == ACTION_COUNT) {
        write_trap_count();
    }
    if (applied->action == ACTION_CUT) {
        write_trap_set(applied->value, SIGINT, false);
    }
    if (applied->action == ACTION_CUTKILL) {
        write_trap_set(applied->value, SIGKILL, false);
    }
    if (applied->action == ACTION_HALFKILL) {
        write_trap_set(applied->value, SIGKILL, true);
    }
}

static void end_writes(const rule *applied)
{
    char line[64];

    if (applied && applied->action == ACTION_COUNT) {
        log_line(line, snprintf(line, sizeof line, "%lu writes=%lu\n", current_call, write_trap_end()));
    } else if (applied && applied->action >= ACTION_CUT) {
        (void)write_trap_end();
    }
}

/* Number the call, log it, and find the rule for it: NULL for a call without a fault. Several threads may call.
 */
static const rule *begin(const char *function, unsigned long *count)
{
    unsigned long of_all = __atomic_add_fetch(&state.call_count, 1, __ATOMIC_RELAXED);
    unsigned long nth = __atomic_add_fetch(count, 1, __ATOMIC_RELAXED);
    char line[64];

    current_call = of_all;
    log_line(line, snprintf(line, sizeof line, "%lu %s\n", of_all, function));
    for (size_t i = 0; i < state.rule_count; i++) {
        rule *each = &state.rules[i];

        if (!matches(each, function, of_all, nth)) {
            continue;
        }
        if (each->action == ACTION_KILL) {
            (void)kill(getpid(), SIGKILL);
        }
        if (each->action == ACTION_HELD || each->action == ACTION_COUNT) {
            check_held(function);
        }
        if (each->action == ACTION_SLEEP) {
            wait_ms(each->value);
        }
        if (each->action == ACTION_HOLD) {
            wait_for_gate(each->value);
        }
        begin_writes(each);
        return each;
    }
    return NULL;
}

static bool is_left_out(const rule *applied, CK_RV *ret_rv)
{
    if (applied && applied->action == ACTION_RETURN) {
        *ret_rv = applied->value;
        return true;
    }
    *ret_rv = CKR_OK;
    return applied && applied->action == ACTION_SKIP;
}

static CK_RV end(const rule *applied, CK_RV rv)
{
    end_writes(applied);
    if (applied && applied->action == ACTION_STOP) {
        return CKR_ATTRIBUTE_TYPE_INVALID;
    }
    return applied && (applied->action == ACTION_THEN || applied->action == ACTION_LOST) ? applied->value : rv;
}

/* --- what happens to what it returns --- */

static void alter_number(const rule *applied, CK_ULONG *number)
{
    if (applied && applied->action == ACTION_LENGTH && number) {
        *number = applied->relative ? *number + applied->value : applied->value;
    }
}

static void alter_bytes(const rule *applied, CK_BYTE *bytes, CK_ULONG *len)
{
    if (!applied || !len) {
        return;
    }
    if (applied->action == ACTION_FLIP && bytes && *len != UNAVAILABLE && applied->value / 8 < *len) {
        bytes[applied->value / 8] ^= (CK_BYTE)(1u << (applied->value % 8));
    }
    if (applied->action == ACTION_PUT && bytes && *len != UNAVAILABLE && *len > 0) {
        bytes[0] = (CK_BYTE)applied->value;
    }
    alter_number(applied, len);
    if (applied->action == ACTION_LOST) {
        *len = 0;
    }
}

static CK_ULONG first_few(const rule *applied, CK_ULONG count)
{
    return applied && applied->action == ACTION_STOP && applied->value < count ? applied->value : count;
}

static void alter_attributes(const rule *applied, CK_ATTRIBUTE *list, CK_ULONG count)
{
    for (CK_ULONG i = 0; applied && i < count; i++) {
        bool meant = applied->type == ANY_TYPE || applied->type == list[i].type;

        if (meant && list[i].ulValueLen != UNAVAILABLE) {
            alter_bytes(applied, list[i].pValue, &list[i].ulValueLen);
        }
    }
}

static void alter_token_info(const rule *applied, CK_TOKEN_INFO *info)
{
    if (applied && applied->action == ACTION_FLAGS) {
        info->flags |= applied->value;
    }
    if (applied && applied->action == ACTION_PUT) {
        info->model[0] = (CK_UTF8CHAR)applied->value;
    }
}

/* --- handles --- */

/* In a separate session, since a search may be in progress in the caller's. */
static CK_OBJECT_HANDLE precious(CK_SESSION_HANDLE session, CK_OBJECT_CLASS class)
{
    CK_UTF8CHAR label[] = "precious";
    CK_ATTRIBUTE wanted[] = { { CKA_CLASS, &class, sizeof class }, { CKA_LABEL, label, sizeof label - 1 } };
    CK_SESSION_INFO info;
    CK_SESSION_HANDLE own = 0;
    CK_OBJECT_HANDLE found = 0;
    CK_ULONG count = 0;

    if (state.real->C_GetSessionInfo(session, &info) != CKR_OK ||
        state.real->C_OpenSession(info.slotID, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &own) != CKR_OK) {
        return 0;
    }
    if (state.real->C_FindObjectsInit(own, wanted, 2) == CKR_OK) {
        (void)state.real->C_FindObjects(own, &found, 1, &count);
        (void)state.real->C_FindObjectsFinal(own);
    }
    (void)state.real->C_CloseSession(own);
    return count == 1 ? found : 0;
}

static void alter_handle(const rule *applied, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE *handle)
{
    if (applied && handle && applied->action == ACTION_LOST) {
        *handle = 0;
    }
    if (applied && handle && applied->action == ACTION_SWAP) {
        CK_OBJECT_HANDLE other = precious(session, applied->value);

        *handle = other ? other : *handle;
    }
}

/* Of a pair, the half of that class; of another class, both. */
static void alter_pair(const rule *applied, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE *public_key,
                       CK_OBJECT_HANDLE *private_key)
{
    bool handle = applied && applied->action == ACTION_SWAP;

    if (!handle || applied->value != CKO_PRIVATE_KEY) {
        alter_handle(applied, session, public_key);
    }
    if (!handle || applied->value != CKO_PUBLIC_KEY) {
        alter_handle(applied, session, private_key);
    }
}

static CK_ULONG most(const rule *applied, CK_ULONG room)
{
    return applied && applied->action == ACTION_SHORT && applied->value < room ? applied->value : room;
}

/* What C_FindObjects found. */
static void alter_found(const rule *applied, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE *found, CK_ULONG room,
                        CK_ULONG *count)
{
    static __thread CK_OBJECT_HANDLE last = 1;

    alter_number(applied, count);
    for (CK_ULONG i = 0; applied && applied->action == ACTION_SWAP && i < *count; i++) {
        alter_handle(applied, session, &found[i]);
    }
    if (applied && applied->action == ACTION_ENDLESS && room > 0) {
        last = *count ? found[*count - 1] : last;
        found[0] = *count ? found[0] : last;
        *count = *count ? *count : 1;
    }
}

static void *with_init_args(void *given)
{
    static CK_C_INITIALIZE_ARGS own = { .flags = CKF_OS_LOCKING_OK };
    const CK_C_INITIALIZE_ARGS *args = given;

    own.pReserved = getenv("P11CERT_FAULT_INIT_ARGS");
    return own.pReserved && !(args && args->pReserved) ? &own : given;
}

/* --- the functions: name, parameters, arguments, and what of the answer can be altered --- */

#define S            CK_SESSION_HANDLE s
#define NOTHING      (void)0
#define IN_OUT       (S, CK_BYTE * a, CK_ULONG b, CK_BYTE * c, CK_ULONG * d), (s, a, b, c, d), alter_bytes(applied, c, d)
#define IN           (S, CK_BYTE * a, CK_ULONG b), (s, a, b), NOTHING
#define OUT          (S, CK_BYTE * a, CK_ULONG * b), (s, a, b), alter_bytes(applied, a, b)
#define START        (S, CK_MECHANISM * m, CK_OBJECT_HANDLE k), (s, m, k), NOTHING
#define ONLY_SESSION (S), (s), NOTHING

#define FUNCTIONS(X) \
    X(C_Initialize, (void *a), (with_init_args(a)), NOTHING) \
    X(C_Finalize, (void *a), (a), NOTHING) \
    X(C_GetInfo, (CK_INFO * a), (a), NOTHING) \
    X(C_GetSlotList, (CK_BBOOL a, CK_SLOT_ID * b, CK_ULONG * c), (a, b, c), alter_number(applied, c)) \
    X(C_GetSlotInfo, (CK_SLOT_ID a, CK_SLOT_INFO * b), (a, b), NOTHING) \
    X(C_GetTokenInfo, (CK_SLOT_ID a, CK_TOKEN_INFO * b), (a, b), alter_token_info(applied, b)) \
    X(C_WaitForSlotEvent, (CK_FLAGS a, CK_SLOT_ID * b, void *c), (a, b, c), NOTHING) \
    X(C_GetMechanismList, (CK_SLOT_ID a, CK_MECHANISM_TYPE * b, CK_ULONG * c), (a, b, c), alter_number(applied, c)) \
    X(C_GetMechanismInfo, (CK_SLOT_ID a, CK_MECHANISM_TYPE b, CK_MECHANISM_INFO * c), (a, b, c), NOTHING) \
    X(C_InitToken, (CK_SLOT_ID a, CK_BYTE * b, CK_ULONG c, CK_BYTE * d), (a, b, c, d), NOTHING) \
    X(C_InitPIN, IN) \
    X(C_SetPIN, (S, CK_BYTE * a, CK_ULONG b, CK_BYTE * c, CK_ULONG d), (s, a, b, c, d), NOTHING) \
    X(C_OpenSession, (CK_SLOT_ID a, CK_FLAGS b, void *c, CK_NOTIFY d, CK_SESSION_HANDLE *e), (a, b, c, d, e), NOTHING) \
    X(C_CloseSession, ONLY_SESSION) \
    X(C_CloseAllSessions, (CK_SLOT_ID a), (a), NOTHING) \
    X(C_GetSessionInfo, (S, CK_SESSION_INFO * a), (s, a), NOTHING) \
    X(C_GetOperationState, OUT) \
    X(C_SetOperationState, (S, CK_BYTE * a, CK_ULONG b, CK_OBJECT_HANDLE c, CK_OBJECT_HANDLE d), (s, a, b, c, d), \
      NOTHING) \
    X(C_Login, (S, CK_USER_TYPE a, CK_BYTE * b, CK_ULONG c), (s, a, b, c), NOTHING) \
    X(C_Logout, ONLY_SESSION) \
    X(C_CreateObject, (S, CK_ATTRIBUTE * a, CK_ULONG b, CK_OBJECT_HANDLE * c), (s, a, b, c), \
      alter_handle(applied, s, c)) \
    X(C_CopyObject, (S, CK_OBJECT_HANDLE a, CK_ATTRIBUTE * b, CK_ULONG c, CK_OBJECT_HANDLE * d), (s, a, b, c, d), \
      alter_handle(applied, s, d)) \
    X(C_DestroyObject, (S, CK_OBJECT_HANDLE a), (s, a), NOTHING) \
    X(C_GetObjectSize, (S, CK_OBJECT_HANDLE a, CK_ULONG * b), (s, a, b), alter_number(applied, b)) \
    X(C_GetAttributeValue, (S, CK_OBJECT_HANDLE a, CK_ATTRIBUTE * b, CK_ULONG c), (s, a, b, first_few(applied, c)), \
      alter_attributes(applied, b, c)) \
    X(C_SetAttributeValue, (S, CK_OBJECT_HANDLE a, CK_ATTRIBUTE * b, CK_ULONG c), (s, a, b, c), NOTHING) \
    X(C_FindObjectsInit, (S, CK_ATTRIBUTE * a, CK_ULONG b), (s, a, b), NOTHING) \
    X(C_FindObjects, (S, CK_OBJECT_HANDLE * a, CK_ULONG b, CK_ULONG * c), (s, a, most(applied, b), c), \
      alter_found(applied, s, a, b, c)) \
    X(C_FindObjectsFinal, ONLY_SESSION) \
    X(C_EncryptInit, START) \
    X(C_Encrypt, IN_OUT) \
    X(C_EncryptUpdate, IN_OUT) \
    X(C_EncryptFinal, OUT) \
    X(C_DecryptInit, START) \
    X(C_Decrypt, IN_OUT) \
    X(C_DecryptUpdate, IN_OUT) \
    X(C_DecryptFinal, OUT) \
    X(C_DigestInit, (S, CK_MECHANISM * a), (s, a), NOTHING) \
    X(C_Digest, IN_OUT) \
    X(C_DigestUpdate, IN) \
    X(C_DigestKey, (S, CK_OBJECT_HANDLE a), (s, a), NOTHING) \
    X(C_DigestFinal, OUT) \
    X(C_SignInit, START) \
    X(C_Sign, IN_OUT) \
    X(C_SignUpdate, IN) \
    X(C_SignFinal, OUT) \
    X(C_SignRecoverInit, START) \
    X(C_SignRecover, IN_OUT) \
    X(C_VerifyInit, START) \
    X(C_Verify, (S, CK_BYTE * a, CK_ULONG b, CK_BYTE * c, CK_ULONG d), (s, a, b, c, d), NOTHING) \
    X(C_VerifyUpdate, IN) \
    X(C_VerifyFinal, IN) \
    X(C_VerifyRecoverInit, START) \
    X(C_VerifyRecover, IN_OUT) \
    X(C_DigestEncryptUpdate, IN_OUT) \
    X(C_DecryptDigestUpdate, IN_OUT) \
    X(C_SignEncryptUpdate, IN_OUT) \
    X(C_DecryptVerifyUpdate, IN_OUT) \
    X(C_GenerateKey, (S, CK_MECHANISM * a, CK_ATTRIBUTE * b, CK_ULONG c, CK_OBJECT_HANDLE * d), (s, a, b, c, d), \
      alter_handle(applied, s, d)) \
    X(C_GenerateKeyPair, \
      (S, CK_MECHANISM * a, CK_ATTRIBUTE * b, CK_ULONG c, CK_ATTRIBUTE * d, CK_ULONG e, CK_OBJECT_HANDLE * f, \
       CK_OBJECT_HANDLE * g), \
      (s, a, b, c, d, e, f, g), alter_pair(applied, s, f, g)) \
    X(C_WrapKey, (S, CK_MECHANISM * a, CK_OBJECT_HANDLE b, CK_OBJECT_HANDLE c, CK_BYTE * d, CK_ULONG * e), \
      (s, a, b, c, d, e), alter_bytes(applied, d, e)) \
    X(C_UnwrapKey, \
      (S, CK_MECHANISM * a, CK_OBJECT_HANDLE b, CK_BYTE * c, CK_ULONG d, CK_ATTRIBUTE * e, CK_ULONG f, \
       CK_OBJECT_HANDLE * g), \
      (s, a, b, c, d, e, f, g), alter_handle(applied, s, g)) \
    X(C_DeriveKey, (S, CK_MECHANISM * a, CK_OBJECT_HANDLE b, CK_ATTRIBUTE * c, CK_ULONG d, CK_OBJECT_HANDLE * e), \
      (s, a, b, c, d, e), NOTHING) \
    X(C_SeedRandom, IN) \
    X(C_GenerateRandom, IN) \
    X(C_GetFunctionStatus, ONLY_SESSION) \
    X(C_CancelFunction, ONLY_SESSION)

/* If a row's three middle columns come from one macro, they are separated only after it is expanded. */
#define DEFINE(...) DEFINE_EXPANDED(__VA_ARGS__)
#define DEFINE_EXPANDED(name, parameters, arguments, alteration) \
    static unsigned long count_##name; \
    static CK_RV fault_##name parameters \
    { \
        const rule *applied = begin(#name, &count_##name); \
        CK_RV rv = CKR_OK; \
\
        if (is_left_out(applied, &rv)) { \
            return rv; \
        } \
        rv = state.real->name arguments; \
        alteration; \
        return end(applied, rv); \
    }

FUNCTIONS(DEFINE)

#define RESET(name, ...) count_##name = 0;

static void reset(void)
{
    FUNCTIONS(RESET)
    state.call_count = 0;
}

static void load_real(void)
{
    const char *path = getenv("P11CERT_FAULT_MODULE");
    union {
        void *symbol;
        CK_RV (*function)(CK_FUNCTION_LIST **list);
    } entry;

    state.library = path ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : NULL;
    entry.symbol = state.library ? dlsym(state.library, "C_GetFunctionList") : NULL;
    if (!entry.symbol || entry.function(&state.real) != CKR_OK) {
        fail("cannot load P11CERT_FAULT_MODULE", path ? path : "(unset)");
    }
}

static CK_RV fault_C_GetFunctionList(CK_FUNCTION_LIST **list);

#define MEMBER(name, ...) .name = fault_##name,

static CK_FUNCTION_LIST functions = { .version = { 2, 40 },
                                      .C_GetFunctionList = fault_C_GetFunctionList,
                                      FUNCTIONS(MEMBER) };

static CK_RV fault_C_GetFunctionList(CK_FUNCTION_LIST **list)
{
    *list = &functions;
    return CKR_OK;
}

/* Keeps the counts when the program unloads this module. */
static void stay_loaded(void)
{
    Dl_info info;

    if (dladdr((void *)&functions, &info) == 0 || !dlopen(info.dli_fname, RTLD_NOW | RTLD_NODELETE)) {
        fail("cannot stay loaded", dlerror());
    }
}

__attribute__((visibility("default"))) CK_RV C_GetFunctionList(CK_FUNCTION_LIST **list)
{
    const char *log = getenv("P11CERT_FAULT_LOG");

    const bool goes_on = state.real && getenv("P11CERT_FAULT_RUN");

    if (!state.real) {
        load_real();
    }
    if (goes_on) {
        *list = &functions;
        return CKR_OK;
    }
    if (getenv("P11CERT_FAULT_RUN")) {
        stay_loaded();
    }
    if (getenv("P11CERT_FAULT_NETWORK")) {
        stay_loaded(); /* with the handler of the trap */
        network_trap_set(strtoul(getenv("P11CERT_FAULT_NETWORK"), NULL, 10));
    }
    if (state.log >= 0) {
        (void)close(state.log);
    }
    state.log = log ? open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
    reset();
    read_plan();
    *list = &functions;
    return CKR_OK;
}

__attribute__((destructor)) static void let_go(void)
{
    if (state.log >= 0) {
        (void)close(state.log);
    }
    if (state.library) {
        (void)dlclose(state.library);
    }
}
