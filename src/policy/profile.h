/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_POLICY_PROFILE_H
#define PC_POLICY_PROFILE_H

#include "policy/rule.h"

/** A rule as a profile wants it: how bad a failure is, and whose words ask for it. */
typedef struct {
    const char *id;
    pc_severity severity;
    const char *requirement;
} pc_profile_rule;

typedef struct {
    const char *name;
    const pc_profile_rule *rules; /**< in the order of the report */
    size_t count;
} pc_profile;

extern const pc_profile_rule pc_profile_scom_rules[];
extern const size_t pc_profile_scom_count;

extern const pc_profile_rule pc_profile_probe_rules[];
extern const size_t pc_profile_probe_count;

/** @return PC_OK, or PC_E_USAGE with the names there are. */
PC_MUST_CHECK pc_status pc_profile_find(const char *name, pc_profile *ret_profile, pc_error *err);

/** The rule of that id in any table, or NULL. */
const pc_rule *pc_rule_find(const char *id);

#endif
