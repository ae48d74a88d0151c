/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CLI_REPORT_JSON_H
#define PC_CLI_REPORT_JSON_H

#include <jansson.h>

#include <p11cert/check.h>

/** A report as docs/man/p11cert-check.1.scd describes it. NULL when out of memory. */
json_t *pc_report_to_json(const pc_report *report);

/** A whole check: the report itself if there is one, else an object with `reports`; with `files` and `failed` for all.
 */
json_t *pc_check_to_json(const pc_check_result *result);

#endif
