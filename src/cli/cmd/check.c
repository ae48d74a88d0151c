/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/check.h>
#include <p11cert/sign.h>

#include <string.h>

#include "base/secret_auto.h"
#include "cli/options/ca_options.h"
#include "cli/options/check_waivers.h"
#include "cli/cmd/cmd.h"
#include "cli/cli.h"
#include "cli/print/output.h"
#include "cli/report/files.h"
#include "cli/report/json.h"
#include "cli/report/text.h"
#include "cli/print/rule_listing.h"

PC_AUTO_DEFINE(pc_check_result, pc_check_result, pc_check_result_free);
PC_AUTO_DEFINE(pc_rule_listing, pc_rule_listing, pc_rule_listing_free);

typedef struct {
    pc_texts files;
    const char *policy;
    const char *key;
    const char *fqdn;
    const char *password_source;
    const char *junit;
    const char *html;
    const char *sign_with;
    bool no_token;
    const char *fail_on;
    bool all;
    bool probe;
    bool force;
    bool list_rules;
    pc_series waivers;
    const char *template_name;
    pc_ca_given ca;
} check_options;

#define FIELD(field) offsetof(check_options, field)
#define MOST_FILES   64

/* In the order of pc_fail_on. */
static const char *const fail_on_names[] = { "fail", "warning", "not-checked", NULL };

static pc_fail_on fail_on_of(const char *name)
{
    pc_fail_on level = PC_FAIL_ON_FAIL;

    for (size_t i = 0; name && fail_on_names[i]; i++) {
        level = strcmp(fail_on_names[i], name) == 0 ? (pc_fail_on)i : level;
    }
    return level;
}

/* --password-source is for a PFX. */
static const pc_option options_of_template_ca[] = {
    { .kind = PC_OPTION_GROUP, .group = pc_options_ca_url },
    { .kind = PC_OPTION_GROUP, .group = pc_options_ca_method },
    { .name = "ca-password-source",
      .kind = PC_OPTION_SOURCE,
      .offset = offsetof(pc_ca_given, password_source),
      .arg = "SOURCE",
      .help = "where to read the password of --user: " PC_SOURCES,
      .details = "Where to read the password of *--user*; see _PIN SOURCES_ in *p11cert*(1).",
      .by_default = "prompt" },
    { .kind = PC_OPTION_GROUP, .group = pc_options_ca_server },
    PC_OPTIONS_END,
};

