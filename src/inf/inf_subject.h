/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_INF_INF_SUBJECT_H
#define PC_INF_INF_SUBJECT_H

#include "inf/inf_job.h"

/** Subject, X500NameFlags and SubjectNameFlags of [NewRequest]. All return PC_OK or PC_E_MEMORY. */

PC_MUST_CHECK pc_status pc_inf_read_subject(pc_inf_job *job, const pc_inf_entry *entry);
PC_MUST_CHECK pc_status pc_inf_read_x500_flags(pc_inf_job *job, const pc_inf_entry *entry);
PC_MUST_CHECK pc_status pc_inf_read_subject_name_flags(pc_inf_job *job, const pc_inf_entry *entry);

/** Once all entries are read: X500NameFlags may be below Subject. */
PC_MUST_CHECK pc_status pc_inf_finish_subject(pc_inf_job *job);

#endif
