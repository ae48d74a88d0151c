/* SPDX-License-Identifier: Apache-2.0 */
#include "policy_evidence.h"

#include "policy/waiver.h"

/* Waivers: what they change, what they do not, and which are refused. The key of good_evidence stays: EXP-3 fails. */

static pc_report *judge_order(const pc_policy_order *order, const pc_evidence *evidence)
{
    pc_report *report = NULL;
    pc_error err = { 0 };

    if (pc_policy_judge(order, evidence, &report, &err) != PC_OK) {
        fail_msg("%s", err.frames[0]);
    }
    return report;
}

static pc_report *judge_with(const pc_waiver *waivers, size_t count, const pc_evidence *evidence)
{
    return judge_order(&(pc_policy_order){ .policy = "scom", .waivers = waivers, .waiver_count = count }, evidence);
}

static void assert_waiver(const pc_report *report, const char *id, pc_waiver_state state, pc_verdict verdict,
                          pc_verdict without)
{
    const pc_rule_result *result = find_result(report, id);

    assert_string_equal(pc_waiver_state_name(result->waiver), pc_waiver_state_name(state));
    assert_string_equal(pc_verdict_name(result->verdict), pc_verdict_name(verdict));
    assert_string_equal(pc_verdict_name(result->without_waiver), pc_verdict_name(without));
}

static void what_fails_is_waived_and_the_reason_is_reported(void **state)
{
    const pc_waiver waivers[] = { { "EXP-3", "SCOM does not use this key", NULL },
                                  { "EXP-5", "As above", "2030-01-01" } };
    pc_evidence evidence = good_evidence();

    (void)state;
    PC_AUTO(report) pc_report *report = judge_with(waivers, 2, &evidence);

    assert_waiver(report, "EXP-3", PC_WAIVER_APPLIED, PC_VERDICT_WAIVED, PC_VERDICT_FAIL);
    assert_waiver(report, "EXP-5", PC_WAIVER_APPLIED, PC_VERDICT_WAIVED, PC_VERDICT_FAIL);
    assert_waiver(report, "EXP-2", PC_WAIVER_NONE, PC_VERDICT_PASS, PC_VERDICT_PASS);
    assert_string_equal(find_result(report, "EXP-3")->waiver_reason, "SCOM does not use this key");
    assert_null(find_result(report, "EXP-3")->waiver_until);
    assert_string_equal(find_result(report, "EXP-5")->waiver_until, "2030-01-01");
    assert_null(find_result(report, "EXP-2")->waiver_reason);
    assert_int_equal(report->verdict_counts[PC_VERDICT_WAIVED], 2);
    assert_false(pc_report_failed(report));
}

static void a_warning_is_waived_too(void **state)
{
    const pc_waiver waiver = { "REVOC", "The CA is offline", NULL };
    pc_evidence evidence = good_evidence();

    (void)state;
    evidence.certificate.revocation = PC_REVOCATION_NOWHERE;
    PC_AUTO(report) pc_report *report = judge_with(&waiver, 1, &evidence);

    assert_waiver(report, "REVOC", PC_WAIVER_APPLIED, PC_VERDICT_WAIVED, PC_VERDICT_WARNING);
}

static void the_last_day_counts_whole_and_not_a_second_more(void **state)
{
    const pc_waiver waiver = { "EXP-3", "Until the host is new", "2023-11-14" };
    pc_evidence evidence = good_evidence();

    (void)state;
    evidence.now_sec = 1700006399; /* 2023-11-14T23:59:59Z */
    PC_AUTO(report) pc_report *last = judge_with(&waiver, 1, &evidence);

    assert_waiver(last, "EXP-3", PC_WAIVER_APPLIED, PC_VERDICT_WAIVED, PC_VERDICT_FAIL);
    evidence.now_sec++;
    PC_AUTO(report) pc_report *after = judge_with(&waiver, 1, &evidence);

    assert_waiver(after, "EXP-3", PC_WAIVER_EXPIRED, PC_VERDICT_FAIL, PC_VERDICT_FAIL);
    assert_true(pc_report_failed(after));
    assert_non_null(strstr(find_result(after, "EXP-3")->evidence, "The waiver for this ended on 2023-11-14."));
    assert_string_equal(find_result(after, "EXP-3")->waiver_until, "2023-11-14");
}

static void a_waiver_for_what_holds_or_was_not_checked_is_unneeded(void **state)
{
    const pc_waiver waivers[] = { { "EXP-6", "why", NULL }, { "REG", "why", NULL } };
    pc_evidence evidence = good_evidence();

    (void)state;
    PC_AUTO(report) pc_report *report = judge_with(waivers, 2, &evidence);

    assert_waiver(report, "EXP-6", PC_WAIVER_UNNEEDED, PC_VERDICT_PASS, PC_VERDICT_PASS);
    assert_waiver(report, "REG", PC_WAIVER_UNNEEDED, PC_VERDICT_NOT_CHECKED, PC_VERDICT_NOT_CHECKED);
}

static void what_was_not_checked_is_waived_where_it_would_fail_the_report(void **state)
{
    const pc_waiver waiver = { "REG", "compared on the host, change 4711", NULL };
    pc_evidence evidence = good_evidence();

    (void)state;
    PC_AUTO(report)
    pc_report *report = judge_order(&(pc_policy_order){ .policy = "scom",
                                                        .waivers = &waiver,
                                                        .waiver_count = 1,
                                                        .fail_on = PC_FAIL_ON_NOT_CHECKED },
                                    &evidence);

    assert_waiver(report, "REG", PC_WAIVER_APPLIED, PC_VERDICT_WAIVED, PC_VERDICT_NOT_CHECKED);
}

