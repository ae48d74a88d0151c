/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CLI_KEY_TREE_H
#define PC_CLI_KEY_TREE_H

#include <jansson.h>

#include <p11cert/list.h>

#include "cli/cli.h"

/** Keys with their certificates, for `list` and `show`. @param every_flag also list each attribute separately */
void pc_key_tree_print(const pc_cli *cli, const pc_list_result *result, bool every_flag);
json_t *pc_key_tree_to_json(const pc_list_result *result);

/** Could a certificate be read from the object? If not, only its label and CKA_ID are known. */
bool pc_listed_is_readable(const pc_listed_certificate *certificate);

/** Is a certificate listed under a key the key's own? Unknown if it, or the key's public half, cannot be read. */
pc_fact pc_listed_belongs(const pc_listed_key *key, const pc_listed_certificate *certificate);

#endif
