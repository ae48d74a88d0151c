/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CLI_QUIET_H
#define PC_CLI_QUIET_H

#include "cli/cli.h"

/**
 * From now on, standard error is discarded, except for errors (cli->errors), and so is the text of a verb that reports
 * what it did. Files that are written to standard output, and JSON, are not affected; neither are the descriptors,
 * which child processes inherit.
 * @param command  the verb
 * @return PC_OK; PC_E_IO.
 */
PC_MUST_CHECK pc_status pc_quiet_begin(pc_cli *cli, const pc_command *command);

#endif
