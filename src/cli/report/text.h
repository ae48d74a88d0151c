/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CLI_REPORT_TEXT_H
#define PC_CLI_REPORT_TEXT_H

#include <stdbool.h>
#include <stdio.h>

#include <p11cert/check.h>

/**
 * The order in which every report shows its verdicts: failures come first, so that they are not lost among the rest.
 */
#define PC_REPORT_ORDER \
    { \
        PC_VERDICT_FAIL, PC_VERDICT_WARNING, PC_VERDICT_WAIVED, PC_VERDICT_PASS, PC_VERDICT_NOT_CHECKED \
    }

/** Print a report for a person at a terminal. Waivers are always printed. */
void pc_report_print_text(FILE *out, bool colour, const pc_report *report);

/** The same for every report of a check, with a summary if there are several, and the files that were not used. */
void pc_check_print_text(FILE *out, bool colour, const pc_check_result *result);

/** "passed", "FAILED", "NOTHING CHECKED". */
const char *pc_report_outcome(const pc_report *report);

#endif
