/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/report/text.h"

#include <string.h>

#include "cli/print/colour.h"
#include "cli/print/output.h"
#include "cli/print/width.h"

static const struct {
    const char *word;
    pc_colour colour;
} verdicts[] = {
    [PC_VERDICT_PASS] = { "pass", PC_COLOUR_GOOD },
    [PC_VERDICT_FAIL] = { "FAIL", PC_COLOUR_BAD },
    [PC_VERDICT_WARNING] = { "warning", PC_COLOUR_WARNING },
    [PC_VERDICT_NOT_CHECKED] = { "not checked", PC_COLOUR_FAINT },
    [PC_VERDICT_WAIVED] = { "waived", PC_COLOUR_OTHER },
};

static void print_field(FILE *out, const char *name, const char *value)
{
    if (value) {
        (void)fputs("    ", out);
        pc_print_safe(out, name);
        (void)fputs(": ", out);
        pc_print_after(out, (unsigned)(4 + pc_width_of(name, strlen(name)) + 2), 8, value);
    }
}

static void print_head(FILE *out, const pc_report *report)
{
    (void)fputs("policy ", out);
    pc_print_safe(out, report->policy);
    if (report->policy_title) {
        (void)fputs(": ", out);
        pc_print_after(out, (unsigned)(strlen("policy : ") + pc_width_of(report->policy, strlen(report->policy))), 4,
                       report->policy_title);
    } else {
        (void)fputc('\n', out);
    }
    print_field(out, "from file", report->policy_file);
    print_field(out, "checked at", report->judged_at);
    for (size_t i = 0; i < report->item_count; i++) {
        print_field(out, report->items[i].name, report->items[i].value);
    }
}

static void print_waiver(FILE *out, const pc_rule_result *rule)
{
    static const char *const words[] = {
        [PC_WAIVER_APPLIED] = "waived",
        [PC_WAIVER_EXPIRED] = "a waiver that has EXPIRED",
        [PC_WAIVER_UNNEEDED] = "a waiver that is not needed",
    };

    if (rule->waiver == PC_WAIVER_NONE) {
        return;
    }
    (void)fprintf(out, "        %s, ", words[rule->waiver]);
    (void)fputs(rule->waiver_until ? "until " : "no end date", out);
    pc_print_safe(out, rule->waiver_until ? rule->waiver_until : "");
    (void)fprintf(out, " (verdict without it: %s):\n", pc_verdict_name(rule->without_waiver));
    pc_print_wrapped(out, 12, rule->waiver_reason ? rule->waiver_reason : "(no reason)");
}

/* The width of the longest id, up to a maximum, so that titles are aligned. */
static int id_width(const pc_report *report)
{
    size_t width = 11;

    for (size_t i = 0; i < report->rule_count; i++) {
        size_t len = strlen(report->rules[i].id);

        width = len > width ? len : width;
    }
    return (int)width;
}

static void print_rule(FILE *out, bool colour, const pc_rule_result *rule, int width)
{
    pc_print_word(out, colour, verdicts[rule->verdict].colour, 11, verdicts[rule->verdict].word);
    (void)fprintf(out, " %-*s ", width, rule->id);
    pc_print_after(out, (unsigned)(12 + width + 1), (unsigned)(12 + width + 1), rule->title);
    if (*rule->evidence) {
        pc_print_wrapped(out, 12, rule->evidence);
    }
    print_waiver(out, rule);
    if (rule->verdict == PC_VERDICT_PASS || rule->verdict == PC_VERDICT_NOT_CHECKED) {
        return;
    }
    (void)fputs("        requirement:\n", out);
    pc_print_wrapped(out, 12, rule->requirement);
    if (rule->remedy) {
        (void)fputs("        what to do:\n", out);
        pc_print_wrapped(out, 12, rule->remedy);
    }
}

static void print_counts(FILE *out, const pc_report *report)
{
    const size_t *counts = report->verdict_counts;

    (void)fprintf(out, "%zu failed, %zu warnings, %zu passed, %zu not checked, %zu waived\n", counts[PC_VERDICT_FAIL],
                  counts[PC_VERDICT_WARNING], counts[PC_VERDICT_PASS], counts[PC_VERDICT_NOT_CHECKED],
                  counts[PC_VERDICT_WAIVED]);
}

