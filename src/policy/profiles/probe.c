/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/profiles/probe.h"

#include <string.h>

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
    for (size_t i = 0; i < PC_COUNT(rules); i++) {
        if (pc_profile_rule_find(profile, rules[i].id)) {
            return PC_OK;
        }
    }
    pc_profile_rule *joined = pc_arena_alloc(arena, (profile->count + PC_COUNT(rules)) * sizeof *joined);

    if (!joined) {
        return pc_fail_memory(err);
    }
    memcpy(joined, profile->rules, profile->count * sizeof *joined);
    memcpy(joined + profile->count, rules, sizeof rules);
    profile->rules = joined;
    profile->count += PC_COUNT(rules);
    return PC_OK;
}
