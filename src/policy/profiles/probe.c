/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/profiles/probe.h"

#include "policy/profile.h"

/* Nothing but what was tried: to learn what a token is worth before a key is made on it. */
static const pc_profile_rule rules[] = { PC_PROFILE_PROBE_ROWS };

const pc_profile pc_profile_probe = {
    .name = "probe",
    .title = "what the token does with temporary keys when asked to do what their flags forbid",
    .rules = rules,
    .count = PC_COUNT(rules),
};

pc_status pc_profile_add_probe(pc_profile *profile, pc_arena *arena, pc_error *err)
{
    return pc_profile_add_rules(profile, rules, PC_COUNT(rules), arena, err);
}
