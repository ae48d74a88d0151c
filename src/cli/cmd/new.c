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

#include "cli/cli.h"
#include "cli/output.h"
#include "cli/shown.h"

PC_AUTO_DEFINE(pc_dry_run, pc_dry_run, pc_dry_run_free);
PC_AUTO_DEFINE(pc_new_plan, pc_new_plan, pc_new_plan_free);
PC_AUTO_DEFINE(pc_new_result, pc_new_result, pc_new_result_free);

static const struct {
    const char *name;
    const char *sentence;
} origins[] = {
    [PC_NEW_KEY_MADE] = { "made", "made on" },
    [PC_NEW_KEY_RESUMED] = { "resumed", "was there from an earlier run, without a certificate: gone on with it on" },
    [PC_NEW_KEY_NAMED] = { "named", "is on" },
};

enum { NAME_KINDS = 4, NAMES_MOST = 200 };

/* The options that add alternative names, as popt collects them. */
typedef struct {
    char **texts[NAME_KINDS];
} name_flags;

static const pc_alt_name_kind name_kinds[NAME_KINDS] = { PC_ALT_DNS, PC_ALT_IP, PC_ALT_EMAIL, PC_ALT_UPN };

static pc_status gather_names(pc_cli *cli, const name_flags *flags, pc_alt_name_flag *names, size_t *ret_count)
{
    size_t count = 0;

    for (size_t kind = 0; kind < NAME_KINDS; kind++) {
        for (char **each = flags->texts[kind]; each && *each; each++) {
            if (count == NAMES_MOST) {
                return pc_fail(&cli->err, PC_E_USAGE, "more than %d alternative names", NAMES_MOST);
            }
            names[count++] = (pc_alt_name_flag){ .kind = name_kinds[kind], .text = *each };
        }
    }
    *ret_count = count;
    return PC_OK;
}

/* Said before a key exists, on standard error. */
static void tell_plan(const pc_new_plan *plan)
{
    if (plan->inf) {
        pc_print_findings(stderr, plan->inf->file, &plan->inf->findings);
    }
    if (plan->conflict) {
        (void)fputs("conflict:\n", stderr);
        pc_print_wrapped(stderr, 4, plan->conflict);
        (void)fputs("  ways on:\n", stderr);
        pc_print_wrapped(stderr, 4, plan->ways_on);
    }
}

static void print_result(const pc_new_plan *plan, const pc_new_result *result)
{
    /* With the request itself on standard output, what is said of it goes elsewhere. */
    FILE *out = strcmp(result->out, "-") == 0 ? stderr : stdout;

    (void)fputs("key \"", out);
    pc_print_safe(out, result->key.label);
    (void)fprintf(out, "\" (%s, %s) %s token \"", result->key_kind,
                  result->key.flags[PC_KEY_EXTRACTABLE] == PC_FACT_FALSE ? "not exportable" : "EXPORTABLE",
                  origins[result->origin].sentence);
    pc_print_safe(out, result->token);
    (void)fputs("\"\n", out);
    if (result->origin != PC_NEW_KEY_NAMED) {
        (void)fputs("    because: ", out);
        pc_print_safe(out, plan->because);
        (void)fputc('\n', out);
    }
    if (result->proof) {
        (void)fprintf(out, "    proof:   %s\n", result->proof);
    }
    if (*result->key_not_held) {
        (void)fprintf(out, "    the token does not take: %s\n", result->key_not_held);
    }
    if (*result->key_tolerated) {
        (void)fprintf(out, "    the token says: %s; tolerated as asked\n", result->key_tolerated);
    }
    if (result->conflict) {
        (void)fprintf(stderr, "conflict: %s\n", result->conflict);
    }
    (void)fputs("request signed through libp11's engine, verified, and written to ", out);
    pc_print_safe(out, strcmp(result->out, "-") == 0 ? "standard output" : result->out);
    (void)fprintf(out, "\n    public key SHA-256: %s\n", result->spki_sha256);
}

static json_t *findings_of(const pc_new_plan *plan)
{
    static const pc_findings none = { .count = 0 };

    return pc_json_findings(plan->inf ? &plan->inf->findings : &none);
}

