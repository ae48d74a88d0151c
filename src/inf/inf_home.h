/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_INF_INF_HOME_H
#define PC_INF_INF_HOME_H

#include "inf/inf_job.h"

/** The section in which certreq reads a key, NULL if it knows no such key: "NewRequest" for "Exportable". Static. */
const char *pc_inf_home_of(const char *key);

/**
 * A key that the section of its entry does not read: report the section that does, or that there is none.
 *
 * @param nearest  the key of this section that it may be meant to be, or NULL
 * @return PC_OK, PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_inf_stray_key(pc_inf_job *job, const pc_inf_entry *entry, const char *nearest);

/**
 * Report a key of another section where any name is taken, as in [RequestAttributes].
 * @param ret_is_stray  whether there is a finding, and the entry must not be used
 * @return PC_OK, PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_inf_check_home(pc_inf_job *job, const pc_inf_entry *entry, bool *ret_is_stray);

#endif
