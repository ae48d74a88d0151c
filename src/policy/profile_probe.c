/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/profile_probe.h"

#include "policy/profile.h"

/* Nothing but what was tried: to learn what a token is worth before a key is made on it. */
static const pc_profile_rule rules[] = { PC_PROFILE_PROBE_ROWS };

const pc_profile pc_profile_probe = {
    .name = "probe",
    .title = "What the token does with throw-away keys when asked for what their flags forbid",
    .rules = rules,
    .count = PC_COUNT(rules),
};
