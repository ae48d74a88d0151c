/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/profile.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

static const struct {
    const char *name;
    const pc_profile_rule *rules;
    const size_t *count;
} profiles[] = {
    { "scom", pc_profile_scom_rules, &pc_profile_scom_count },
    { "probe", pc_profile_probe_rules, &pc_profile_probe_count },
};

static const pc_rule_table *const tables[] = {
    &pc_rules_subject, &pc_rules_key, &pc_rules_usage, &pc_rules_time_chain, &pc_rules_windows, &pc_rules_exportable,
    &pc_rules_probe,
};

static pc_status no_such_profile(const char *name, pc_error *err)
{
    char names[PC_ERROR_TEXT / 2] = "";
    size_t used = 0;

    for (size_t i = 0; i < PC_COUNT(profiles) && used < sizeof names; i++) {
        int len = snprintf(names + used, sizeof names - used, "%s%s", i ? ", " : "", profiles[i].name);

        used += len > 0 ? (size_t)len : 0;
    }
    return pc_hint(err, pc_fail(err, PC_E_USAGE, "there is no policy \"%s\"", name), "policies are: %s", names);
}

pc_status pc_profile_find(const char *name, pc_profile *ret_profile, pc_error *err)
{
    for (size_t i = 0; i < PC_COUNT(profiles); i++) {
        if (pc_text_equal(profiles[i].name, name)) {
            *ret_profile = (pc_profile){
                .name = profiles[i].name,
                .rules = profiles[i].rules,
                .count = *profiles[i].count,
            };
            return PC_OK;
        }
    }
    return no_such_profile(name, err);
}

const pc_rule *pc_rule_find(const char *id)
{
    for (size_t i = 0; i < PC_COUNT(tables); i++) {
        for (size_t j = 0; j < tables[i]->count; j++) {
            if (strcmp(tables[i]->rules[j].id, id) == 0) {
                return &tables[i]->rules[j];
            }
        }
    }
    return NULL;
}
