/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/check.h>

#include "cli/options/check_waivers.h"
#include "cli/cli.h"
#include "cli/print/output.h"
#include "cli/report/files.h"
#include "cli/report/json.h"
#include "cli/report/text.h"
#include "cli/print/rule_listing.h"

PC_AUTO_DEFINE(pc_report, pc_report, pc_report_free);
PC_AUTO_DEFINE(pc_rule_listing, pc_rule_listing, pc_rule_listing_free);

/* What the command line says beside files and waivers. */
typedef struct {
    char *policy;
    char *key;
    char *fqdn;
    char *password_source;
    char *junit;
    char *html;
    int no_token;
    int probe;
    int force;
    int list_rules;
} check_flags;

static pc_status list_rules(pc_cli *cli, const char *policy)
{
    PC_AUTO(pc_rule_listing) pc_rule_listing *listing = NULL;

    PC_TRY(pc_policy_list(policy, &listing, &cli->err));
    if (cli->json) {
        return pc_print_json(cli, pc_rule_listing_to_json(listing));
    }
    pc_rule_listing_print(stdout, listing);
    return PC_OK;
}

static pc_status check_flags_agree(pc_cli *cli, const check_flags *flags, const pc_words *words,
                                   const pc_given_waivers *waivers)
{
    bool judges = words->count || waivers->count || flags->key || flags->junit || flags->html || flags->probe;

    if (flags->list_rules && judges) {
        return pc_fail(&cli->err, PC_E_USAGE, "--list-rules judges nothing: it goes with --policy and --json only");
    }
    if (flags->no_token && (flags->key || flags->probe)) {
        return pc_fail(&cli->err, PC_E_USAGE, "%s, and --no-token forbids to look",
                       flags->key ? "--key is on a token" : "--probe tries keys on a token");
    }
    if (flags->force && !flags->junit && !flags->html) {
        return pc_fail(&cli->err, PC_E_USAGE, "--force is for the files of --junit and --html, and neither is given");
    }
    return PC_OK;
}

/* The reports on disk come first: what is printed then is true of them too. */
static pc_status judge(pc_cli *cli, const pc_check_order *order, const pc_token_access *access, pc_report_files *files,
                       int *ret_exit)
{
    PC_AUTO(pc_report) pc_report *report = NULL;
    bool taken = pc_report_files_take_stdout(files);

    PC_TRY(pc_check_run(order, access, &report, &cli->err));
    PC_TRY(pc_report_files_write(files, report, &cli->err));
    *ret_exit = pc_report_failed(report) ? 1 : 0;
    if (cli->json) {
        return pc_print_json(cli, pc_report_to_json(report));
    }
    pc_report_print_text(taken ? stderr : stdout, cli->colour && !taken, report);
    return PC_OK;
}

static pc_status open_and_judge(pc_cli *cli, const check_flags *flags, const pc_words *words,
                                const pc_given_waivers *waivers, int *ret_exit)
{
    const pc_check_order order = {
        .files = words->words,
        .file_count = words->count,
        .key = flags->key,
        .fqdn = flags->fqdn,
        .policy = { .policy = flags->policy, .waivers = waivers->items, .waiver_count = waivers->count },
        .password_source = flags->password_source,
        .prompt = cli->access.prompt,
        .prompt_context = cli->access.prompt_context,
        .probe = flags->probe != 0,
    };
    PC_AUTO_REPORT_FILES pc_report_files files = {
        .paths = { [PC_REPORT_JUNIT] = flags->junit, [PC_REPORT_HTML] = flags->html }
    };
    bool named = flags->key || flags->probe || cli->access.token || cli->access.module || cli->access.pin_source;

    if (cli->json && pc_report_files_take_stdout(&files)) {
        return pc_fail(&cli->err, PC_E_USAGE, "--json and a report to - both want standard output");
    }
    PC_TRY(pc_report_files_open(&files, flags->force != 0, &cli->err));
    pc_cli_token_from_key(cli, flags->key);
    return judge(cli, &order, named && !flags->no_token ? &cli->access : NULL, &files, ret_exit);
}

static pc_status run(pc_cli *cli, int argc, const char **argv, int *ret_exit)
{
    check_flags flags = { .policy = NULL };
    PC_AUTO_WAIVERS pc_given_waivers waivers = { .count = 0 };
    struct poptOption waiver_options[PC_WAIVER_OPTIONS];
    struct poptOption options[] = {
        { "policy", '\0', POPT_ARG_STRING, &flags.policy, 0,
          "name of a built-in profile (default scom; of --probe alone, probe), or file of one's own", "NAME|FILE" },
        { "list-rules", '\0', POPT_ARG_NONE, &flags.list_rules, 0,
          "print the rules of all profiles, or of --policy; judge nothing", NULL },
        { "key", '\0', POPT_ARG_STRING, &flags.key, 0, "the key to judge; else that of the certificate or request",
          "LABEL|URI" },
        { "fqdn", '\0', POPT_ARG_STRING, &flags.fqdn, 0, "the server's name in DNS", "NAME" },
        { "no-token", '\0', POPT_ARG_NONE, &flags.no_token, 0, "look at the files only", NULL },
        { "probe", '\0', POPT_ARG_NONE, &flags.probe, 0, "try on throw-away keys what the token says it forbids",
          NULL },
        { "password-source", '\0', POPT_ARG_STRING, &flags.password_source, 0,
          "where the password of a PFX comes from: prompt, file:PATH, fd:N, env:NAME", "SOURCE" },
        { "junit", '\0', POPT_ARG_STRING, &flags.junit, 0, "write the report as JUnit XML too, for a build server",
          "FILE" },
        { "html", '\0', POPT_ARG_STRING, &flags.html, 0, "write the report as a page too, to print and file", "FILE" },
        { "force", '\0', POPT_ARG_NONE, &flags.force, 0, "replace those files if they exist", NULL },
        { NULL, '\0', POPT_ARG_INCLUDE_TABLE, waiver_options, 0, "Waivers:", NULL },
        POPT_TABLEEND
    };
    PC_AUTO_WORDS pc_words words = { .context = NULL };

    pc_waiver_options(&waivers, waiver_options);
    PC_TRY(pc_cli_parse(cli, &pc_cmd_check, argc, argv, options, 64, &words));
    if (cli->help) {
        return PC_OK;
    }
    PC_TRY(pc_given_waivers_check(&waivers, &cli->err));
    PC_TRY(check_flags_agree(cli, &flags, &words, &waivers));
    return flags.list_rules ? list_rules(cli, flags.policy) : open_and_judge(cli, &flags, &words, &waivers, ret_exit);
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
    .needs = PC_NEEDS_TOKEN,
    .run = run,
};