static const pc_option options_of_check[] = {
    { .name = "policy",
      .kind = PC_OPTION_FILE,
      .offset = FIELD(policy),
      .arg = "NAME|FILE",
      .live = "policies",
      .help = "a built-in profile, or the path of a profile file (default: scom; with only --probe, probe)",
      .details =
          "The profile to check against. *scom* (the default): the text of Microsoft's page of 28 January\n2023. "
          "*scom-current*: the current documentation. *hsm*: attributes of a signing key and its token.\n*ca*: what a "
          "CA checks before it signs.\n"
          "*probe*: only what was tried with *--probe*; the default if only *--probe* is given.\n"
          "*template*: only what the CA's template requires of the key (*--template*).\n"
          "Any other word is the path of a profile file; see *p11cert-policy*(7) for\nthe format." },
    { .name = "list-rules",
      .kind = PC_OPTION_FLAG,
      .offset = FIELD(list_rules),
      .excludes = { "waive", "key", "junit", "html", "probe" },
      .help = "print the rules of all profiles, or of --policy, and check nothing",
      .details = "Print every rule with each built-in profile that includes it: the severity of a failure, and\n"
                 "the wording of the requirement. With *--policy*, only the rules of that profile. Nothing is\n"
                 "checked, and the token is not used." },
    { .name = "key",
      .kind = PC_OPTION_KEY,
      .offset = FIELD(key),
      .arg = "LABEL|URI",
      .help = "the key to check (default: the key of the certificate or request)",
      .details = "The key to check, instead of the key of the certificate or request." },
    { .name = "all",
      .kind = PC_OPTION_FLAG,
      .offset = FIELD(all),
      .excludes = { "key", "no-token", "list-rules" },
      .help = "check every private key on the token, each with its own certificate",
      .details = "Check every private key on the token, each with its own certificate and issuers there. Every key\n"
                 "gets a section of the report; the summary and the exit code cover all of them. Files may then\n"
                 "only be certificates of issuers." },
    { .name = "fail-on",
      .kind = PC_OPTION_CHOICE,
      .offset = FIELD(fail_on),
      .arg = "VERDICT",
      .choices = fail_on_names,
      .by_default = "fail",
      .help = "the least severe verdict that fails the check: fail, warning, not-checked",
      .details = "The least severe verdict that fails the check: *fail*; *warning*, which includes failed rules; or\n"
                 "*not-checked*, which includes both; a rule that cannot be checked there must then be waived (see\n"
                 "*WAIVERS*). A report in which no rule could be checked always fails, and so does that of a key\n"
                 "without a certificate if the policy has rules about one." },
    { .name = "fqdn",
      .kind = PC_OPTION_TEXT,
      .offset = FIELD(fqdn),
      .arg = "NAME",
      .help = "the server's DNS name",
      .details = "The server's DNS name. Without it, rules that need the name are not checked." },
    { .name = "no-token",
      .kind = PC_OPTION_FLAG,
      .offset = FIELD(no_token),
      .excludes = { "key", "probe" },
      .help = "check only the files",
      .details = "Check only the files, even if the environment names a token." },
    { .name = "probe",
      .kind = PC_OPTION_FLAG,
      .offset = FIELD(probe),
      .help = "try what the token says it forbids, on temporary keys",
      .details = "Do not rely only on what the token reports about keys: on temporary session keys, which are\n"
                 "destroyed afterwards, try what the flags forbid. The keys have the type of the key being\n"
                 "checked, and are exportable if it is; without a file and *--key*, only the token is tested,\n"
                 "with RSA-2048 keys. Whether the user can mark a wrapping key as trusted is tested too. The\n"
                 "outcome is checked under every policy: a policy without a rule for it gets the rules of\n"
                 "*probe*. This costs a key generation and about 30 calls. It requires a token, which need not\n"
                 "be named if there is only one." },
    { .name = "template",
      .kind = PC_OPTION_TEXT,
      .offset = FIELD(template_name),
      .arg = "NAME",
      .needs = { "ca" },
      .excludes = { "list-rules" },
      .help = "also compare the key with this template of --ca: its name or display name",
      .details =
          "Ask the enrolment policy service (_.../service.svc/CEP_) at *--ca* for this template, and compare the\n"
          "key with it under every policy: a policy without a rule for it gets the rules of *template*. If the\n"
          "template cannot be read, nothing is checked." },
    { .name = "password-source",
      .kind = PC_OPTION_SOURCE,
      .offset = FIELD(password_source),
      .arg = "SOURCE",
      .help = "where to read the password of a PFX: " PC_SOURCES,
      .details = "Where to read the password of a PFX among the files; see _PIN SOURCES_ in *p11cert*(1).",
      .by_default = "prompt" },
    { .name = "junit",
      .kind = PC_OPTION_OUTPUT,
      .offset = FIELD(junit),
      .arg = "FILE",
      .help = "also write the report as JUnit XML, for a build server",
      .details = "Also write the report to this file as JUnit XML, which build servers read; see *REPORT FILES*.\n"
                 "*-* is standard output; the text then goes to standard error." },
    { .name = "html",
      .kind = PC_OPTION_OUTPUT,
      .offset = FIELD(html),
      .arg = "FILE",
      .help = "also write the report as an HTML page, to print and file",
      .details = "Also write the report to this file as a page to read, print, sign and file; see *REPORT\n"
                 "FILES*. *-* works as for *--junit*." },
    { .name = "sign-with",
      .kind = PC_OPTION_KEY,
      .offset = FIELD(sign_with),
      .arg = "LABEL|URI",
      .excludes = { "no-token" },
      .needs = { "junit", "html" },
      .help = "sign those files with this key on the token: FILE.p7s, detached CMS",
      .details =
          "Sign the files of *--junit* and *--html* with this key on the token, as *p11cert-sign*(1) *--detached*\n"
          "does: each gets a signature with _.p7s_ added to its name." },
    { .name = "force",
      .kind = PC_OPTION_FLAG,
      .offset = FIELD(force),
      .needs = { "junit", "html" },
      .help = "replace those files if they exist",
      .details =
          "Replace the files of *--junit* and *--html* if they exist. Without it, a file that exists is refused,\n"
          "unless it is a report with the same content, which is left unchanged." },
    { .name = "Reaching the CA:",
      .kind = PC_OPTION_GROUP,
      .group = options_of_template_ca,
      .offset = FIELD(ca),
      .needs = { "template" } },
    { .name = "Waivers:", .kind = PC_OPTION_GROUP, .group = pc_options_waivers, .offset = FIELD(waivers) },
    PC_OPTIONS_END,
};

