/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/list.h>
#include <p11cert/renew.h>

#include "cli/options/ca_options.h"
#include "cli/cli.h"
#include "cli/print/output.h"
#include "cli/print/submitted.h"

#define EXIT_HOOK_FAILED 1

PC_AUTO_DEFINE(pc_renew_result, pc_renew_result, pc_renew_result_free);

static const char *current_label(const pc_renewed *item)
{
    return item->new_label ? item->new_label : item->key_label;
}

static void print_key(const pc_renewed *item)
{
    (void)printf("key \"%s\": %s\n    serial %s, valid until %.10s\n", item->key_label, item->subject, item->old_serial,
                 item->old_not_after);
    if (item->new_label && item->new_key_kind) {
        (void)printf("    new key \"%s\", %s, of the same policy%s\n", item->new_label, item->new_key_kind,
                     item->resumed ? " (an earlier run's)" : "");
    }
    if (item->proof) {
        (void)printf("    proof:   %s\n", item->proof);
    }
    if (*item->left_out) {
        (void)printf("    not asked for again: %s\n", item->left_out);
    }
}

static void print_bound(const pc_renewed *item)
{
    (void)printf("    RENEWED: serial %s, bound to \"%s\"\n    certificate in ", item->new_serial, current_label(item));
    pc_print_safe(stdout, item->certificate);
    (void)printf(
        "\n    the old certificate stays on the token; `p11cert list` shows which is current\n"
        "    serial and thumbprint have changed: ChannelCertificateSerialNumber (MOMCertImport) has to be written anew\n");
    if (item->kit) {
        (void)fputs("    kit for that in ", stdout);
        pc_print_safe(stdout, item->kit->out);
        (void)printf("%s\n",
                     item->kit->conflict ? " (the key cannot leave its token: its README tells the ways out)" : "");
    } else {
        (void)printf("        p11cert kit --key \"%s\" --cert ", current_label(item));
        pc_print_safe(stdout, item->certificate);
        (void)fputs(" --chain ", stdout);
        pc_print_safe(stdout, item->certificate);
        (void)fputs(" --out FOLDER\n", stdout);
    }
    if (item->hook_exit >= 0) {
        (void)printf("    --on-renewed ended with exit code %d%s\n", item->hook_exit,
                     item->hook_exit ? ": FAILED" : "");
    }
}

static void print_request(const pc_renewed *item, bool with_ca)
{
    const pc_submit_result *submitted = item->submitted;

    (void)printf("    request in ");
    pc_print_safe(stdout, item->request);
    (void)fputc('\n', stdout);
    if (!with_ca) {
        (void)printf("    give it to the CA, and bind what it issues: p11cert accept CERTIFICATE --chain ISSUERS\n");
    } else if (submitted && submitted->count && submitted->items[0].disposition == PC_CA_PENDING) {
        (void)printf("    pending as number %s; the same command goes on with it\n",
                     submitted->items[0].record.request_id);
    }
}

static void print_item(const pc_renewed *item, bool with_ca)
{
    print_key(item);
    if (item->already && !item->new_serial) {
        (void)printf("    renewed already: the key \"%s\" has its certificate\n", item->new_label);
        return;
    }
    if (item->status != PC_OK) {
        (void)printf("    NOT RENEWED: ");
        pc_print_safe(stdout, item->problem ? item->problem : pc_status_name(item->status));
        (void)fputc('\n', stdout);
        return;
    }
    if (item->new_serial) {
        print_bound(item);
    } else {
        print_request(item, with_ca);
    }
}

static void print_result(const pc_renew_order *order, const pc_renew_result *result)
{
    if (result->count == 0) {
        (void)printf("nothing is due on token \"%s\"\n", result->token);
    }
    for (size_t i = 0; i < result->count; i++) {
        print_item(&result->items[i], order->ca != NULL);
    }
}

