/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_INF_INF_REQUEST_TYPE_H
#define PC_INF_INF_REQUEST_TYPE_H

#include "inf/inf_job.h"

/** Find the first RequestType of [NewRequest], which decides the meaning of other keys. */
void pc_inf_look_for_request_type(pc_inf_job *job);

/** @return PC_OK, PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_inf_read_request_type(pc_inf_job *job, const pc_inf_entry *entry);

#endif
