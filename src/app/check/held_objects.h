/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_HELD_OBJECTS_H
#define PC_APP_HELD_OBJECTS_H

#include <p11cert/policy.h>

#include "app/check/held_certificates.h"
#include "token/inventory.h"
#include "token/objects.h"

/** Keys by CKA_ID. */
typedef struct {
    const pc_key **items;
    size_t count;
} pc_held_keys;

/** What is read of a token once where many of its keys are checked, so that none needs a search of its own. */
typedef struct {
    pc_held_certificates certificates;
    pc_held_keys keys;    /**< private keys */
    pc_held_keys publics; /**< public key objects */
    pc_evidence of_token; /**< what is the same for all keys, gathered for the first key whose rules need it */
    unsigned gathered;    /**< PC_NEEDS_*: what of_token has */
    pc_arena *arena;      /**< for what is read later: it outlives the evidence about one key */
} pc_held_objects;

/** @param inventory  borrowed. Cleared with pc_held_objects_clear. @return PC_OK; PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_held_objects_make(const pc_inventory *inventory, pc_arena *arena, pc_held_objects *ret_held,
                                             pc_error *err);

/** Those with a CKA_ID, at most PC_FOUND_MAX. None if the CKA_ID is empty. */
pc_found pc_held_keys_of_id(const pc_held_keys *keys, pc_bytes id);

void pc_held_objects_clear(pc_held_objects *held);

PC_AUTO_DEFINE_VALUE(pc_held_objects, pc_held_objects, pc_held_objects_clear);

#endif
