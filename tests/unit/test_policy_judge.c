/* SPDX-License-Identifier: Apache-2.0 */
#include "policy_evidence.h"

/* The page's own INF, with its quotes repaired. */
static void page_inf(pc_evidence *e)
{
    e->inf = (pc_evidence_inf){
        .present = true,
        .file = "CertRequestConfig.inf",
        .wish = { .misspelt = PC_WISH_YES, .misspelt_line = 3 },
        .has_key_spec = true,
        .key_spec = 1,
        .machine_key_set = PC_WISH_YES,
        .provider_name = SCHANNEL " and Microsoft Enhanced Cryptographic Provider v1.0",
        .has_provider_type = true,
        .provider_type = 12,
    };
}

static void assert_verdict(const pc_report *report, const char *id, pc_verdict expected)
{
    pc_verdict verdict = find_result(report, id)->verdict;

    if (verdict != expected) {
        fail_msg("%s is %s, expected %s", id, pc_verdict_name(verdict), pc_verdict_name(expected));
    }
}

static void page_inf_with_locked_key_fails(void **state)
{
    pc_evidence evidence = good_evidence();

    (void)state;
    page_inf(&evidence);
    PC_AUTO(report) pc_report *report = judge(&evidence);

    assert_true(pc_report_failed(report));
    assert_int_equal(report->verdict_counts[PC_VERDICT_FAIL], 3);
    assert_verdict(report, "EXP-1", PC_VERDICT_FAIL);
    assert_verdict(report, "EXP-2", PC_VERDICT_WARNING);
    assert_verdict(report, "EXP-3", PC_VERDICT_FAIL);
    assert_verdict(report, "EXP-4", PC_VERDICT_NOT_CHECKED);
    assert_verdict(report, "EXP-5", PC_VERDICT_FAIL);
    assert_verdict(report, "EXP-6", PC_VERDICT_PASS);
    assert_verdict(report, "KEY-CSP", PC_VERDICT_WARNING);
}

static void page_inf_with_exportable_key_passes(void **state)
{
    pc_evidence evidence = good_evidence();

    (void)state;
    page_inf(&evidence);
    evidence.key.flags[PC_KEY_EXTRACTABLE] = PC_FACT_TRUE;
    evidence.key.flags[PC_KEY_NEVER_EXTRACTABLE] = PC_FACT_FALSE;
    PC_AUTO(report) pc_report *report = judge(&evidence);

    assert_false(pc_report_failed(report));
    assert_verdict(report, "EXP-1", PC_VERDICT_PASS);
    assert_verdict(report, "EXP-2", PC_VERDICT_WARNING);
    assert_verdict(report, "EXP-3", PC_VERDICT_PASS);
    assert_verdict(report, "EXP-5", PC_VERDICT_PASS);
    assert_verdict(report, "EXP-6", PC_VERDICT_WARNING);
}

static void no_evidence_checks_nothing(void **state)
{
    pc_evidence evidence = { 0 };

    (void)state;
    PC_AUTO(report) pc_report *report = judge(&evidence);

    assert_true(pc_report_judged_nothing(report));
    assert_true(pc_report_failed(report));
    assert_int_equal(report->verdict_counts[PC_VERDICT_NOT_CHECKED], report->rule_count);
    for (size_t i = 0; i < report->rule_count; i++) {
        assert_non_null(strstr(report->rules[i].evidence, "ive the "));
        assert_non_null(report->rules[i].remedy);
    }
}

static void counts_add_up_and_ids_are_unique(void **state)
{
    pc_evidence evidence = good_evidence();
    size_t sum = 0;

    (void)state;
    PC_AUTO(report) pc_report *report = judge(&evidence);

    assert_string_equal(report->policy, "scom");
    assert_int_equal(report->rule_count, 37);
    for (size_t i = 0; i <= PC_VERDICT_WAIVED; i++) {
        sum += report->verdict_counts[i];
    }
    assert_int_equal(sum, report->rule_count);
    for (size_t i = 0; i < report->rule_count; i++) {
        assert_ptr_equal(find_result(report, report->rules[i].id), &report->rules[i]);
    }
}

static void report_outlives_its_evidence(void **state)
{
    char label[] = "server-key";
    pc_evidence evidence = good_evidence();

    (void)state;
    evidence.key.label = label;
    PC_AUTO(report) pc_report *report = judge(&evidence);

    memset(label, 'x', sizeof label - 1);
    assert_non_null(strstr(find_result(report, "KEY-PRIV")->evidence, "\"server-key\""));
}

