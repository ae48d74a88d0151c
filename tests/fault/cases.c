/* SPDX-License-Identifier: Apache-2.0 */
#include "cases.h"

#include <p11-kit/pkcs11.h>
#include <stdarg.h>
#include <string.h>

#include "must.h"
#include "sweep_share.h"

#define MAX_ROWS      32768u
#define AT_ONCE_ROWS  40u
#define SLEEP_MOST_MS 8u
#define PAUSES        4u
#define HALF_WRITTEN  8u

static const char *const kind_names[FAULT_KINDS] = {
    "code", "lost", "kill", "lie", "untouched", "short", "endless", "handle", "cut", "cut-kill", "at-once",
};

const char *fault_kind_name(fault_kind kind)
{
    return kind_names[kind];
}

PC_PRINTF(4, 5)
static void add(fault_list *list, fault_kind kind, unsigned call, const char *format, ...)
{
    va_list args;

    MUST(list->count < MAX_ROWS);
    fault_row *row = &list->rows[list->count++];

    *row = (fault_row){ .kind = kind, .call = call };
    va_start(args, format);
    MUST(vsnprintf(row->plan, sizeof row->plan, format, args) < (int)sizeof row->plan);
    va_end(args);
}

/* DEVICE_ERROR, DEVICE_REMOVED, SESSION_HANDLE_INVALID, USER_NOT_LOGGED_IN, GENERAL_ERROR, HOST_MEMORY */
static const char *const codes[] = { "0x30", "0x32", "0xb3", "0x101", "0x05", "0x02" };
static const char *const lengths[] = { "+1", "+4096", "0x7fffffff", "-1", "0" };

/* CKA_VALUE, LABEL, ID, KEY_TYPE, EXTRACTABLE, EC_PARAMS, EC_POINT */
static const char *const types[] = { "0x11", "0x3", "0x102", "0x100", "0x162", "0x180", "0x181" };

static const char *const fill_in[] = { "C_GetAttributeValue", "C_GetTokenInfo",     "C_GetSlotInfo",
                                       "C_GetMechanismInfo",  "C_GetMechanismList", "C_GetSessionInfo",
                                       "C_GetInfo",           "C_GetSlotList",      "C_FindObjects" };
static const char *const counting[] = { "C_GetSlotList", "C_FindObjects", "C_Sign", "C_WrapKey" };
static const char *const searching[] = { "C_FindObjectsInit", "C_FindObjects" };
static const char *const making[] = { "C_GenerateKeyPair", "C_GenerateKey", "C_CreateObject", "C_UnwrapKey" };

static bool is_among(const char *function, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(names[i], function) == 0) {
            return true;
        }
    }
    return false;
}

#define IS_AMONG(function, names) is_among((function), (names), sizeof(names) / sizeof *(names))

/* SoftHSM lists the objects of a token in the order of their random file names, so that the number of calls before this
 * one may vary from run to run. Hence a fault that only one function can have is at the nth call of that function. At
 * another one it would be another fault: a wrong handle from C_FindObjects for one from C_CreateObject. */
typedef struct {
    const char *function;
    unsigned call; /* the number among all calls */
    unsigned nth;  /* among those of the function */
} place;

static void add_codes(fault_list *list, unsigned call)
{
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        add(list, FAULT_CODE, call, "call=%u return=%s", call, codes[i]);
        add(list, FAULT_CODE, call, "call=%u+ return=%s", call, codes[i]);
    }
    add(list, FAULT_CODE, call, "call=%u then=0x30", call);
    add(list, FAULT_CODE, call, "call=%u+ then=0x32", call);
    add(list, FAULT_KILL, call, "call=%u kill=0", call);
}

static void add_lost(fault_list *list, const place *at)
{
    add(list, FAULT_LOST, at->call, "%s=%u lost=0x30", at->function, at->nth);
    add(list, FAULT_LOST, at->call, "%s=%u lost=0x05", at->function, at->nth);
    add(list, FAULT_LOST, at->call, "call=%u+ lost=0x32", at->call);
}

static void add_lies(fault_list *list, const place *at)
{
    bool attributes = strcmp(at->function, "C_GetAttributeValue") == 0;

    if (!IS_AMONG(at->function, fill_in)) {
        add(list, FAULT_LIE, at->call, "%s=%u skip=0", at->function, at->nth);
    }
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths && (attributes || IS_AMONG(at->function, counting)); i++) {
        add(list, FAULT_LIE, at->call, "%s=%u length=%s", at->function, at->nth, lengths[i]);
        for (size_t j = 0; j < sizeof types / sizeof *types && attributes; j++) {
            add(list, FAULT_LIE, at->call, "%s=%u length=%s@%s", at->function, at->nth, lengths[i], types[j]);
        }
    }
}

/* ATTRIBUTE_SENSITIVE, ATTRIBUTE_TYPE_INVALID: they concern one attribute, but may be returned for all. */
static void add_untouched(fault_list *list, const place *at)
{
    add(list, FAULT_UNTOUCHED, at->call, "%s=%u skip=0", at->function, at->nth);
    add(list, FAULT_UNTOUCHED, at->call, "%s=1+ skip=0", at->function);
    if (strcmp(at->function, "C_GetAttributeValue") == 0) {
        add(list, FAULT_UNTOUCHED, at->call, "%s=%u return=0x11", at->function, at->nth);
        add(list, FAULT_UNTOUCHED, at->call, "%s=%u return=0x12", at->function, at->nth);
        add(list, FAULT_UNTOUCHED, at->call, "call=%u+ return=0x12", at->call);
        for (unsigned i = 1; i < 6; i++) {
            add(list, FAULT_UNTOUCHED, at->call, "%s=%u stop=%u", at->function, at->nth, i);
        }
    }
}

