/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_BASE_DURATION_H
#define PC_BASE_DURATION_H

#include <stdbool.h>
#include <stdint.h>

#define PC_SECONDS_PER_DAY  86400
#define PC_DURATION_MAX_SEC (36525 * (int64_t)PC_SECONDS_PER_DAY) /**< a hundred years: more is a typing error */

/** A duration as it was written. */
typedef struct {
    int64_t number;
    const char *unit; /**< as in pc_duration_parse, in lower case; "" if there was none. Static. */
    int64_t unit_sec; /**< seconds in the unit; 0 if there was none */
} pc_duration;

/**
 * Read a duration: a whole number and one unit, with nothing before, between or after them. A unit has one meaning in
 * the whole program: s (seconds), m (minutes), h (hours), d (days), w (weeks), mo (months of 30 days), y (years of 365
 * days), in either case. A number without a unit is accepted, for callers that supply one.
 * @return false if it is anything else, has a sign, or is over PC_DURATION_MAX_SEC (without a unit, as days);
 *         *ret_duration is then unchanged.
 */
bool pc_duration_parse(const char *text, pc_duration *ret_duration);

#endif
