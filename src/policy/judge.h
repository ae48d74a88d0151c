/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_POLICY_JUDGE_H
#define PC_POLICY_JUDGE_H

#include "policy/profile.h"

PC_AUTO_DEFINE(pc_report, pc_report, pc_report_free);

/**
 * Evaluates evidence with a profile that has been read.
 * @param order  its waivers apply in addition to the profile's; otherwise only fail_on is used
 * @return as pc_policy_judge.
 */
PC_MUST_CHECK pc_status pc_profile_judge(const pc_profile *profile, const pc_policy_order *order,
                                         const pc_evidence *evidence, pc_report **ret_report, pc_error *err);

/** Append a line to the report's head; the value is escaped, NULL is left out. @return PC_OK, PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_report_add(pc_report *report, const char *name, const char *value, pc_error *err);

/** The rules of these profiles, each once. @return PC_OK, PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_profiles_list(const pc_profile *const *profiles, size_t count, pc_rule_listing **ret_listing,
                                         pc_error *err);

#endif
