/* SPDX-License-Identifier: Apache-2.0 */
#include "policy_evidence.h"

static void key_exportable(pc_evidence *e)
{
    e->key.flags[PC_KEY_EXTRACTABLE] = PC_FACT_TRUE;
    e->key.flags[PC_KEY_NEVER_EXTRACTABLE] = PC_FACT_FALSE;
}

static void key_unknown(pc_evidence *e)
{
    e->key.flags[PC_KEY_EXTRACTABLE] = PC_FACT_UNKNOWN;
    e->key.flags[PC_KEY_NEVER_EXTRACTABLE] = PC_FACT_UNKNOWN;
}

static void key_was_exportable(pc_evidence *e)
{
    e->key.flags[PC_KEY_NEVER_EXTRACTABLE] = PC_FACT_FALSE;
}
static void only_never_known(pc_evidence *e)
{
    e->key.flags[PC_KEY_EXTRACTABLE] = PC_FACT_UNKNOWN;
}
static void history_unknown(pc_evidence *e)
{
    e->key.flags[PC_KEY_NEVER_EXTRACTABLE] = PC_FACT_UNKNOWN;
}
static void key_odd(pc_evidence *e)
{
    e->key.flags[PC_KEY_EXTRACTABLE] = PC_FACT_TRUE;
}
static void key_gone(pc_evidence *e)
{
    e->key.found_count = 0;
}

static void key_in_clear(pc_evidence *e)
{
    key_exportable(e);
    e->key.flags[PC_KEY_SENSITIVE] = PC_FACT_FALSE;
}

static void key_trusted_only(pc_evidence *e)
{
    key_exportable(e);
    e->key.flags[PC_KEY_WRAP_WITH_TRUSTED] = PC_FACT_TRUE;
}

static void wish_yes(pc_evidence *e)
{
    e->inf.wish = (pc_exportable_wish){ .exportable = PC_WISH_YES, .exportable_line = 4 };
}

static void wish_no(pc_evidence *e)
{
    e->inf.wish = (pc_exportable_wish){ .exportable = PC_WISH_NO, .exportable_line = 4 };
}

static void wish_misspelt(pc_evidence *e)
{
    e->inf.wish = (pc_exportable_wish){ .misspelt = PC_WISH_YES, .misspelt_line = 3 };
}

static void wish_both(pc_evidence *e)
{
    wish_misspelt(e);
    e->inf.wish.exportable = PC_WISH_YES;
    e->inf.wish.exportable_line = 9;
}

static void wish_contradictory(pc_evidence *e)
{
    wish_both(e);
    e->inf.wish.exportable = PC_WISH_NO;
}

static void misspelt_no(pc_evidence *e)
{
    wish_misspelt(e);
    e->inf.wish.misspelt = PC_WISH_NO;
}

static void wish_met(pc_evidence *e)
{
    wish_misspelt(e);
    key_exportable(e);
}

static void wish_key_unknown(pc_evidence *e)
{
    wish_yes(e);
    key_unknown(e);
}

static void wish_no_token(pc_evidence *e)
{
    wish_yes(e);
    no_token(e);
}

static void wish_never_only(pc_evidence *e)
{
    wish_yes(e);
    only_never_known(e);
}

