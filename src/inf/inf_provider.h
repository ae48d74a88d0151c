/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_INF_INF_PROVIDER_H
#define PC_INF_INF_PROVIDER_H

#include "inf/inf_job.h"

/** ProviderName and ProviderType of [NewRequest]. All return PC_OK or PC_E_MEMORY. */

PC_MUST_CHECK pc_status pc_inf_read_provider_name(pc_inf_job *job, const pc_inf_entry *entry);
PC_MUST_CHECK pc_status pc_inf_read_provider_type(pc_inf_job *job, const pc_inf_entry *entry);

/** Once all entries are read: do they match? */
PC_MUST_CHECK pc_status pc_inf_finish_provider(pc_inf_job *job);

#endif
