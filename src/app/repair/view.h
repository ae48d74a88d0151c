/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_REPAIR_VIEW_H
#define PC_APP_REPAIR_VIEW_H

#include "app/repair/plan.h"
#include "token/inventory.h"

/** The contents of the token, and the planner's view of them. */
typedef struct {
    const pc_token *token;
    pc_inventory inventory;
    pc_repair_plan plan;
    size_t proof_count; /**< keys that proved their public key */
    bool *proved;       /**< one for each object */
} pc_repair_view;

/**
 * Read the token once and find the public key of every object. A private key that does not show it (EC on most tokens)
 * signs a challenge, which is tried on the public keys that may be its own; if none is, two signatures by an EC key
 * show it. With order->key only that key is asked, and those that share a CKA_ID with it or with objects that belong to
 * it.
 *
 * @param ret_view  to be zeroed by the caller, with token and plan.arena set
 * @return PC_OK; PC_E_NOT_FOUND, PC_E_AMBIGUOUS (order->key); PC_E_NOT_FOUND, PC_E_INPUT, PC_E_IO (order->certificate);
 *         PC_E_USAGE; PC_E_TOKEN, PC_E_AUTH, PC_E_LOCKED, PC_E_CRYPTO (the token or the engine failed); PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_repair_view_read(const pc_repair_order *order, pc_repair_view *ret_view, pc_error *err);

/**
 * Have the private key that an object of the view is prove its public key, unless it has. If it does not, that is not
 * an error: object->problem is then set.
 */
PC_MUST_CHECK pc_status pc_repair_view_prove(pc_repair_view *view, size_t object, pc_error *err);

#endif
