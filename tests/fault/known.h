/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_FAULT_KNOWN_H
#define TEST_FAULT_KNOWN_H

#include "cases.h"

/**
 * Findings of the sweep that are not fixed yet. Their runs are in every sample; they may end with this finding, and at
 * least one must: the fix removes the row. If it is a matter of chance, such as which of several runs comes first, none
 * must.
 */
typedef struct {
    const char *flow;
    fault_kind kind;
    const char *function; /**< the call at which it occurs; "" for simultaneous runs; NULL: any */
    const char *finding;
    const char *why; /**< what is missing in the code */
    bool by_chance;  /**< its runs are in the sample by chance, and so is the finding */
} known_fault;

extern const known_fault known_faults[];
extern const unsigned known_fault_count;

/** The row for that finding; NULL if there is none. @param finding  NULL: any that is not by chance */
const known_fault *known_fault_find(const flow *swept, fault_kind kind, const char *function, const char *finding);

#endif
