/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_INF_INF_MAPPINGS_H
#define PC_INF_INF_MAPPINGS_H

#include "inf/inf_job.h"

/** Policy mappings: [PolicyMappingsExtension] and [ApplicationPolicyMappingsExtension]. All return PC_OK or
 * PC_E_MEMORY. */

PC_MUST_CHECK pc_status pc_inf_read_policy_mappings(pc_inf_job *job, const pc_inf_entry *entry);
PC_MUST_CHECK pc_status pc_inf_read_application_mappings(pc_inf_job *job, const pc_inf_entry *entry);

/** Once all entries are read. */
PC_MUST_CHECK pc_status pc_inf_finish_mappings(pc_inf_job *job);

#endif
