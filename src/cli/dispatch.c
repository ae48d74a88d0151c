/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/print/output.h"

/* In the order in which an operator meets them. */
static const pc_command *const commands[] = {
    &pc_cmd_tokens, &pc_cmd_init,     &pc_cmd_explain, &pc_cmd_new,    &pc_cmd_issue, &pc_cmd_enroll, &pc_cmd_ca_chain,
    &pc_cmd_submit, &pc_cmd_retrieve, &pc_cmd_accept,  &pc_cmd_renew,  &pc_cmd_batch, &pc_cmd_list,   &pc_cmd_show,
    &pc_cmd_check,  &pc_cmd_doctor,   &pc_cmd_export,  &pc_cmd_import, &pc_cmd_kit,   &pc_cmd_repair,
};

static void print_overview(FILE *out)
{
    (void)fprintf(out, "p11cert: certreq for keys that live on a PKCS#11 token\n\nUsage: p11cert VERB [OPTION...]\n\n");
    for (size_t i = 0; i < PC_COUNT(commands); i++) {
        (void)fprintf(out, "  %-8s %s\n", commands[i]->verb, commands[i]->summary);
    }
    (void)fprintf(
        out,
        "\n`p11cert VERB --help` tells all of a verb. The token is reached by --module, --token and --pin-source,\n"
        "or P11CERT_MODULE, P11CERT_MODULE_INIT_ARGS, P11CERT_TOKEN and P11CERT_PIN_SOURCE in the environment.\n\n"
        "Exit codes: 0 done, 1 a finding or pending still, 2 usage, 3 bad input or file, 4 not found or ambiguous,\n"
        "5 PIN or login, 6 token, 7 CA or network, 8 refused, 9 out of memory or a defect of p11cert.\n");
}

static const pc_command *find_command(const char *verb)
{
    for (size_t i = 0; i < PC_COUNT(commands); i++) {
        if (strcmp(commands[i]->verb, verb) == 0) {
            return commands[i];
        }
    }
    return NULL;
}

static int unknown_verb(pc_cli *cli, const char *verb)
{
    const char *verbs[PC_COUNT(commands)];

    for (size_t i = 0; i < PC_COUNT(commands); i++) {
        verbs[i] = commands[i]->verb;
    }
    const char *nearest = pc_cli_nearest(verb, verbs, PC_COUNT(verbs));

    (void)pc_fail(&cli->err, PC_E_USAGE, "\"%s\" is not a verb of p11cert", verb);
    if (nearest) {
        (void)pc_hint(&cli->err, PC_E_USAGE, "did you mean %s?", nearest);
    } else {
        (void)pc_hint(&cli->err, PC_E_USAGE, "`p11cert --help` lists them");
    }
    pc_print_error(cli);
    return pc_status_exit_code(PC_E_USAGE);
}

/* A report cut off by a full disk must not look like a whole one. */
static int flush(pc_cli *cli, int exit_code)
{
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout)) {
        return exit_code;
    }
    (void)pc_fail_errno(&cli->err, PC_E_IO, errno ? errno : EIO, "cannot write standard output");
    cli->json = false;
    pc_print_error(cli);
    /* A finding's code would say that the report is whole. */
    return exit_code > 1 ? exit_code : pc_status_exit_code(PC_E_IO);
}

/* Known before the words are parsed, so that a mistake in them is told as JSON too. */
static bool wants_json(int argc, const char **argv)
{
    for (int i = 2; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--json") == 0) {
            return true;
        }
    }
    return false;
}

int pc_cli_run(pc_cli *cli, int argc, const char **argv)
{
    int exit_code = 0;

    if (argc < 2) {
        print_overview(stderr);
        return pc_status_exit_code(PC_E_USAGE);
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
        print_overview(stdout);
        return flush(cli, 0);
    }
    if (strcmp(argv[1], "--version") == 0) {
        (void)printf("p11cert %s\n", P11CERT_VERSION);
        return flush(cli, 0);
    }
    cli->json = wants_json(argc, argv);
    const pc_command *command = find_command(argv[1]);

    if (!command) {
        return unknown_verb(cli, argv[1]);
    }
    pc_status status = command->run(cli, argc - 1, argv + 1, &exit_code);

    if (status != PC_OK) {
        pc_print_error(cli);
        exit_code = pc_status_exit_code(status);
    }
    return flush(cli, exit_code);
}
