/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_REPAIR_LEFTOVER_H
#define PC_APP_REPAIR_LEFTOVER_H

#include "app/repair/view.h"

/**
 * Add a finding for each empty object (token/leftover.h), and with `apply` remove it. One that the token does not
 * remove is PC_REPAIR_REFUSED; one that has content by then belongs to another program and becomes a note.
 * @return PC_OK; PC_E_TOKEN; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_repair_leftovers(const pc_repair_view *view, bool apply, pc_repair_result *result,
                                            pc_error *err);

#endif
