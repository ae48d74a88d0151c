/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/report/html_rules.h"

#include <stdio.h>

#include "base/cleanup.h"

/* How a verdict is shown; the class is its name in --json. */
static const struct {
    const char *word; /* in its frame */
    const char *heading;
    const char *meaning;
} verdicts[] = {
    [PC_VERDICT_FAIL] = { "FAIL", "Failed", "the rule is not met, and its severity is error" },
    [PC_VERDICT_WARNING] = { "WARNING", "Warnings",
                             "the rule is not met, or only in part, which does not fail the check" },
    [PC_VERDICT_WAIVED] = { "WAIVED", "Waived",
                            "the rule is not met, or was not checked; this is accepted for the reason given" },
    [PC_VERDICT_PASS] = { "PASS", "Passed", "the rule is met, according to the evidence" },
    [PC_VERDICT_NOT_CHECKED] = { "NOT CHECKED", "Not checked",
                                 "there was no evidence; whether the rule is met is unknown" },
};

static const char *const waiver_words[] = {
    [PC_WAIVER_NONE] = "none",
    [PC_WAIVER_APPLIED] = "in force",
    [PC_WAIVER_EXPIRED] = "EXPIRED",
    [PC_WAIVER_UNNEEDED] = "not needed",
};

const char *pc_html_verdict_heading(pc_verdict verdict)
{
    return verdicts[verdict].heading;
}

static void write_columns(pc_xml *xml, const char *const *names, size_t count)
{
    pc_xml_start(xml, "thead");
    pc_xml_start(xml, "tr");
    for (size_t i = 0; i < count; i++) {
        pc_xml_start(xml, "th");
        pc_xml_attribute(xml, "scope", "col");
        pc_xml_text(xml, names[i]);
        pc_xml_end(xml);
    }
    pc_xml_end(xml);
    pc_xml_end(xml);
}

/* "rule-EXP-3"; in a second report on the page "report-2-rule-EXP-3". */
static void anchor_of(const pc_html_section *section, const pc_rule_result *rule, char *out, size_t out_size)
{
    if (section->number) {
        (void)snprintf(out, out_size, "report-%zu-rule-%s", section->number + 1, rule->id);
    } else {
        (void)snprintf(out, out_size, "rule-%s", rule->id);
    }
}

/* The first cell of a row: the rule's id, as a link to its details. */
static void write_id_cell(pc_xml *xml, const pc_html_section *section, const pc_rule_result *rule)
{
    char target[128] = "#";

    anchor_of(section, rule, target + 1, sizeof target - 1);
    pc_xml_start(xml, "th");
    pc_xml_attribute(xml, "scope", "row");
    pc_xml_attribute(xml, "class", "id");
    pc_xml_start(xml, "a");
    pc_xml_attribute(xml, "href", target);
    pc_xml_text(xml, rule->id);
    pc_xml_end(xml);
    pc_xml_end(xml);
}

static void write_waiver_row(pc_xml *xml, const pc_html_section *section, const pc_rule_result *rule)
{
    pc_xml_start(xml, "tr");
    write_id_cell(xml, section, rule);
    pc_xml_start(xml, "td");
    pc_xml_attribute(xml, "class", "number");
    pc_xml_element(xml, rule->waiver == PC_WAIVER_EXPIRED ? "strong" : "span", NULL, waiver_words[rule->waiver]);
    pc_xml_end(xml);
    pc_xml_element(xml, "td", "number", rule->waiver_until ? rule->waiver_until : "no end date");
    pc_xml_element(xml, "td", NULL, pc_verdict_name(rule->without_waiver));
    pc_xml_element(xml, "td", "text", rule->waiver_reason);
    pc_xml_end(xml);
}

static size_t count_waivers(const pc_report *report)
{
    size_t count = 0;

    for (size_t i = 0; i < report->rule_count; i++) {
        count += report->rules[i].waiver != PC_WAIVER_NONE;
    }
    return count;
}

void pc_html_write_waivers(pc_xml *xml, const pc_html_section *section)
{
    const pc_report *report = section->report;
    static const char *const columns[] = { "Rule", "Waiver is", "Until", "Verdict without it", "Reason" };

    pc_xml_element(xml, "h2", NULL, "Waivers");
    if (count_waivers(report) == 0) {
        pc_xml_element(xml, "p", NULL, "None: no finding was accepted by a waiver.");
        return;
    }
    pc_xml_start(xml, "div");
    pc_xml_attribute(xml, "class", "scroll");
    pc_xml_start(xml, "table");
    pc_xml_attribute(xml, "id", section->number ? NULL : "waivers");
    write_columns(xml, columns, PC_COUNT(columns));
    pc_xml_start(xml, "tbody");
    for (size_t i = 0; i < report->rule_count; i++) {
        if (report->rules[i].waiver != PC_WAIVER_NONE) {
            write_waiver_row(xml, section, &report->rules[i]);
        }
    }
    pc_xml_end(xml);
    pc_xml_end(xml);
    pc_xml_end(xml);
}

