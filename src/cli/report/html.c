/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/report/html.h"

#include "base/cleanup.h"
#include "cli/report/html_rules.h"
#include "cli/report/html_style.h"
#include "cli/report/text.h"
#include "cli/report/xml.h"

static const pc_verdict order[] = PC_REPORT_ORDER;

static void write_meta(pc_xml *xml, const char *kind, const char *name, const char *content)
{
    pc_xml_start(xml, "meta");
    pc_xml_attribute(xml, kind, name);
    pc_xml_attribute(xml, "content", content);
    pc_xml_end_void(xml);
}

/* The word over all: a check that judged nothing has not passed. */
static const char *overall_word(const pc_report *report, const char **ret_class)
{
    bool judged = report->verdict_counts[PC_VERDICT_NOT_CHECKED] < report->rule_count;

    *ret_class = pc_report_failed(report) ? "overall fail" : judged ? "overall pass" : "overall";
    return pc_report_failed(report) ? "FAILED" : judged ? "PASSED" : "NOTHING CHECKED";
}

static void write_head(pc_xml *xml, const pc_report *report)
{
    const char *class_name = NULL;

    pc_xml_start(xml, "head");
    pc_xml_start(xml, "meta");
    pc_xml_attribute(xml, "charset", "utf-8");
    pc_xml_end_void(xml);
    write_meta(xml, "http-equiv", "Content-Security-Policy",
               "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'");
    write_meta(xml, "name", "viewport", "width=device-width, initial-scale=1");
    write_meta(xml, "name", "referrer", "no-referrer");
    write_meta(xml, "name", "generator", "p11cert " P11CERT_VERSION);
    pc_xml_start(xml, "title");
    pc_xml_format(xml, "%s: policy check report, %s", overall_word(report, &class_name), report->policy);
    pc_xml_end(xml);
    pc_xml_start(xml, "style");
    pc_xml_raw(xml, "\n");
    for (size_t i = 0; i < PC_COUNT(pc_report_html_style); i++) {
        pc_xml_raw(xml, pc_report_html_style[i]);
    }
    pc_xml_end(xml);
    pc_xml_end(xml);
}

static void write_counts(pc_xml *xml, const pc_report *report)
{
    pc_xml_start(xml, "table");
    pc_xml_attribute(xml, "class", "counts");
    pc_xml_element(xml, "caption", NULL, "Rules by verdict");
    pc_xml_start(xml, "thead");
    pc_xml_start(xml, "tr");
    for (size_t i = 0; i < PC_COUNT(order); i++) {
        pc_xml_start(xml, "th");
        pc_xml_attribute(xml, "scope", "col");
        pc_xml_text(xml, pc_html_verdict_heading(order[i]));
        pc_xml_end(xml);
    }
    pc_xml_end(xml);
    pc_xml_end(xml);
    pc_xml_start(xml, "tbody");
    pc_xml_start(xml, "tr");
    for (size_t i = 0; i < PC_COUNT(order); i++) {
        pc_xml_start(xml, "td");
        pc_xml_attribute(xml, "class", "number");
        pc_xml_format(xml, "%zu", report->verdict_counts[order[i]]);
        pc_xml_end(xml);
    }
    pc_xml_end(xml);
    pc_xml_end(xml);
    pc_xml_end(xml);
}

static void write_overall(pc_xml *xml, const pc_report *report)
{
    const char *class_name = NULL;
    const char *word = overall_word(report, &class_name);
    size_t unchecked = report->verdict_counts[PC_VERDICT_NOT_CHECKED];

    pc_xml_element(xml, "p", "kicker", "Policy check report");
    pc_xml_start(xml, "h1");
    pc_xml_text(xml, report->policy);
    if (report->policy_title) {
        pc_xml_text(xml, ": ");
        pc_xml_text(xml, report->policy_title);
    }
    pc_xml_end(xml);
    pc_xml_start(xml, "div");
    pc_xml_attribute(xml, "class", class_name);
    pc_xml_element(xml, "strong", NULL, word);
    pc_xml_start(xml, "p");
    pc_xml_format(xml, "%zu of %zu rules failed. ", report->verdict_counts[PC_VERDICT_FAIL], report->rule_count);
    if (unchecked) {
        pc_xml_format(xml, "%zu could not be checked; whether %s unknown.", unchecked,
                      unchecked == 1 ? "it is met is" : "they are met is");
    }
    pc_xml_end(xml);
    pc_xml_end(xml);
    write_counts(xml, report);
}

