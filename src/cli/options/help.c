/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/options/help.h"

#include <popt.h>

#include "cli/options/popt_table.h"

pc_status pc_help_print(pc_cli *cli, const pc_command *command)
{
    pc_option_list list;
    char name[64];
    char usage[256];
    const char *argv[] = { name, NULL };

    pc_command_list_options(command, &list);
    (void)snprintf(name, sizeof name, "p11cert %s", command->verb);
    (void)snprintf(usage, sizeof usage, "[OPTION...]%s%s", *command->arguments ? " " : "", command->arguments);
    pc_popt_table *table = pc_popt_table_new(&list, cli->arena);
    poptContext context = table ? poptGetContext(name, 1, argv, table->sections, 0) : NULL;

    if (!context) {
        return pc_fail_memory(&cli->err);
    }
    poptSetOtherOptionHelp(context, usage);
    (void)printf("p11cert %s: %s\n\n", command->verb, command->summary);
    poptPrintHelp(context, stdout, 0);
    if (command->details) {
        (void)printf("\n%s", command->details);
    }
    (void)poptFreeContext(context);
    return PC_OK;
}

void pc_help_print_overview(FILE *out)
{
    (void)fprintf(out, "p11cert: certreq for keys that live on a PKCS#11 token\n\nUsage: p11cert VERB [OPTION...]\n\n");
    for (size_t i = 0; pc_commands[i]; i++) {
        (void)fprintf(out, "  %-8s %s\n", pc_commands[i]->verb, pc_commands[i]->summary);
    }
    (void)fprintf(
        out,
        "\n`p11cert VERB --help` tells all of a verb. The token is reached by --module, --token and --pin-source,\n"
        "or P11CERT_MODULE, P11CERT_MODULE_INIT_ARGS, P11CERT_TOKEN and P11CERT_PIN_SOURCE in the environment.\n\n"
        "Exit codes: 0 done, 1 a finding or pending still, 2 usage, 3 bad input or file, 4 not found or ambiguous,\n"
        "5 PIN or login, 6 token, 7 CA or network, 8 refused, 9 out of memory or a defect of p11cert.\n");
}
