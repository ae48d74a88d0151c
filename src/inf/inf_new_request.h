/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_INF_INF_NEW_REQUEST_H
#define PC_INF_INF_NEW_REQUEST_H

#include "inf/inf_job.h"

/** An entry of [NewRequest]. @return PC_OK, PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_inf_read_new_request(pc_inf_job *job, const pc_inf_entry *entry);

/** Does certreq read a key of that name in [NewRequest]? */
bool pc_inf_is_new_request_key(const char *name);

#endif
