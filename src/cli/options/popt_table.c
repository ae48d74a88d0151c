/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/options/popt_table.h"

#include <assert.h>
#include <string.h>

#include "cli/options/usage.h"

/* "add a DNS name (may be repeated)", "validity (default: 397)", "the token ($P11CERT_TOKEN)" */
static const char *help_text(const pc_option *option, pc_arena *arena)
{
    const char *repeats = pc_option_repeats(option) ? " (may be repeated)" : "";
    const char *variable = option->environment ? option->environment : "";
    const char *by_default = option->by_default ? option->by_default : "";

    return pc_arena_format(arena, "%s%s%s%s%s%s%s%s", option->help, repeats, *by_default ? " (default: " : "",
                           by_default, *by_default ? ")" : "", *variable ? " ($" : "", variable, *variable ? ")" : "");
}

pc_popt_table *pc_popt_table_new(const pc_option_list *list, pc_arena *arena)
{
    static const struct poptOption end = POPT_TABLEEND;
    pc_popt_table *table = pc_arena_alloc(arena, sizeof *table);
    size_t sections = 0;
    size_t rows = 0;

    for (size_t i = 0; table && i < list->count; i++) {
        const pc_option *option = list->items[i].option;
        const char *section = list->items[i].section;
        const char *help = help_text(option, arena);

        if (!help) {
            return NULL;
        }
        if (i == 0 || strcmp(section, list->items[i - 1].section) != 0) {
            assert(sections < PC_SECTIONS_MOST);
            rows += sections ? 1 : 0; /* the zeroed row in between ends the previous section */
            table->sections[sections++] =
                (struct poptOption){ .argInfo = POPT_ARG_INCLUDE_TABLE, .arg = &table->rows[rows], .descrip = section };
        }
        table->rows[rows++] =
            (struct poptOption){ .longName = option->name,
                                 .shortName = option->letter,
                                 .argInfo = option->kind == PC_OPTION_FLAG ? POPT_ARG_NONE : POPT_ARG_STRING,
                                 .val = (int)i + 1,
                                 .descrip = help,
                                 .argDescrip = option->arg };
    }
    if (table) {
        table->rows[rows] = end;
        table->sections[sections] = end;
    }
    return table;
}
