/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CLI_REPORT_HTML_CHAIN_H
#define PC_CLI_REPORT_HTML_CHAIN_H

#include <p11cert/policy.h>

#include "cli/report/xml.h"

/**
 * The chain as a drawing, the root on top, and when each of its certificates is valid. What both show is also said in
 * their titles, for a screen reader. Nothing if no certificate was judged.
 */
void pc_html_write_chain(pc_xml *xml, const pc_report *report);

#endif