static json_t *item_to_json(const pc_renewed *item)
{
    return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:b, s:o, s:o, s:o, s:o}", "status",
                     pc_status_name(item->status), "problem", pc_json_text(item->problem), "hint",
                     pc_json_text(item->hint), "key", pc_json_text(item->key_label), "new_key",
                     pc_json_text(item->new_label), "subject", pc_json_text(item->subject), "old_serial",
                     pc_json_text(item->old_serial), "old_not_after", pc_json_text(item->old_not_after), "request",
                     pc_json_text(item->request), "certificate",
                     item->new_serial ? pc_json_text(item->certificate) : json_null(), "left_out",
                     pc_json_text(item->left_out), "resumed", item->resumed, "already", item->already, "new_serial",
                     pc_json_text(item->new_serial), "submitted",
                     item->submitted ? pc_submitted_to_json(item->submitted) : json_null(), "kit",
                     item->kit ? pc_json_text(item->kit->out) : json_null(), "hook_exit",
                     item->hook_exit >= 0 ? json_integer(item->hook_exit) : json_null());
}

static json_t *to_json(const pc_renew_result *result)
{
    json_t *renewals = json_array();

    for (size_t i = 0; i < result->count; i++) {
        (void)json_array_append_new(renewals, item_to_json(&result->items[i]));
    }
    return renewals;
}

/* Of one key that failed the error says all; of several, what became of the others stands before it. */
static pc_status tell(pc_cli *cli, const pc_renew_order *order, const pc_renew_result *result, pc_status status,
                      int *ret_exit)
{
    for (size_t i = 0; result && i < result->count; i++) {
        *ret_exit = result->items[i].hook_exit > 0 ? EXIT_HOOK_FAILED : *ret_exit;
    }
    if (cli->json) {
        if (status == PC_OK) {
            return pc_print_json(cli, json_pack("{s:o, s:o}", "token", pc_json_text(result->token), "renewals",
                                                to_json(result)));
        }
        cli->requests = result ? to_json(result) : NULL;
        return status;
    }
    if (result && (status == PC_OK || order->due)) {
        print_result(order, result);
    }
    return status;
}

static size_t count_texts(char **texts)
{
    size_t count = 0;

    while (texts && texts[count]) {
        count++;
    }
    return count;
}

/** What the verb's own options were bound to. */
typedef struct {
    char *key, *due, *template_name, *out, *wait, *kit, *kit_password_source, *on_renewed;
    char **attributes;
    int same_key, new_key, pkcs7;
} given_words;

static pc_status make_order(pc_cli *cli, const given_words *given, pc_renew_order *order)
{
    int64_t days = 0;

    if (given->same_key && given->new_key) {
        return pc_fail(&cli->err, PC_E_USAGE, "--same-key and --new-key exclude each other");
    }
    if (!given->key == !given->due) {
        return pc_fail(&cli->err, PC_E_USAGE,
                       "say which certificate: --key LABEL, or --due SPAN for all that end soon");
    }
    if (given->due && !pc_list_span(given->due, &days)) {
        (void)pc_fail(&cli->err, PC_E_USAGE, "\"%s\" is no span of time", given->due);
        return pc_hint(&cli->err, PC_E_USAGE, "a whole number and d, w, m or y: --due 30d; at most a hundred years");
    }
    if (!order->ca && (given->wait || given->on_renewed || given->kit || given->attributes || given->template_name)) {
        return pc_fail(&cli->err, PC_E_USAGE,
                       "--wait, --kit, --on-renewed, --template and --attribute are about a CA: name it with --ca");
    }
    order->due = given->due != NULL;
    order->due_sec = days * 86400;
    return given->wait ? pc_cli_span(cli, "--wait", given->wait, &order->wait_sec) : PC_OK;
}

