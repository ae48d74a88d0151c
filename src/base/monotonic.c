/* SPDX-License-Identifier: Apache-2.0 */
#include "base/monotonic.h"

#include <time.h>

int64_t pc_monotonic_msec(void)
{
    struct timespec now = { .tv_sec = 0 };

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
