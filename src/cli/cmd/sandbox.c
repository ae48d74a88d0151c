/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/sandbox.h>

#include <limits.h>

#include "cli/cli.h"
#include "cli/cmd/cmd.h"
#include "cli/print/output.h"
#include "cli/terminal/child.h"

PC_AUTO_DEFINE(pc_sandbox, pc_sandbox, pc_sandbox_free);

/* As in env(1), timeout(1) and others that run a program: programs themselves do not normally use these codes. */
#define EXIT_OWN_FAILURE     125
#define EXIT_CANNOT_RUN      126
#define EXIT_NO_SUCH_PROGRAM 127

typedef struct {
    pc_sandbox_order order;
    pc_texts command; /* its words; without any, a shell */
    bool keep;
} sandbox_options;

/* Quoted for a shell: 'it'\''s'. */
static void print_quoted(const char *text)
{
    (void)fputc('\'', stdout);
    for (; *text; text++) {
        (void)(*text == '\'' ? fputs("'\\''", stdout) : fputc(*text, stdout));
    }
    (void)fputs("'\n", stdout);
}

static void print_variables(const pc_sandbox *sandbox)
{
    for (size_t i = 0; i < PC_COUNT(sandbox->variables); i++) {
        const pc_sandbox_variable *each = &sandbox->variables[i];

        if (each->value) {
            (void)printf("export %s=", each->name);
            print_quoted(each->value);
        } else {
            (void)printf("unset %s\n", each->name);
        }
    }
}

static json_t *to_json(const pc_sandbox *sandbox)
{
    json_t *variables = json_object();

    for (size_t i = 0; i < PC_COUNT(sandbox->variables); i++) {
        const pc_sandbox_variable *each = &sandbox->variables[i];

        (void)json_object_set_new(variables, each->name, pc_json_text(each->value));
    }
    return json_pack("{s:o, s:o, s:o}", "folder", pc_json_text(sandbox->folder), "token", pc_json_text(sandbox->label),
                     "environment", variables);
}

static pc_status enter(const pc_sandbox *sandbox, pc_error *err)
{
    for (size_t i = 0; i < PC_COUNT(sandbox->variables); i++) {
        const pc_sandbox_variable *each = &sandbox->variables[i];

        if ((each->value ? setenv(each->name, each->value, 1) : unsetenv(each->name)) != 0) {
            return pc_fail_memory(err);
        }
    }
    return PC_OK;
}

static void announce(const pc_sandbox *sandbox, bool keep)
{
    (void)fputs("token \"", stderr);
    pc_print_safe(stderr, sandbox->label);
    (void)fputs("\" in the folder ", stderr);
    pc_print_safe(stderr, sandbox->folder);
    (void)fputs(keep ? ", which is kept when you `exit`\n" : "; `exit` deletes both\n", stderr);
}

/* @param ret_how as set by waitpid */
static pc_status run_command(pc_cli *cli, const pc_texts *command, const pc_child_signals *signals, int *ret_how)
{
    const char *shell = getenv("SHELL");
    const char *shell_words[] = { shell && *shell ? shell : "/bin/sh", NULL };
    const char *const *words = command->count ? command->items : shell_words;
    pc_status status = pc_child_run(words, command->count == 0, signals, ret_how, &cli->err);

    if (status != PC_OK) {
        cli->failure_exit = status == PC_E_NOT_FOUND ? EXIT_NO_SUCH_PROGRAM : EXIT_CANNOT_RUN;
        return status;
    }
    cli->exit_code = pc_child_exit_code(*ret_how);
    /* A failure that follows must not hide how the command failed. */
    cli->failure_exit = cli->exit_code ? cli->exit_code : EXIT_OWN_FAILURE;
    return PC_OK;
}

static pc_status print_kept(pc_cli *cli, const pc_sandbox *sandbox)
{
    if (cli->json) {
        return pc_print_json(cli, to_json(sandbox));
    }
    print_variables(sandbox);
    return PC_OK;
}

