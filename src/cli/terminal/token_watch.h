/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CLI_TOKEN_WATCH_H
#define PC_CLI_TOKEN_WATCH_H

#include "cli/cli.h"

/**
 * Watch the calls to the token (p11cert/watch.h) with the limit of --token-timeout. If one does not return, the
 * unfinished folder is removed, the error printed, and the program ended: by the signal that is waiting, or else with
 * the exit code of a token that failed.
 */
PC_MUST_CHECK pc_status pc_token_watch_start(pc_cli *cli);

#endif
