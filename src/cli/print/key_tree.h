/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CLI_KEY_TREE_H
#define PC_CLI_KEY_TREE_H

#include <jansson.h>

#include <p11cert/list.h>

#include "cli/cli.h"

/** Keys with their certificates, for `list` and `show`. @param every_flag also list each attribute separately */
void pc_key_tree_print(const pc_cli *cli, const pc_list_result *result, bool every_flag);
json_t *pc_key_tree_to_json(const pc_list_result *result);

#endif
