/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_INF_INF_SUBS_H
#define PC_INF_INF_SUBS_H

#include "inf/inf_job.h"

/** The role of a section that another one names: `Policies = A` makes [A] a policy. */
typedef enum {
    PC_INF_SUB_POLICY,
    PC_INF_SUB_APPLICATION_POLICY,
    PC_INF_SUB_PERMITTED,
    PC_INF_SUB_EXCLUDED,
} pc_inf_sub_role;

typedef struct pc_inf_sub {
    const char *name;
    const pc_inf_entry *head; /**< the line that names it */
    pc_inf_sub_role role;
    size_t policy; /**< index of its policy; used for the first two roles */
} pc_inf_sub;

/** Record the sections that `Policies`, `Include` and `Exclude` name. @return PC_OK, PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_inf_name_subs(pc_inf_job *job);

/** Is there a line that names the section? */
bool pc_inf_is_sub(const pc_inf_job *job, const char *section);

/** Read an entry of a section that others name. @return PC_OK, PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_inf_read_sub(pc_inf_job *job, const pc_inf_entry *entry);

#endif