static void only_error_rules_fail(void **state)
{
    pc_evidence evidence = good_evidence();

    (void)state;
    evidence.subject = (pc_evidence_subject){ .present = true, .signature_digest = "md5" };
    evidence.certificate = (pc_evidence_certificate){ .self_signed = true };
    PC_AUTO(report) pc_report *report = judge(&evidence);

    for (size_t i = 0; i < report->rule_count; i++) {
        assert_true(report->rules[i].verdict != PC_VERDICT_FAIL || report->rules[i].severity == PC_SEVERITY_ERROR);
    }
}

static void unknown_policy_is_refused_with_names(void **state)
{
    pc_evidence evidence = good_evidence();
    pc_report *report = NULL;
    pc_error err = { 0 };

    (void)state;
    assert_int_equal(pc_policy_judge(&(pc_policy_order){ .policy = "scam" }, &evidence, &report, &err), PC_E_USAGE);
    assert_null(report);
    assert_non_null(strstr(err.frames[0], "\"scam\""));
    assert_non_null(strstr(err.hint, "scom"));
}

static void verdict_names_are_the_published_ones(void **state)
{
    (void)state;
    assert_string_equal(pc_verdict_name(PC_VERDICT_PASS), "pass");
    assert_string_equal(pc_verdict_name(PC_VERDICT_FAIL), "fail");
    assert_string_equal(pc_verdict_name(PC_VERDICT_WARNING), "warning");
    assert_string_equal(pc_verdict_name(PC_VERDICT_NOT_CHECKED), "not-checked");
    assert_string_equal(pc_verdict_name(PC_VERDICT_WAIVED), "waived");
    pc_report_free(NULL);
}

static void each_level_fails_by_its_verdicts(void **state)
{
    static const struct {
        pc_fail_on level;
        pc_verdict verdict;
        bool fails;
    } rows[] = {
        { PC_FAIL_ON_FAIL, PC_VERDICT_FAIL, true },
        { PC_FAIL_ON_FAIL, PC_VERDICT_WARNING, false },
        { PC_FAIL_ON_FAIL, PC_VERDICT_NOT_CHECKED, false },
        { PC_FAIL_ON_WARNING, PC_VERDICT_FAIL, true },
        { PC_FAIL_ON_WARNING, PC_VERDICT_WARNING, true },
        { PC_FAIL_ON_WARNING, PC_VERDICT_NOT_CHECKED, false },
        { PC_FAIL_ON_NOT_CHECKED, PC_VERDICT_FAIL, true },
        { PC_FAIL_ON_NOT_CHECKED, PC_VERDICT_WARNING, true },
        { PC_FAIL_ON_NOT_CHECKED, PC_VERDICT_NOT_CHECKED, true },
        { PC_FAIL_ON_NOT_CHECKED, PC_VERDICT_PASS, false },
        { PC_FAIL_ON_NOT_CHECKED, PC_VERDICT_WAIVED, false },
    };

    (void)state;
    for (size_t i = 0; i < PC_COUNT(rows); i++) {
        pc_rule_result rules[] = { { .verdict = PC_VERDICT_PASS }, { .verdict = rows[i].verdict } };
        pc_report report = { .fail_on = rows[i].level, .rules = rules, .rule_count = PC_COUNT(rules) };

        report.verdict_counts[PC_VERDICT_PASS]++;
        report.verdict_counts[rows[i].verdict]++;
        assert_int_equal(pc_report_fails_by(&report, rows[i].verdict), rows[i].fails);
        assert_int_equal(pc_report_failed(&report), rows[i].fails);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(page_inf_with_locked_key_fails),
        cmocka_unit_test(page_inf_with_exportable_key_passes),
        cmocka_unit_test(no_evidence_checks_nothing),
        cmocka_unit_test(each_level_fails_by_its_verdicts),
        cmocka_unit_test(counts_add_up_and_ids_are_unique),
        cmocka_unit_test(report_outlives_its_evidence),
        cmocka_unit_test(only_error_rules_fail),
        cmocka_unit_test(unknown_policy_is_refused_with_names),
        cmocka_unit_test(verdict_names_are_the_published_ones),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
