/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CLI_TEMPLATES_H
#define PC_CLI_TEMPLATES_H

#include <jansson.h>

#include <p11cert/templates.h>

#include "cli/cli.h"

/** As text, to standard output. */
void pc_templates_print(const pc_cli *cli, const pc_templates_result *result);

/** An object owned by the caller. */
json_t *pc_templates_to_json(const pc_templates_result *result);

#endif