static json_t *to_json(const pc_new_plan *plan, const pc_new_result *result)
{
    json_t *key = json_pack("{s:o, s:s, s:s, s:o, s:o, s:o, s:o}", "label", pc_json_text(result->key.label), "kind",
                            result->key_kind, "origin", origins[result->origin].name, "flags",
                            pc_json_key_flags(&result->key), "proof", pc_json_text(result->proof), "not_held",
                            pc_json_text(result->key_not_held), "tolerated", pc_json_text(result->key_tolerated));

    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "token", pc_json_text(result->token), "key", key, "request",
                     pc_json_text(result->out), "spki_sha256", pc_json_text(result->spki_sha256), "because",
                     result->origin == PC_NEW_KEY_NAMED ? json_null() : pc_json_text(plan->because), "ways_on",
                     pc_json_text(plan->ways_on), "conflict",
                     pc_json_text(plan->conflict ? plan->conflict : result->conflict), "findings",
                     findings_of(plan));
}

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
        (void)fputs("no key is made: \"", stdout);
        pc_print_safe(stdout, plan->order->key);
        (void)fputs("\" is used as it is\n", stdout);
    }
    (void)fputs(dry_run->request.text, stdout);
    (void)fputs("dry run: no token was opened, no key made, no file written\n", stdout);
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
    json_t *key = !dry_run->mechanism ? json_null()
                  : json_pack("{s:o, s:b, s:o, s:o, s:o, s:o}", "label", pc_json_text(plan->label), "exportable",
                              plan->exportable, "because", pc_json_text(plan->because), "mechanism",
                              pc_json_text(dry_run->mechanism), "private",
                              rows_to_json(dry_run->private_rows, dry_run->private_count), "public",
                              rows_to_json(dry_run->public_rows, dry_run->public_count));

    return json_pack("{s:b, s:o, s:{s:o, s:o, s:o, s:o}, s:o, s:o}", "dry_run", 1, "key", key, "request", "subject",
                     pc_json_text(request->subject.subject), "signature", pc_json_text(dry_run->signature), "attributes",
                     pc_json_shown_parts(request->attributes, request->attribute_count, false), "extensions",
                     pc_json_shown_parts(request->extensions, request->extension_count, true), "conflict",
                     pc_json_text(plan->conflict), "findings", findings_of(plan));
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
        tell_plan(plan);
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
        return pc_print_json(cli, to_json(plan, result));
    }
    print_result(plan, result);
    return PC_OK;
}

static pc_status check_order(pc_cli *cli, const pc_new_order *order, bool dry)
{
    if (!order->out && !dry) {
        return pc_fail(&cli->err, PC_E_USAGE, "say where the request goes: --out FILE, or --out - for standard output");
    }
    if (cli->json && !dry && strcmp(order->out, "-") == 0) {
        return pc_fail(&cli->err, PC_E_USAGE, "--json and --out - both want standard output");
    }
    if (order->key && (order->label || order->key_type || order->tolerate || order->exportable != PC_WISH_SILENT)) {
        return pc_fail(&cli->err, PC_E_USAGE, "--key names a key that is there; --label, --key-type, --tolerate, --exportable "
                                              "and --non-exportable are for a new one");
    }
    return PC_OK;
}

