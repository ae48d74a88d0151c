/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <jansson.h>
#include <string.h>

#include <p11cert/watch.h>

#include "base/nearest.h"
#include "cli/cli.h"
#include "cli/cmd/cmd.h"
#include "cli/options/help.h"
#include "cli/options/parse.h"
#include "cli/terminal/audit.h"
#include "cli/terminal/quiet.h"
#include "cli/terminal/token_watch.h"
#include "cli/print/error_text.h"

void pc_cli_clear(pc_cli *cli)
{
    json_decref(cli->findings);
    json_decref(cli->requests);
    pc_arena_free(cli->arena);
}

static const pc_command *find_command(const char *verb)
{
    for (size_t i = 0; pc_commands[i]; i++) {
        if (strcmp(pc_commands[i]->verb, verb) == 0) {
            return pc_commands[i];
        }
    }
    return strcmp(verb, pc_cmd_complete.verb) == 0 ? &pc_cmd_complete : NULL;
}

/* The verb that words[0], or words[0] and words[1], name; *ret_count is set to the number of words used. */
static const pc_command *choose_command(const char *const *words, int count, int *ret_count)
{
    const pc_command *command = find_command(words[0]);
    const pc_command *subcommand = command && count > 1 ? pc_command_find_subcommand(command, words[1]) : NULL;

    *ret_count = subcommand ? 2 : 1;
    return subcommand ? subcommand : command;
}

static pc_status unknown_verb(pc_cli *cli, const char *verb)
{
    if (verb[0] == '-') {
        (void)pc_fail(&cli->err, PC_E_USAGE, "\"%s\" is not a verb of p11cert", verb);
        return pc_hint(&cli->err, PC_E_USAGE, "options come after the verb; `p11cert --help` lists the verbs");
    }
    pc_nearest nearest = pc_nearest_to(verb);

    for (size_t i = 0; pc_commands[i]; i++) {
        pc_nearest_offer(&nearest, pc_commands[i]->verb);
    }
    (void)pc_fail(&cli->err, PC_E_USAGE, "\"%s\" is not a verb of p11cert", verb);
    return nearest.best ? pc_hint(&cli->err, PC_E_USAGE, "did you mean %s?", nearest.best)
                        : pc_hint(&cli->err, PC_E_USAGE, "`p11cert --help` lists them");
}

/* A verb that does nothing by itself: "ceremony", "ceremony lnit FILE". */
static pc_status no_subcommand(pc_cli *cli, const pc_command *command, const char *word)
{
    pc_nearest nearest = pc_nearest_to(word ? word : "");

    for (size_t i = 0; command->subcommands[i]; i++) {
        pc_nearest_offer(&nearest, pc_command_last_word(command->subcommands[i]));
    }
    if (!word) {
        (void)pc_fail(&cli->err, PC_E_USAGE, "p11cert %s requires a subcommand", command->verb);
    } else {
        (void)pc_fail(&cli->err, PC_E_USAGE, "\"%s\" is not a subcommand of p11cert %s", word, command->verb);
    }
    return word && nearest.best
               ? pc_hint(&cli->err, PC_E_USAGE, "did you mean %s?", nearest.best)
               : pc_hint(&cli->err, PC_E_USAGE, "`p11cert %s --help` lists the subcommands", command->verb);
}

/* A report cut off by a full disk must not look like a complete one. */
static int flush(pc_cli *cli, int exit_code)
{
    errno = 0;
    if ((fflush(stdout) == 0 && !ferror(stdout)) || (errno == EPIPE && !cli->has_run)) {
        return exit_code; /* of a help text, `head` reads what it needs */
    }
    (void)pc_fail_errno(&cli->err, PC_E_IO, errno ? errno : EIO, "cannot write standard output");
    if (cli->has_run && exit_code <= 1) {
        (void)pc_hint(&cli->err, PC_E_IO, "only the report was lost; what the command made or changed is kept");
    }
    cli->json = false;
    pc_print_error(cli);
    /* A finding's code would mean that the report is complete. */
    return exit_code > 1 ? exit_code : pc_status_exit_code(PC_E_IO);
}

