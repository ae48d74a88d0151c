/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/report/html.h"

#include <stdio.h>

#include "base/cleanup.h"
#include "cli/report/html_chain.h"
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

/** The sum of all reports of the page. */
typedef struct {
    const char *word;
    const char *class_name;
    size_t counts[PC_VERDICT_WAIVED + 1];
    size_t rules;
} page_sum;

/* The overall verdict: a check that judged nothing has not passed. */
static page_sum sum_of(const pc_check_result *result)
{
    page_sum sum = { .word = "PASSED", .class_name = "overall pass" };
    bool nothing = true;

    for (size_t i = 0; i < result->report_count; i++) {
        for (size_t j = 0; j < PC_COUNT(sum.counts); j++) {
            sum.counts[j] += result->reports[i]->verdict_counts[j];
        }
        sum.rules += result->reports[i]->rule_count;
        nothing = nothing && pc_report_judged_nothing(result->reports[i]);
    }
    if (nothing) {
        sum.word = "NOTHING CHECKED";
        sum.class_name = "overall";
    } else if (pc_check_failed(result)) {
        sum.word = "FAILED";
        sum.class_name = "overall fail";
    }
    return sum;
}

static void write_head(pc_xml *xml, const pc_report *report, const page_sum *sum)
{
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
    pc_xml_format(xml, "%s: policy check report, %s", sum->word, report->policy);
    pc_xml_end(xml);
    pc_xml_start(xml, "style");
    pc_xml_raw(xml, "\n");
    for (size_t i = 0; i < PC_COUNT(pc_report_html_style); i++) {
        pc_xml_raw(xml, pc_report_html_style[i]);
    }
    pc_xml_end(xml);
    pc_xml_end(xml);
}

static void write_counts(pc_xml *xml, const page_sum *sum)
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
        pc_xml_format(xml, "%zu", sum->counts[order[i]]);
        pc_xml_end(xml);
    }
    pc_xml_end(xml);
    pc_xml_end(xml);
    pc_xml_end(xml);
}

/* Each part is as wide as its verdict is frequent; the numbers are below it, and in its label for screen readers. */
static void write_bar(pc_xml *xml, const page_sum *sum)
{
    size_t left = 0;

    if (sum->rules == 0) {
        return;
    }
    pc_xml_start(xml, "svg");
    pc_xml_attribute(xml, "class", "bar");
    pc_xml_attribute(xml, "role", "img");
    pc_xml_attribute(xml, "viewBox", "0 0 1000 14");
    pc_xml_attribute(xml, "preserveAspectRatio", "none");
    pc_xml_start(xml, "title");
    for (size_t i = 0; i < PC_COUNT(order); i++) {
        pc_xml_format(xml, "%s%s: %zu", i ? ", " : "", pc_html_verdict_heading(order[i]), sum->counts[order[i]]);
    }
    pc_xml_end(xml);
    for (size_t i = 0; i < PC_COUNT(order); i++) {
        size_t right = left + sum->counts[order[i]];

        if (right > left) {
            pc_xml_start(xml, "rect");
            pc_xml_attribute(xml, "class", pc_verdict_name(order[i]));
            pc_xml_number(xml, "x", left * 1000 / sum->rules);
            pc_xml_attribute(xml, "y", "0");
            pc_xml_number(xml, "width", right * 1000 / sum->rules - left * 1000 / sum->rules);
            pc_xml_attribute(xml, "height", "14");
            pc_xml_end(xml);
        }
        left = right;
    }
    pc_xml_end(xml);
}

static void write_unused(pc_xml *xml, const pc_check_result *result)
{
    for (size_t i = 0; i < result->file_count; i++) {
        if (result->files[i].use == PC_FILE_UNUSED) {
            pc_xml_start(xml, "p");
            pc_xml_format(
                xml, "File \"%s\" was not used: it was not checked, and issued none of the certificates that were.",
                result->files[i].file);
            pc_xml_end(xml);
        }
    }
}

static void write_overall(pc_xml *xml, const pc_check_result *result, const page_sum *sum)
{
    const pc_report *report = result->reports[0];
    size_t unchecked = sum->counts[PC_VERDICT_NOT_CHECKED];

    pc_xml_element(xml, "p", "kicker", "Policy check report");
    pc_xml_start(xml, "h1");
    pc_xml_text(xml, report->policy);
    if (report->policy_title) {
        pc_xml_text(xml, ": ");
        pc_xml_text(xml, report->policy_title);
    }
    pc_xml_end(xml);
    pc_xml_start(xml, "div");
    pc_xml_attribute(xml, "class", sum->class_name);
    pc_xml_element(xml, "strong", NULL, sum->word);
    pc_xml_start(xml, "p");
    pc_xml_format(xml, "%zu of %zu rules failed. ", sum->counts[PC_VERDICT_FAIL], sum->rules);
    if (unchecked) {
        pc_xml_format(xml, "%zu could not be checked; whether %s unknown.", unchecked,
                      unchecked == 1 ? "it is met is" : "they are met is");
    }
    pc_xml_end(xml);
    write_unused(xml, result);
    pc_xml_end(xml);
    write_bar(xml, sum);
    write_counts(xml, sum);
}

