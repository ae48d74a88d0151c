/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/profile_probe.h"

#include "policy/profile.h"

/* Nothing but what was tried: to learn what a token is worth before a key is made on it. */
const pc_profile_rule pc_profile_probe_rules[] = { PC_PROFILE_PROBE_ROWS };

const size_t pc_profile_probe_count = PC_COUNT(pc_profile_probe_rules);