static const policy_row rows[] = {
    { "silent", nothing, "EXP-1", PC_VERDICT_PASS, "does not ask" },
    { "no", wish_no, "EXP-1", PC_VERDICT_PASS, "line 4: \"Exportable = FALSE\"" },
    { "met", wish_met, "EXP-1", PC_VERDICT_PASS, "what the file asks for" },
    { "yes", wish_yes, "EXP-1", PC_VERDICT_FAIL, "INF file \"good.inf\", line 4: \"Exportable = TRUE\"" },
    { "misspelt", wish_misspelt, "EXP-1", PC_VERDICT_FAIL, "line 3: \"Key Exportable = TRUE\"" },
    { "never is enough", wish_never_only, "EXP-1", PC_VERDICT_FAIL, "CKA_EXTRACTABLE unknown" },
    { "Exportable outranks the misspelt", wish_contradictory, "EXP-1", PC_VERDICT_PASS, "line 9" },
    { "key unknown", wish_key_unknown, "EXP-1", PC_VERDICT_NOT_CHECKED, NULL },
    { "no token", wish_no_token, "EXP-1", PC_VERDICT_NOT_CHECKED, "Give the token" },
    { "no INF", no_inf, "EXP-1", PC_VERDICT_NOT_CHECKED, "No INF file" },

    { "right", wish_yes, "EXP-2", PC_VERDICT_PASS, NULL },
    { "misspelt", wish_misspelt, "EXP-2", PC_VERDICT_WARNING, "in effect is FALSE" },
    { "misspelt and met", wish_met, "EXP-2", PC_VERDICT_WARNING, "in effect is FALSE" },
    { "misspelt FALSE", misspelt_no, "EXP-2", PC_VERDICT_WARNING, "\"Key Exportable = FALSE\"" },
    { "both", wish_both, "EXP-2", PC_VERDICT_WARNING, "in effect is TRUE" },
    { "no INF", no_inf, "EXP-2", PC_VERDICT_NOT_CHECKED, NULL },

    { "stays", nothing, "EXP-3", PC_VERDICT_FAIL, "a KSP is not supported" },
    { "moves", key_exportable, "EXP-3", PC_VERDICT_PASS, "as a PFX" },
    { "was exportable", key_was_exportable, "EXP-3", PC_VERDICT_FAIL, NULL },
    { "trusted wrapping only", key_trusted_only, "EXP-3", PC_VERDICT_WARNING, "CKA_WRAP_WITH_TRUSTED" },
    { "contradictory token", key_odd, "EXP-3", PC_VERDICT_FAIL, "contradicts itself" },
    { "unknown", key_unknown, "EXP-3", PC_VERDICT_NOT_CHECKED, NULL },
    { "key gone", key_gone, "EXP-3", PC_VERDICT_NOT_CHECKED, "KEY-PRIV" },
    { "no token", no_token, "EXP-3", PC_VERDICT_NOT_CHECKED, NULL },

    { "not asked for", nothing, "EXP-4", PC_VERDICT_PASS, NULL },
    { "asked for", wish_misspelt, "EXP-4", PC_VERDICT_NOT_CHECKED, "no export" },
    { "no INF", no_inf, "EXP-4", PC_VERDICT_NOT_CHECKED, NULL },

    { "exportable", key_exportable, "EXP-5", PC_VERDICT_PASS, "current edition" },
    { "not exportable", nothing, "EXP-5", PC_VERDICT_FAIL, "current edition" },
    { "unknown", key_unknown, "EXP-5", PC_VERDICT_NOT_CHECKED, NULL },
    { "no token", no_token, "EXP-5", PC_VERDICT_NOT_CHECKED, NULL },

    { "never left", nothing, "EXP-6", PC_VERDICT_PASS, "never left" },
    { "exportable", key_exportable, "EXP-6", PC_VERDICT_WARNING, "A copy may exist" },
    { "in the clear", key_in_clear, "EXP-6", PC_VERDICT_WARNING, "in the clear" },
    { "was exportable", key_was_exportable, "EXP-6", PC_VERDICT_WARNING, "once could" },
    { "contradictory token", key_odd, "EXP-6", PC_VERDICT_WARNING, "contradicts itself" },
    { "history unknown", history_unknown, "EXP-6", PC_VERDICT_NOT_CHECKED, NULL },
    { "no token", no_token, "EXP-6", PC_VERDICT_NOT_CHECKED, NULL },
};

static void exportable_rules_judge_each_row(void **state)
{
    (void)state;
    check_rows(rows, PC_COUNT(rows));
}

static void assert_says(const pc_report *report, const char *id, const char *part)
{
    const pc_rule_result *result = find_result(report, id);

    if (!result->remedy || !strstr(result->remedy, part)) {
        fail_msg("%s: the remedy lacks \"%s\": %s", id, part, result->remedy ? result->remedy : "(none)");
    }
}

static void exp3_options_name_commands_and_serial(void **state)
{
    pc_evidence evidence = good_evidence();

    (void)state;
    wish_yes(&evidence);
    PC_AUTO(report) pc_report *report = judge(&evidence);

    assert_says(report, "EXP-3", "\n1. ");
    assert_says(report, "EXP-3", "\n5. ");
    assert_says(report, "EXP-3", "p11cert new good.inf --exportable --label NEW-LABEL");
    assert_says(report, "EXP-3", "-repairstore -csp \"VENDOR CSP\" my 1f00000008c694dac94bcfdc4a000000000008");
    assert_says(report, "EXP-3", "Kerberos");
    assert_says(report, "EXP-1", "p11cert new good.inf --exportable");
}

static void remedy_for_an_extractable_key_says_how_to_lock_it(void **state)
{
    pc_evidence evidence = good_evidence();

    (void)state;
    key_exportable(&evidence);
    PC_AUTO(report) pc_report *report = judge(&evidence);

    assert_says(report, "EXP-6", "NoExport");
    assert_says(report, "EXP-6", "destroy");
}

static void hostile_file_name_stays_out_of_commands(void **state)
{
    pc_evidence evidence = good_evidence();

    (void)state;
    wish_yes(&evidence);
    evidence.inf.file = "a.inf; rm -rf /\n6. trust me";
    PC_AUTO(report) pc_report *report = judge(&evidence);

    assert_says(report, "EXP-1", "p11cert new FILE --exportable");
    assert_null(strstr(find_result(report, "EXP-1")->remedy, "rm -rf"));
    assert_null(strchr(find_result(report, "EXP-1")->evidence, '\n'));
}

static void three_failures_say_three_things(void **state)
{
    static const char *const ids[] = { "EXP-1", "EXP-3", "EXP-5" };
    pc_evidence evidence = good_evidence();

    (void)state;
    wish_misspelt(&evidence);
    PC_AUTO(report) pc_report *report = judge(&evidence);

    for (size_t i = 0; i < PC_COUNT(ids); i++) {
        const pc_rule_result *one = find_result(report, ids[i]);
        const pc_rule_result *other = find_result(report, ids[(i + 1) % PC_COUNT(ids)]);

        assert_int_equal(one->verdict, PC_VERDICT_FAIL);
        assert_string_not_equal(one->evidence, other->evidence);
        assert_string_not_equal(one->remedy, other->remedy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exportable_rules_judge_each_row),
        cmocka_unit_test(exp3_options_name_commands_and_serial),
        cmocka_unit_test(remedy_for_an_extractable_key_says_how_to_lock_it),
        cmocka_unit_test(hostile_file_name_stays_out_of_commands),
        cmocka_unit_test(three_failures_say_three_things),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
