/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/profile.h"

/* Nothing but what the CA's template says: before a request is sent, or before a template is changed. */
static const pc_profile_rule rules[] = {
    { "TEMPLATE-TOKEN", PC_SEVERITY_ERROR,
      "[MS-CRTD], sections 2.26 and 2.27: attestation, archival and the signatures of agents are required of a request",
      NULL },
    { "TEMPLATE-KEY", PC_SEVERITY_ERROR,
      "[MS-XCEP], section 3.1.4.1.3.20 (PrivateKeyAttributes): algorithm and least length of the key", NULL },
    { "TEMPLATE-EXPORT", PC_SEVERITY_WARNING,
      "[MS-CRTD], section 2.27: without CT_FLAG_EXPORTABLE_KEY, the private key cannot be exported", NULL },
};

const pc_profile pc_profile_template = {
    .name = "template",
    .title = "what a certificate template of the CA requires of the key",
    .rules = rules,
    .count = PC_COUNT(rules),
};

pc_status pc_profile_add_template(pc_profile *profile, pc_arena *arena, pc_error *err)
{
    return pc_profile_add_rules(profile, rules, PC_COUNT(rules), arena, err);
}
