/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_POLICY_H
#define PC_APP_POLICY_H

#include "policy/profile.h"

/**
 * The profile of that name, or in that file; NULL: "scom".
 * @param ret_profile  its memory is the arena's, or built in
 * @return as pc_policy_check_order, without the waivers.
 */
PC_MUST_CHECK pc_status pc_profile_open(const char *policy, pc_arena *arena, pc_profile *ret_profile, pc_error *err);

/** The profile of an order, with the order's waivers checked. @return as pc_policy_check_order. */
PC_MUST_CHECK pc_status pc_profile_open_order(const pc_policy_order *order, pc_arena *arena, pc_profile *ret_profile,
                                              pc_error *err);

#endif
