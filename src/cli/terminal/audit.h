/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CLI_AUDIT_H
#define PC_CLI_AUDIT_H

#include "cli/cli.h"

/** --log and --verbose: from now on, what the run does to objects is recorded, or reported on standard error. */
PC_MUST_CHECK pc_status pc_cli_audit_start(pc_cli *cli, const pc_command *command);

/**
 * End both.
 * @param status  of the verb, whose error is in cli->err
 * @return the status; PC_E_IO with its error in cli->err if something could not be recorded.
 */
PC_MUST_CHECK pc_status pc_cli_audit_stop(pc_cli *cli, pc_status status);

#endif
