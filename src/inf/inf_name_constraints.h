/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_INF_INF_NAME_CONSTRAINTS_H
#define PC_INF_INF_NAME_CONSTRAINTS_H

#include "inf/inf_subs.h"

/** Name constraints. All return PC_OK or PC_E_MEMORY. */

PC_MUST_CHECK pc_status pc_inf_read_name_constraints(pc_inf_job *job, const pc_inf_entry *entry);

/** An entry of a section that `Include` or `Exclude` names. */
PC_MUST_CHECK pc_status pc_inf_read_constraint(pc_inf_job *job, const pc_inf_sub *sub, const pc_inf_entry *entry);

#endif
