/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_POLICY_PROFILE_FILE_H
#define PC_POLICY_PROFILE_FILE_H

#include "base/bytes.h"
#include "policy/profiles/yaml.h"

/**
 * Read a user's profile, in YAML (docs/policy-rules.md, "Your own profile"). Its depth is that of the
 * format; aliases, unknown and repeated keys are refused.
 *
 * @param file         name for errors and the report; must live as long as the profile
 * @param ret_profile  all memory the arena's; its rules are those of the base, changed, then those that are added
 * @return PC_OK; PC_E_INPUT with the file, and the line as far as it is known; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_profile_read(pc_bytes bytes, const char *file, pc_arena *arena, pc_profile *ret_profile,
                                        pc_error *err);

#endif
