/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_INF_INF_BASIC_CONSTRAINTS_H
#define PC_INF_INF_BASIC_CONSTRAINTS_H

#include "inf/inf_job.h"

/** An entry of [BasicConstraintsExtension]. @return PC_OK, PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_inf_read_basic_constraints(pc_inf_job *job, const pc_inf_entry *entry);

#endif
