/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CLI_HELP_H
#define PC_CLI_HELP_H

#include "cli/cli.h"

/** Print a verb's --help on standard output. @return PC_OK; PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_help_print(pc_cli *cli, const pc_command *command);

/** The verbs and their summaries, for `p11cert --help`. */
void pc_help_print_overview(FILE *out);

#endif
