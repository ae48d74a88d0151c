/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_INF_INF_BOOL_H
#define PC_INF_INF_BOOL_H

#include "inf/inf_job.h"

/** TRUE, FALSE, yes, no, 1, 0 without case. false if it is none of them. */
bool pc_inf_to_bool(const char *text, bool *ret_value);

/** The same as a pc_wish; anything else is a finding. @return PC_OK, PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_inf_read_wish(pc_inf_job *job, const pc_inf_entry *entry, pc_wish *wish);

/** The same as a bool: false where it is not TRUE. @return PC_OK, PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_inf_read_flag(pc_inf_job *job, const pc_inf_entry *entry, bool *flag);

#endif
