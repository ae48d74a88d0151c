/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_INF_INF_ATTRIBUTES_H
#define PC_INF_INF_ATTRIBUTES_H

#include "inf/inf_job.h"

/** An entry of [RequestAttributes]. @return PC_OK, PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_inf_read_attribute(pc_inf_job *job, const pc_inf_entry *entry);

/** Set the fix of a finding about `SAN = names`: the extension 2.5.29.17 with them, under [Extensions]. */
void pc_inf_fix_by_moving_names(pc_finding *head, const pc_inf *inf, const pc_inf_entry *entry);

#endif
