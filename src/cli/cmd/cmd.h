/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CLI_CMD_H
#define PC_CLI_CMD_H

#include "cli/command.h"

/* The verbs, each in its own file of this folder. */
extern const pc_command pc_cmd_accept;
extern const pc_command pc_cmd_batch;
extern const pc_command pc_cmd_ca_chain;
extern const pc_command pc_cmd_templates;
extern const pc_command pc_cmd_ceremony;
extern const pc_command pc_cmd_check;
extern const pc_command pc_cmd_copy;
extern const pc_command pc_cmd_doctor;
extern const pc_command pc_cmd_enroll;
extern const pc_command pc_cmd_explain;
extern const pc_command pc_cmd_export;
extern const pc_command pc_cmd_import;
extern const pc_command pc_cmd_init;
extern const pc_command pc_cmd_issue;
extern const pc_command pc_cmd_crl;
extern const pc_command pc_cmd_revoke;
extern const pc_command pc_cmd_keygen;
extern const pc_command pc_cmd_kit;
extern const pc_command pc_cmd_list;
extern const pc_command pc_cmd_new;
extern const pc_command pc_cmd_pin;
extern const pc_command pc_cmd_renew;
extern const pc_command pc_cmd_repair;
extern const pc_command pc_cmd_retire;
extern const pc_command pc_cmd_retrieve;
extern const pc_command pc_cmd_sandbox;
extern const pc_command pc_cmd_show;
extern const pc_command pc_cmd_sign;
extern const pc_command pc_cmd_submit;
extern const pc_command pc_cmd_tokens;
extern const pc_command pc_cmd_verify;

/* Not a verb: called by the completion of shells. In no list. */
extern const pc_command pc_cmd_complete;

#endif
