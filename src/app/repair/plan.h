/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_REPAIR_PLAN_H
#define PC_APP_REPAIR_PLAN_H

#include <p11cert/key.h>
#include <p11cert/repair.h>

#include "base/arena.h"
#include "base/bytes.h"

#define PC_REPAIR_NONE ((size_t)-1) /* used instead of an index */

/** An object of the token as the planner sees it. All memory is in the arena, or borrowed for as long as that exists.
 */
typedef struct {
    pc_repair_class class;
    size_t source;     /**< index in the inventory's list of that class */
    const char *label; /**< "" if none */
    pc_bytes id;
    pc_bytes subject; /**< CKA_SUBJECT as on the token */
    pc_fact modifiable;
    bool is_made_here; /**< of a key: CKA_LOCAL is true */

    bool known; /**< its public key is known: for a private key, because the token shows it or a signature proved it */
    uint8_t value[32];          /**< SHA-256 of the DER SubjectPublicKeyInfo */
    uint8_t identifier[20];     /**< RFC 5280 section 4.2.1.2, method 1: the value of a new CKA_ID */
    const pc_public_half *half; /**< NULL if not known */

    /* Of a private key. */
    bool named;          /**< named by --key or --cert */
    bool tried;          /**< it was used to prove its public key, or the token shows it */
    bool can_sign_here;  /**< of a kind that the signer in use supports */
    bool may_sign;       /**< CKA_SIGN is not false */
    const char *problem; /**< why it proved nothing; NULL if it was not asked, or proved it */

    /* Of a certificate. */
    pc_bytes true_subject;   /**< DER Name in the certificate; NULL if it does not parse */
    const char *common_name; /**< NULL if none */
    const char *serial;      /**< hex; NULL if it does not parse */
    uint8_t digest[32];      /**< SHA-256 of the DER */
} pc_repair_object;

typedef enum {
    PC_REPAIR_LEAVE, /**< nothing is written */
    PC_REPAIR_SET_ID,
    PC_REPAIR_SET_SUBJECT,
    PC_REPAIR_SET_LABEL,
    PC_REPAIR_WRITE_PUBLIC,      /**< a public key object of `object`'s public half */
    PC_REPAIR_WRITE_CERTIFICATE, /**< a corrected copy of `object` */
    PC_REPAIR_REMOVE_PUBLIC,     /**< the public key object, if it still has no private key */
} pc_repair_action;

/** One finding, and its repair. */
typedef struct {
    const char *id;
    pc_repair_state state;
    pc_repair_action action;
    size_t object;
    size_t key;     /**< the private key whose proof this depends on; PC_REPAIR_NONE if none */
    size_t after;   /**< the item that must be done first; PC_REPAIR_NONE if none */
    pc_bytes value; /**< of the attribute that is set */
    /** The CKA_ID, and with `label` the label, of an object that is written, also instead of a change that the token
     * refuses. */
    pc_bytes object_id;
    pc_bytes key_id; /**< the CKA_ID that `key` must still have when this is written */
    const char *label;
    const char *message;
    const char *remedy;
} pc_repair_item;

/** The contents of the token, the request, and the result. */
typedef struct {
    pc_arena *arena;
    pc_repair_object *objects;
    size_t object_count;
    bool restricted; /**< only objects related to the named keys */
    pc_repair_item *items;
    size_t item_count;
} pc_repair_plan;

/**
 * Find what is wrong and plan the repair. Pure: reads only `plan`. Takes as long as sorting.
 * @return PC_OK; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_repair_plan_make(pc_repair_plan *plan, pc_error *err);

/** For qsort and bsearch over `const pc_repair_object *`: by CKA_ID. */
int pc_repair_compare_ids(const void *a, const void *b);

#endif