void pc_report_print_text(FILE *out, bool colour, const pc_report *report)
{
    static const pc_verdict order[] = PC_REPORT_ORDER;
    const int width = id_width(report);

    print_head(out, report);
    for (size_t i = 0; i < PC_COUNT(order); i++) {
        for (size_t j = 0; j < report->rule_count; j++) {
            if (report->rules[j].verdict == order[i]) {
                print_rule(out, colour, &report->rules[j], width);
            }
        }
    }
    (void)fputc('\n', out);
    print_counts(out, report);
}

/* The overall verdict: a check that judged nothing has not passed. */
const char *pc_report_outcome(const pc_report *report)
{
    return pc_report_judged_nothing(report) ? "NOTHING CHECKED" : pc_report_failed(report) ? "FAILED" : "passed";
}

static void print_summary(FILE *out, bool colour, const pc_check_result *result)
{
    size_t failed = 0;

    (void)fputs("\nsummary\n", out);
    for (size_t i = 0; i < result->report_count; i++) {
        const pc_report *report = result->reports[i];

        failed += pc_report_failed(report);
        (void)fputs("    ", out);
        pc_print_word(out, colour,
                      !pc_report_judged_nothing(report) && !pc_report_failed(report) ? PC_COLOUR_GOOD : PC_COLOUR_BAD,
                      15, pc_report_outcome(report));
        (void)fputc(' ', out);
        pc_print_safe(out, report->name);
        (void)fputs(": ", out);
        print_counts(out, report);
    }
    (void)fprintf(out, "%zu checked, %zu failed\n", result->report_count, failed);
}

static void print_unused(FILE *out, bool colour, const pc_check_result *result)
{
    for (size_t i = 0; i < result->file_count; i++) {
        if (result->files[i].use == PC_FILE_UNUSED) {
            pc_print_word(out, colour, PC_COLOUR_BAD, 0, "FAILED");
            (void)fputs(": file \"", out);
            pc_print_safe(out, result->files[i].file);
            (void)fputs("\" was not used: it was not checked, and issued none of the certificates that were\n", out);
        }
    }
}

static void print_nothing_judged(FILE *out, const pc_check_result *result)
{
    for (size_t i = 0; i < result->report_count; i++) {
        if (pc_report_judged_nothing(result->reports[i])) {
            (void)fputs("FAILED: no rule of policy ", out);
            pc_print_safe(out, result->reports[i]->policy);
            (void)fputs(" could be checked", out);
            (void)fputs(result->report_count > 1 ? " for " : "", out);
            pc_print_safe(out, result->report_count > 1 ? result->reports[i]->name : "");
            (void)fputs("; give what the rules need\n", out);
        }
    }
}

static void print_lacking(FILE *out, const pc_check_result *result)
{
    for (size_t i = 0; i < result->report_count; i++) {
        if (result->reports[i]->lacks_certificate && !pc_report_judged_nothing(result->reports[i])) {
            (void)fputs("FAILED: no readable certificate", out);
            (void)fputs(result->report_count > 1 ? " for " : "", out);
            pc_print_safe(out, result->report_count > 1 ? result->reports[i]->name : "");
            (void)fputs(" was given or found on the token, so the rules of policy ", out);
            pc_print_safe(out, result->reports[i]->policy);
            (void)fputs(" about certificates could not be checked\n", out);
        }
    }
}

void pc_check_print_text(FILE *out, bool colour, const pc_check_result *result)
{
    for (size_t i = 0; i < result->report_count; i++) {
        if (result->report_count > 1) {
            (void)fprintf(out, "%s%zu of %zu: ", i ? "\n" : "", i + 1, result->report_count);
            pc_print_safe(out, result->reports[i]->name);
            (void)fputc('\n', out);
        }
        pc_report_print_text(out, colour, result->reports[i]);
    }
    if (result->report_count > 1) {
        print_summary(out, colour, result);
    }
    print_unused(out, colour, result);
    print_nothing_judged(out, result);
    print_lacking(out, result);
}