/* Which of several reports failed, and where each is on the page. */
static void write_contents(pc_xml *xml, const pc_check_result *result)
{
    if (result->report_count < 2) {
        return;
    }
    pc_xml_element(xml, "h2", NULL, "Checked");
    pc_xml_start(xml, "ul");
    pc_xml_attribute(xml, "class", "contents");
    for (size_t i = 0; i < result->report_count; i++) {
        char target[64];

        (void)snprintf(target, sizeof target, "#report-%zu", i + 1);
        pc_xml_start(xml, "li");
        pc_xml_format(xml, "%s: ", pc_report_outcome(result->reports[i]));
        pc_xml_start(xml, "a");
        pc_xml_attribute(xml, "href", target);
        pc_xml_text(xml, result->reports[i]->name);
        pc_xml_end(xml);
        pc_xml_end(xml);
    }
    pc_xml_end(xml);
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

/* It may be printed on a separate sheet, so it repeats what is signed. */
static void write_signing(pc_xml *xml, const pc_report *report, const page_sum *sum)
{
    pc_xml_start(xml, "section");
    pc_xml_attribute(xml, "class", "signing");
    pc_xml_element(xml, "h2", NULL, "Reviewed by");
    pc_xml_start(xml, "p");
    pc_xml_format(xml, "The report of a check by policy \"%s\"", report->policy);
    if (report->judged_at) {
        pc_xml_format(xml, ", checked at %s", report->judged_at);
    }
    pc_xml_format(xml, ": %s.", sum->word);
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

static bool is_finding(pc_verdict verdict)
{
    return verdict == PC_VERDICT_FAIL || verdict == PC_VERDICT_WARNING;
}

static void write_groups(pc_xml *xml, const pc_html_section *section, bool findings)
{
    for (size_t i = 0; i < PC_COUNT(order); i++) {
        if (is_finding(order[i]) == findings) {
            pc_html_write_group(xml, section, order[i]);
        }
    }
}

/* The findings come first, on a screen, a phone and paper; then the checked objects, and the rest. */
static void write_report(pc_xml *xml, const pc_check_result *result, size_t number, const char *host)
{
    const pc_html_section section = { .report = result->reports[number], .number = number };
    char anchor[64];

    if (result->report_count > 1) {
        (void)snprintf(anchor, sizeof anchor, "report-%zu", number + 1);
        pc_xml_start(xml, "h2");
        pc_xml_attribute(xml, "id", anchor);
        pc_xml_attribute(xml, "class", "report");
        pc_xml_format(xml, "%s: ", pc_report_outcome(section.report));
        pc_xml_text(xml, section.report->name);
        pc_xml_end(xml);
    }
    if (section.report->lacks_certificate) {
        pc_xml_element(
            xml, "p", NULL,
            "No readable certificate was given or found on the token, so no rule about certificates could be "
            "checked.");
    }
    write_groups(xml, &section, true);
    write_judged(xml, section.report, host);
    pc_html_write_chain(xml, section.report);
    pc_html_write_waivers(xml, &section);
    pc_html_write_glance(xml, &section);
    write_groups(xml, &section, false);
}

pc_status pc_check_to_html(const pc_check_result *result, const char *host, char **ret_text, size_t *ret_len,
                           pc_error *err)
{
    PC_AUTO_XML pc_xml xml = pc_xml_new();
    const page_sum sum = sum_of(result);

    pc_xml_html5_doctype(&xml);
    pc_xml_start(&xml, "html");
    pc_xml_attribute(&xml, "lang", "en");
    write_head(&xml, result->reports[0], &sum);
    pc_xml_start(&xml, "body");
    pc_xml_start(&xml, "main");
    write_overall(&xml, result, &sum);
    write_contents(&xml, result);
    for (size_t i = 0; i < result->report_count; i++) {
        write_report(&xml, result, i, host);
    }
    write_signing(&xml, result->reports[0], &sum);
    pc_xml_end(&xml);
    pc_xml_element(&xml, "footer", NULL,
                   "What the report says about a key on a token is what the token's module reports, except for "
                   "what was tried (PROBE rules). Without a signature (a file with .p7s added to the "
                   "name), the report is as trustworthy as the way it was stored.");
    return pc_xml_take(&xml, ret_text, ret_len, err);
}
