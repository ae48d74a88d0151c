/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CLI_MADE_H
#define PC_CLI_MADE_H

#include <jansson.h>

#include <p11cert/new.h>

#include "cli/cli.h"

/** The key and request that were made, for every verb that makes them. */

/** Findings and conflict, on standard error: printed before a key exists. */
void pc_made_print_plan(const pc_new_plan *plan);

/** Key and request as text; a conflict with a key that was named goes to standard error. */
void pc_made_print(FILE *out, const pc_new_plan *plan, const pc_new_result *result);

/** The same, as docs/man/p11cert-new.1.scd describes it. NULL when out of memory. */
json_t *pc_made_to_json(const pc_new_plan *plan, const pc_new_result *result);

/** The findings of the plan's file; an empty array if there was none. */
json_t *pc_made_findings(const pc_new_plan *plan);

#endif