static pc_status run(pc_cli *cli, int argc, const char **argv, int *ret_exit)
{
    char *subject = NULL, *key_type = NULL, *label = NULL, *key = NULL, *out = NULL;
    char **tolerate = NULL;
    int exportable = 0, non_exportable = 0, force = 0, dry = 0, windows = 0;
    name_flags flags = { .texts = { NULL } };
    struct poptOption options[] = {
        { "out", 'o', POPT_ARG_STRING, &out, 0, "write the request here; - is standard output", "FILE" },
        { "exportable", '\0', POPT_ARG_NONE, &exportable, 0, "the key may leave the token, wrapped", NULL },
        { "non-exportable", '\0', POPT_ARG_NONE, &non_exportable, 0, "the key never leaves the token", NULL },
        { "label", '\0', POPT_ARG_STRING, &label, 0, "label of the new key (else KeyContainer, else the CN)", "LABEL" },
        { "key", '\0', POPT_ARG_STRING, &key, 0, "use this key, which is on the token; make none", "LABEL|URI" },
        { "key-type", '\0', POPT_ARG_STRING, &key_type, 0,
          "rsa-2048, rsa-3072, rsa-4096, ec-p256, ec-p384 or ec-p521; replaces the file's", "TYPE" },
        { "subject", '\0', POPT_ARG_STRING, &subject, 0, "X.500 name, such as \"CN=a,O=b\"; replaces the file's", "NAME" },
        { "dns", '\0', POPT_ARG_ARGV, &flags.texts[0], 0, "add a DNS name (may be repeated)", "NAME" },
        { "ip", '\0', POPT_ARG_ARGV, &flags.texts[1], 0, "add an IP address (may be repeated)", "ADDRESS" },
        { "email", '\0', POPT_ARG_ARGV, &flags.texts[2], 0, "add a mail address (may be repeated)", "ADDRESS" },
        { "upn", '\0', POPT_ARG_ARGV, &flags.texts[3], 0, "add a user principal name (may be repeated)", "NAME" },
        { "tolerate", '\0', POPT_ARG_ARGV, &tolerate, 0,
          "the token is known to report this of its keys wrongly; only local (may be repeated)", "FLAG" },
        { "dry-run", '\0', POPT_ARG_NONE, &dry, 0, "show the key template and the request; touch no token, no file", NULL },
        { "windows-attributes", '\0', POPT_ARG_NONE, &windows, 0, "say of Windows what certreq would, see below", NULL },
        { "force", '\0', POPT_ARG_NONE, &force, 0, "replace the output file if it exists", NULL },
        POPT_TABLEEND
    };
    PC_AUTO_WORDS pc_words words = { .context = NULL };
    pc_alt_name_flag names[NAMES_MOST];
    size_t name_count = 0;

    (void)ret_exit;
    PC_TRY(pc_cli_parse(cli, &pc_cmd_new, argc, argv, options, 1, &words));
    if (cli->help) {
        return PC_OK;
    }
    if (exportable && non_exportable) {
        return pc_fail(&cli->err, PC_E_USAGE, "--exportable and --non-exportable exclude each other");
    }
    PC_TRY(gather_names(cli, &flags, names, &name_count));
    const pc_new_order order = {
        .inf = words.words[0], .subject = subject, .alt_names = names, .alt_name_count = name_count,
        .key_type = key_type, .label = label, .key = key, .out = out, .force = force != 0, .windows_attributes = windows != 0,
        .tolerate = (const char *const *)tolerate,
        .exportable = exportable ? PC_WISH_YES : non_exportable ? PC_WISH_NO : PC_WISH_SILENT,
    };

    PC_TRY(check_order(cli, &order, dry != 0));
    pc_cli_token_from_key(cli, key);
    return prepare_and_run(cli, &order, dry != 0);
}

const pc_command pc_cmd_new = {
    .verb = "new",
    .summary = "make a key on the token and a certificate request, from an INF file or flags",
    .arguments = "[FILE.inf]",
    .details = "The file's own word decides whether the key is exportable; the flags override it. certreq's key is\n"
               "`Exportable`; anything unclear is read as not exportable, and the conflict is said before a key exists.\n\n"
               "Without a file the request is for a TLS server and client: digitalSignature, for RSA keyEncipherment, and both\n"
               "extended key usages.\n\n"
               "Run again after an interruption, it goes on with the key that is there.\n\n"
               "--windows-attributes is for CAs whose policy module wants what certreq sends. The request then claims the OS\n"
               "version 10.0.20348.2 and the client id 9 (certreq), which are not true here; the subject's CN (or first DNS\n"
               "name) as the machine, your user name, and p11cert as the process; and the provider that the file names, if\n"
               "it is the name of one known provider and KeySpec is given (or ProviderType = 0): the key is not held by it.\n\n"
               "    p11cert new server.inf --out server.req\n"
               "    p11cert new --subject CN=server.contoso.com --dns server.contoso.com --out server.req\n"
               "    p11cert new server.inf --dry-run\n"
               "    p11cert new --key server.contoso.com --subject CN=server.contoso.com --out again.req\n",
    .needs = PC_NEEDS_TOKEN,
    .run = run,
};
