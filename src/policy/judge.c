/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/policy.h>

#include "policy/profile.h"

static const char *const verdict_names[] = {
    [PC_VERDICT_PASS] = "pass",
    [PC_VERDICT_FAIL] = "fail",
    [PC_VERDICT_WARNING] = "warning",
    [PC_VERDICT_NOT_CHECKED] = "not-checked",
    [PC_VERDICT_WAIVED] = "waived",
};

const char *pc_verdict_name(pc_verdict verdict)
{
    return (size_t)verdict < PC_COUNT(verdict_names) ? verdict_names[verdict] : "not-checked";
}

void pc_report_free(pc_report *report)
{
    if (report) {
        pc_arena_free(report->arena);
    }
}

PC_AUTO_DEFINE(pc_report, pc_report, pc_report_free);

/* The report lives in the arena that it owns. */
static pc_report *report_new(const pc_profile *profile)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();

    if (!arena) {
        return NULL;
    }
    pc_report *report = pc_arena_alloc(arena, sizeof *report);
    pc_rule_result *rules = pc_arena_alloc(arena, profile->count * sizeof *rules);

    if (!report || !rules) {
        return NULL;
    }
    report->policy = profile->name;
    report->rules = rules;
    report->rule_count = profile->count;
    report->arena = PC_TAKE(arena);
    return report;
}

static pc_status judge_one(pc_report *report, size_t at, const pc_profile_rule *wanted, const pc_evidence *evidence,
                           pc_error *err)
{
    const pc_rule *rule = pc_rule_find(wanted->id);
    pc_rule_case on = { .evidence = evidence, .arena = report->arena, .result = &report->rules[at] };

    if (!rule) {
        return pc_fail(err, PC_E_INTERNAL, "policy \"%s\" names a rule that is not there: %s", report->policy,
                       wanted->id);
    }
    *on.result = (pc_rule_result){
        .id = rule->id,
        .title = rule->title,
        .severity = wanted->severity,
        .verdict = PC_VERDICT_NOT_CHECKED,
        .requirement = wanted->requirement,
        .evidence = "",
    };
    if (pc_rule_has(&on, rule->needs)) {
        rule->judge(&on);
    }
    report->verdict_counts[on.result->verdict]++;
    return on.out_of_memory ? pc_fail_memory(err) : PC_OK;
}

pc_status pc_policy_judge(const pc_policy_order *order, const pc_evidence *evidence, pc_report **ret_report, pc_error *err)
{
    pc_profile profile = { 0 };
    PC_AUTO(pc_report) pc_report *report = NULL;

    PC_TRY(pc_profile_find(order->policy, &profile, err));
    report = report_new(&profile);
    if (!report) {
        return pc_fail_memory(err);
    }
    for (size_t i = 0; i < profile.count; i++) {
        PC_TRY(judge_one(report, i, &profile.rules[i], evidence, err));
    }
    *ret_report = PC_TAKE(report);
    return PC_OK;
}

bool pc_report_failed(const pc_report *report)
{
    return report->verdict_counts[PC_VERDICT_FAIL] > 0;
}

pc_status pc_policy_check_order(const pc_policy_order *order, pc_error *err)
{
    pc_profile profile;

    return pc_profile_find(order->policy, &profile, err);
}
