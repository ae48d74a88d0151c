/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_RULES_TEXT_H
#define PC_APP_RULES_TEXT_H

/** docs/policy-rules.md, compiled into the library. */
extern const char pc_policy_rules_text[];
/** docs/inf-findings.md */
extern const char pc_inf_findings_text[];

#endif
