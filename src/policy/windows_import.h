/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_POLICY_WINDOWS_IMPORT_H
#define PC_POLICY_WINDOWS_IMPORT_H

#include "policy/rule.h"

/**
 * How Windows imports a PFX (Microsoft Learn, PFXImportCertStore). Each judges a rule that is judged by the INF file or
 * the token if there is no PFX. The evidence must have a PFX.
 */
void pc_windows_judge_key_spec(pc_rule_case *rule_case);
void pc_windows_judge_provider(pc_rule_case *rule_case);
void pc_windows_judge_machine(pc_rule_case *rule_case);

/** Is the key in the file, with its certificate (KEY-PRIV)? */
void pc_windows_judge_private(pc_rule_case *rule_case);

/** Can the key get to the host (EXP-3)? */
void pc_windows_judge_reach(pc_rule_case *rule_case);

#endif