/* Known before the arguments are parsed, so that a mistake in them is reported as JSON too. */
static bool wants_json(const pc_command *command, int argc, const char **argv)
{
    bool runs_command = command && (command->needs & PC_COMMAND_RUNS_COMMAND) != 0;

    for (int i = 2; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (runs_command && argv[i][0] != '-') {
            return false; /* the rest belongs to that command */
        }
        if (strcmp(argv[i], "--" PC_OPTION_JSON) == 0) {
            return true;
        }
    }
    return false;
}

static pc_status run_watched(pc_cli *cli, const pc_command *command, const void *options)
{
    if (!(command->needs & PC_COMMAND_NEEDS_TOKEN)) {
        return command->run(cli, options);
    }
    PC_TRY(pc_token_watch_start(cli));
    pc_status status = command->run(cli, options);

    pc_watch_stop();
    return status;
}

static pc_status run_recorded(pc_cli *cli, const pc_command *command, const void *options)
{
    if (cli->quiet) {
        PC_TRY(pc_quiet_begin(cli, command));
    }
    if (!(command->needs & PC_COMMAND_IS_UNSEEN)) {
        PC_TRY(pc_cli_audit_start(cli, command));
    }
    cli->has_run = true;
    return pc_cli_audit_stop(cli, run_watched(cli, command, options));
}

static pc_status run_command(pc_cli *cli, int argc, const char **argv)
{
    int used = 0;
    const void *options = NULL;
    const pc_command *command = choose_command(argv + 1, argc - 1, &used);

    cli->json = wants_json(command, argc, argv);
    if (!command) {
        return unknown_verb(cli, argv[1]);
    }
    cli->failure_exit = command->failure_exit;
    if (!command->run && (argc < 3 || argv[2][0] != '-')) {
        return no_subcommand(cli, command, argc < 3 ? NULL : argv[2]);
    }
    PC_TRY(pc_options_parse(cli, command, argc - used, argv + used, &options));
    if (cli->color && strcmp(cli->color, "auto") != 0) {
        cli->colour = strcmp(cli->color, "always") == 0;
    }
    if (cli->help) {
        return pc_help_print(cli, command);
    }
    if (!command->run) {
        return no_subcommand(cli, command, NULL);
    }
    return run_recorded(cli, command, options);
}

/* `p11cert help`, `p11cert help list`, `p11cert help batch accept`. */
static pc_status show_help(pc_cli *cli, int count, const char **words)
{
    int used = 0;

    if (count == 0) {
        pc_help_print_overview(stdout);
        return PC_OK;
    }
    const pc_command *command = choose_command(words, count, &used);

    return command ? pc_help_print(cli, command) : unknown_verb(cli, words[0]);
}

static pc_status run_words(pc_cli *cli, int argc, const char **argv)
{
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
        return show_help(cli, argc - 2, argv + 2);
    }
    if (strcmp(argv[1], "--version") == 0) {
        (void)printf("p11cert %s\n", P11CERT_VERSION);
        return PC_OK;
    }
    return run_command(cli, argc, argv);
}

int pc_cli_run(pc_cli *cli, int argc, const char **argv)
{
    if (argc < 2) {
        pc_help_print_overview(stderr);
        return pc_status_exit_code(PC_E_USAGE);
    }
    cli->arena = pc_arena_new();
    pc_status status = cli->arena ? run_words(cli, argc, argv) : pc_fail_memory(&cli->err);

    if (status != PC_OK) {
        pc_print_error(cli);
        cli->exit_code = cli->failure_exit ? cli->failure_exit : pc_status_exit_code(status);
    }
    return flush(cli, cli->exit_code);
}
