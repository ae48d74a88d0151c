/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_INF_INF_CRITICAL_H
#define PC_INF_INF_CRITICAL_H

#include "inf/inf_job.h"

/** Once all entries are read: determine which extensions are critical, and check that none appears twice. @return
 * PC_OK, PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_inf_finish_extensions(pc_inf_job *job);

#endif
