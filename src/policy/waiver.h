/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_POLICY_WAIVER_H
#define PC_POLICY_WAIVER_H

#include "policy/profile.h"

/** Waivers of the order and, outranked by them, those of the profile. */
typedef struct {
    const pc_waiver *first;
    size_t first_count;
    const pc_waiver *second;
    size_t second_count;
} pc_waivers;

/**
 * Check that each of these is for a rule of the profile, has a reason and a valid date, and is the only one for its
 * rule.
 * @param status  what to fail with: PC_E_USAGE for the words of an order, PC_E_INPUT for those of a file
 */
PC_MUST_CHECK pc_status pc_waivers_check(const pc_profile *profile, const pc_waiver *waivers, size_t count,
                                         pc_status status, pc_error *err);

/** The waiver for a rule, or NULL. */
const pc_waiver *pc_waiver_find(const pc_waivers *waivers, const char *id);

/** The first second (UTC) of "2027-06-30". @return false if it is not a date between 1970 and 9999. */
bool pc_day_parse(const char *text, int64_t *ret_sec);

/**
 * Apply the waiver to an evaluated result, and record the effect in the result.
 * @param is_finding  whether there is something to accept: a warning, or what fails the report
 */
void pc_waiver_apply(pc_rule_case *rule_case, const pc_waiver *waiver, bool is_finding);

#endif
