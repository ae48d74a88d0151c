/* SPDX-License-Identifier: Apache-2.0 */
/* The key, compared with what a certificate template of the CA requires. */
#include "policy/rule.h"

static bool is_described(pc_rule_case *rule_case)
{
    const pc_evidence_template *template = &rule_case->evidence->ca_template;

    if (template->named_only) {
        pc_rule_say(rule_case, PC_VERDICT_NOT_CHECKED, "The CA's address gives only the name of template \"%s\".",
                    template->name);
        pc_rule_remedy(rule_case, "Name the CA's enrolment policy service with --ca: its path ends with "
                                  "service.svc/CEP.");
        return false;
    }
    return true;
}

static void judge_token(pc_rule_case *rule_case)
{
    const pc_evidence_template *template = &rule_case->evidence->ca_template;

    if (!is_described(rule_case)) {
        return;
    }
    if (template->refused) {
        pc_rule_say(rule_case, PC_VERDICT_FAIL, "Template \"%s\": %s.", template->name, template->refused);
        pc_rule_remedy(rule_case, "`p11cert templates` lists the templates that a key on a token can satisfy. The CA's "
                                  "administrator can change a copy of this one.");
    } else if (template->warned) {
        pc_rule_say(rule_case, PC_VERDICT_WARNING, "Template \"%s\": %s.", template->name, template->warned);
        pc_rule_remedy(rule_case, "Ask the CA's administrator if that is not what you expect.");
    } else {
        pc_rule_say(rule_case, PC_VERDICT_PASS, "A key on a token can satisfy template \"%s\".", template->name);
    }
}

static void judge_key(pc_rule_case *rule_case)
{
    const pc_evidence_template *template = &rule_case->evidence->ca_template;

    if (!is_described(rule_case)) {
        return;
    }
    if (template->takes_key == PC_FACT_UNKNOWN) {
        pc_rule_say(rule_case, PC_VERDICT_NOT_CHECKED,
                    "Template \"%s\" requires %s, and type and length of the key are not known.", template->name,
                    template->key_required);
        pc_rule_remedy(rule_case, "Run the check again with the token and the key, or with its certificate.");
    } else if (template->takes_key == PC_FACT_TRUE) {
        pc_rule_say(rule_case, PC_VERDICT_PASS, "The key is %s, and template \"%s\" requires %s.", template->key,
                    template->name, template->key_required);
    } else {
        pc_rule_say(rule_case, PC_VERDICT_FAIL, "The key is %s, but template \"%s\" requires %s.", template->key,
                    template->name, template->key_required);
        pc_rule_remedy(rule_case, "The CA refuses a request with this key. `p11cert enroll --template` creates one "
                                  "that the template takes.");
    }
}

/* A CA cannot see it: Windows would honour the template, and a token may be asked for another. */
static void judge_export(pc_rule_case *rule_case)
{
    const pc_evidence_template *template = &rule_case->evidence->ca_template;
    const pc_fact extractable = rule_case->evidence->key.flags[PC_KEY_EXTRACTABLE];

    if (!is_described(rule_case)) {
        return;
    }
    if (template->permits_export) {
        pc_rule_say(rule_case, PC_VERDICT_PASS, "Template \"%s\" permits an exportable key, and requires none.",
                    template->name);
    } else if (extractable == PC_FACT_UNKNOWN) {
        pc_rule_say(rule_case, PC_VERDICT_NOT_CHECKED, "The token does not report CKA_EXTRACTABLE of the key.");
        pc_rule_remedy(rule_case, "Run the check again with the token's PIN source.");
    } else if (extractable == PC_FACT_TRUE) {
        pc_rule_say(rule_case, PC_VERDICT_FAIL,
                    "CKA_EXTRACTABLE of the key is true, but template \"%s\" does not permit an exportable key.",
                    template->name);
        pc_rule_remedy(rule_case, "The CA cannot check this. Create another key without --exportable if the template "
                                  "states your site's rules.");
    } else {
        pc_rule_say(rule_case, PC_VERDICT_PASS,
                    "CKA_EXTRACTABLE of the key is false, and template \"%s\" does not permit an exportable key.",
                    template->name);
    }
}

static const pc_rule rules[] = {
    { .id = "TEMPLATE-TOKEN",
      .title = "A key on a token can satisfy the template",
      .needs = PC_NEEDS_TEMPLATE,
      .judge = judge_token },
    { .id = "TEMPLATE-KEY",
      .title = "The template takes the key's type and length",
      .needs = PC_NEEDS_TEMPLATE,
      .judge = judge_key },
    { .id = "TEMPLATE-EXPORT",
      .title = "The key is exportable only if the template permits it",
      .needs = PC_NEEDS_TEMPLATE | PC_NEEDS_KEY,
      .judge = judge_export },
};

const pc_rule_table pc_rules_template = { rules, PC_COUNT(rules) };
