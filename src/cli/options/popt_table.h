/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CLI_POPT_TABLE_H
#define PC_CLI_POPT_TABLE_H

#include <popt.h>

#include "base/arena.h"
#include "cli/command.h"

#define PC_SECTIONS_MOST 8u

/** A verb's options as popt reads them: the value of each is its position in the list, counted from 1. */
typedef struct {
    struct poptOption sections[PC_SECTIONS_MOST + 1];
    struct poptOption rows[PC_OPTIONS_MOST + PC_SECTIONS_MOST];
} pc_popt_table;

/** Made from a verb's options. @return in the arena; NULL when out of memory. */
pc_popt_table *pc_popt_table_new(const pc_option_list *list, pc_arena *arena);

#endif
