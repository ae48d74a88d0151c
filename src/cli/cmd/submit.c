/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/submit.h>

#include <string.h>

#include "cli/options/ca_options.h"
#include "cli/cli.h"
#include "cli/print/submitted.h"

PC_AUTO_DEFINE(pc_submit_result, pc_submit_result, pc_submit_result_free);

static size_t count_texts(char **texts)
{
    size_t count = 0;

    while (texts && texts[count]) {
        count++;
    }
    return count;
}

/* "Name:Value", as certreq -attrib has it. */
static pc_status check_attributes(pc_cli *cli, char **attributes)
{
    for (size_t i = 0; attributes && attributes[i]; i++) {
        const char *colon = strchr(attributes[i], ':');

        if (!colon || colon == attributes[i] || strpbrk(attributes[i], "\r\n")) {
            return pc_fail(&cli->err, PC_E_USAGE,
                           "--attribute wants NAME:VALUE on one line, such as CertificateTemplate:WebServer");
        }
    }
    return PC_OK;
}

static pc_status run(pc_cli *cli, int argc, const char **argv, int *ret_exit)
{
    char *template_name = NULL;
    char **attributes = NULL;
    char *out = NULL;
    int accept = 0;
    int again = 0;
    int force = 0;
    pc_ca_given given = { .url = NULL };
    struct poptOption options[] = {
        { "template", '\0', POPT_ARG_STRING, &template_name, 0, "certificate template: its name, not what people see",
          "NAME" },
        { "attribute", '\0', POPT_ARG_ARGV, &attributes, 0, "request attribute (may be repeated)", "NAME:VALUE" },
        { "out", '\0', POPT_ARG_STRING, &out, 0,
          "file for the certificate and its chain (the request's name with .cer)", "FILE" },
        { "accept", '\0', POPT_ARG_NONE, &accept, 0, "bind an issued certificate to its key", NULL },
        { "again", '\0', POPT_ARG_NONE, &again, 0, "submit although a request of this key is under way", NULL },
        { "force", '\0', POPT_ARG_NONE, &force, 0, "replace the certificate's file", NULL },
        PC_CA_OPTIONS(given),
        POPT_TABLEEND
    };
    PC_AUTO_WORDS pc_words words = { .context = NULL };
    PC_AUTO(pc_submit_result) pc_submit_result *result = NULL;
    pc_ca_access ca;

    (void)ret_exit;
    PC_TRY(pc_cli_parse(cli, &pc_cmd_submit, argc, argv, options, 1, &words));
    if (cli->help) {
        return PC_OK;
    }
    if (words.count != 1) {
        return pc_fail(&cli->err, PC_E_USAGE, "name the request: p11cert submit FILE.req --ca URL");
    }
    PC_TRY(check_attributes(cli, attributes));
    if (cli->json && out && strcmp(out, "-") == 0) {
        return pc_fail(&cli->err, PC_E_USAGE, "--json and --out - both want standard output");
    }
    PC_TRY(pc_ca_options_take(cli, &given, true, &ca));
    const pc_submit_order order = {
        .request = words.words[0],
        .ca = &ca,
        .template_name = template_name,
        .attributes = (const char *const *)attributes,
        .attribute_count = count_texts(attributes),
        .out = out,
        .accept = accept != 0,
        .again = again != 0,
        .force = force != 0,
    };
    pc_status status = pc_submit_run(&order, &cli->access, &result, &cli->err);

    return pc_cli_submitted(cli, status, result, out);
}

const pc_command pc_cmd_submit = {
    .verb = "submit",
    .summary = "send a request to the CA, and take the certificate if it is issued at once",
    .arguments = "REQUEST",
    .details = "REQUEST is PKCS #10, or PKCS #7 of a renewal, PEM or DER; its key has to be on the token. What is "
               "pending is\n"
               "noted on the token, so that `p11cert retrieve` needs no number and works from another machine.\n\n"
               "    p11cert submit server.req --ca https://ca.contoso.com/certsrv --template WebServer --accept\n",
    .needs = PC_NEEDS_TOKEN,
    .run = run,
};
