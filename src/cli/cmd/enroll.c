/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/auto_enroll.h>
#include <p11cert/enroll.h>

#include "cli/options/ca_options.h"
#include "cli/options/shared_options.h"
#include "cli/cmd/cmd.h"
#include "cli/cli.h"
#include "cli/print/auto_enrolled.h"
#include "cli/print/issued.h"
#include "cli/print/kit_place.h"
#include "cli/print/made.h"
#include "cli/options/new_options.h"
#include "cli/print/output.h"
#include "cli/report/json.h"
#include "cli/report/text.h"
#include "cli/print/submitted.h"
#include "cli/print/unfinished.h"

#define EXIT_NOT_WELL 1

PC_AUTO_DEFINE(pc_enroll_result, pc_enroll_result, pc_enroll_result_free);

/* --- progress --------------------------------------------------------------------------- */

static void print_step(void *context, const char *words)
{
    (void)context;
    (void)fprintf(stderr, "p11cert: %s\n", words);
}

static void print_plan(void *context, const pc_new_plan *plan)
{
    (void)context;
    pc_made_print_plan(plan);
}

/* Ctrl-C ends a wait cleanly. Before there is one, it ends the program, which can be run again. */
static void wait_politely(void *context, const pc_pending *record, unsigned next_sec)
{
    pc_cli_end_waits_by_signal();
    pc_cli_report_waiting(context, record, next_sec);
}

/* --- as text --------------------------------------------------------------------------------- */

static void print_already(const pc_enroll_result *result)
{
    (void)printf("already enrolled: the key \"%s\" on token \"%s\" has a certificate\n"
                 "    serial %s, valid until %.10s\n",
                 result->key_label, result->token, result->serial, result->not_after);
}

/* Also for a run that failed: the key, the request and the CA's answer remain, whatever happened afterwards. */
static void print_result(const pc_cli *cli, const pc_enroll_result *result)
{
    if (result->made) {
        pc_made_print(stdout, result->plan, result->made);
    }
    if (result->submitted) {
        pc_submitted_print(cli, stdout, result->submitted);
    }
    if (result->issued) {
        pc_issued_print(result->issued, false);
        pc_print_unfinished(stderr, result->issued->unfinished);
    }
    if (result->accepted) {
        pc_accepted_print(stdout, result->accepted);
    }
    if (result->state == PC_ENROLL_ALREADY) {
        print_already(result);
    }
    if (result->report) {
        pc_report_print_text(stdout, cli->colour, result->report);
    }
    if (result->kit) {
        (void)fputs("kit for the SCOM administrator in ", stdout);
        pc_print_kit_place(stdout, result->kit);
    }
    if (result->state == PC_ENROLL_PENDING) {
        (void)fputs("still pending: run the same command again after approval\n", stdout);
    }
}

/* --- as JSON --------------------------------------------------------------------------------- */

static json_t *already_to_json(const pc_enroll_result *result)
{
    return result->serial ? json_pack("{s:o, s:o}", "serial", pc_json_text(result->serial), "not_after",
                                      pc_json_text(result->not_after))
                          : json_null();
}

static json_t *to_json(const pc_enroll_result *result)
{
    const pc_submit_result *submitted = result->submitted;

    return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "state",
                     pc_enroll_state_name(result->state), "token", pc_json_text(result->token), "key",
                     pc_json_text(result->key_label), "request", pc_json_text(result->request), "out",
                     pc_json_text(result->out), "made",
                     result->made ? pc_made_to_json(result->plan, result->made) : json_null(), "submitted",
                     submitted && submitted->count ? pc_submitted_item_to_json(&submitted->items[0]) : json_null(),
                     "issued", result->issued ? pc_issued_to_json(result->issued, false) : json_null(), "accepted",
                     pc_accepted_to_json(result->accepted), "already", already_to_json(result), "findings",
                     pc_made_findings(result->plan), "report",
                     result->report ? pc_report_to_json(result->report) : json_null(), "kit",
                     result->kit ? pc_json_text(result->kit->out) : json_null());
}

