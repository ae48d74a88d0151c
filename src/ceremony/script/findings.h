/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CEREMONY_FINDINGS_H
#define PC_CEREMONY_FINDINGS_H

#include <p11cert/ceremony.h>

#include "base/arena.h"

/** The mistakes in a file, in the order of its lines once sorted. All memory is the arena's. */
typedef struct {
    pc_ceremony_finding *items;
    size_t count;
    pc_arena *arena;
} pc_script_findings;

/** @param line 0: the file as a whole. The text is made safe to print. @return PC_OK; PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_script_find(pc_script_findings *findings, size_t line, pc_error *err, const char *format,
                                       ...) PC_PRINTF(4, 5);

/** By line; findings of one line stay in the order in which they were added. */
void pc_script_findings_sort(pc_script_findings *findings);

#endif
