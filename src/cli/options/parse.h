/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CLI_PARSE_H
#define PC_CLI_PARSE_H

#include "cli/cli.h"

/**
 * Parse a verb's words by its table, fill its struct and the common fields of `cli`, and check them against each other.
 *
 * @param argv argv[0] is ignored
 * @param ret_options  the verb's struct; it and all texts live until pc_cli_clear
 * @return PC_OK; PC_E_USAGE with the mistake and the nearest correct spelling; PC_E_MEMORY. With cli->help set, only
 *         the names of the options have been checked, and *ret_options is unchanged.
 */
PC_MUST_CHECK pc_status pc_options_parse(pc_cli *cli, const pc_command *command, int argc, const char **argv,
                                         const void **ret_options);

#endif