static void keep_for_error(pc_cli *cli, const pc_enroll_result *result)
{
    if (result->plan && result->plan->inf && pc_inf_first_error(result->plan->inf)) {
        cli->findings = pc_made_findings(result->plan);
    }
    if (result->submitted) {
        cli->requests = pc_submitted_to_json(result->submitted);
    }
}

/* --- the verb -------------------------------------------------------------------------------- */

static pc_status enroll(pc_cli *cli, const pc_enroll_order *order)
{
    PC_AUTO(pc_enroll_result) pc_enroll_result *result = NULL;
    pc_status status = pc_enroll_run(order, &cli->access, &result, &cli->err);

    if (status == PC_OK && (result->state == PC_ENROLL_PENDING || pc_report_failed(result->report))) {
        cli->exit_code = EXIT_NOT_WELL;
    }
    if (!cli->json) {
        if (result) {
            print_result(cli, result);
        }
        return status;
    }
    if (status != PC_OK) {
        if (result) {
            keep_for_error(cli, result);
        }
        return status;
    }
    return pc_print_json(cli, to_json(result));
}

typedef struct {
    const char *inf;
    bool automatic;
    bool dry_run;
    const char *folder;
    const char *template_name;
    const char *ca_name;
    const char *ces_host;
    int64_t wait_sec;
    const char *request;
    const char *out;
    const char *policy;
    const char *fqdn;
    const char *kit;
    const char *kit_password_source;
    bool force;
    pc_new_given given;
    pc_local_ca_given local_ca;
    pc_ca_given ca;
} enroll_options;

#define FIELD(field) offsetof(enroll_options, field)

