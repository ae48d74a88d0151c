/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CLI_REPORT_HTML_RULES_H
#define PC_CLI_REPORT_HTML_RULES_H

#include <p11cert/policy.h>

#include "cli/report/xml.h"

/** The parts of the HTML report that show rules. */

/** One report of the page. */
typedef struct {
    const pc_report *report;
    size_t number; /**< from 0; distinguishes the anchors of its rules from those of other reports */
} pc_html_section;

/** "Failed", "Warnings", … */
const char *pc_html_verdict_heading(pc_verdict verdict);

/** All waivers, or a statement that there are none. */
void pc_html_write_waivers(pc_xml *xml, const pc_html_section *section);

/** A row for each rule, in the order of the policy, so that two reports can be compared side by side. */
void pc_html_write_glance(pc_xml *xml, const pc_html_section *section);

/** All details of the rules with this verdict; nothing if there are none. */
void pc_html_write_group(pc_xml *xml, const pc_html_section *section, pc_verdict verdict);

#endif
