/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/profile.h"

#include <stdio.h>
#include <string.h>

#include "base/nearest.h"
#include "base/text.h"

static const pc_profile *const profiles[] = { &pc_profile_scom,  &pc_profile_scom_current, &pc_profile_hsm,
                                              &pc_profile_probe, &pc_profile_template,     &pc_profile_ca };

static const pc_rule_table *const tables[] = {
    &pc_rules_subject,  &pc_rules_key,        &pc_rules_usage,    &pc_rules_time_chain, &pc_rules_windows,
    &pc_rules_pfx,      &pc_rules_exportable, &pc_rules_token,    &pc_rules_pair,       &pc_rules_attributes,
    &pc_rules_wrapping, &pc_rules_probe,      &pc_rules_template, &pc_rules_ca,         &pc_rules_crl,
};

const pc_profile *const *pc_profiles_built_in(size_t *ret_count)
{
    *ret_count = PC_COUNT(profiles);
    return profiles;
}

const pc_profile *pc_profile_find(const char *name)
{
    for (size_t i = 0; i < PC_COUNT(profiles); i++) {
        if (pc_text_equal(profiles[i]->name, name)) {
            return profiles[i];
        }
    }
    return NULL;
}

pc_status pc_profile_not_found(const char *name, pc_status status, pc_error *err)
{
    char names[PC_ERROR_TEXT / 2] = "";
    size_t used = 0;

    for (size_t i = 0; i < PC_COUNT(profiles) && used < sizeof names; i++) {
        int len = snprintf(names + used, sizeof names - used, "%s%s", i ? ", " : "", profiles[i]->name);

        used += len > 0 ? (size_t)len : 0;
    }
    return pc_hint(err, pc_fail(err, status, "there is no policy called \"%s\"", name),
                   "policies are: %s; or name a profile file", names);
}

const pc_profile_rule *pc_profile_rule_find(const pc_profile *profile, const char *id)
{
    for (size_t i = 0; i < profile->count; i++) {
        if (strcmp(profile->rules[i].id, id) == 0) {
            return &profile->rules[i];
        }
    }
    return NULL;
}

pc_status pc_profile_add_rules(pc_profile *profile, const pc_profile_rule *rules, size_t count, pc_arena *arena,
                               pc_error *err)
{
    for (size_t i = 0; i < count; i++) {
        if (pc_profile_rule_find(profile, rules[i].id)) {
            return PC_OK;
        }
    }
    pc_profile_rule *joined = pc_arena_alloc(arena, (profile->count + count) * sizeof *joined);

    if (!joined) {
        return pc_fail_memory(err);
    }
    memcpy(joined, profile->rules, profile->count * sizeof *joined);
    memcpy(joined + profile->count, rules, count * sizeof *joined);
    profile->rules = joined;
    profile->count += count;
    return PC_OK;
}

const pc_rule *pc_rule_at(size_t index)
{
    for (size_t i = 0; i < PC_COUNT(tables); i++) {
        if (index < tables[i]->count) {
            return &tables[i]->rules[index];
        }
        index -= tables[i]->count;
    }
    return NULL;
}

const pc_rule *pc_rule_find(const char *id)
{
    const pc_rule *rule = NULL;

    for (size_t i = 0; (rule = pc_rule_at(i)) != NULL && strcmp(rule->id, id) != 0;) {
        i++;
    }
    return rule;
}

const char *pc_rule_nearest(const char *id)
{
    pc_nearest nearest = pc_nearest_to(id);
    const pc_rule *rule = NULL;

    for (size_t i = 0; (rule = pc_rule_at(i)) != NULL; i++) {
        pc_nearest_offer(&nearest, rule->id);
    }
    return nearest.best;
}

unsigned pc_profile_needs(const pc_profile *profile)
{
    unsigned needs = PC_NEEDS_NOTHING;

    for (size_t i = 0; i < profile->count; i++) {
        const pc_rule *rule = pc_rule_find(profile->rules[i].id);

        needs |= rule ? rule->needs | rule->gladly : PC_NEEDS_NOTHING;
    }
    return needs;
}
