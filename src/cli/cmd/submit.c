/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/submit.h>

#include <string.h>

#include "cli/options/ca_options.h"
#include "cli/cmd/cmd.h"
#include "cli/cli.h"
#include "cli/print/submitted.h"

PC_AUTO_DEFINE(pc_submit_result, pc_submit_result, pc_submit_result_free);

typedef struct {
    pc_submit_order order;
    pc_texts attributes;
    pc_ca_given ca;
} submit_options;

#define FIELD(field) offsetof(submit_options, field)

static const pc_option options_of_submit[] = {
    { .name = "template",
      .kind = PC_OPTION_TEXT,
      .offset = FIELD(order.template_name),
      .arg = "NAME",
      .help = "certificate template: its name, not what people see" },
    { .name = "attribute",
      .kind = PC_OPTION_PAIRS,
      .offset = FIELD(attributes),
      .arg = "NAME:VALUE",
      .help = "request attribute (may be repeated)" },
    { .name = "out",
      .kind = PC_OPTION_OUTPUT,
      .offset = FIELD(order.out),
      .arg = "FILE",
      .help = "file for the certificate and its chain (the request's name with .cer)" },
    { .name = "accept",
      .kind = PC_OPTION_FLAG,
      .offset = FIELD(order.accept),
      .help = "bind an issued certificate to its key" },
    { .name = "again",
      .kind = PC_OPTION_FLAG,
      .offset = FIELD(order.again),
      .help = "submit although a request of this key is under way" },
    { .name = "force", .kind = PC_OPTION_FLAG, .offset = FIELD(order.force), .help = "replace the certificate's file" },
    { .kind = PC_OPTION_GROUP, .group = pc_options_ca, .offset = FIELD(ca) },
    PC_OPTIONS_END,
};

static pc_status run(pc_cli *cli, const void *options)
{
    const submit_options *given = options;
    PC_AUTO(pc_submit_result) pc_submit_result *result = NULL;
    pc_ca_access ca;
    pc_submit_order order = given->order;

    PC_TRY(pc_ca_options_take(cli, &given->ca, true, &ca));
    order.ca = &ca;
    order.attributes = given->attributes.items;
    order.attribute_count = given->attributes.count;
    pc_status status = pc_submit_run(&order, &cli->access, &result, &cli->err);

    return pc_cli_submitted(cli, status, result, order.out);
}

const pc_command pc_cmd_submit = {
    .verb = "submit",
    .summary = "send a request to the CA, and take the certificate if it is issued at once",
    .arguments = "REQUEST",
    .details = "REQUEST is PKCS #10, or PKCS #7 of a renewal, PEM or DER; its key has to be on the token. What is "
               "pending is\n"
               "noted on the token, so that `p11cert retrieve` needs no number and works from another machine.\n\n"
               "    p11cert submit server.req --ca https://ca.contoso.com/certsrv --template WebServer --accept\n",
    .needs = PC_COMMAND_NEEDS_TOKEN,
    .positional = { .name = "REQUEST", .what = "the request", .offset = FIELD(order.request), .min = 1, .max = 1 },
    .options = options_of_submit,
    .options_size = sizeof(submit_options),
    .run = run,
};