static void a_report_without_any_evidence_fails_even_if_all_is_waived(void **state)
{
    const pc_evidence evidence = { 0 };
    pc_waiver waivers[128];
    pc_policy_order order = { .policy = "scom", .waivers = waivers, .fail_on = PC_FAIL_ON_NOT_CHECKED };

    (void)state;
    PC_AUTO(report) pc_report *plain = judge_order(&(pc_policy_order){ .policy = "scom" }, &evidence);

    assert_in_range(plain->rule_count, 1, PC_COUNT(waivers));
    for (; order.waiver_count < plain->rule_count; order.waiver_count++) {
        waivers[order.waiver_count] = (pc_waiver){ plain->rules[order.waiver_count].id, "why", NULL };
    }
    PC_AUTO(report) pc_report *waived = judge_order(&order, &evidence);

    assert_int_equal(waived->verdict_counts[PC_VERDICT_WAIVED], waived->rule_count);
    assert_true(pc_report_judged_nothing(waived));
    assert_true(pc_report_failed(waived));
}

static void a_reason_is_safe_to_print(void **state)
{
    const pc_waiver waiver = { "EXP-3", "\x1b[2Jgone\nEXP-5 pass", NULL };
    pc_evidence evidence = good_evidence();

    (void)state;
    PC_AUTO(report) pc_report *report = judge_with(&waiver, 1, &evidence);

    assert_string_equal(find_result(report, "EXP-3")->waiver_reason, "\\x1b[2Jgone\\x0aEXP-5 pass");
}

static void unsound_waivers_are_refused_before_anything_is_judged(void **state)
{
    static const struct {
        pc_waiver waivers[2];
        size_t count;
        const char *said;
        const char *hint;
    } unsound[] = {
        { { { "EXP-3", NULL, NULL } }, 1, "has no reason", "every report" },
        { { { "EXP-3", "", NULL } }, 1, "has no reason", "every report" },
        { { { "EXP-3", " \t", NULL } }, 1, "has no reason", "every report" },
        { { { "EXP3", "why", NULL } }, 1, "no rule \"EXP3\"", "EXP-3" },
        { { { "zzzzzzzzzzzzzz", "why", NULL } }, 1, "no rule", "p11cert-policy(7)" },
        { { { NULL, "why", NULL } }, 1, "no rule", "" },
        { { { "ATTR-LOCAL", "why", NULL } }, 1, "\"scom\" does not contain the rule ATTR-LOCAL", "--list-rules" },
        { { { "EXP-3", "why", "tomorrow" } }, 1, "not a date", "2027-06-30" },
        { { { "EXP-3", "why", "2027-02-29" } }, 1, "not a date", "" },
        { { { "EXP-3", "why", "2027-13-01" } }, 1, "not a date", "" },
        { { { "EXP-3", "why", "2027-6-30" } }, 1, "not a date", "" },
        { { { "EXP-3", "why", "2027-06-30 " } }, 1, "not a date", "" },
        { { { "EXP-3", "why", NULL }, { "EXP-3", "other", NULL } }, 2, "two waivers for EXP-3", "" },
    };
    const pc_evidence evidence = good_evidence();

    (void)state;
    for (size_t i = 0; i < PC_COUNT(unsound); i++) {
        const pc_policy_order order = { .policy = "scom",
                                        .waivers = unsound[i].waivers,
                                        .waiver_count = unsound[i].count };
        pc_report *report = NULL;
        pc_error err = { 0 };

        assert_int_equal(pc_policy_judge(&order, &evidence, &report, &err), PC_E_USAGE);
        assert_null(report);
        if (!strstr(err.frames[0], unsound[i].said) || !strstr(err.hint, unsound[i].hint)) {
            fail_msg("row %zu: %s (%s)", i, err.frames[0], err.hint);
        }
        assert_int_equal(pc_policy_check_order(&order, &err), PC_E_USAGE);
    }
}

static void days_are_those_of_the_calendar(void **state)
{
    static const struct {
        const char *text;
        int64_t sec;
    } days[] = {
        { "1970-01-01", 0 },
        { "1970-12-31", 31449600 },
        { "2000-02-29", 951782400 },
        { "2023-11-14", 1699920000 },
        { "2024-03-01", 1709251200 },
        { "2100-03-01", 4107542400 },
        { "9999-12-31", 253402214400 },
    };
    int64_t sec = -1;

    (void)state;
    for (size_t i = 0; i < PC_COUNT(days); i++) {
        assert_true(pc_day_parse(days[i].text, &sec));
        assert_true(sec == days[i].sec);
    }
    assert_false(pc_day_parse("1969-12-31", &sec));
    assert_false(pc_day_parse("2100-02-29", &sec));
    assert_false(pc_day_parse("2027-00-01", &sec));
    assert_false(pc_day_parse("", &sec));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_fails_is_waived_and_the_reason_is_reported),
        cmocka_unit_test(a_warning_is_waived_too),
        cmocka_unit_test(the_last_day_counts_whole_and_not_a_second_more),
        cmocka_unit_test(a_waiver_for_what_holds_or_was_not_checked_is_unneeded),
        cmocka_unit_test(what_was_not_checked_is_waived_where_it_would_fail_the_report),
        cmocka_unit_test(a_report_without_any_evidence_fails_even_if_all_is_waived),
        cmocka_unit_test(a_reason_is_safe_to_print),
        cmocka_unit_test(unsound_waivers_are_refused_before_anything_is_judged),
        cmocka_unit_test(days_are_those_of_the_calendar),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
