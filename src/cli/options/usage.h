/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CLI_USAGE_H
#define PC_CLI_USAGE_H

#include "cli/command.h"

enum { PC_USAGE_SIZE = 512 };

/** "[REQUEST] --out FILE [OPTION...]": the words that a verb requires, in the order in which they are written. */
void pc_usage_of(const pc_command *command, char out[static PC_USAGE_SIZE]);

/** "--out FILE", "--dry-run" */
void pc_option_spell(const pc_option *option, char out[static PC_USAGE_SIZE]);

/** The option of that name in a list; NULL if there is none. */
const pc_option_place *pc_option_find(const pc_option_list *list, const char *name);

/** Must it be given to this verb, unless another option replaces it? */
bool pc_option_is_required(const pc_option *option, const pc_command *command);

/** The option that can replace it; NULL: none. */
const char *pc_option_unless(const pc_option *option, const pc_command *command);

/** May it be given several times? */
bool pc_option_repeats(const pc_option *option);

#endif
