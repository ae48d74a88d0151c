/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CLI_REPORT_HTML_CHAIN_H
#define PC_CLI_REPORT_HTML_CHAIN_H

#include <p11cert/policy.h>

#include "cli/report/xml.h"

/**
 * The chain as a drawing, with the root on top, and the validity period of each of its certificates. The titles of both
 * say the same for a screen reader. Nothing if no certificate was judged.
 */
void pc_html_write_chain(pc_xml *xml, const pc_report *report);

#endif
