/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_INF_INF_SECTIONS_H
#define PC_INF_INF_SECTIONS_H

#include "inf/inf_job.h"

typedef enum {
    PC_SECTION_READ,       /**< by its reader; without one it needs no more than the grammar */
    PC_SECTION_NOT_MADE,   /**< asks for an extension that p11cert does not create */
    PC_SECTION_OF_CA,      /**< read when a CA is set up, not for a request */
    PC_SECTION_PROPERTIES, /**< is about the certificate in the Windows store */
} pc_section_use;

typedef struct {
    const char *name;
    pc_section_use use;
    pc_inf_reader read;
    bool is_policy;   /**< without [NewRequest], the file is for a CA */
    pc_effect effect; /**< of its entries, unless its reader sets another */
    const char *note;
} pc_section_row;

/** The row of a section that certreq knows, or NULL. */
const pc_section_row *pc_inf_find_section(const char *name);

/** Report what is wrong with a section as a whole. @return PC_OK, PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_inf_judge_section(pc_inf_job *job, size_t index);

#endif
