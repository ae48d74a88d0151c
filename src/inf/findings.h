/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_INF_FINDINGS_H
#define PC_INF_FINDINGS_H

#include <stdbool.h>

#include <p11cert/inf.h>

#include "base/arena.h"

/**
 * Add a finding about inf. Text is escaped and copied.
 *
 * @param head    id (static text), severity, line, fix and edit; its message is not read. A fix of NULL
 *                means that memory ran out while it was written; "" means that there is none.
 * @param format  the message
 * @return PC_OK, also when there are too many and this one is only counted; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_inf_find(pc_inf *inf, const pc_finding *head, const char *format, ...) PC_PRINTF(3, 4);

/** Would a finding of that severity be only counted? If so, the caller can save the work for it. */
bool pc_inf_find_is_full(const pc_inf *inf, pc_severity severity);

/** Sort by line, and add a last finding if some were left out. @return PC_OK, PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_inf_findings_seal(pc_inf *inf);

/** Remove the last finding of pc_inf_findings_seal again, to add more. */
void pc_inf_findings_unseal(pc_inf *inf);

#endif