static pc_status list_rules(pc_cli *cli, const check_options *given)
{
    PC_AUTO(pc_rule_listing) pc_rule_listing *listing = NULL;

    if (given->files.count) {
        return pc_fail(&cli->err, PC_E_USAGE,
                       "--list-rules checks nothing: it can only be combined with --policy and --json");
    }
    PC_TRY(pc_policy_list(given->policy, &listing, &cli->err));
    if (cli->json) {
        return pc_print_json(cli, pc_rule_listing_to_json(listing));
    }
    pc_rule_listing_print(stdout, listing);
    return PC_OK;
}

/* Token and PIN for the check and, if the report is to be signed, for a second session afterwards. */
typedef struct {
    pc_token_access access;
    const char *key; /* the key to sign with; NULL: nothing is signed */
    bool force;
    pc_sign_result *signatures; /* set when signed */
} report_signing;

/* Some sources can be read only once. */
static pc_status read_pin_once(pc_cli *cli, report_signing *signing, pc_secret **ret_pin)
{
    const pc_token_access *access = &signing->access;

    if (!signing->key || !access->pin_source) {
        return PC_OK;
    }
    PC_TRY(pc_pin_read(access->pin_source, access, "PIN of the token", ret_pin, &cli->err));
    signing->access.pin = *ret_pin;
    return PC_OK;
}

static pc_status sign_reports(pc_cli *cli, report_signing *signing, const pc_report_files *files)
{
    const char *paths[PC_REPORT_FILE_COUNT];
    pc_sign_order order = { .key = signing->key, .files = paths, .detached = true, .force = signing->force };

    for (size_t i = 0; i < PC_REPORT_FILE_COUNT; i++) {
        if (files->paths[i]) {
            paths[order.file_count++] = files->paths[i];
        }
    }
    pc_status status = pc_sign_run(&order, &signing->access, &signing->signatures, &cli->err);

    return status == PC_OK ? PC_OK : pc_note(&cli->err, status, "the report was written, but not signed");
}

static json_t *signatures_to_json(const pc_sign_result *signatures)
{
    json_t *list = json_array();

    for (size_t i = 0; signatures && i < signatures->file_count; i++) {
        const pc_sign_file *each = &signatures->files[i];

        (void)json_array_append_new(list, json_pack("{s:o, s:o, s:b}", "file", pc_json_text(each->file), "out",
                                                    pc_json_text(each->out), "changed", each->changed));
    }
    return list;
}

static void print_signatures(FILE *out, const pc_sign_result *signatures)
{
    for (size_t i = 0; signatures && i < signatures->file_count; i++) {
        pc_print_path(out, signatures->files[i].changed ? "signed:  " : "already signed: ", signatures->files[i].out);
    }
}

static void print_unchanged(FILE *out, const pc_report_files *files)
{
    for (size_t i = 0; i < PC_REPORT_FILE_COUNT; i++) {
        if (files->there[i].len) {
            (void)fputs("the report in \"", out);
            pc_print_safe(out, files->paths[i]);
            (void)fputs("\" has the same content; it was not changed\n", out);
        }
    }
}

/* The reports on disk come first, so that whatever is printed is true of them too. */
static pc_status judge(pc_cli *cli, const pc_check_order *order, report_signing *signing, bool uses_token,
                       pc_report_files *files)
{
    PC_AUTO(pc_check_result) pc_check_result *result = NULL;
    bool taken = pc_report_files_take_stdout(files);

    PC_TRY(pc_check_run(order, uses_token ? &signing->access : NULL, &result, &cli->err));
    PC_TRY(pc_report_files_write(files, result, &cli->err));
    PC_TRY(signing->key ? sign_reports(cli, signing, files) : PC_OK);
    cli->exit_code = pc_check_failed(result) ? 1 : 0;
    if (cli->json) {
        json_t *object = pc_check_to_json(result);

        (void)json_object_set_new(object, "changed",
                                  json_boolean(files->changed ||
                                               (signing->signatures && signing->signatures->changed)));
        (void)json_object_set_new(object, "signatures", signatures_to_json(signing->signatures));
        return pc_print_json(cli, object);
    }
    pc_check_print_text(taken ? stderr : stdout, cli->colour && !taken, result);
    print_unchanged(taken ? stderr : stdout, files);
    print_signatures(taken ? stderr : stdout, signing->signatures);
    return PC_OK;
}

