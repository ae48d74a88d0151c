/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CLI_UNFINISHED_H
#define PC_CLI_UNFINISHED_H

#include <p11cert/issuance_log.h>

#include <jansson.h>
#include <stdio.h>

/** Signatures for which an issuance log has only the beginning, with what to do; nothing if there are none. */
void pc_print_unfinished(FILE *out, pc_unfinished_signatures unfinished);

/** The same as an array owned by the caller. */
json_t *pc_unfinished_to_json(pc_unfinished_signatures unfinished);

#endif
