/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_RETIRE_PLAN_H
#define PC_APP_RETIRE_PLAN_H

#include <p11cert/retire.h>

#include "app/ca/pending/pending.h"
#include "token/key.h"
#include "token/named_object.h"

/** The objects to be destroyed, in this order. All memory belongs to the result. */
typedef struct {
    pc_retire_result *result; /**< objects and dependents are filled in */
    pc_named_object *named;   /**< one for each of result->objects; class and value unset for a record */
    pc_pending_list records;  /**< of the key's request: removed as one object */
    const char *valid_until;  /**< of its certificate that is valid the longest; NULL if none is known to be valid */
    bool may_be_valid;        /**< a certificate object with its CKA_ID cannot be read */
    pc_fact destroyable;      /**< CKA_DESTROYABLE of the key */
    bool is_absent;           /**< the searches succeeded and found no such key, nor the rest of one */
} pc_retire_plan;

/**
 * Find a key and all that belongs to it or depends on it.
 * @param plan zeroed, except for the result
 * @return PC_OK; PC_E_NOT_FOUND, PC_E_AMBIGUOUS; PC_E_USAGE (the URI); PC_E_TOKEN; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_retire_make_plan(const pc_token *token, const pc_retire_order *order, pc_retire_plan *plan,
                                            pc_error *err);

#endif
