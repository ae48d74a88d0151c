/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_INF_INF_POLICY_H
#define PC_INF_INF_POLICY_H

#include "inf/inf_subs.h"

/** Certificate policies and application policies. All readers return PC_OK or PC_E_MEMORY. */

PC_MUST_CHECK pc_status pc_inf_read_policies(pc_inf_job *job, const pc_inf_entry *entry);
PC_MUST_CHECK pc_status pc_inf_read_application_policies(pc_inf_job *job, const pc_inf_entry *entry);

/** An entry of a section that `Policies` names. */
PC_MUST_CHECK pc_status pc_inf_read_policy_entry(pc_inf_job *job, const pc_inf_sub *sub, const pc_inf_entry *entry);

/** The list of policies that belongs to a role. */
pc_policy_statements *pc_inf_policies_of(pc_request *request, pc_inf_sub_role role);

/** Read "OID=1.2.3&URL=https://x/&Notice=text&OID=…" into a list of policies. */
PC_MUST_CHECK pc_status pc_inf_read_policy_text(pc_inf_job *job, const pc_inf_entry *entry, const char *text,
                                                pc_policy_statements *list);

/** Once all entries are read: every policy has an OID. */
PC_MUST_CHECK pc_status pc_inf_finish_policies(pc_inf_job *job);

#endif
