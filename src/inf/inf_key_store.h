/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_INF_INF_KEY_STORE_H
#define PC_INF_INF_KEY_STORE_H

#include "inf/inf_job.h"

/** Keys of [NewRequest] that say how the key is kept. All return PC_OK or PC_E_MEMORY. */

PC_MUST_CHECK pc_status pc_inf_read_exportable(pc_inf_job *job, const pc_inf_entry *entry);
PC_MUST_CHECK pc_status pc_inf_read_exportable_encrypted(pc_inf_job *job, const pc_inf_entry *entry);
PC_MUST_CHECK pc_status pc_inf_read_misspelt_exportable(pc_inf_job *job, const pc_inf_entry *entry);
PC_MUST_CHECK pc_status pc_inf_read_machine_key_set(pc_inf_job *job, const pc_inf_entry *entry);
PC_MUST_CHECK pc_status pc_inf_read_key_container(pc_inf_job *job, const pc_inf_entry *entry);
PC_MUST_CHECK pc_status pc_inf_read_friendly_name(pc_inf_job *job, const pc_inf_entry *entry);

/** Once all entries are read. */
PC_MUST_CHECK pc_status pc_inf_finish_key_store(pc_inf_job *job);

#endif