static pc_status renew(pc_cli *cli, const given_words *given, const pc_ca_access *ca, int *ret_exit)
{
    PC_AUTO(pc_renew_result) pc_renew_result *result = NULL;
    pc_renew_order order = {
        .key = given->key,
        .new_key = given->new_key != 0,
        .form = given->pkcs7 ? PC_RENEW_PKCS7 : PC_RENEW_PKCS10,
        .out = given->out,
        .ca = ca,
        .template_name = given->template_name,
        .attributes = (const char *const *)given->attributes,
        .attribute_count = count_texts(given->attributes),
        .kit = given->kit,
        .kit_password_source = given->kit_password_source,
        .on_renewed = given->on_renewed,
        .waiting = pc_cli_tell_waiting,
    };

    PC_TRY(make_order(cli, given, &order));
    if (order.wait_sec) {
        pc_cli_end_waits_by_signal();
    }
    pc_cli_token_from_key(cli, given->key);
    pc_status status = pc_renew_run(&order, &cli->access, &result, &cli->err);

    return tell(cli, &order, result, status, ret_exit);
}

static pc_status run(pc_cli *cli, int argc, const char **argv, int *ret_exit)
{
    given_words given = { .key = NULL };
    pc_ca_given at = { .url = NULL };
    struct poptOption options[] = {
        { "key", '\0', POPT_ARG_STRING, &given.key, 0, "renew the certificate of this key: its label or URI",
          "LABEL|URI" },
        { "due", '\0', POPT_ARG_STRING, &given.due, 0, "renew all that end within this span: 30d, 6w, 3m, 1y", "SPAN" },
        { "same-key", '\0', POPT_ARG_NONE, &given.same_key, 0, "for the key that is there (the default)", NULL },
        { "new-key", '\0', POPT_ARG_NONE, &given.new_key, 0, "for a new key of the same kind and policy", NULL },
        { "pkcs7", '\0', POPT_ARG_NONE, &given.pkcs7, 0, "request as PKCS #7, signed by the old key as well", NULL },
        { "template", '\0', POPT_ARG_STRING, &given.template_name, 0, "certificate template (the certificate's own)",
          "NAME" },
        { "attribute", '\0', POPT_ARG_ARGV, &given.attributes, 0, "request attribute (may be repeated)", "NAME:VALUE" },
        { "out", '\0', POPT_ARG_STRING, &given.out, 0,
          "file for the request (LABEL-renews-SERIAL.req); with --due a folder", "FILE" },
        { "wait", '\0', POPT_ARG_STRING, &given.wait, 0, "go on asking for a pending one: 30s, 10m, 2h, 1d", "SPAN" },
        { "kit", '\0', POPT_ARG_STRING, &given.kit, 0,
          "folder to be made for the SCOM administrator; with --due one that is there", "DIR" },
        { "kit-password-source", '\0', POPT_ARG_STRING, &given.kit_password_source, 0,
          "where the password of an exportable key's PFX comes from: prompt (default), file:PATH", "SOURCE" },
        { "on-renewed", '\0', POPT_ARG_STRING, &given.on_renewed, 0, "command to run after each certificate bound",
          "CMD" },
        PC_CA_OPTIONS(at),
        POPT_TABLEEND
    };
    PC_AUTO_WORDS pc_words words = { .context = NULL };
    pc_ca_access ca;

    PC_TRY(pc_cli_parse(cli, &pc_cmd_renew, argc, argv, options, 0, &words));
    if (cli->help) {
        return PC_OK;
    }
    PC_TRY(pc_ca_options_take(cli, &at, false, &ca));
    return renew(cli, &given, ca.url ? &ca : NULL, ret_exit);
}

const pc_command pc_cmd_renew = {
    .verb = "renew",
    .summary = "renew certificates: the same subject, names, usages and template, for the same key or a new one",
    .arguments = "",
    .details =
        "The old certificate stays. Without --ca the request is written and `p11cert accept` takes what is issued for it. Run\n"
        "again, it goes on where it was. Exit code 1: renewed, but the command of --on-renewed failed.\n\n"
        "    p11cert renew --key server --ca https://ca.contoso.com/certsrv\n"
        "    p11cert renew --due 30d --new-key --ca https://ca.contoso.com/certsrv --on-renewed /etc/p11cert/renewed\n",
    .needs = PC_NEEDS_TOKEN,
    .run = run,
};
