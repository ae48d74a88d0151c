/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/print/rule_listing.h"

#include "cli/print/output.h"

static void print_use(FILE *out, const pc_rule_use *use)
{
    (void)fputs("            ", out);
    pc_print_safe(out, use->policy);
    (void)fprintf(out, ", %s:\n", pc_severity_name(use->severity));
    pc_print_wrapped(out, 16, use->requirement);
}

void pc_rule_listing_print(FILE *out, const pc_rule_listing *listing)
{
    for (size_t i = 0; i < listing->rule_count; i++) {
        const pc_listed_rule *rule = &listing->rules[i];

        (void)fprintf(out, "%-11s ", rule->id);
        pc_print_safe(out, rule->title);
        (void)fputc('\n', out);
        for (size_t j = 0; j < rule->use_count; j++) {
            print_use(out, &rule->uses[j]);
        }
    }
    (void)fprintf(out, "\n%zu rules\n", listing->rule_count);
}

static json_t *rule_to_json(const pc_listed_rule *rule)
{
    json_t *uses = json_array();

    for (size_t i = 0; i < rule->use_count; i++) {
        (void)json_array_append_new(uses, json_pack("{s:o, s:s, s:o}", "policy", pc_json_text(rule->uses[i].policy),
                                                    "severity", pc_severity_name(rule->uses[i].severity), "requirement",
                                                    pc_json_text(rule->uses[i].requirement)));
    }
    return json_pack("{s:o, s:o, s:o}", "id", pc_json_text(rule->id), "title", pc_json_text(rule->title), "uses", uses);
}

json_t *pc_rule_listing_to_json(const pc_rule_listing *listing)
{
    json_t *rules = json_array();

    for (size_t i = 0; i < listing->rule_count; i++) {
        (void)json_array_append_new(rules, rule_to_json(&listing->rules[i]));
    }
    return json_pack("{s:o}", "rules", rules);
}
