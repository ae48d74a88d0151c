/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_BASE_MONOTONIC_H
#define PC_BASE_MONOTONIC_H

#include <stdint.h>

/** Milliseconds on the clock that setting the time of day does not change (CLOCK_MONOTONIC), for measuring spans. */
int64_t pc_monotonic_msec(void);

/** The same in microseconds. */
int64_t pc_monotonic_usec(void);

#endif
