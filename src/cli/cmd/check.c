/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/check.h>

#include "cli/options/check_waivers.h"
#include "cli/cmd/cmd.h"
#include "cli/cli.h"
#include "cli/print/output.h"
#include "cli/report/files.h"
#include "cli/report/json.h"
#include "cli/report/text.h"
#include "cli/print/rule_listing.h"

PC_AUTO_DEFINE(pc_report, pc_report, pc_report_free);
PC_AUTO_DEFINE(pc_rule_listing, pc_rule_listing, pc_rule_listing_free);

typedef struct {
    pc_texts files;
    const char *policy;
    const char *key;
    const char *fqdn;
    const char *password_source;
    const char *junit;
    const char *html;
    bool no_token;
    bool probe;
    bool force;
    bool list_rules;
    pc_series waivers;
} check_options;

#define FIELD(field) offsetof(check_options, field)
#define MOST_FILES   64

static const pc_option options_of_check[] = {
    { .name = "policy",
      .kind = PC_OPTION_FILE,
      .offset = FIELD(policy),
      .arg = "NAME|FILE",
      .help = "name of a built-in profile (default scom; of --probe alone, probe), or file of one's own" },
    { .name = "list-rules",
      .kind = PC_OPTION_FLAG,
      .offset = FIELD(list_rules),
      .excludes = { "waive", "key", "junit", "html", "probe" },
      .help = "print the rules of all profiles, or of --policy; judge nothing" },
    { .name = "key",
      .kind = PC_OPTION_KEY,
      .offset = FIELD(key),
      .arg = "LABEL|URI",
      .help = "the key to judge; else that of the certificate or request" },
    { .name = "fqdn",
      .kind = PC_OPTION_TEXT,
      .offset = FIELD(fqdn),
      .arg = "NAME",
      .help = "the server's name in DNS" },
    { .name = "no-token",
      .kind = PC_OPTION_FLAG,
      .offset = FIELD(no_token),
      .excludes = { "key", "probe" },
      .help = "look at the files only" },
    { .name = "probe",
      .kind = PC_OPTION_FLAG,
      .offset = FIELD(probe),
      .help = "try on throw-away keys what the token says it forbids" },
    { .name = "password-source",
      .kind = PC_OPTION_SOURCE,
      .offset = FIELD(password_source),
      .arg = "SOURCE",
      .help = "where the password of a PFX comes from: prompt, file:PATH, fd:N, env:NAME" },
    { .name = "junit",
      .kind = PC_OPTION_OUTPUT,
      .offset = FIELD(junit),
      .arg = "FILE",
      .help = "write the report as JUnit XML too, for a build server" },
    { .name = "html",
      .kind = PC_OPTION_OUTPUT,
      .offset = FIELD(html),
      .arg = "FILE",
      .help = "write the report as a page too, to print and file" },
    { .name = "force",
      .kind = PC_OPTION_FLAG,
      .offset = FIELD(force),
      .needs = { "junit", "html" },
      .help = "replace those files if they exist" },
    { .name = "Waivers:", .kind = PC_OPTION_GROUP, .group = pc_options_waivers, .offset = FIELD(waivers) },
    PC_OPTIONS_END,
};

static pc_status list_rules(pc_cli *cli, const check_options *given)
{
    PC_AUTO(pc_rule_listing) pc_rule_listing *listing = NULL;

    if (given->files.count) {
        return pc_fail(&cli->err, PC_E_USAGE, "--list-rules judges nothing: it goes with --policy and --json only");
    }
    PC_TRY(pc_policy_list(given->policy, &listing, &cli->err));
    if (cli->json) {
        return pc_print_json(cli, pc_rule_listing_to_json(listing));
    }
    pc_rule_listing_print(stdout, listing);
    return PC_OK;
}

/* The reports on disk come first: what is printed then is true of them too. */
static pc_status judge(pc_cli *cli, const pc_check_order *order, const pc_token_access *access, pc_report_files *files)
{
    PC_AUTO(pc_report) pc_report *report = NULL;
    bool taken = pc_report_files_take_stdout(files);

    PC_TRY(pc_check_run(order, access, &report, &cli->err));
    PC_TRY(pc_report_files_write(files, report, &cli->err));
    cli->exit_code = pc_report_failed(report) ? 1 : 0;
    if (cli->json) {
        return pc_print_json(cli, pc_report_to_json(report));
    }
    pc_report_print_text(taken ? stderr : stdout, cli->colour && !taken, report);
    return PC_OK;
}

static pc_status open_and_judge(pc_cli *cli, const check_options *given, const pc_check_order *order)
{
    PC_AUTO_REPORT_FILES pc_report_files files = {
        .paths = { [PC_REPORT_JUNIT] = given->junit, [PC_REPORT_HTML] = given->html }
    };
    const pc_token_access *access = &cli->access;
    bool named = given->key || given->probe || access->token || access->module || access->pin_source;

    PC_TRY(pc_report_files_open(&files, given->force, &cli->err));
    return judge(cli, order, named && !given->no_token ? access : NULL, &files);
}

static pc_status run(pc_cli *cli, const void *options)
{
    const check_options *given = options;
    pc_given_waivers waivers;

    PC_TRY(pc_waivers_take(cli, &given->waivers, &waivers));
    if (given->list_rules) {
        return list_rules(cli, given);
    }
    const pc_check_order order = {
        .files = given->files.items,
        .file_count = given->files.count,
        .key = given->key,
        .fqdn = given->fqdn,
        .policy = { .policy = given->policy, .waivers = waivers.items, .waiver_count = waivers.count },
        .password_source = given->password_source,
        .prompt = cli->access.prompt,
        .prompt_context = cli->access.prompt_context,
        .probe = given->probe,
    };
    return open_and_judge(cli, given, &order);
}

const pc_command pc_cmd_check = {
    .verb = "check",
    .summary = "judge INF, request, certificate, PFX and key by what SCOM wants",
    .arguments = "[FILE...]",
    .details =
        "Files are recognised by content. The private key is looked for on the token if one is named (--token,\n"
        "--module, --pin-source or their environment variables). What there is no evidence for is \"not checked\",\n"
        "never \"pass\". Exit code 1: a rule failed.\n\n"
        "--reason and --until belong to the --waive before them. A waived rule does not fail the check.\n\n"
        "    p11cert check server.cer ca.cer server.inf --fqdn server.contoso.com\n"
        "    p11cert check server.cer ca.cer --token servers --html report.html --junit report.xml\n"
        "    p11cert check server.pfx --password-source file:pfx.password --fqdn server.contoso.com\n"
        "    p11cert check --key server --token servers --policy hsm --probe\n"
        "    p11cert check --probe --token servers\n"
        "    p11cert check server.cer --token servers --waive EXP-5 --reason \"stays in the HSM\" --until 2027-06-30\n",
    .needs = PC_COMMAND_NEEDS_TOKEN,
    .positional = { .name = "FILE", .what = "a file", .offset = FIELD(files), .max = MOST_FILES },
    .options = options_of_check,
    .options_size = sizeof(check_options),
    .run = run,
};
