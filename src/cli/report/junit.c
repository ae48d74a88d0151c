/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/report/junit.h"

#include <stdio.h>
#include <string.h>

#include "cli/report/xml.h"

static void write_part(pc_xml *xml, const char *name, const char *text)
{
    if (text && *text) {
        pc_xml_format(xml, "%s:\n%s\n", name, text);
    }
}

/* All that is known of a rule, as text. */
static void write_details(pc_xml *xml, const pc_rule_result *rule)
{
    pc_xml_format(xml, "verdict: %s\nseverity: %s\n", pc_verdict_name(rule->verdict), pc_severity_name(rule->severity));
    write_part(xml, "evidence", rule->evidence);
    write_part(xml, "requirement", rule->requirement);
    write_part(xml, "what to do", rule->remedy);
    if (rule->waiver != PC_WAIVER_NONE) {
        pc_xml_format(xml, "waiver: %s; until %s; verdict without it: %s; because:\n%s\n",
                      pc_waiver_state_name(rule->waiver), rule->waiver_until ? rule->waiver_until : "no end date",
                      pc_verdict_name(rule->without_waiver), rule->waiver_reason ? rule->waiver_reason : "(no reason)");
    }
}

static void write_failure(pc_xml *xml, const pc_rule_result *rule)
{
    pc_xml_start(xml, "failure");
    pc_xml_attribute(xml, "message", rule->evidence);
    pc_xml_attribute(xml, "type", pc_severity_name(rule->severity));
    write_details(xml, rule);
    pc_xml_end(xml);
}

static void write_skipped(pc_xml *xml, const pc_rule_result *rule)
{
    bool waived = rule->verdict == PC_VERDICT_WAIVED;

    pc_xml_start(xml, "skipped");
    pc_xml_attribute(xml, "message", waived && rule->waiver_reason ? rule->waiver_reason : rule->evidence);
    pc_xml_attribute(xml, "type", pc_verdict_name(rule->verdict));
    pc_xml_end_void(xml);
}

static void write_rule(pc_xml *xml, const char *suite, const pc_rule_result *rule)
{
    char name[256];

    (void)snprintf(name, sizeof name, "%s: %s", rule->id, rule->title);
    pc_xml_start(xml, "testcase");
    pc_xml_attribute(xml, "name", name);
    pc_xml_attribute(xml, "classname", suite);
    pc_xml_attribute(xml, "time", "0");
    if (rule->verdict == PC_VERDICT_FAIL) {
        write_failure(xml, rule);
    } else {
        if (rule->verdict == PC_VERDICT_NOT_CHECKED || rule->verdict == PC_VERDICT_WAIVED) {
            write_skipped(xml, rule);
        }
        pc_xml_start(xml, "system-out");
        write_details(xml, rule);
        pc_xml_end(xml);
    }
    pc_xml_end(xml);
}

static void write_property(pc_xml *xml, const char *name, const char *value)
{
    if (value) {
        pc_xml_start(xml, "property");
        pc_xml_attribute(xml, "name", name);
        pc_xml_attribute(xml, "value", value);
        pc_xml_end_void(xml);
    }
}

static void write_properties(pc_xml *xml, const pc_report *report)
{
    pc_xml_start(xml, "properties");
    write_property(xml, "p11cert", P11CERT_VERSION);
    write_property(xml, "policy", report->policy);
    write_property(xml, "policy title", report->policy_title);
    write_property(xml, "policy file", report->policy_file);
    write_property(xml, "judged at", report->judged_at);
    for (size_t i = 0; i < report->item_count; i++) {
        write_property(xml, report->items[i].name, report->items[i].value);
    }
    pc_xml_end(xml);
}

static void write_counts(pc_xml *xml, const pc_report *report)
{
    pc_xml_number(xml, "tests", report->rule_count);
    pc_xml_number(xml, "failures", report->verdict_counts[PC_VERDICT_FAIL]);
    pc_xml_attribute(xml, "errors", "0");
    pc_xml_attribute(xml, "time", "0");
}

/* The schemas take a time without zone: UTC. */
static void write_timestamp(pc_xml *xml, const char *judged_at)
{
    char timestamp[64];

    if (judged_at) {
        (void)snprintf(timestamp, sizeof timestamp, "%.*s", (int)strcspn(judged_at, "Z"), judged_at);
        pc_xml_attribute(xml, "timestamp", timestamp);
    }
}

pc_status pc_report_to_junit(const pc_report *report, const char *host, char **ret_text, size_t *ret_len, pc_error *err)
{
    PC_AUTO_XML pc_xml xml = pc_xml_new();
    char suite[256];

    (void)snprintf(suite, sizeof suite, "p11cert.check.%s", report->policy);
    pc_xml_declaration(&xml);
    pc_xml_start(&xml, "testsuites");
    pc_xml_attribute(&xml, "name", "p11cert check");
    write_counts(&xml, report);
    pc_xml_start(&xml, "testsuite");
    pc_xml_attribute(&xml, "name", suite);
    write_counts(&xml, report);
    pc_xml_number(&xml, "skipped",
                  report->verdict_counts[PC_VERDICT_NOT_CHECKED] + report->verdict_counts[PC_VERDICT_WAIVED]);
    write_timestamp(&xml, report->judged_at);
    pc_xml_attribute(&xml, "hostname", host);
    write_properties(&xml, report);
    for (size_t i = 0; i < report->rule_count; i++) {
        write_rule(&xml, suite, &report->rules[i]);
    }
    return pc_xml_take(&xml, ret_text, ret_len, err);
}
