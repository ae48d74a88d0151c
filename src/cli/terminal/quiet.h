/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CLI_QUIET_H
#define PC_CLI_QUIET_H

#include "cli/cli.h"

/**
 * From now on what is printed on standard error goes nowhere, but for errors (cli->errors), and so does the text of a
 * verb that reports what it did. What is written to a file that is standard output, and JSON, are not affected, and
 * neither are the descriptors, which programs that are started inherit.
 * @param command  the verb
 * @return PC_OK; PC_E_IO.
 */
PC_MUST_CHECK pc_status pc_quiet_begin(pc_cli *cli, const pc_command *command);

#endif
