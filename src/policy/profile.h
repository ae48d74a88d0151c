/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_POLICY_PROFILE_H
#define PC_POLICY_PROFILE_H

#include "policy/rule.h"

/** A rule as a profile uses it: how bad a failure is, the source of the requirement, and the numbers that apply. */
typedef struct {
    const char *id;
    pc_severity severity;
    const char *requirement;
    const pc_rule_parameters *parameters; /**< NULL: those of the rule itself */
} pc_profile_rule;

typedef struct {
    const char *name;
    const char *title;            /**< one line: what it stands for */
    const char *file;             /**< NULL if built in */
    const pc_profile_rule *rules; /**< in the order of the report */
    size_t count;
    const pc_waiver *waivers; /**< of a file */
    size_t waiver_count;
} pc_profile;

extern const pc_profile pc_profile_scom;
extern const pc_profile pc_profile_scom_current;
extern const pc_profile pc_profile_hsm;
extern const pc_profile pc_profile_probe;
extern const pc_profile pc_profile_template;
extern const pc_profile pc_profile_ca;

/** The built-in profiles; ret_count says how many. */
const pc_profile *const *pc_profiles_built_in(size_t *ret_count);

/** The built-in profile of that name, without regard to case, or NULL. */
const pc_profile *pc_profile_find(const char *name);

/** "there is no policy ...", with the existing names. Returns status. */
pc_status pc_profile_not_found(const char *name, pc_status status, pc_error *err);

/**
 * Make a profile evaluate what was tried on temporary keys. A profile that has a rule about that uses only its own
 * rules.
 * @return PC_OK; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_profile_add_probe(pc_profile *profile, pc_arena *arena, pc_error *err);

/** The same with what a template of the CA requires. */
PC_MUST_CHECK pc_status pc_profile_add_template(pc_profile *profile, pc_arena *arena, pc_error *err);

/** Add rules at the end, unless the profile has one of them: then it uses only its own. @return PC_OK; PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_profile_add_rules(pc_profile *profile, const pc_profile_rule *rules, size_t count,
                                             pc_arena *arena, pc_error *err);

/** The rule of a profile, or NULL. */
const pc_profile_rule *pc_profile_rule_find(const pc_profile *profile, const char *id);

/** The rule of that id in any table, or NULL. */
const pc_rule *pc_rule_find(const char *id);

/** Every rule there is, one after the other; NULL after the last. */
const pc_rule *pc_rule_at(size_t index);

/** The known id that a misspelt one is nearest to, or NULL. */
const char *pc_rule_nearest(const char *id);

/** The evidence that the profile's rules need: PC_NEEDS_*, combined. */
unsigned pc_profile_needs(const pc_profile *profile);

#endif
