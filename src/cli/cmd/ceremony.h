/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CLI_CMD_CEREMONY_H
#define PC_CLI_CMD_CEREMONY_H

#include "cli/command.h"

/** The subcommands of `ceremony` that have their own file. */
extern const pc_command pc_ceremony_bundle_command;
extern const pc_command pc_ceremony_replay_command;
extern const pc_command pc_ceremony_shares_command;
extern const pc_command pc_ceremony_show_command;
extern const pc_command pc_ceremony_sign_off_command;
extern const pc_command pc_ceremony_verify_command;
extern const pc_command pc_ceremony_plan_command;
extern const pc_command pc_ceremony_rehearse_command;
extern const pc_command pc_ceremony_run_command;

#endif
