/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CLI_GIVEN_H
#define PC_CLI_GIVEN_H

#include "cli/cli.h"

/** The words of a verb that were given. */
typedef struct {
    const pc_command *command;
    pc_option_list list;
    const char *values[PC_OPTIONS_MOST]; /**< the last value, or that from the environment; for a flag, its name; NULL
                                            if neither */
    bool is_given[PC_OPTIONS_MOST];      /**< on the command line, not in the environment */
    size_t positional_count;
} pc_given;

/**
 * Check the given words against the table: required options, those that exclude or need each other, the number of
 * positionals, and that at most one thing is written to standard output.
 * @return PC_OK; PC_E_USAGE.
 */
PC_MUST_CHECK pc_status pc_given_check(const pc_given *given, bool json, pc_error *err);

#endif
