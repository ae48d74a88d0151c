/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/submit.h>

#include <string.h>

#include "cli/options/ca_options.h"
#include "cli/cli.h"
#include "cli/print/submitted.h"

#define EXIT_STILL_PENDING 1

PC_AUTO_DEFINE(pc_submit_result, pc_submit_result, pc_submit_result_free);

static pc_status run(pc_cli *cli, int argc, const char **argv, int *ret_exit)
{
    char *key = NULL;
    char *out = NULL;
    char *wait = NULL;
    int all = 0;
    int accept = 0;
    int force = 0;
    pc_ca_given given = { .url = NULL };
    struct poptOption options[] = {
        { "key", '\0', POPT_ARG_STRING, &key, 0, "the request of this key: its label or URI", "LABEL|URI" },
        { "all", '\0', POPT_ARG_NONE, &all, 0, "every pending request", NULL },
        { "wait", '\0', POPT_ARG_STRING, &wait, 0, "go on asking so long, politely spaced: 30s, 10m, 2h, 1d", "SPAN" },
        { "out", '\0', POPT_ARG_STRING, &out, 0,
          "file for the certificate and its chain (LABEL.cer); with --all a folder", "FILE" },
        { "accept", '\0', POPT_ARG_NONE, &accept, 0, "bind an issued certificate to its key", NULL },
        { "force", '\0', POPT_ARG_NONE, &force, 0, "replace the certificate's file", NULL },
        PC_CA_OPTIONS(given),
        POPT_TABLEEND
    };
    PC_AUTO_WORDS pc_words words = { .context = NULL };
    PC_AUTO(pc_submit_result) pc_submit_result *result = NULL;
    pc_ca_access ca;

    PC_TRY(pc_cli_parse(cli, &pc_cmd_retrieve, argc, argv, options, 1, &words));
    if (cli->help) {
        return PC_OK;
    }
    pc_retrieve_order order = {
        .key = key,
        .request_id = words.count ? words.words[0] : NULL,
        .all = all != 0,
        .ca = &ca,
        .out = out,
        .accept = accept != 0,
        .force = force != 0,
        .waiting = pc_cli_tell_waiting,
    };

    if (cli->json && out && strcmp(out, "-") == 0) {
        return pc_fail(&cli->err, PC_E_USAGE, "--json and --out - both want standard output");
    }
    if (all && out && strcmp(out, "-") == 0) {
        return pc_fail(&cli->err, PC_E_USAGE,
                       "--all wants a folder with --out: several certificates do not go to standard output");
    }
    PC_TRY(pc_ca_options_take(cli, &given, false, &ca));
    if (wait) {
        PC_TRY(pc_cli_span(cli, "--wait", wait, &order.wait_sec));
        pc_cli_end_waits_by_signal();
    }
    pc_cli_token_from_key(cli, key);
    pc_status status = pc_retrieve_run(&order, &cli->access, &result, &cli->err);

    if (status == PC_OK && pc_submitted_any_pending(result)) {
        *ret_exit = EXIT_STILL_PENDING;
    }
    return pc_cli_submitted(cli, status, result, out);
}

const pc_command pc_cmd_retrieve = {
    .verb = "retrieve",
    .summary = "ask what became of a pending request, and take its certificate",
    .arguments = "[NUMBER]",
    .details = "Without a number the only pending request of the token is meant. Exit code 1: it is pending still.\n\n"
               "    p11cert retrieve --accept\n"
               "    p11cert retrieve --all --wait 2h --accept\n"
               "    p11cert retrieve 17 --ca https://ca.contoso.com/certsrv\n",
    .needs = PC_NEEDS_TOKEN,
    .run = run,
};
