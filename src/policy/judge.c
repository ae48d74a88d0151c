/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/judge.h"

#include <string.h>

#include "base/text.h"
#include "policy/waiver.h"

static const char *const verdict_names[] = {
    [PC_VERDICT_PASS] = "pass",       [PC_VERDICT_FAIL] = "fail",
    [PC_VERDICT_WARNING] = "warning", [PC_VERDICT_NOT_CHECKED] = "not-checked",
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

static void name_report(pc_report *report, const pc_profile *profile, int64_t now_sec)
{
    pc_rule_case rule_case = { .arena = report->arena };

    report->policy = pc_rule_safe(&rule_case, profile->name);
    report->policy_title = pc_rule_safe(&rule_case, profile->title);
    report->policy_file = profile->file ? pc_rule_safe(&rule_case, profile->file) : NULL;
    report->judged_at = pc_rule_date(&rule_case, now_sec);
    report->judged_sec = now_sec;
}

/* The report lives in the arena that it owns. */
static pc_report *report_new(const pc_profile *profile, int64_t now_sec)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();

    if (!arena) {
        return NULL;
    }
    pc_report *report = pc_arena_alloc(arena, sizeof *report);
    pc_rule_result *rules = pc_arena_alloc(arena, (profile->count + 1) * sizeof *rules);

    if (!report || !rules) {
        return NULL;
    }
    report->rules = rules;
    report->rule_count = profile->count;
    report->arena = PC_TAKE(arena);
    name_report(report, profile, now_sec);
    return report;
}

static void add_link(pc_report *report, const pc_report_link *link, pc_rule_case *rule_case)
{
    pc_report_link *slot = PC_PUSH(report->arena, report->chain, report->chain_count);

    if (slot) {
        *slot = *link;
        slot->subject = pc_rule_safe(rule_case, link->subject);
    }
    rule_case->out_of_memory = rule_case->out_of_memory || !slot;
}

static pc_status describe_chain(pc_report *report, const pc_evidence *evidence, pc_error *err)
{
    const pc_evidence_certificate *certificate = &evidence->certificate;
    pc_rule_case rule_case = { .arena = report->arena };

    if (!evidence->subject.present || evidence->subject_is_request) {
        return PC_OK;
    }
    report->chain_state = certificate->chain;
    add_link(report,
             &(pc_report_link){ evidence->subject.subject, certificate->not_before_sec, certificate->not_after_sec,
                                certificate->self_signed },
             &rule_case);
    for (size_t i = 0; i < certificate->issuer_count; i++) {
        const pc_evidence_issuer *issuer = &certificate->issuers[i];

        add_link(report,
                 &(pc_report_link){ issuer->subject, issuer->not_before_sec, issuer->not_after_sec,
                                    issuer->self_signed },
                 &rule_case);
    }
    return rule_case.out_of_memory ? pc_fail_memory(err) : PC_OK;
}

/* A key that is checked by its name, or as one of all. With a file, the user has said what there is to check. */
static bool lacks_certificate(const pc_profile *profile, const pc_evidence *evidence)
{
    if (evidence->key.found_count == 0 || evidence->subject.present || evidence->inf.present || evidence->pfx.present) {
        return false;
    }
    for (size_t i = 0; i < profile->count; i++) {
        const pc_rule *rule = pc_rule_find(profile->rules[i].id);

        if (rule && (rule->needs & (PC_NEEDS_SUBJECT | PC_NEEDS_CERTIFICATE))) {
            return true;
        }
    }
    return false;
}

/** What all rules are judged by. */
typedef struct {
    pc_report *report;
    const pc_evidence *evidence;
    const pc_waivers *waivers;
} judging;

