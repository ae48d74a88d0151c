/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_FAULT_KNOWN_H
#define TEST_FAULT_KNOWN_H

#include "cases.h"

/**
 * What the sweep finds and is not put right yet. Its runs are in every sample; they may end with this finding, and at
 * least one must: the fix takes the row away. Where it is chance, such as which of several runs comes first, none need.
 */
typedef struct {
    const char *flow;
    fault_kind kind;
    const char *function; /**< at whose call; "" for runs at once; NULL: any */
    const char *finding;
    const char *why; /**< what is missing in the code */
    bool by_chance;  /**< its runs are in the sample by chance, and so is the finding */
} known_fault;

extern const known_fault known_faults[];
extern const unsigned known_fault_count;

/** The row for that finding; NULL if there is none. @param finding  NULL: any that is not by chance */
const known_fault *known_fault_find(const flow *swept, fault_kind kind, const char *function, const char *finding);

#endif
