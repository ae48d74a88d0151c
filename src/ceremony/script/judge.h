/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CEREMONY_JUDGE_H
#define PC_CEREMONY_JUDGE_H

#include "ceremony/script/script.h"

/**
 * Check what can be checked in a script without a token: roles and tokens that do not exist, names that are used twice,
 * a step that requires something that no earlier step makes. Names of subjects, types of keys and profiles are left for
 * the caller to judge.
 * @param findings  of pc_script_read; further ones are added, and all are sorted by line
 * @return PC_OK, also with findings; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_script_judge(const pc_script *script, pc_script_findings *findings, pc_error *err);

#endif
