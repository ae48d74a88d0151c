/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/submit.h>

#include <string.h>

#include "cli/options/ca_options.h"
#include "cli/cmd/cmd.h"
#include "cli/cli.h"
#include "cli/options/shared_options.h"
#include "cli/print/submitted.h"

#define EXIT_STILL_PENDING 1

PC_AUTO_DEFINE(pc_submit_result, pc_submit_result, pc_submit_result_free);

typedef struct {
    const char *request_id;
    const char *key;
    const char *out;
    int64_t wait_sec;
    bool all;
    bool accept;
    bool force;
    pc_ca_given ca;
} retrieve_options;

#define FIELD(field) offsetof(retrieve_options, field)

static const pc_option options_of_retrieve[] = {
    { .name = "key",
      .kind = PC_OPTION_KEY,
      .offset = FIELD(key),
      .arg = "LABEL|URI",
      .help = "the request for this key",
      .details = "The request for this key." },
    { .name = "all",
      .kind = PC_OPTION_FLAG,
      .offset = FIELD(all),
      .excludes = { "key" },
      .help = "every pending request",
      .details = "Every pending request. One that fails does not stop the others; the exit code is the worst.\n"
                 "After a rejected login, no other is attempted." },
    { .name = "wait",
      .kind = PC_OPTION_DURATION,
      .offset = FIELD(wait_sec),
      .min = 1,
      .max = PC_WAIT_MAX_SEC,
      .arg = "DURATION",
      .help = "keep polling this long, at growing intervals: 30s, 10m, 2h, 1d",
      .details = PC_WAIT_DETAILS },
    { .name = "out",
      .kind = PC_OPTION_OUTPUT,
      .offset = FIELD(out),
      .arg = "FILE",
      .help = "file for the certificate and its chain (default: LABEL.cer); with --all, a folder",
      .details = "The file for the certificate and its chain, PEM. Default: the key's label with the extension\n"
                 ".cer. With *--all*, the folder for such files." },
    { .name = "accept",
      .kind = PC_OPTION_FLAG,
      .offset = FIELD(accept),
      .help = "bind an issued certificate to its key",
      .details = "Bind the certificate and its chain to the key on the token." },
    { .kind = PC_OPTION_GROUP, .group = pc_options_force, .offset = FIELD(force) },
    { .name = "Reaching the CA:", .kind = PC_OPTION_GROUP, .group = pc_options_ca, .offset = FIELD(ca) },
    PC_OPTIONS_END,
};

static pc_status retrieve(pc_cli *cli, const pc_retrieve_order *order)
{
    PC_AUTO(pc_submit_result) pc_submit_result *result = NULL;

    if (order->wait_sec) {
        pc_cli_end_waits_by_signal();
    }
    pc_status status = pc_retrieve_run(order, &cli->access, &result, &cli->err);

    if (status == PC_OK && pc_submitted_any_pending(result)) {
        cli->exit_code = EXIT_STILL_PENDING;
    }
    return pc_cli_submitted(cli, status, result, order->out);
}

static pc_status run(pc_cli *cli, const void *options)
{
    const retrieve_options *given = options;
    pc_ca_access ca;
    const pc_retrieve_order order = {
        .key = given->key,
        .request_id = given->request_id,
        .all = given->all,
        .ca = &ca,
        .wait_sec = (unsigned)given->wait_sec,
        .out = given->out,
        .accept = given->accept,
        .force = given->force,
        .waiting = pc_cli_report_waiting,
    };

    if (order.all && order.out && strcmp(order.out, "-") == 0) {
        return pc_fail(&cli->err, PC_E_USAGE,
                       "--all needs a folder for --out: several certificates cannot go to standard output");
    }
    PC_TRY(pc_ca_options_take(cli, &given->ca, &ca));
    return retrieve(cli, &order);
}

static const char *const forms[] = { "[NUMBER|--key LABEL|URI|--all] [--wait DURATION] [--accept] [OPTION...]", NULL };

const pc_command pc_cmd_retrieve = {
    .verb = "retrieve",
    .summary = "ask the CA for the result of a pending request, and fetch its certificate",
    .details = "Without a number, the token's only pending request is used.\n",
    .exits = "Exit code 1: the request is still pending.\n",
    .examples = "p11cert retrieve --accept\n"
                "p11cert retrieve --all --wait 2h --accept\n"
                "p11cert retrieve 17 --ca https://ca.contoso.com/certsrv\n",
    .forms = forms,
    .needs = PC_COMMAND_NEEDS_TOKEN,
    .positional = { .name = "NUMBER",
                    .kind = PC_OPTION_TEXT,
                    .what = "the number of the request",
                    .offset = FIELD(request_id),
                    .excludes = "all",
                    .max = 1 },
    .options = options_of_retrieve,
    .options_size = sizeof(retrieve_options),
    .reports = true,
    .run = run,
};
