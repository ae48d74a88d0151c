/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/templates.h>

#include "cli/cmd/cmd.h"
#include "cli/cli.h"
#include "cli/options/ca_options.h"
#include "cli/options/shared_options.h"
#include "cli/print/output.h"
#include "cli/print/templates.h"

PC_AUTO_DEFINE(pc_templates_result, pc_templates_result, pc_templates_result_free);

typedef struct {
    pc_templates_order order;
    pc_ca_given ca;
} templates_options;

#define FIELD(field) offsetof(templates_options, field)

/* --- the verb ---------------------------------------------------------------------------------------------------- */

static const pc_option options_of_templates[] = {
    { .name = "template",
      .kind = PC_OPTION_TEMPLATE,
      .offset = FIELD(order.template_name),
      .arg = "NAME",
      .help = "only this template: its name or display name",
      .details = "Only this template: its name, or its display name. Exit code 4 if it is not offered to this login,\n"
                 "1 if it is and a key on a token cannot satisfy it." },
    { .name = "ca-name",
      .kind = PC_OPTION_TEXT,
      .offset = FIELD(order.ca_name),
      .arg = "NAME",
      .help = "only the templates of the CA with this CN",
      .details = "Only the templates that the CA with this common name offers." },
    { .name = "inf",
      .kind = PC_OPTION_NEW_FILE,
      .offset = FIELD(order.inf),
      .arg = "FILE",
      .needs = { "template" },
      .help = "write an INF file that fits the template",
      .details = "Write an INF file that fits the template, for *p11cert-new*(1), *p11cert-enroll*(1) and _certreq_.\n"
                 "What the template decides is filled in; replace the subject, which is an example." },
    { .kind = PC_OPTION_GROUP, .group = pc_options_force, .offset = FIELD(order.force) },
    { .name = "Reaching the CA:", .kind = PC_OPTION_GROUP, .group = pc_options_ca, .offset = FIELD(ca) },
    PC_OPTIONS_END,
};

/* For a script that asks about a template before it makes a key. */
static void set_exit(pc_cli *cli, const pc_templates_order *order, const pc_templates_result *result)
{
    for (size_t i = 0; order->template_name && i < result->count; i++) {
        if (result->items[i].verdict == PC_TEMPLATE_REFUSED) {
            cli->exit_code = 1;
        }
    }
}

static pc_status run(pc_cli *cli, const void *options)
{
    const templates_options *given = options;
    PC_AUTO(pc_templates_result) pc_templates_result *result = NULL;
    pc_ca_access ca;
    pc_templates_order order = given->order;

    PC_TRY(pc_ca_options_take(cli, &given->ca, &ca));
    order.ca = &ca;
    PC_TRY(pc_templates_run(&order, &cli->access, &result, &cli->err));
    set_exit(cli, &order, result);
    if (cli->json) {
        return pc_print_json(cli, pc_templates_to_json(result));
    }
    pc_templates_print(cli, result);
    if (order.inf) {
        (void)fputs(result->changed ? "written: " : "already exists with this content: ", stdout);
        pc_print_safe(stdout, order.inf);
        (void)fputc('\n', stdout);
    }
    return PC_OK;
}

const pc_command pc_cmd_templates = {
    .verb = "templates",
    .summary = "list the templates that a CA offers, and whether a key on a token can satisfy them",
    .details = "The enrolment policy service of Windows (…/service.svc/CEP) describes its templates in full; the web\n"
               "enrolment pages give names only. Nothing is created or requested. The token is opened only for\n"
               "--client-key.\n",
    .exits = "Exit code 1: a key on a token cannot satisfy the template named with --template.\n",
    .examples = "p11cert templates --ca https://ca.contoso.com/ADPolicyProvider_CEP_Kerberos/service.svc/CEP\n"
                "p11cert templates --ca https://ca.contoso.com/ADPolicyProvider_CEP_Kerberos/service.svc/CEP \\\n"
                "    --template WebServer --inf server.inf\n",
    .requires = "ca",
    .needs = PC_COMMAND_NEEDS_TOKEN,
    .options = options_of_templates,
    .options_size = sizeof(templates_options),
    .run = run,
};