static pc_status open_and_judge(pc_cli *cli, const check_options *given, const pc_check_order *order)
{
    PC_AUTO_REPORT_FILES pc_report_files files = {
        .paths = { [PC_REPORT_JUNIT] = given->junit, [PC_REPORT_HTML] = given->html }, .arena = cli->arena
    };
    const pc_token_access *access = &cli->access;
    bool named = given->key || given->sign_with || given->probe || given->all || access->token || access->module ||
                 access->pin_source;

    PC_AUTO(pc_secret) pc_secret *pin = NULL;
    report_signing signing = { .access = *access, .key = given->sign_with, .force = given->force };

    if (signing.key && pc_report_files_take_stdout(&files)) {
        return pc_fail(&cli->err, PC_E_USAGE, "a report on standard output cannot be signed: name a file");
    }
    PC_TRY(pc_report_files_open(&files, given->force, &cli->err));
    PC_TRY(read_pin_once(cli, &signing, &pin));
    pc_status status = judge(cli, order, &signing, named && !given->no_token, &files);

    pc_sign_result_free(signing.signatures);
    return status;
}

static pc_status run(pc_cli *cli, const void *options)
{
    const check_options *given = options;
    pc_given_waivers waivers;

    PC_TRY(pc_waivers_take(cli, &given->waivers, &waivers));
    if (given->list_rules) {
        return list_rules(cli, given);
    }
    pc_ca_access ca;

    if (given->template_name) {
        PC_TRY(pc_ca_options_take(cli, &given->ca, &ca));
    }
    const pc_check_order order = {
        .files = given->files.items,
        .file_count = given->files.count,
        .key = given->key,
        .fqdn = given->fqdn,
        .policy = { .policy = given->policy,
                    .waivers = waivers.items,
                    .waiver_count = waivers.count,
                    .fail_on = fail_on_of(given->fail_on) },
        .password_source = given->password_source,
        .prompt = cli->access.prompt,
        .prompt_context = cli->access.prompt_context,
        .probe = given->probe,
        .all = given->all,
        .template_name = given->template_name,
        .ca = given->template_name ? &ca : NULL,
    };
    return open_and_judge(cli, given, &order);
}

static const char *const forms[] = { "[FILE...] [OPTION...]", "--all [ISSUER...] [OPTION...]", "--probe [OPTION...]",
                                     "--list-rules [--policy NAME|FILE] [--json]", NULL };

const pc_command pc_cmd_check = {
    .verb = "check",
    .summary = "check INF file, request, certificate, PFX and key against SCOM's requirements",
    .details =
        "Files are recognised by their content. The private key is looked up on the token if one is named\n"
        "(--token, --module, --pin-source or their environment variables). Without evidence, a rule is\n"
        "\"not checked\", never \"pass\". Every certificate given that is not a CA's is checked; a file that is\n"
        "neither checked nor an issuer fails the check.\n"
        "\n"
        "--reason and --until belong to the --waive before them. A waived rule does not fail the check.\n",
    .exits =
        "Exit code 1: the check failed: a rule has a verdict that --fail-on includes, no rule could be checked, a key\n"
        "has no certificate for the rules about certificates, or a file was not used.\n",
    .examples =
        "p11cert check server.cer ca.cer server.inf --fqdn server.contoso.com\n"
        "p11cert check server.cer ca.cer --token servers --html report.html --junit report.xml\n"
        "p11cert check server.pfx --password-source file:pfx.password --fqdn server.contoso.com\n"
        "p11cert check --key server --token servers --policy hsm --probe\n"
        "p11cert check --all --token servers --policy hsm --fail-on warning\n"
        "p11cert check --key server --token servers --policy template --template WebServer \\\n"
        "    --ca https://ca.contoso.com/ADPolicyProvider_CEP_Kerberos/service.svc/CEP\n"
        "p11cert check --probe --token servers\n"
        "p11cert check server.cer --token servers --waive EXP-5 --reason \"stays in the HSM\" --until 2027-06-30\n",
    .forms = forms,
    .needs = PC_COMMAND_NEEDS_TOKEN,
    .positional = { .name = "FILE",
                    .kind = PC_OPTION_FILE,
                    .what = "a file",
                    .offset = FIELD(files),
                    .max = MOST_FILES },
    .options = options_of_check,
    .options_size = sizeof(check_options),
    .run = run,
};
