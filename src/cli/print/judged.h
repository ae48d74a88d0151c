/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CLI_JUDGED_H
#define PC_CLI_JUDGED_H

#include <p11cert/ceremony_verify.h>

#include <jansson.h>

#include "cli/cli.h"

/** The checks of a ceremony, and the verdict. @param done  lower-case letters: "verified", "replayed" */
void pc_judged_print(const pc_cli *cli, const pc_ceremony_verify_result *result, const char *done);

/** The same as an object owned by the caller. */
json_t *pc_judged_to_json(const pc_ceremony_verify_result *result);

#endif
