/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CLI_SYNONYMS_H
#define PC_CLI_SYNONYMS_H

#include "cli/command.h"

/**
 * What a verb calls the thing that other verbs or other programs call `name`: "trust" for "ca" where the verb checks a
 * signature. For a hint only: no option has two names.
 *
 * @param name  without "--"
 * @return the name of an option in `list`; NULL if it has none for it
 */
const char *pc_option_synonym(const pc_option_list *list, const char *name);

#endif
