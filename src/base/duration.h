/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_BASE_DURATION_H
#define PC_BASE_DURATION_H

#include <stdbool.h>
#include <stdint.h>

#define PC_DURATION_MAX_DAYS 36525L /**< a hundred years: more is a slip */

/**
 * Read a span of time: a whole number and one unit, nothing between, before or after them: d (days), w (weeks of 7
 * days), m (months of 30 days), y (years of 365 days), capitals too. A bare number is days.
 * @return false if it is anything else, has a sign, or is over PC_DURATION_MAX_DAYS; *ret_days is then unchanged.
 */
bool pc_duration_days(const char *text, int64_t *ret_days);

#endif
