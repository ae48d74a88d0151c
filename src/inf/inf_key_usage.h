/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_INF_INF_KEY_USAGE_H
#define PC_INF_INF_KEY_USAGE_H

#include "inf/inf_job.h"

/** KeyUsage of [NewRequest]. @return PC_OK, PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_inf_read_key_usage(pc_inf_job *job, const pc_inf_entry *entry);

/** Once all entries are read: does 2.5.29.15 under [Extensions] say the same? @return PC_OK, PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_inf_finish_usage(pc_inf_job *job);

#endif
