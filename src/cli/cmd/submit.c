/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/submit.h>

#include <string.h>

#include "cli/options/ca_options.h"
#include "cli/cmd/cmd.h"
#include "cli/cli.h"
#include "cli/options/shared_options.h"
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
      .kind = PC_OPTION_TEMPLATE,
      .offset = FIELD(order.template_name),
      .arg = "NAME",
      .help = "certificate template: its name, not its display name",
      .details = "The certificate template: its name, not its display name. A stand-alone CA has no templates." },
    { .name = "attribute",
      .kind = PC_OPTION_PAIRS,
      .offset = FIELD(attributes),
      .arg = "NAME:VALUE",
      .help = "request attribute",
      .details = "A request attribute, as in _certreq -attrib_. A CA that honours *SAN:dns=...* here lets\n"
                 "anyone request any name." },
    { .name = "out",
      .kind = PC_OPTION_OUTPUT,
      .offset = FIELD(order.out),
      .arg = "FILE",
      .help = "file for the certificate and its chain (default: the request's name with .cer)",
      .details = "The file for the certificate and its chain, PEM. Default: the name of the request with the\n"
                 "extension .cer." },
    { .name = "accept",
      .kind = PC_OPTION_FLAG,
      .offset = FIELD(order.accept),
      .help = "bind an issued certificate to its key",
      .details = "Bind an issued certificate and its chain to the key on the token in the same run." },
    { .name = "again",
      .kind = PC_OPTION_FLAG,
      .offset = FIELD(order.again),
      .help = "submit even if a request for this key is pending",
      .details = "Submit even if a request for this key is pending. Its record is replaced." },
    { .kind = PC_OPTION_GROUP, .group = pc_options_force, .offset = FIELD(order.force) },
    { .name = "Reaching the CA:", .kind = PC_OPTION_GROUP, .group = pc_options_ca, .offset = FIELD(ca) },
    PC_OPTIONS_END,
};

static pc_status run(pc_cli *cli, const void *options)
{
    const submit_options *given = options;
    PC_AUTO(pc_submit_result) pc_submit_result *result = NULL;
    pc_ca_access ca;
    pc_submit_order order = given->order;

    PC_TRY(pc_ca_options_take(cli, &given->ca, &ca));
    order.ca = &ca;
    order.request_attributes = given->attributes.items;
    order.request_attribute_count = given->attributes.count;
    pc_status status = pc_submit_run(&order, &cli->access, &result, &cli->err);

    return pc_cli_submitted(cli, status, result, order.out);
}

const pc_command pc_cmd_submit = {
    .verb = "submit",
    .summary = "submit a request to the CA, and fetch the certificate if it is issued at once",
    .details = "REQUEST is PKCS#10, or the PKCS#7 of a renewal, PEM or DER; its key must be on the token. A\n"
               "pending request is recorded on the token, so that `p11cert retrieve` needs no number and works\n"
               "from any machine.\n",
    .examples = "p11cert submit server.req --ca https://ca.contoso.com/certsrv --template WebServer --accept\n",
    .requires = "ca",
    .needs = PC_COMMAND_NEEDS_TOKEN,
    .positional = { .name = "REQUEST",
                    .kind = PC_OPTION_FILE,
                    .what = "the request",
                    .offset = FIELD(order.request),
                    .min = 1,
                    .max = 1 },
    .options = options_of_submit,
    .options_size = sizeof(submit_options),
    .reports = true,
    .run = run,
};
