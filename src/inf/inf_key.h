/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_INF_INF_KEY_H
#define PC_INF_INF_KEY_H

#include "inf/inf_job.h"

/** KeyAlgorithm, KeyLength, HashAlgorithm, KeySpec, signature. All return PC_OK or PC_E_MEMORY. */

PC_MUST_CHECK pc_status pc_inf_read_key_algorithm(pc_inf_job *job, const pc_inf_entry *entry);
PC_MUST_CHECK pc_status pc_inf_read_key_length(pc_inf_job *job, const pc_inf_entry *entry);
PC_MUST_CHECK pc_status pc_inf_read_hash_algorithm(pc_inf_job *job, const pc_inf_entry *entry);
PC_MUST_CHECK pc_status pc_inf_read_key_spec(pc_inf_job *job, const pc_inf_entry *entry);
PC_MUST_CHECK pc_status pc_inf_read_pss(pc_inf_job *job, const pc_inf_entry *entry);

/** Once all entries are read: these keys may be in any order. */
PC_MUST_CHECK pc_status pc_inf_finish_key(pc_inf_job *job);

#endif
