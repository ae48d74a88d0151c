/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_INF_INF_CLAIMS_H
#define PC_INF_INF_CLAIMS_H

#include "inf/inf_job.h"

/**
 * Record that an extension is requested here.
 * @param ret_first false if it was requested before: there is then a finding, and the extension must not be created
 *                  again
 * @return PC_OK, PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_inf_claim_extension(pc_inf_job *job, const char *oid, const pc_inf_entry *entry,
                                               bool *ret_first);

/** Record that an extension is marked as critical. @return PC_OK, also when there are too many; PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_inf_mark_critical(pc_inf_job *job, const char *oid, const pc_inf_entry *entry);

#endif
