/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_SUPPORT_SWEEP_SHARE_H
#define TEST_SUPPORT_SWEEP_SHARE_H

#include <stdbool.h>

/*
 * A sweep tries many places in turn: each call of the module, each kind of fault. The environment says how many of them
 * a run tries: P11CERT_SWEEP_PERCENT (default: 100), and which: P11CERT_SWEEP_SEED. scripts/test has other seeds for
 * other commits.
 */

/** P11CERT_SWEEP_SEED, or else a new one for each process. */
unsigned long sweep_seed(void);

/** How many of `whole` places. */
unsigned sweep_share(unsigned whole);

/** Is the place with this number one of them? They are spread evenly, and the seed says where they begin. */
bool sweep_takes(unsigned number);

#endif
