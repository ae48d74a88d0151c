/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_FAULT_SWEEP_H
#define TEST_FAULT_SWEEP_H

#include "flows.h"

/**
 * Run a flow under a sample of all faults at all calls (see cases.h), each time in a process of its own on a copy of
 * the reference store, judge what is left behind, run it again without faults and judge that too. The files of the
 * store, OpenSSL and bare PKCS#11 calls judge.
 *
 * Prints the seed of the sample, the sums, and the first findings. With P11CERT_SWEEP_PLAN in the environment, that
 * plan alone is run.
 *
 * Returns the number of findings, those that are known (known.h) left out, and of rows there that no run shows any
 * more.
 */
unsigned sweep_flow(const flow *swept);

#endif
