/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CLI_SUBMITTED_H
#define PC_CLI_SUBMITTED_H

#include <jansson.h>

#include <p11cert/submit.h>

#include "cli/cli.h"

/** The outcome of requests, for every verb that submits or retrieves. */

/**
 * Print the result of a verb that ended with this status. With --json a success is printed completely; for a failure,
 * the part that belongs with the error is kept in cli->requests.
 * @param file  of --out: if the certificate itself goes to standard output, the messages about it go to standard error;
 * may be NULL
 * @return the status, or that of printing.
 */
PC_MUST_CHECK pc_status pc_cli_submitted(pc_cli *cli, pc_status status, const pc_submit_result *result,
                                         const char *file);

/** Whether one of them is still pending. */
bool pc_submitted_any_pending(const pc_submit_result *result);

/** As text: the requests that succeeded; with several, also those that did not. */
void pc_submitted_print(const pc_cli *cli, FILE *out, const pc_submit_result *result);

/** An array, one object per request. */
json_t *pc_submitted_to_json(const pc_submit_result *result);

/** One of them. */
json_t *pc_submitted_item_to_json(const pc_submitted *item);

/** How its certificate was bound. As JSON, NULL is allowed. */
void pc_accepted_print(FILE *out, const pc_accept_result *accepted);
json_t *pc_accepted_to_json(const pc_accept_result *accepted);

/** A record of a pending request. */
json_t *pc_pending_to_json(const pc_pending *record);

#endif
