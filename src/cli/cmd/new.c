/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `p11cert new --dry-run --json`:
 *
 *   dry_run    true
 *   key        null if --key named one; else label, exportable, because, mechanism ("CKM_…"), and private and public,
 *              each an object of attribute ("CKA_…") and value in words ("true", "CKK_RSA", hex of bytes)
 *   request    subject; signature ("sha256, RSASSA-PSS"); attributes and extensions as in `show --json`, the key
 *              identifier without hex
 *   conflict   between the file's wish and the key, or null
 *   findings   of the file
 */
#include <p11cert/new.h>

#include <string.h>

#include "cli/cmd/cmd.h"
#include "cli/cli.h"
#include "cli/print/made.h"
#include "cli/options/new_options.h"
#include "cli/options/shared_options.h"
#include "cli/print/output.h"
#include "cli/print/shown.h"

PC_AUTO_DEFINE(pc_dry_run, pc_dry_run, pc_dry_run_free);
PC_AUTO_DEFINE(pc_new_plan, pc_new_plan, pc_new_plan_free);
PC_AUTO_DEFINE(pc_new_result, pc_new_result, pc_new_result_free);

static void print_rows(const char *title, const pc_template_row *rows, size_t count)
{
    (void)printf("    %s\n", title);
    for (size_t i = 0; i < count; i++) {
        (void)printf("        %-24s ", rows[i].attribute);
        pc_print_safe(stdout, rows[i].value);
        (void)fputc('\n', stdout);
    }
}

static void print_dry_run(const pc_new_plan *plan, const pc_dry_run *dry_run)
{
    if (dry_run->mechanism) {
        (void)printf("key, %s (because: ", plan->exportable ? "EXPORTABLE" : "not exportable");
        pc_print_safe(stdout, plan->because);
        (void)printf(")\n    mechanism %s\n", dry_run->mechanism);
        print_rows("private key", dry_run->private_rows, dry_run->private_count);
        print_rows("public key", dry_run->public_rows, dry_run->public_count);
    } else {
        (void)fputs("no key is created: \"", stdout);
        pc_print_safe(stdout, plan->order->key);
        (void)fputs("\" is used as it is\n", stdout);
    }
    (void)fputs(dry_run->request.text, stdout);
    (void)fputs("dry run: no token was opened, no key created, no file written\n", stdout);
}

static json_t *rows_to_json(const pc_template_row *rows, size_t count)
{
    json_t *object = json_object();

    for (size_t i = 0; i < count; i++) {
        (void)json_object_set_new(object, rows[i].attribute, pc_json_text(rows[i].value));
    }
    return object;
}

static json_t *dry_run_to_json(const pc_new_plan *plan, const pc_dry_run *dry_run)
{
    const pc_shown *request = &dry_run->request;
    json_t *key = !dry_run->mechanism
                      ? json_null()
                      : json_pack("{s:o, s:b, s:o, s:o, s:o, s:o}", "label", pc_json_text(plan->label), "exportable",
                                  plan->exportable, "because", pc_json_text(plan->because), "mechanism",
                                  pc_json_text(dry_run->mechanism), "private",
                                  rows_to_json(dry_run->private_rows, dry_run->private_count), "public",
                                  rows_to_json(dry_run->public_rows, dry_run->public_count));

    return json_pack("{s:b, s:o, s:{s:o, s:o, s:o, s:o}, s:o, s:o}", "dry_run", 1, "key", key, "request", "subject",
                     pc_json_text(request->subject.subject), "signature", pc_json_text(dry_run->signature),
                     "attributes",
                     pc_json_shown_parts(request->request_attributes, request->request_attribute_count, false),
                     "extensions", pc_json_shown_parts(request->extensions, request->extension_count, true), "conflict",
                     pc_json_text(plan->conflict), "findings", pc_made_findings(plan));
}

static pc_status show_dry_run(pc_cli *cli, const pc_new_plan *plan)
{
    PC_AUTO(pc_dry_run) pc_dry_run *dry_run = NULL;

    PC_TRY(pc_new_dry_run(plan, &dry_run, &cli->err));
    if (cli->json) {
        return pc_print_json(cli, dry_run_to_json(plan, dry_run));
    }
    print_dry_run(plan, dry_run);
    return PC_OK;
}

static pc_status prepare_and_run(pc_cli *cli, const pc_new_order *order, bool dry)
{
    PC_AUTO(pc_new_plan) pc_new_plan *plan = NULL;
    PC_AUTO(pc_new_result) pc_new_result *result = NULL;

    pc_status status = pc_new_prepare(order, &plan, &cli->err);

    if (plan && !cli->json) {
        pc_made_print_plan(plan);
    }
    if (status != PC_OK) {
        cli->findings = plan && plan->inf ? pc_json_findings(&plan->inf->findings) : NULL;
        return status;
    }
    if (dry) {
        return show_dry_run(cli, plan);
    }
    PC_TRY(pc_new_run(plan, &cli->access, &result, &cli->err));
    if (cli->json) {
        return pc_print_json(cli, pc_made_to_json(plan, result));
    }
    /* If the request itself goes to standard output, the messages about it go to standard error. */
    pc_made_print(strcmp(result->out, "-") == 0 ? stderr : stdout, plan, result);
    return PC_OK;
}