static void write_fact(pc_xml *xml, const char *name, const char *value)
{
    if (value) {
        pc_xml_start(xml, "tr");
        pc_xml_start(xml, "th");
        pc_xml_attribute(xml, "scope", "row");
        pc_xml_text(xml, name);
        pc_xml_end(xml);
        pc_xml_element(xml, "td", NULL, value);
        pc_xml_end(xml);
    }
}

static void write_judged(pc_xml *xml, const pc_report *report, const char *host)
{
    pc_xml_element(xml, "h2", NULL, "What was checked, and against what");
    pc_xml_start(xml, "table");
    pc_xml_attribute(xml, "class", "facts");
    pc_xml_start(xml, "tbody");
    for (size_t i = 0; i < report->item_count; i++) {
        write_fact(xml, report->items[i].name, report->items[i].value);
    }
    write_fact(xml, "policy", report->policy);
    write_fact(xml, "policy file", report->policy_file);
    write_fact(xml, "checked at (UTC)", report->judged_at);
    write_fact(xml, "on machine", host);
    write_fact(xml, "by program", "p11cert " P11CERT_VERSION);
    pc_xml_end(xml);
    pc_xml_end(xml);
}

/* It may come to stand on a sheet of its own: what is signed is said again. */
static void write_signing(pc_xml *xml, const pc_report *report)
{
    const char *class_name = NULL;

    pc_xml_start(xml, "section");
    pc_xml_attribute(xml, "class", "signing");
    pc_xml_element(xml, "h2", NULL, "Reviewed by");
    pc_xml_start(xml, "p");
    pc_xml_format(xml, "The report of a check by policy \"%s\"", report->policy);
    if (report->judged_at) {
        pc_xml_format(xml, ", checked at %s", report->judged_at);
    }
    pc_xml_format(xml, ": %s.", overall_word(report, &class_name));
    pc_xml_end(xml);
    pc_xml_start(xml, "div");
    pc_xml_attribute(xml, "class", "sign");
    pc_xml_element(xml, "p", NULL, "Name");
    pc_xml_element(xml, "p", NULL, "Role");
    pc_xml_element(xml, "p", NULL, "Signature");
    pc_xml_element(xml, "p", NULL, "Place and date");
    pc_xml_element(xml, "p", "wide", "Remarks");
    pc_xml_end(xml);
    pc_xml_end(xml);
}

pc_status pc_report_to_html(const pc_report *report, const char *host, char **ret_text, size_t *ret_len, pc_error *err)
{
    PC_AUTO_XML pc_xml xml = pc_xml_new();

    pc_xml_html5_doctype(&xml);
    pc_xml_start(&xml, "html");
    pc_xml_attribute(&xml, "lang", "en");
    write_head(&xml, report);
    pc_xml_start(&xml, "body");
    pc_xml_start(&xml, "main");
    write_overall(&xml, report);
    write_judged(&xml, report, host);
    pc_html_write_waivers(&xml, report);
    pc_html_write_glance(&xml, report);
    for (size_t i = 0; i < PC_COUNT(order); i++) {
        pc_html_write_group(&xml, report, order[i]);
    }
    write_signing(&xml, report);
    pc_xml_end(&xml);
    pc_xml_element(&xml, "footer", NULL,
                   "What the report says about a key on a token is what the token's module reports, except for "
                   "what was tried (PROBE rules). The report is not signed: it is as trustworthy as the way it "
                   "was stored.");
    return pc_xml_take(&xml, ret_text, ret_len, err);
}
