/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_SUBMITTED_H
#define PC_APP_SUBMITTED_H

#include <p11cert/submit.h>

#include "base/arena.h"

PC_AUTO_DEFINE(pc_submit_result, pc_submit_result, pc_submit_result_free);

/** A result without items. @return PC_OK; PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_submit_result_new(pc_submit_result **ret_result, pc_error *err);

/** Add the items, each with an empty record. To be called once. @return PC_OK; PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_submit_result_add(pc_submit_result *result, size_t count, pc_error *err);

/** Store a status, and its error, in an item. */
void pc_submitted_note(pc_submitted *item, pc_status status, const pc_error *err, pc_arena *arena);

#endif
