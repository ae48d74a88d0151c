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

/* All details of a rule, as text. */
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

static void write_rule(pc_xml *xml, const char *suite, const pc_report *report, const pc_rule_result *rule)
{
    char name[256];

    (void)snprintf(name, sizeof name, "%s: %s", rule->id, rule->title);
    pc_xml_start(xml, "testcase");
    pc_xml_attribute(xml, "name", name);
    pc_xml_attribute(xml, "classname", suite);
    pc_xml_attribute(xml, "time", "0");
    if (pc_report_fails_by(report, rule->verdict)) {
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

/** The counts of a suite, or of all. */
typedef struct {
    size_t tests;
    size_t failures;
    size_t skipped;
} tally;

static tally tally_of(const pc_report *report)
{
    tally sum = { .tests = report->rule_count };

    for (size_t i = 0; i < report->rule_count; i++) {
        pc_verdict verdict = report->rules[i].verdict;
        bool is_skipped = verdict == PC_VERDICT_NOT_CHECKED || verdict == PC_VERDICT_WAIVED;

        sum.failures += pc_report_fails_by(report, verdict);
        sum.skipped += is_skipped && !pc_report_fails_by(report, verdict);
    }
    return sum;
}

/* Failures other than rules: files that were not used, reports that judged nothing, and keys without a certificate. */
static size_t count_other_failures(const pc_check_result *result)
{
    size_t count = 0;

    for (size_t i = 0; i < result->file_count; i++) {
        count += result->files[i].use == PC_FILE_UNUSED;
    }
    for (size_t i = 0; i < result->report_count; i++) {
        count += pc_report_judged_nothing(result->reports[i]) || result->reports[i]->lacks_certificate;
    }
    return count;
}

static void write_counts(pc_xml *xml, const tally *sum)
{
    pc_xml_number(xml, "tests", sum->tests);
    pc_xml_number(xml, "failures", sum->failures);
    pc_xml_attribute(xml, "errors", "0");
    pc_xml_attribute(xml, "time", "0");
}

/* The schemas require a time without a zone: UTC. */
static void write_timestamp(pc_xml *xml, const char *judged_at)
{
    char timestamp[64];

    if (judged_at) {
        (void)snprintf(timestamp, sizeof timestamp, "%.*s", (int)strcspn(judged_at, "Z"), judged_at);
        pc_xml_attribute(xml, "timestamp", timestamp);
    }
}

/* The name of the certificate or key is in it, so that reports of one pipeline are never merged. */
static void write_report(pc_xml *xml, const pc_report *report, const char *host)
{
    const tally sum = tally_of(report);
    char suite[512];

    (void)snprintf(suite, sizeof suite, "p11cert.check.%s%s%s", report->policy, report->name ? "." : "",
                   report->name ? report->name : "");
    pc_xml_start(xml, "testsuite");
    pc_xml_attribute(xml, "name", suite);
    write_counts(xml, &sum);
    pc_xml_number(xml, "skipped", sum.skipped);
    write_timestamp(xml, report->judged_at);
    pc_xml_attribute(xml, "hostname", host);
    write_properties(xml, report);
    for (size_t i = 0; i < report->rule_count; i++) {
        write_rule(xml, suite, report, &report->rules[i]);
    }
    pc_xml_end(xml);
}

static void write_other_failure(pc_xml *xml, const char *name, const char *message)
{
    pc_xml_start(xml, "testcase");
    pc_xml_attribute(xml, "name", name);
    pc_xml_attribute(xml, "classname", "p11cert.check");
    pc_xml_attribute(xml, "time", "0");
    pc_xml_start(xml, "failure");
    pc_xml_attribute(xml, "message", message);
    pc_xml_attribute(xml, "type", "error");
    pc_xml_end(xml);
    pc_xml_end(xml);
}

static void write_other_failures(pc_xml *xml, const pc_check_result *result, const char *host)
{
    const size_t count = count_other_failures(result);
    const tally sum = { .tests = count, .failures = count };

    if (count == 0) {
        return;
    }
    pc_xml_start(xml, "testsuite");
    pc_xml_attribute(xml, "name", "p11cert.check");
    write_counts(xml, &sum);
    pc_xml_number(xml, "skipped", 0);
    write_timestamp(xml, result->report_count ? result->reports[0]->judged_at : NULL);
    pc_xml_attribute(xml, "hostname", host);
    for (size_t i = 0; i < result->file_count; i++) {
        if (result->files[i].use == PC_FILE_UNUSED) {
            write_other_failure(
                xml, result->files[i].file,
                "the file was not used: it was not checked, and issued none of the certificates that were");
        }
    }
    for (size_t i = 0; i < result->report_count; i++) {
        const char *name = result->reports[i]->name ? result->reports[i]->name : "report";

        if (pc_report_judged_nothing(result->reports[i])) {
            write_other_failure(xml, name, "no rule could be checked");
        } else if (result->reports[i]->lacks_certificate) {
            write_other_failure(xml, name, "no readable certificate was given or found on the token");
        }
    }
    pc_xml_end(xml);
}

static tally tally_of_all(const pc_check_result *result)
{
    const size_t other = count_other_failures(result);
    tally sum = { .tests = other, .failures = other };

    for (size_t i = 0; i < result->report_count; i++) {
        const tally one = tally_of(result->reports[i]);

        sum.tests += one.tests;
        sum.failures += one.failures;
    }
    return sum;
}

pc_status pc_check_to_junit(const pc_check_result *result, const char *host, char **ret_text, size_t *ret_len,
                            pc_error *err)
{
    PC_AUTO_XML pc_xml xml = pc_xml_new();
    const tally sum = tally_of_all(result);

    pc_xml_declaration(&xml);
    pc_xml_start(&xml, "testsuites");
    pc_xml_attribute(&xml, "name", "p11cert check");
    write_counts(&xml, &sum);
    for (size_t i = 0; i < result->report_count; i++) {
        write_report(&xml, result->reports[i], host);
    }
    write_other_failures(&xml, result, host);
    return pc_xml_take(&xml, ret_text, ret_len, err);
}