/* The first failure is the one to report. */
static pc_status clean_up(pc_cli *cli, const pc_sandbox *sandbox, pc_status status)
{
    if (status == PC_OK) {
        return pc_sandbox_remove(sandbox, &cli->err);
    }
    return pc_sandbox_remove(sandbox, NULL) == PC_OK
               ? status
               : pc_note(&cli->err, status, "the folder \"%s\" could not be deleted", sandbox->folder);
}

static pc_status run_in_sandbox(pc_cli *cli, const sandbox_options *options, const pc_child_signals *signals,
                                int *ret_how)
{
    PC_AUTO(pc_sandbox) pc_sandbox *sandbox = NULL;

    PC_TRY(pc_sandbox_make(&options->order, &sandbox, &cli->err));
    if (pc_child_signals_pending(signals)) {
        return clean_up(cli, sandbox, PC_OK); /* the signal ends this program as soon as it is delivered */
    }
    pc_status status = enter(sandbox, &cli->err);

    if (status == PC_OK && options->command.count == 0) {
        announce(sandbox, options->keep);
    }
    status = status == PC_OK ? run_command(cli, &options->command, signals, ret_how) : status;
    return options->keep && status == PC_OK ? print_kept(cli, sandbox) : clean_up(cli, sandbox, status);
}

#define FIELD(field) offsetof(sandbox_options, field)

static const pc_option options_of_sandbox[] = {
    { .name = "label",
      .kind = PC_OPTION_TEXT,
      .offset = FIELD(order.label),
      .arg = "LABEL",
      .help = "the label of the token",
      .details = "The label of the token, 1 to 32 bytes.",
      .by_default = "sandbox" },
    { .name = "folder",
      .kind = PC_OPTION_FOLDER,
      .offset = FIELD(order.folder),
      .arg = "DIR",
      .help = "where to create the token; must not exist (default: a new folder in $TMPDIR)",
      .details =
          "Where to create the folder. It must not exist yet, and its path must not contain _#_ or _=_, because\n"
          "SoftHSM's configuration cannot express them. Default: a new folder _p11cert-sandbox-XXXXXX_ in *$TMPDIR*,\n"
          "or in /tmp if that is not set." },
    { .name = "keep",
      .kind = PC_OPTION_FLAG,
      .offset = FIELD(keep),
      .help = "keep the folder, and print the commands that let a shell use the token again",
      .details =
          "Do not delete the folder. When the command has ended, whatever its exit code, print on standard output\n"
          "the shell commands that set the environment variables again. If the command cannot be started, the\n"
          "folder is deleted anyway." },
    PC_OPTIONS_END,
};

static pc_status run(pc_cli *cli, const void *options)
{
    pc_child_signals signals;
    int how = 0;

    pc_child_signals_hold(&signals);
    pc_status status = run_in_sandbox(cli, options, &signals, &how);

    if (status == PC_OK) {
        (void)fflush(stdout);
        pc_child_end_alike(how);
    }
    pc_child_signals_release(&signals);
    return status;
}

/* Unlike in the tables, the options come before the command. */
static const char *const forms[] = { "[OPTION...] [--] [COMMAND [ARGUMENT...]]", NULL };

const pc_command pc_cmd_sandbox = {
    .verb = "sandbox",
    .summary = "run a shell or a command with a private SoftHSM token, and delete the token",
    .details = "The token has random PINs, in files that only you can read; environment variables tell p11cert where\n"
               "they are. To initialise another token in the sandbox: p11cert init LABEL --so-pin-source\n"
               "file:$P11CERT_SANDBOX/so.pin\n",
    .exits =
        "Exit code: that of the command; 125 if the sandbox fails, 126 if the command cannot be run, 127 if it is not\n"
        "found.\n",
    .examples = "p11cert sandbox\n"
                "p11cert sandbox p11cert doctor\n"
                "eval \"$(p11cert sandbox --keep true)\"\n",
    .forms = forms,
    .needs = PC_COMMAND_RUNS_COMMAND,
    .failure_exit = EXIT_OWN_FAILURE,
    .positional = { .name = "COMMAND",
                    .kind = PC_OPTION_TEXTS,
                    .what = "the command",
                    .offset = FIELD(command),
                    .max = UINT_MAX },
    .options = options_of_sandbox,
    .options_size = sizeof(sandbox_options),
    .run = run,
};
