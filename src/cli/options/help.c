/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/options/help.h"

#include <popt.h>
#include <string.h>

#include "cli/options/popt_table.h"
#include "cli/options/usage.h"

static void print_examples(const char *examples)
{
    (void)printf("\nExamples:\n");
    for (size_t len = 0; *examples; examples += len) {
        len = strcspn(examples, "\n") + 1;
        (void)printf("    %.*s", (int)len, examples);
    }
}

static void print_subcommands(const pc_command *command)
{
    const pc_command *const *list = command->subcommands;

    if (list) {
        (void)printf("\nSubcommand%s:\n", list[1] ? "s" : "");
    }
    for (size_t i = 0; list && list[i]; i++) {
        (void)printf("  p11cert %s%*s   %s\n", list[i]->verb, list[1] ? 18 - (int)strlen(list[i]->verb) : 0, "",
                     list[i]->summary);
    }
}

static void print_prose(const pc_command *command)
{
    print_subcommands(command);
    if (command->details) {
        (void)printf("\n%s", command->details);
    }
    if (command->exits) {
        (void)printf("\n%s", command->exits);
    }
    if (command->examples) {
        print_examples(command->examples);
    }
}

/* In the form in which popt continues its "Usage: p11cert VERB ". */
static void write_forms(const pc_command *command, char out[static PC_USAGE_SIZE])
{
    int len = 0;

    if (!command->forms) {
        pc_usage_of(command, out);
        return;
    }
    for (size_t i = 0; command->forms[i] && len < PC_USAGE_SIZE; i++) {
        len += snprintf(out + len, (size_t)(PC_USAGE_SIZE - len), "%s%s%s%s", i ? "\n       p11cert " : "",
                        i ? command->verb : "", i ? " " : "", command->forms[i]);
    }
}

pc_status pc_help_print(pc_cli *cli, const pc_command *command)
{
    pc_option_list list;
    char name[64];
    char usage[PC_USAGE_SIZE];
    const char *argv[] = { name, NULL };

    pc_command_list_options(command, &list);
    (void)snprintf(name, sizeof name, "p11cert %s", command->verb);
    write_forms(command, usage);
    pc_popt_table *table = pc_popt_table_new(&list, cli->arena);
    poptContext context = table ? poptGetContext(name, 1, argv, table->sections, 0) : NULL;

    if (!context) {
        return pc_fail_memory(&cli->err);
    }
    poptSetOtherOptionHelp(context, usage);
    (void)printf("p11cert %s: %s\n\n", command->verb, command->summary);
    poptPrintHelp(context, stdout, 0);
    print_prose(command);
    (void)poptFreeContext(context);
    return PC_OK;
}

void pc_help_print_overview(FILE *out)
{
    (void)fprintf(out, "p11cert: certreq for keys on a PKCS#11 token\n\nUsage: p11cert VERB [OPTION...]\n\n");
    for (size_t i = 0; pc_commands[i]; i++) {
        (void)fprintf(out, "  %-9s %s\n", pc_commands[i]->verb, pc_commands[i]->summary);
    }
    (void)fprintf(
        out, "\n`p11cert VERB --help` describes a verb in full. The options --module,\n--module-init-args, "
             "--token and --pin-source say how to reach the token; their defaults are the\nenvironment variables "
             "P11CERT_MODULE, P11CERT_MODULE_INIT_ARGS, P11CERT_TOKEN and\nP11CERT_PIN_SOURCE.\n\nExit codes: 0 "
             "success, 1 a finding, or still pending, 2 usage, 3 bad input or file, 4 not found or ambiguous,\n5 PIN "
             "or login, 6 token, 7 CA or network, 8 refused, 9 out of memory or a bug in p11cert.\n");
}
