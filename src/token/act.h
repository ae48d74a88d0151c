/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_TOKEN_ACT_H
#define PC_TOKEN_ACT_H

#include <p11-kit/pkcs11.h>
#include <stdbool.h>

#include "base/bytes.h"

/**
 * The calls that change a token, or make or reveal something with a key on it, as a log of them needs them: which act,
 * on which token, to which object. calls.c reports each, whichever code makes it. Session objects, which disappear with
 * their session, are left out, unless a key is wrapped with one.
 */

#define PC_ACT_TEXT  (4u * 512u + 1u) /**< bytes: a text of a token, each of whose bytes may become \xNN */
#define PC_ACT_ID    256u             /**< bytes of a CKA_ID; a longer one is unknown */
#define PC_ACT_CLASS 24u

/** What is known about an act before it is done. Texts are safe to print. */
typedef struct {
    const char *name;     /**< "make-key-pair", "remove-object", "sign", … */
    const char *function; /**< "C_GenerateKeyPair", … */
    bool has_token;       /**< false: the token did not answer */
    char token_label[PC_ACT_TEXT];
    char token_serial[PC_ACT_TEXT];
    char class_name[PC_ACT_CLASS]; /**< "private-key", …; empty: no object, or unknown */
    bool has_label;                /**< false: no object, or unknown */
    char label[PC_ACT_TEXT];
    bool has_id;                /**< false: no object, or unknown */
    char id[2 * PC_ACT_ID + 1]; /**< hexadecimal */
    char purpose[PC_ACT_TEXT];  /**< pc_act_purpose; empty: not stated */
} pc_act;

/** Who keeps the record. The functions may be called by several threads at once. */
typedef struct {
    /** @return CKR_OK; any other code prevents the act, and is returned by its call. */
    CK_RV (*begin)(void *context, const pc_act *act);
    /** The act was done, or the module refused it. Called while signals are still held (calls.h). */
    void (*end)(void *context, const pc_act *act, CK_RV rv);
    void *context;
} pc_act_observer;

/** From now on report acts to this observer; NULL stops it. Call this only while no call to a module is running. @param
 * observer borrowed, until the next one */
void pc_acts_observe(const pc_act_observer *observer);

/** How many calls have been made to modules, of all functions, since the process began. */
unsigned long pc_acts_call_count(void);

/** What the signatures of this thread are for, from now on: "certificate", "its subject"; NULL: not stated. */
void pc_act_purpose(const char *kind, const char *text);

/* --- for calls.c --- */

/** The information in a call's arguments. */
typedef struct {
    const char *name;
    CK_FUNCTION_LIST *calls; /**< the list through which more is read */
    const char *class_name;  /**< of the object that is made; NULL: as the template or the object says */
    const CK_ATTRIBUTE *attributes;
    CK_ULONG count;
    CK_SESSION_HANDLE session;
    CK_OBJECT_HANDLE object; /**< CK_INVALID_HANDLE: none that exists yet */
    CK_SLOT_ID slot;         /**< for a call without a session */
    bool has_slot;
    bool is_start;      /**< C_SignInit: names the key of this thread's next signature */
    bool is_signature;  /**< a call that uses that key */
    bool is_query;      /**< it only asks for a length */
    bool is_always_one; /**< reported also for a session object */
} pc_act_call;

/** An act from its beginning to its end. */
typedef struct {
    bool is_one;
    pc_act act;
} pc_running_act;

/** Count a call. */
void pc_act_count(void);

/** @return CKR_OK; else the call must not be made, and returns this. */
CK_RV pc_act_begin(const char *function, const pc_act_call *call, pc_running_act *ret_running);
void pc_act_end(const pc_running_act *running, CK_RV rv);

#endif
