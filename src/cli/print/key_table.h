/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CLI_KEY_TABLE_H
#define PC_CLI_KEY_TABLE_H

#include <p11cert/list.h>

#include "cli/cli.h"

/** One line for each key: label, kind, exportable, its current certificate's expiry. Fits the terminal. */
void pc_key_table_print(const pc_cli *cli, const pc_list_result *result);

#endif
