/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/check.h>

#include "cli/cli.h"
#include "cli/output.h"

PC_AUTO_DEFINE(pc_report, pc_report, pc_report_free);

static const struct {
    const char *word;
    const char *colour;
} verdicts[] = {
    [PC_VERDICT_PASS] = { "pass", "\033[32m" },
    [PC_VERDICT_FAIL] = { "FAIL", "\033[1;31m" },
    [PC_VERDICT_WARNING] = { "warning", "\033[33m" },
    [PC_VERDICT_NOT_CHECKED] = { "not checked", "\033[2m" },
    [PC_VERDICT_WAIVED] = { "waived", "\033[36m" },
};

static void print_rule(const pc_cli *cli, const pc_rule_result *rule)
{
    const char *colour = cli->colour ? verdicts[rule->verdict].colour : "";

    (void)printf("%s%-11s%s %-11s %s\n", colour, verdicts[rule->verdict].word, *colour ? "\033[0m" : "", rule->id, rule->title);
    pc_print_wrapped(stdout, 12, rule->evidence);
    if (rule->verdict == PC_VERDICT_PASS || rule->verdict == PC_VERDICT_NOT_CHECKED) {
        return;
    }
    (void)printf("        requirement:\n");
    pc_print_wrapped(stdout, 12, rule->requirement);
    if (rule->remedy) {
        (void)printf("        what to do:\n");
        pc_print_wrapped(stdout, 12, rule->remedy);
    }
}

/* What failed comes first, so that it is not lost among what is well. */
static void print_report(const pc_cli *cli, const pc_report *report)
{
    static const pc_verdict order[] = { PC_VERDICT_FAIL, PC_VERDICT_WARNING, PC_VERDICT_WAIVED, PC_VERDICT_PASS,
                                        PC_VERDICT_NOT_CHECKED };

    (void)printf("policy %s\n", report->policy);
    for (size_t i = 0; i < PC_COUNT(order); i++) {
        for (size_t j = 0; j < report->rule_count; j++) {
            if (report->rules[j].verdict == order[i]) {
                print_rule(cli, &report->rules[j]);
            }
        }
    }
    (void)printf("\n%zu failed, %zu warnings, %zu passed, %zu not checked, %zu waived\n",
                 report->verdict_counts[PC_VERDICT_FAIL], report->verdict_counts[PC_VERDICT_WARNING],
                 report->verdict_counts[PC_VERDICT_PASS], report->verdict_counts[PC_VERDICT_NOT_CHECKED],
                 report->verdict_counts[PC_VERDICT_WAIVED]);
}

static json_t *to_json(const pc_report *report)
{
    json_t *rules = json_array();

    for (size_t i = 0; i < report->rule_count; i++) {
        const pc_rule_result *rule = &report->rules[i];

        (void)json_array_append_new(
            rules, json_pack("{s:s, s:o, s:s, s:s, s:o, s:o, s:o}", "id", rule->id, "title", pc_json_text(rule->title),
                             "severity", pc_severity_name(rule->severity), "verdict", pc_verdict_name(rule->verdict),
                             "requirement", pc_json_text(rule->requirement), "evidence", pc_json_text(rule->evidence),
                             "remedy", pc_json_text(rule->remedy)));
    }
    return json_pack("{s:s, s:o}", "policy", report->policy, "rules", rules);
}

static pc_status run(pc_cli *cli, int argc, const char **argv, int *ret_exit)
{
    char *key = NULL, *fqdn = NULL, *policy = NULL;
    int no_token = 0;
    struct poptOption options[] = {
        { "policy", '\0', POPT_ARG_STRING, &policy, 0, "scom: the text of Microsoft's document (default)", "NAME" },
        { "key", '\0', POPT_ARG_STRING, &key, 0, "the key to judge; else that of the certificate or request", "LABEL|URI" },
        { "fqdn", '\0', POPT_ARG_STRING, &fqdn, 0, "the server's name in DNS", "NAME" },
        { "no-token", '\0', POPT_ARG_NONE, &no_token, 0, "look at the files only", NULL },
        POPT_TABLEEND
    };
    PC_AUTO_WORDS pc_words words = { .context = NULL };
    PC_AUTO(pc_report) pc_report *report = NULL;

    PC_TRY(pc_cli_parse(cli, &pc_cmd_check, argc, argv, options, 64, &words));
    if (cli->help) {
        return PC_OK;
    }
    const pc_check_order order = { .files = words.words, .file_count = words.count, .key = key, .fqdn = fqdn,
                                   .policy = { .policy = policy ? policy : "scom" } };
    bool reach_token = !no_token && (key || cli->access.token || cli->access.module || cli->access.pin_source);

    if (no_token && key) {
        return pc_fail(&cli->err, PC_E_USAGE, "--key is on a token, and --no-token forbids to look");
    }
    pc_cli_token_from_key(cli, key);
    PC_TRY(pc_check_run(&order, reach_token ? &cli->access : NULL, &report, &cli->err));
    *ret_exit = pc_report_failed(report) ? 1 : 0;
    if (cli->json) {
        return pc_print_json(cli, to_json(report));
    }
    print_report(cli, report);
    return PC_OK;
}

const pc_command pc_cmd_check = {
    .verb = "check",
    .summary = "judge an INF, request, certificate and key by what SCOM wants",
    .arguments = "[FILE...]",
    .details = "Files are recognised by content. The private key is looked for on the token if one is named (--token,\n"
               "--module, --pin-source or their environment variables). What there is no evidence for is \"not checked\",\n"
               "never \"pass\". Exit code 1: a rule failed.\n\n"
               "    p11cert check server.cer ca.cer server.inf --fqdn server.contoso.com\n",
    .needs = PC_NEEDS_TOKEN,
    .run = run,
};