static const pc_option options_of_enroll[] = {
    { .name = "auto",
      .kind = PC_OPTION_FLAG,
      .offset = FIELD(automatic),
      .excludes = { "request", "out", "fqdn", "wait", "force", "kit", "issue-with" },
      .help = "enroll and renew for every template of --ca that this login may auto-enroll",
      .details =
          "Ask the enrolment policy service (_.../service.svc/CEP_) at *--ca* for the templates that this login\n"
          "may auto-enroll, and do what is due for each; see AUTO-ENROLMENT." },
    { .name = "dry-run",
      .asks = true,
      .kind = PC_OPTION_FLAG,
      .offset = FIELD(dry_run),
      .needs = { "auto" },
      .help = "with --auto: show what would be done, and change nothing",
      .details = "With *--auto*: show what would be done for which key, and when; change nothing and send no\n"
                 "request." },
    { .name = "folder",
      .kind = PC_OPTION_FOLDER,
      .offset = FIELD(folder),
      .arg = "DIR",
      .needs = { "auto" },
      .help = "with --auto: existing folder for INF files, requests and certificates (default: the current one)",
      .details = "With *--auto*: the existing folder for INF files, requests and certificates. Default: the\n"
                 "current folder." },
    { .name = "template",
      .kind = PC_OPTION_TEMPLATE,
      .offset = FIELD(template_name),
      .arg = "NAME",
      .excludes = { "issue-with" },
      .help = "certificate template; overrides CertificateTemplate in the file",
      .details = "The certificate template: its name, not its display name. Default: *CertificateTemplate* in\n"
                 "the section RequestAttributes of the file. A stand-alone CA has no templates." },
    { .name = "ca-name",
      .kind = PC_OPTION_TEXT,
      .offset = FIELD(ca_name),
      .arg = "NAME",
      .excludes = { "issue-with" },
      .help = "with a policy service: the CN of the CA, if several offer the template",
      .details = "If *--ca* is an enrolment policy service (_.../service.svc/CEP_): the common name of the CA, if\n"
                 "several offer the template." },
    { .name = "ces-host",
      .kind = PC_OPTION_TEXT,
      .offset = FIELD(ces_host),
      .arg = "HOST[:PORT]",
      .excludes = { "issue-with" },
      .help = "with a policy service: the host of the CA's enrolment web service, if it is another one",
      .details = "If *--ca* is an enrolment policy service: the login may also be sent to this host, over TLS, if\n"
                 "the policy service names an enrolment web service there. Without a port, 443 is meant. Default:\n"
                 "only the host, and for a password or ticket also the port, of *--ca*." },
    { .name = "wait",
      .kind = PC_OPTION_DURATION,
      .offset = FIELD(wait_sec),
      .min = 1,
      .max = PC_WAIT_MAX_SEC,
      .arg = "DURATION",
      .excludes = { "issue-with" },
      .help = "wait this long for approval, polling at growing intervals: 30s, 10m, 2h, 1d",
      .details = PC_WAIT_DETAILS },
    { .name = "request",
      .kind = PC_OPTION_NEW_FILE,
      .offset = FIELD(request),
      .arg = "FILE",
      .help = "file for the request (default: the INF's name with .req)",
      .details = "The file for the request, PEM. Default: the name of the INF file with the extension .req.\n"
                 "Required without an INF file, and with one from standard input." },
    { .name = "out",
      .kind = PC_OPTION_NEW_FILE,
      .offset = FIELD(out),
      .arg = "FILE",
      .help = "file for the certificate and its chain (default: the request's name with .cer)",
      .details = "The file for the certificate and its chain, PEM. Default: the name of the request with the\n"
                 "extension .cer." },
    { .name = "policy",
      .kind = PC_OPTION_FILE,
      .offset = FIELD(policy),
      .arg = "NAME|FILE",
      .live = "policies",
      .help = "profile to check the result against",
      .details = "The profile to check the result against; see *p11cert-check*(1).",
      .by_default = "scom" },
    { .name = "fqdn",
      .kind = PC_OPTION_TEXT,
      .offset = FIELD(fqdn),
      .arg = "NAME",
      .help = "the server's DNS name, for the check (default: the CN)",
      .details = "The server's DNS name, for the check. Default: the first CN of the subject." },
    { .name = "kit",
      .kind = PC_OPTION_FOLDER,
      .offset = FIELD(kit),
      .arg = "DIR",
      .help = "folder to create for the SCOM administrator when the certificate is bound",
      .details = "When the certificate is bound, create the kit for the SCOM administrator, as *p11cert-kit*(1) does:\n"
                 "in the folder _DIR_, which must not exist before. If the same command is run again, a folder that\n"
                 "contains this kit is left unchanged." },
    { .kind = PC_OPTION_GROUP, .group = pc_options_kit_password, .offset = FIELD(kit_password_source) },
    { .kind = PC_OPTION_GROUP, .group = pc_options_new_key, .offset = FIELD(given) },
    { .kind = PC_OPTION_GROUP, .group = pc_options_new_request, .offset = FIELD(given) },
    { .kind = PC_OPTION_GROUP, .group = pc_options_new_windows, .offset = FIELD(given) },
    { .name = "force",
      .kind = PC_OPTION_FLAG,
      .offset = FIELD(force),
      .help = "replace the output files if they contain something else",
      .details = "Replace the files of *--request* and *--out* if they contain something else." },
    { .name = "Issuing here, instead of at a CA:",
      .kind = PC_OPTION_GROUP,
      .group = pc_options_local_ca,
      .offset = FIELD(local_ca) },
    { .name = "Reaching the CA:",
      .kind = PC_OPTION_GROUP,
      .group = pc_options_ca,
      .offset = FIELD(ca),
      .excludes = { "issue-with" } },
    PC_OPTIONS_END,
};

static bool describes_request(const enroll_options *given)
{
    const pc_new_given *words = &given->given;
    bool has_names = words->ekus.count > 0 || words->tolerate.count > 0;

    for (size_t i = 0; i < PC_COUNT(words->names); i++) {
        has_names = has_names || words->names[i].count > 0;
    }
    return given->inf || has_names || words->subject || words->key_type || words->label || words->id ||
           words->key_usage || words->digest || words->windows;
}