typedef struct {
    const char *inf;
    const char *key;
    const char *out;
    bool force;
    bool dry_run;
    const char *template_name;
    pc_new_given given;
} new_options;

#define FIELD(field) offsetof(new_options, field)

static const pc_option options_of_new[] = {
    { .name = "out",
      .letter = 'o',
      .kind = PC_OPTION_OUTPUT,
      .offset = FIELD(out),
      .arg = "FILE",
      .required = true,
      .unless = "dry-run",
      .help = "write the request to this file; - is standard output",
      .details = "The file for the request, PEM, mode 0644 less the umask. *-* is standard output; the messages\n"
                 "that are otherwise printed there then go to standard error." },
    { .kind = PC_OPTION_GROUP, .group = pc_options_new_key, .offset = FIELD(given) },
    { .name = "key",
      .kind = PC_OPTION_KEY,
      .offset = FIELD(key),
      .arg = "LABEL|URI",
      .excludes = { "label", "id", "key-type", "tolerate", "exportable", "non-exportable" },
      .help = "use this existing key on the token instead of creating one",
      .details =
          "Use this existing key on the token instead of creating one. The token is opened read-only. If the INF\n"
          "file requests another type of key, or an exportable one, that is reported as a conflict; the\n"
          "key is used anyway." },
    { .kind = PC_OPTION_GROUP, .group = pc_options_new_request, .offset = FIELD(given) },
    { .name = "template",
      .kind = PC_OPTION_TEMPLATE,
      .offset = FIELD(template_name),
      .arg = "NAME",
      .help = "certificate template, as an extension of the request",
      .details = "The name of a certificate template, as the extension that AD CS reads (1.3.6.1.4.1.311.20.2).\n"
                 "*p11cert-submit*(1) *--template* sends it with the request instead." },
    { .name = "dry-run",
      .asks = true,
      .kind = PC_OPTION_FLAG,
      .offset = FIELD(dry_run),
      .help = "show the key template and the request; use no token, write no file",
      .details = "Show the key template, attribute by attribute, and the request as it would be, with a\n"
                 "placeholder for the key. No module is loaded, no key is created and no file is written;\n"
                 "*--out* is not required." },
    { .kind = PC_OPTION_GROUP, .group = pc_options_new_windows, .offset = FIELD(given) },
    { .kind = PC_OPTION_GROUP, .group = pc_options_force, .offset = FIELD(force) },
    PC_OPTIONS_END,
};

static pc_status run(pc_cli *cli, const void *options)
{
    const new_options *given = options;
    pc_new_order order;

    PC_TRY(pc_new_options_take(cli, &given->given, &order));
    order.inf = given->inf;
    order.key = given->key;
    order.out = given->out;
    order.template_name = given->template_name;
    order.force = given->force;
    return prepare_and_run(cli, &order, given->dry_run);
}

const pc_command pc_cmd_new = {
    .verb = "new",
    .summary = "create a key on the token and a certificate request, from an INF file or options",
    .details = "The file decides whether the key is exportable; the options override it. The entry that certreq\n"
               "reads is `Exportable`; anything ambiguous means not exportable, and the conflict is reported before\n"
               "a key exists.\n\n"
               "Without a file, the request is for a TLS server and client: digitalSignature, for RSA also\n"
               "keyEncipherment, and both extended key usages.\n\n"
               "If the command is interrupted, run it again: it uses the key that it created.\n\n"
               "--windows-attributes is for CAs whose policy module requires what certreq sends. The request then\n"
               "claims OS version 10.0.20348.2 and client id 9 (certreq), which are not true here; the subject's CN\n"
               "(or first DNS name) as the machine, your user name, and p11cert as the process; and the provider\n"
               "that the file names, if it is the name of exactly one known provider and KeySpec is given (or\n"
               "ProviderType = 0): that provider does not hold the key.\n",
    .examples = "p11cert new server.inf --out server.req\n"
                "p11cert new --subject CN=server.contoso.com --dns server.contoso.com --out server.req\n"
                "p11cert new server.inf --dry-run\n"
                "p11cert new --key server.contoso.com --subject CN=server.contoso.com --out again.req\n",
    .needs = PC_COMMAND_NEEDS_TOKEN,
    .positional = { .name = "FILE.inf",
                    .kind = PC_OPTION_FILE,
                    .what = "the INF file",
                    .offset = FIELD(inf),
                    .max = 1 },
    .options = options_of_new,
    .options_size = sizeof(new_options),
    .reports = true,
    .run = run,
};
