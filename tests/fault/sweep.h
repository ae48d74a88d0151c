/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_FAULT_SWEEP_H
#define TEST_FAULT_SWEEP_H

#include "flows.h"

/**
 * Run a flow once for every fault at every call, each time in a process of its own on a copy of the
 * reference store, judge what is left behind, run it again without faults and judge that too.
 *
 * Prints the sums, and the first findings. Returns the number of findings.
 */
unsigned sweep_flow(const flow *swept);

#endif
