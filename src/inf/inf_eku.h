/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_INF_INF_EKU_H
#define PC_INF_INF_EKU_H

#include "base/text.h"
#include "inf/inf_job.h"

/** An entry of [EnhancedKeyUsageExtension]. @return PC_OK, PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_inf_read_eku_section(pc_inf_job *job, const pc_inf_entry *entry);

/** Add one extended key usage; `line` is where it is. What is wrong is a finding. @return PC_OK, PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_inf_add_eku(pc_inf_job *job, const pc_inf_entry *entry, pc_span oid, unsigned line);

/** Once all entries are read. @return PC_OK, PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_inf_finish_ekus(pc_inf_job *job);

#endif