static pc_status judge_one(const judging *all, size_t index, const pc_profile_rule *wanted, pc_error *err)
{
    pc_report *report = all->report;
    pc_rule_case rule_case = {
        .evidence = all->evidence,
        .rule = pc_rule_find(wanted->id),
        .parameters = wanted->parameters ? wanted->parameters : &pc_rule_defaults,
        .arena = report->arena,
        .result = &report->rules[index],
    };

    if (!rule_case.rule) {
        return pc_fail(err, PC_E_INTERNAL, "policy \"%s\" names a rule that does not exist: %s", report->policy,
                       wanted->id);
    }
    *rule_case.result = (pc_rule_result){
        .id = rule_case.rule->id,
        .title = pc_rule_title(&rule_case),
        .severity = wanted->severity,
        .verdict = PC_VERDICT_NOT_CHECKED,
        .requirement = pc_rule_safe(&rule_case, wanted->requirement),
        .evidence = "",
    };
    if (pc_rule_has(&rule_case, rule_case.rule->needs)) {
        rule_case.rule->judge(&rule_case);
    }
    const pc_verdict verdict = rule_case.result->verdict;
    const bool is_finding = verdict == PC_VERDICT_WARNING || pc_report_fails_by(report, verdict);

    pc_waiver_apply(&rule_case, pc_waiver_find(all->waivers, rule_case.rule->id), is_finding);
    report->verdict_counts[rule_case.result->verdict]++;
    return rule_case.out_of_memory ? pc_fail_memory(err) : PC_OK;
}

pc_status pc_profile_judge(const pc_profile *profile, const pc_policy_order *order, const pc_evidence *evidence,
                           pc_report **ret_report, pc_error *err)
{
    const pc_waivers waivers = {
        .first = order->waivers,
        .first_count = order->waiver_count,
        .second = profile->waivers,
        .second_count = profile->waiver_count,
    };
    PC_AUTO(pc_report) pc_report *report = NULL;

    PC_TRY(pc_waivers_check(profile, order->waivers, order->waiver_count, PC_E_USAGE, err));
    report = report_new(profile, evidence->now_sec);
    if (!report) {
        return pc_fail_memory(err);
    }
    report->fail_on = order->fail_on;
    report->lacks_certificate = lacks_certificate(profile, evidence);
    PC_TRY(describe_chain(report, evidence, err));
    const judging all = { .report = report, .evidence = evidence, .waivers = &waivers };

    for (size_t i = 0; i < profile->count; i++) {
        PC_TRY(judge_one(&all, i, &profile->rules[i], err));
    }
    *ret_report = PC_TAKE(report);
    return PC_OK;
}

bool pc_report_fails_by(const pc_report *report, pc_verdict verdict)
{
    return verdict == PC_VERDICT_FAIL || (verdict == PC_VERDICT_WARNING && report->fail_on >= PC_FAIL_ON_WARNING) ||
           (verdict == PC_VERDICT_NOT_CHECKED && report->fail_on >= PC_FAIL_ON_NOT_CHECKED);
}

bool pc_report_judged_nothing(const pc_report *report)
{
    size_t unjudged = report->verdict_counts[PC_VERDICT_NOT_CHECKED];

    for (size_t i = 0; report->verdict_counts[PC_VERDICT_WAIVED] && i < report->rule_count; i++) {
        const pc_rule_result *rule = &report->rules[i];

        unjudged += rule->verdict == PC_VERDICT_WAIVED && rule->without_waiver == PC_VERDICT_NOT_CHECKED;
    }
    return unjudged == report->rule_count;
}

bool pc_report_failed(const pc_report *report)
{
    for (size_t i = 0; i < PC_COUNT(report->verdict_counts); i++) {
        if (report->verdict_counts[i] && pc_report_fails_by(report, (pc_verdict)i)) {
            return true;
        }
    }
    return report->lacks_certificate || pc_report_judged_nothing(report);
}

pc_status pc_report_add(pc_report *report, const char *name, const char *value, pc_error *err)
{
    const char *safe = value ? pc_text_escape(report->arena, value, strlen(value)) : NULL;

    if (!value) {
        return PC_OK;
    }
    pc_report_item *item = safe ? PC_PUSH(report->arena, report->items, report->item_count) : NULL;

    if (!item) {
        return pc_fail_memory(err);
    }
    *item = (pc_report_item){ .name = name, .value = safe };
    return PC_OK;
}
