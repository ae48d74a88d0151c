/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/pages/pages.h"

#include <string.h>

#include "base/cleanup.h"

/*
 * bash and zsh: functions in the language of both, which call helpers that p11cert.bash and p11cert.zsh define, each in
 * its shell's own way.
 */

/* The completion of a value: a call of a helper. */
static const char *completion_of(pc_option_kind kind)
{
    switch (kind) {
    case PC_OPTION_FILE:
    case PC_OPTION_OUTPUT:
    case PC_OPTION_NEW_FILE:
    case PC_OPTION_FILES:
        return "_p11cert_files -f";
    case PC_OPTION_FOLDER:
        return "_p11cert_files -d";
    case PC_OPTION_SOURCE:
        return "_p11cert_source";
    case PC_OPTION_KEY:
        return "_p11cert_live keys";
    case PC_OPTION_TOKEN:
        return "_p11cert_live tokens";
    case PC_OPTION_TEMPLATE:
        return "_p11cert_live templates";
    case PC_OPTION_FLAG:
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
    return ":";
}

static void write_value_case(FILE *out, const pc_command *command, const pc_option *option)
{
    (void)fprintf(out, "    '%s --%s'", command->verb, option->name);
    if (option->letter) {
        (void)fprintf(out, " | '%s -%c'", command->verb, option->letter);
    }
    (void)fputs(") ", out);
    if (option->choices || option->offers) {
        (void)fputs("_p11cert_words", out);
        for (const char *const *each = option->choices ? option->choices : option->offers; *each; each++) {
            (void)fprintf(out, " %s", *each);
        }
        (void)fputs("; ", out);
    }
    if (option->live) {
        (void)fprintf(out, "_p11cert_live %s; ", option->live);
    }
    (void)fprintf(out, "%s ;;\n", completion_of(option->kind));
}

static void write_values(FILE *out, const pc_command *command)
{
    pc_option_list list;

    pc_command_list_options(command, &list);
    for (size_t i = 0; i < list.count; i++) {
        if (list.items[i].option->kind != PC_OPTION_FLAG) {
            write_value_case(out, command, list.items[i].option);
        }
    }
}

static void write_words(FILE *out, const pc_command *command)
{
    pc_option_list list;

    pc_command_list_options(command, &list);
    (void)fprintf(out, "    '%s') _p11cert_words", command->verb);
    for (size_t i = 0; i < list.count; i++) {
        (void)fprintf(out, " --%s", list.items[i].option->name);
    }
    (void)fputs(" ;;\n", out);
}

/* 'json:print the result as JSON', in the quotes of a shell */
static void write_quoted(FILE *out, const char *text)
{
    for (; *text; text++) {
        (void)fputs(*text == '\'' ? "'\\''" : (char[]){ *text, '\0' }, out);
    }
}

static void write_described(FILE *out, const pc_command *command)
{
    pc_option_list list;

    pc_command_list_options(command, &list);
    (void)fprintf(out, "    '%s') _p11cert_described", command->verb);
    for (size_t i = 0; i < list.count; i++) {
        (void)fprintf(out, " '--%s:", list.items[i].option->name);
        write_quoted(out, list.items[i].option->help);
        (void)fputc('\'', out);
    }
    (void)fputs(" ;;\n", out);
}

static void write_subcommand_words(FILE *out, const pc_command *command)
{
    (void)fputs("_p11cert_words", out);
    for (const pc_command *const *each = command->subcommands; *each; each++) {
        (void)fprintf(out, " %s", pc_command_last_word(*each));
    }
    (void)fputs(" ;;\n", out);
}

static void write_arguments(FILE *out, const pc_command *command)
{
    const char *completion = command->positional.name ? completion_of(command->positional.kind) : ":";

    if (command->subcommands) {
        (void)fprintf(out, "    'help %s') ", command->verb);
        write_subcommand_words(out, command);
        (void)fprintf(out, "    '%s') %s; ", command->verb, completion);
        write_subcommand_words(out, command);
    } else if (command->positional.name) {
        (void)fprintf(out, "    '%s') %s ;;\n", command->verb, completion);
    }
}

/* A case of a function, for each verb and its subcommands. */
static void write_cases(FILE *out, const char *function, void (*write)(FILE *out, const pc_command *command))
{
    (void)fprintf(out, "\n%s()\n{\n    case $1 in\n", function);
    for (size_t i = 0; pc_commands[i]; i++) {
        const pc_command *const *list = pc_commands[i]->subcommands;

        write(out, pc_commands[i]);
        for (size_t j = 0; list && list[j]; j++) {
            write(out, list[j]);
        }
    }
    (void)fputs("    *) return 1 ;;\n    esac\n    return 0\n}\n", out);
}

static void write_subcommands(FILE *out)
{
    (void)fputs("\n_p11cert_is_subcommand()\n{\n    case $1 in\n", out);
    for (size_t i = 0; pc_commands[i]; i++) {
        for (const pc_command *const *each = pc_commands[i]->subcommands; each && *each; each++) {
            (void)fprintf(out, "    '%s') ;;\n", (*each)->verb);
        }
    }
    (void)fputs("    *) return 1 ;;\n    esac\n}\n", out);
}

static void write_rest(FILE *out)
{
    write_subcommands(out);
    write_cases(out, "_p11cert_value", write_values);
    write_cases(out, "_p11cert_arguments", write_arguments);
}

void pc_bash_write(FILE *out)
{
    (void)fputs("\n_p11cert_verbs()\n{\n    _p11cert_words help --help --version", out);
    for (size_t i = 0; pc_commands[i]; i++) {
        (void)fprintf(out, " %s", pc_commands[i]->verb);
    }
    (void)fputs("\n}\n", out);
    write_cases(out, "_p11cert_options", write_words);
    write_rest(out);
}

void pc_zsh_write(FILE *out)
{
    (void)fputs("\n_p11cert_verbs()\n{\n    _p11cert_described 'help:describe a verb' '--help:list the verbs' "
                "'--version:print the version'",
                out);
    for (size_t i = 0; pc_commands[i]; i++) {
        (void)fprintf(out, " \\\n        '%s:", pc_commands[i]->verb);
        write_quoted(out, pc_commands[i]->summary);
        (void)fputc('\'', out);
    }
    (void)fputs("\n}\n", out);
    write_cases(out, "_p11cert_options", write_described);
    write_rest(out);
    (void)fputs("\nif [[ $funcstack[1] = _p11cert ]]; then # loaded by its name, for the first completion\n"
                "    _p11cert \"$@\"\nelse\n    compdef _p11cert p11cert\nfi\n",
                out);
}