static void write_verdict(pc_xml *xml, pc_verdict verdict)
{
    char class_name[64];

    (void)snprintf(class_name, sizeof class_name, "verdict %s", pc_verdict_name(verdict));
    pc_xml_element(xml, "span", class_name, verdicts[verdict].word);
}

static void write_glance_row(pc_xml *xml, const pc_html_section *section, const pc_rule_result *rule)
{
    pc_xml_start(xml, "tr");
    write_id_cell(xml, section, rule);
    pc_xml_element(xml, "td", NULL, rule->title);
    pc_xml_element(xml, "td", NULL, pc_severity_name(rule->severity));
    pc_xml_start(xml, "td");
    write_verdict(xml, rule->verdict);
    pc_xml_end(xml);
    pc_xml_end(xml);
}

void pc_html_write_glance(pc_xml *xml, const pc_html_section *section)
{
    const pc_report *report = section->report;
    static const char *const columns[] = { "Rule", "What it requires", "Severity", "Verdict" };

    pc_xml_element(xml, "h2", NULL, "All rules");
    pc_xml_start(xml, "div");
    pc_xml_attribute(xml, "class", "scroll");
    pc_xml_start(xml, "table");
    pc_xml_attribute(xml, "id", section->number ? NULL : "rules");
    pc_xml_attribute(xml, "class", "rules");
    write_columns(xml, columns, PC_COUNT(columns));
    pc_xml_start(xml, "tbody");
    for (size_t i = 0; i < report->rule_count; i++) {
        write_glance_row(xml, section, &report->rules[i]);
    }
    pc_xml_end(xml);
    pc_xml_end(xml);
    pc_xml_end(xml);
}

static void write_entry(pc_xml *xml, const char *name, const char *class_name, const char *text)
{
    if (text && *text) {
        pc_xml_element(xml, "dt", NULL, name);
        pc_xml_element(xml, "dd", class_name, text);
    }
}

static void write_rule_waiver(pc_xml *xml, const pc_rule_result *rule)
{
    if (rule->waiver == PC_WAIVER_NONE) {
        return;
    }
    pc_xml_element(xml, "dt", NULL, "Waiver");
    pc_xml_start(xml, "dd");
    pc_xml_attribute(xml, "class", "waiver text");
    pc_xml_format(xml, "%s, %s%s; without it the verdict is \"%s\". Reason: %s", waiver_words[rule->waiver],
                  rule->waiver_until ? "until " : "no end date", rule->waiver_until ? rule->waiver_until : "",
                  pc_verdict_name(rule->without_waiver), rule->waiver_reason ? rule->waiver_reason : "none given");
    pc_xml_end(xml);
}

static void write_rule(pc_xml *xml, const pc_html_section *section, const pc_rule_result *rule)
{
    char anchor[128];

    anchor_of(section, rule, anchor, sizeof anchor);
    pc_xml_start(xml, "article");
    pc_xml_attribute(xml, "id", anchor);
    pc_xml_start(xml, "header");
    write_verdict(xml, rule->verdict);
    pc_xml_start(xml, "h3");
    pc_xml_element(xml, "span", "id", rule->id);
    pc_xml_format(xml, " %s", rule->title);
    pc_xml_end(xml);
    pc_xml_start(xml, "span");
    pc_xml_attribute(xml, "class", "severity");
    pc_xml_format(xml, "severity: %s", pc_severity_name(rule->severity));
    pc_xml_end(xml);
    pc_xml_end(xml);
    pc_xml_start(xml, "dl");
    write_entry(xml, "Evidence", "text", rule->evidence);
    write_rule_waiver(xml, rule);
    write_entry(xml, "Requirement", "text", rule->requirement);
    write_entry(xml, "What to do", "text", rule->remedy);
    pc_xml_end(xml);
    pc_xml_end(xml);
}

void pc_html_write_group(pc_xml *xml, const pc_html_section *section, pc_verdict verdict)
{
    const pc_report *report = section->report;

    if (report->verdict_counts[verdict] == 0) {
        return;
    }
    pc_xml_start(xml, "section");
    pc_xml_start(xml, "h2");
    pc_xml_format(xml, "%s (%zu)", verdicts[verdict].heading, report->verdict_counts[verdict]);
    pc_xml_end(xml);
    pc_xml_start(xml, "p");
    pc_xml_attribute(xml, "class", "note");
    pc_xml_format(xml, "%s: %s.", verdicts[verdict].word, verdicts[verdict].meaning);
    pc_xml_end(xml);
    for (size_t i = 0; i < report->rule_count; i++) {
        if (report->rules[i].verdict == verdict) {
            write_rule(xml, section, &report->rules[i]);
        }
    }
    pc_xml_end(xml);
}