/* ATTRIBUTE_TYPE_INVALID, ATTRIBUTE_VALUE_INVALID: a template that is refused does not say that there is no object. */
static void add_refusals(fault_list *list, const place *at)
{
    add(list, FAULT_CODE, at->call, "%s=%u return=0x12", at->function, at->nth);
    add(list, FAULT_CODE, at->call, "%s=%u return=0x13", at->function, at->nth);
}

static void add_finds(fault_list *list, const place *at)
{
    add(list, FAULT_SHORT, at->call, "call=%u+ short=1", at->call);
    add(list, FAULT_SHORT, at->call, "%s=%u short=1", at->function, at->nth);
    add(list, FAULT_ENDLESS, at->call, "call=%u+ endless=0", at->call);
}

static void add_handles(fault_list *list, const place *at)
{
    for (unsigned class = CKO_DATA; class <= CKO_PRIVATE_KEY; class ++) {
        add(list, FAULT_HANDLE, at->call, "%s=%u swap=%u", at->function, at->nth, class);
    }
}

/* In these, SoftHSM truncates the token's own object, or an existing object, and rewrites it. SIGKILL in between
 * destroys it, and no caller of SoftHSM can prevent that. */
static const char *const rewriting[] = { "C_Login", "C_InitToken", "C_InitPIN", "C_SetPIN", "C_SetAttributeValue" };

static void add_cuts(fault_list *list, const place *at, unsigned writes)
{
    for (unsigned i = 1; i <= writes; i++) {
        add(list, FAULT_CUT, at->call, "%s=%u cut=%u", at->function, at->nth, i);
        if (IS_AMONG(at->function, rewriting)) {
            continue;
        }
        add(list, FAULT_CUT_KILL, at->call, "%s=%u cutkill=%u", at->function, at->nth, i);
        /* After a write, an object has only some of its attributes; `repair` waits before it removes such an object. */
        if (i % HALF_WRITTEN == 0 || i + 1 == writes) {
            add(list, FAULT_CUT_KILL, at->call, "%s=%u halfkill=%u", at->function, at->nth, i);
        }
    }
}

static void add_for_call(fault_list *list, const flow *swept, const call_seen *seen, const place *at)
{
    add_codes(list, at->call);
    if (IS_AMONG(at->function, making)) {
        add_lost(list, at);
        add_handles(list, at);
    }
    if (!swept->without_lies) {
        add_lies(list, at);
    }
    if (IS_AMONG(at->function, fill_in)) {
        add_untouched(list, at);
    }
    if (IS_AMONG(at->function, searching)) {
        add_refusals(list, at);
    }
    if (strcmp(at->function, "C_FindObjects") == 0) {
        add_finds(list, at);
        if (!swept->without_lies) {
            add_handles(list, at);
        }
    }
    add_cuts(list, at, seen->writes);
}

static unsigned count_until(const call_seen *calls, unsigned call)
{
    unsigned count = 0;

    for (unsigned i = 0; i < call; i++) {
        count += strcmp(calls[i].function, calls[call - 1].function) == 0;
    }
    return count;
}

fault_list fault_list_all(const flow *swept, const call_seen *calls, unsigned call_count)
{
    fault_list list = { .rows = calloc(MAX_ROWS, sizeof *list.rows) };

    MUST(list.rows);
    for (unsigned call = 1; call <= call_count; call++) {
        const call_seen *seen = &calls[call - 1];
        const place at = { .function = seen->function, .call = call, .nth = count_until(calls, call) };

        add_for_call(&list, swept, seen, &at);
    }
    for (unsigned i = 0; i < AT_ONCE_ROWS; i++) {
        add(&list, FAULT_AT_ONCE, 0, "seed=%u", i);
    }
    return list;
}

/* --- choosing --- */

/* SplitMix64. */
static unsigned long next_random(unsigned long *state)
{
    unsigned long mixed = *state += 0x9e3779b97f4a7c15ul;

    mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9ul;
    mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111ebul;
    return mixed ^ mixed >> 31;
}

static void swap(fault_list *list, unsigned a, unsigned b)
{
    fault_row kept = list->rows[a];

    list->rows[a] = list->rows[b];
    list->rows[b] = kept;
}

unsigned fault_list_sample(fault_list *list, const flow *swept, bool (*must)(const flow *swept, const fault_row *row))
{
    unsigned chosen = 0;
    unsigned wanted = getenv("P11CERT_SWEEP_ALL") ? list->count : sweep_share(swept->runs);
    unsigned long state = sweep_seed();

    for (unsigned i = 0; i < list->count; i++) {
        if (must(swept, &list->rows[i])) {
            swap(list, chosen++, i);
        }
    }
    for (; chosen < wanted && chosen < list->count; chosen++) {
        swap(list, chosen, chosen + (unsigned)(next_random(&state) % (list->count - chosen)));
    }
    return chosen;
}

const char *fault_plan_at_once(const fault_row *row, unsigned run, unsigned call_count, char out[static 128])
{
    int len = 0;
    unsigned long state = strtoul(row->plan + strlen("seed="), NULL, 10) * AT_ONCE + run;

    out[0] = '\0';
    for (unsigned i = 0; i < PAUSES; i++) {
        len += snprintf(out + len, 128 - (size_t)len, "call=%lu sleep=%lu;", next_random(&state) % call_count + 1,
                        next_random(&state) % SLEEP_MOST_MS);
    }
    MUST(len < 128);
    return out;
}
