/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/options/usage.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void append(char out[static PC_USAGE_SIZE], const char *format, ...) PC_PRINTF(2, 3);

/* Text that does not fit is cut off: no verb comes close to the limit. */
static void append(char out[static PC_USAGE_SIZE], const char *format, ...)
{
    size_t len = strlen(out);
    va_list args;

    va_start(args, format);
    (void)vsnprintf(out + len, PC_USAGE_SIZE - len, format, args);
    va_end(args);
}

static void append_option(const pc_option *option, char out[static PC_USAGE_SIZE])
{
    append(out, "--%s%s%s", option->name, option->arg ? " " : "", option->arg ? option->arg : "");
}

void pc_option_spell(const pc_option *option, char out[static PC_USAGE_SIZE])
{
    out[0] = '\0';
    append_option(option, out);
}

const pc_option_place *pc_option_find(const pc_option_list *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->items[i].option->name, name) == 0) {
            return &list->items[i];
        }
    }
    return NULL;
}

bool pc_option_is_required(const pc_option *option, const pc_command *command)
{
    return option->required || (command->requires && strcmp(command->requires, option->name) == 0);
}

const char *pc_option_unless(const pc_option *option, const pc_command *command)
{
    bool is_by_verb = command->requires && strcmp(command->requires, option->name) == 0;

    return is_by_verb && command->requires_unless ? command->requires_unless : option->unless;
}

bool pc_option_repeats(const pc_option *option)
{
    return option->kind == PC_OPTION_TEXTS || option->kind == PC_OPTION_FILES || option->kind == PC_OPTION_PAIRS;
}

/* "CERTIFICATE", "[FILE...]", "(FILE | --key LABEL|URI)" */
static void append_positional(const pc_positional *positional, const pc_option_list *list,
                              char out[static PC_USAGE_SIZE])
{
    bool is_either = positional->unless && positional->excludes;
    bool is_optional = positional->min == 0 || (positional->unless && !is_either);

    if (!positional->name) {
        return;
    }
    append(out, "%s%s%s%s",
           is_either     ? "("
           : is_optional ? "["
                         : "",
           positional->name, positional->max > 1 ? "..." : "", is_optional ? "]" : "");
    if (is_either) {
        append(out, " | ");
        append_option(pc_option_find(list, positional->unless)->option, out);
        append(out, ")");
    }
    append(out, " ");
}

/* "--out FILE", "(--key LABEL|URI | --due DURATION)" */
static void append_required(const pc_option *option, const char *unless, const pc_option_list *list,
                            char out[static PC_USAGE_SIZE])
{
    append(out, "%s", unless ? "(" : "");
    append_option(option, out);
    if (unless) {
        append(out, " | ");
        append_option(pc_option_find(list, unless)->option, out);
        append(out, ")");
    }
    append(out, " ");
}

void pc_usage_of(const pc_command *command, char out[static PC_USAGE_SIZE])
{
    pc_option_list list;

    out[0] = '\0';
    pc_command_list_options(command, &list);
    append_positional(&command->positional, &list, out);
    for (size_t i = 0; i < list.count; i++) {
        if (pc_option_is_required(list.items[i].option, command)) {
            append_required(list.items[i].option, pc_option_unless(list.items[i].option, command), &list, out);
        }
    }
    append(out, "[OPTION...]");
}
