/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/pages/pages.h"

#include "base/cleanup.h"

/* In single quotes, in which fish knows only \' and \\. */
static void write_quoted(FILE *out, const char *text)
{
    (void)fputc('\'', out);
    for (; *text; text++) {
        (void)fprintf(out, *text == '\'' || *text == '\\' ? "\\%c" : "%c", *text);
    }
    (void)fputc('\'', out);
}

/* The completion of a value; "" if there is none. */
static const char *completion_of(pc_option_kind kind)
{
    switch (kind) {
    case PC_OPTION_FILE:
    case PC_OPTION_OUTPUT:
    case PC_OPTION_NEW_FILE:
    case PC_OPTION_FILES:
        return " -r -F";
    case PC_OPTION_FOLDER:
        return " -x -a '(__fish_complete_directories)'";
    case PC_OPTION_SOURCE:
        return " -x -a '(__p11cert_source)'";
    case PC_OPTION_KEY:
        return " -x -a '(__p11cert_live keys)'";
    case PC_OPTION_TOKEN:
        return " -x -a '(__p11cert_live tokens)'";
    case PC_OPTION_TEMPLATE:
        return " -x -a '(__p11cert_live templates)'";
    case PC_OPTION_FLAG:
        return "";
    case PC_OPTION_TEXT:
    case PC_OPTION_CHOICE:
    case PC_OPTION_NUMBER:
    case PC_OPTION_DURATION:
    case PC_OPTION_DAYS:
    case PC_OPTION_TEXTS:
    case PC_OPTION_PAIRS:
    case PC_OPTION_SERIES:
    case PC_OPTION_GROUP:
        break;
    }
    return " -x";
}

/* In one -a: of several, fish uses only the last one. After a tab comes the description of a word: an empty one, so
 * that fish does not repeat that of the option beside each. */
static void write_words(FILE *out, const pc_option *option)
{
    const char *const *words = option->choices ? option->choices : option->offers;

    if (!words && !option->live) {
        return;
    }
    (void)fputs(" -a '", out);
    for (const char *const *each = words; each && *each; each++) {
        (void)fprintf(out, each == words ? "%s\\t" : " %s\\t", *each);
    }
    if (option->live) {
        (void)fprintf(out, words ? " (__p11cert_live %s)" : "(__p11cert_live %s)", option->live);
    }
    (void)fputc('\'', out);
}

static void write_option(FILE *out, const pc_command *command, const pc_option *option)
{
    (void)fprintf(out, "complete -c p11cert -n \"__p11cert_is '%s'\" -l %s", command->verb, option->name);
    if (option->letter) {
        (void)fprintf(out, " -s %c", option->letter);
    }
    (void)fputs(completion_of(option->kind), out);
    write_words(out, option);
    (void)fputs(" -d ", out);
    write_quoted(out, option->help);
    (void)fputc('\n', out);
}

static void write_argument(FILE *out, const pc_command *command)
{
    if (command->positional.name) {
        const char *completion = completion_of(command->positional.kind);

        (void)fprintf(out, "complete -c p11cert -n \"__p11cert_is '%s'\"%s\n", command->verb,
                      command->positional.kind == PC_OPTION_TEXT ? " -f" : completion);
    }
}

static void write_word(FILE *out, const char *condition, const pc_command *command)
{
    (void)fprintf(out, "complete -c p11cert -n \"__p11cert_is %s\" -x -a %s -d ", condition,
                  pc_command_last_word(command));
    write_quoted(out, command->summary);
    (void)fputc('\n', out);
}

static void write_command(FILE *out, const pc_command *command)
{
    const pc_command *const *list = command->subcommands;
    char condition[64];
    char help[64];
    pc_option_list options;

    (void)snprintf(condition, sizeof condition, "'%s'", command->verb);
    (void)snprintf(help, sizeof help, "'help %s'", command->verb);
    pc_command_list_options(command, &options);
    for (size_t i = 0; i < options.count; i++) {
        write_option(out, command, options.items[i].option);
    }
    write_argument(out, command);
    for (size_t i = 0; list && list[i]; i++) {
        write_word(out, condition, list[i]);
        write_word(out, help, list[i]);
        write_command(out, list[i]);
    }
}

/* "set -g __p11cert_subcommands 'batch accept' 'ceremony lint'" */
static void write_subcommands(FILE *out)
{
    (void)fputs("\nset -g __p11cert_subcommands", out);
    for (size_t i = 0; pc_commands[i]; i++) {
        for (const pc_command *const *each = pc_commands[i]->subcommands; each && *each; each++) {
            (void)fprintf(out, " '%s'", (*each)->verb);
        }
    }
    (void)fputs("\n\n", out);
}

void pc_fish_write(FILE *out)
{
    write_subcommands(out);
    for (size_t i = 0; pc_commands[i]; i++) {
        write_word(out, "''", pc_commands[i]);
        write_word(out, "help", pc_commands[i]);
        write_command(out, pc_commands[i]);
    }
}