static pc_status enroll_automatically(pc_cli *cli, const enroll_options *given, const pc_ca_access *ca)
{
    const pc_auto_enroll_order order = {
        .ca = ca,
        .ca_name = given->ca_name,
        .template_name = given->template_name,
        .folder = given->folder,
        .policy = given->policy,
        .dry_run = given->dry_run,
    };

    if (describes_request(given)) {
        (void)pc_fail(&cli->err, PC_E_USAGE, "with --auto, the templates say what is requested");
        return pc_hint(&cli->err, PC_E_USAGE,
                       "for more, put an INF file with the template's name into the folder of --folder");
    }
    return pc_auto_enroll(cli, &order);
}

static pc_status run(pc_cli *cli, const void *options)
{
    const enroll_options *given = options;
    pc_new_order request;
    pc_issue_order issue;
    pc_token_access issuers;
    pc_ca_access ca;

    PC_TRY(pc_ca_options_take(cli, &given->ca, &ca));
    pc_local_ca_take(cli, &given->local_ca, &issue, &issuers);
    ca.url = issue.ca ? NULL : ca.url; /* that of the environment or of the site */
    ca.ces_host = given->ces_host;
    if (given->automatic) {
        return enroll_automatically(cli, given, &ca);
    }
    PC_TRY(pc_new_options_take(cli, &given->given, &request));
    request.inf = given->inf;
    request.out = given->request;
    request.force = given->force;
    const pc_enroll_order order = {
        .request = &request,
        .ca = &ca,
        .ca_name = given->ca_name,
        .template_name = given->template_name,
        .out = given->out,
        .wait_sec = (unsigned)given->wait_sec,
        .fqdn = given->fqdn,
        .policy = { .policy = given->policy },
        .kit = given->kit,
        .kit_password_source = given->kit_password_source,
        .issue_with = issue.ca ? &issue : NULL,
        .issue_token = issuers.token ? &issuers : NULL,
        .planned = cli->json ? NULL : print_plan,
        .step = cli->json ? NULL : print_step,
        .waiting = wait_politely,
    };
    return enroll(cli, &order);
}

const pc_command pc_cmd_enroll = {
    .verb = "enroll",
    .summary = "key, request, submission, binding and check in one command that can be resumed",
    .details = "Does what new, submit, retrieve --accept and check do, one after the other. If it is interrupted,\n"
               "run it again: it resumes from what is on the token. With a policy service (…/service.svc/CEP), the\n"
               "template is read first, and decides what no option or file does. With --auto, this is done for every\n"
               "template that this login may auto-enroll: a certificate is requested if there is no valid one, and\n"
               "renewed if that is due. With --issue-with, a CA key on a token issues the certificate.\n",
    .exits = "Exit code 1: a request is still pending, or a rule failed; the output says which. With --auto, the\n"
             "exit code is that of the worst failure.\n",
    .examples = "p11cert enroll server.inf --ca https://ca.contoso.com/certsrv\n"
                "p11cert enroll server.inf --ca https://ca.contoso.com/certsrv --template WebServer --wait 2h\n"
                "p11cert enroll --template WebServer --subject CN=www.contoso.com --request www.req \\\n"
                "    --ca https://ca.contoso.com/ADPolicyProvider_CEP_Kerberos/service.svc/CEP\n"
                "p11cert enroll server.inf --ca https://ca.contoso.com/certsrv --kit kit\n"
                "p11cert enroll server.inf --issue-with \"Issuing CA\" --kit kit\n"
                "p11cert enroll --auto --ca https://ca.contoso.com/ADPolicyProvider_CEP_Kerberos/service.svc/CEP\n",
    .requires = "ca",
    .requires_unless = "issue-with",
    .needs = PC_COMMAND_NEEDS_TOKEN,
    .positional = { .name = "FILE.inf",
                    .kind = PC_OPTION_FILE,
                    .what = "the INF file",
                    .offset = FIELD(inf),
                    .max = 1 },
    .options = options_of_enroll,
    .options_size = sizeof(enroll_options),
    .reports = true,
    .run = run,
};
