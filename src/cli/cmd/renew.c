/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include <p11cert/list.h>
#include <p11cert/renew.h>

#include "cli/options/ca_options.h"
#include "cli/options/shared_options.h"
#include "cli/cmd/cmd.h"
#include "cli/cli.h"
#include "base/duration.h"
#include "cli/print/colour.h"
#include "cli/print/error_text.h"
#include "cli/print/kit_place.h"
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
                     item->resumed ? " (from an earlier run)" : "");
    }
    if (item->ca) {
        (void)printf("    CA:      %s\n", item->ca);
    }
    if (item->proof) {
        (void)printf("    proof:   %s\n", item->proof);
    }
    if (*item->left_out) {
        (void)printf("    not requested again: %s\n", item->left_out);
    }
}

static void print_bound(const pc_cli *cli, const pc_renewed *item)
{
    (void)printf("    ");
    pc_print_state(cli, stdout, PC_COLOUR_GOOD, 0, "RENEWED");
    (void)printf(": serial %s, bound to \"%s\"\n    certificate in ", item->new_serial, current_label(item));
    pc_print_safe(stdout, item->certificate);
    (void)printf(
        "\n    the old certificate stays on the token; `p11cert list` shows which one is current\n"
        "    serial and thumbprint have changed: ChannelCertificateSerialNumber (MOMCertImport) must be set again\n");
    if (item->kit) {
        (void)fputs("    kit for this in ", stdout);
        pc_print_kit_place(stdout, item->kit);
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

static void print_request(const pc_cli *cli, const pc_renewed *item, bool with_ca)
{
    const pc_submit_result *submitted = item->submitted;

    (void)printf("    request in ");
    pc_print_safe(stdout, item->request);
    (void)fputc('\n', stdout);
    if (!with_ca) {
        (void)printf(
            "    submit it to the CA, then bind the issued certificate: p11cert accept CERTIFICATE --chain ISSUERS\n");
    } else if (submitted && submitted->count && submitted->items[0].disposition == PC_CA_PENDING) {
        (void)printf("    ");
        pc_print_state(cli, stdout, PC_COLOUR_WARNING, 0, "pending");
        (void)printf(" as request %s; run the same command again to continue\n", submitted->items[0].record.request_id);
    }
}

static void print_item(const pc_cli *cli, const pc_renewed *item, bool with_ca)
{
    print_key(item);
    if (item->already && !item->new_serial) {
        (void)printf("    ");
        pc_print_state(cli, stdout, PC_COLOUR_GOOD, 0, "already renewed");
        (void)printf(": the key \"%s\" has a certificate\n", item->new_label);
        return;
    }
    if (item->status != PC_OK) {
        PC_AUTO(free) char *problem = pc_with_options_named(item->problem);

        (void)printf("    ");
        pc_print_state(cli, stdout, PC_COLOUR_BAD, 0, "NOT RENEWED");
        (void)printf(": ");
        pc_print_safe(stdout, problem ? problem : pc_status_name(item->status));
        (void)fputc('\n', stdout);
        return;
    }
    if (item->new_serial) {
        print_bound(cli, item);
    } else {
        print_request(cli, item, with_ca);
    }
}

static void print_result(const pc_cli *cli, const pc_renew_order *order, const pc_renew_result *result)
{
    if (result->count == 0) {
        (void)printf("nothing is due on token \"%s\"\n", result->token);
    }
    for (size_t i = 0; i < result->count; i++) {
        print_item(cli, &result->items[i], order->ca != NULL);
    }
}

/* null: a renewal that failed may have changed something at the CA. */
static json_t *change_to_json(const pc_renewed *item)
{
    return item->changed || item->status == PC_OK ? json_boolean(item->changed) : json_null();
}

/* true if any renewal has changed something, or else null if any may have. */
static json_t *changes_to_json(const pc_renew_result *result)
{
    bool is_sure = true;

    for (size_t i = 0; i < result->count; i++) {
        if (result->items[i].changed) {
            return json_true();
        }
        is_sure = is_sure && result->items[i].status == PC_OK;
    }
    return is_sure ? json_false() : json_null();
}

static json_t *item_to_json(const pc_renewed *item)
{
    return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:b, s:o, s:o, s:o, s:o}",
                     "status", pc_status_name(item->status), "changed", change_to_json(item), "problem",
                     pc_json_error_text(item->problem), "hint", pc_json_error_text(item->hint), "key",
                     pc_json_text(item->key_label), "new_key", pc_json_text(item->new_label), "subject",
                     pc_json_text(item->subject), "old_serial", pc_json_text(item->old_serial), "old_not_after",
                     pc_json_text(item->old_not_after), "request", pc_json_text(item->request), "certificate",
                     item->new_serial ? pc_json_text(item->certificate) : json_null(), "ca", pc_json_text(item->ca),
                     "left_out", pc_json_text(item->left_out), "resumed", item->resumed, "already", item->already,
                     "new_serial", pc_json_text(item->new_serial), "submitted",
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

/* For one key that failed, the error says everything; with several, the results of the others precede it. */
static pc_status report_result(pc_cli *cli, const pc_renew_order *order, const pc_renew_result *result,
                               pc_status status)
{
    for (size_t i = 0; result && i < result->count; i++) {
        cli->exit_code = result->items[i].hook_exit > 0 ? EXIT_HOOK_FAILED : cli->exit_code;
    }
    if (cli->json) {
        if (status == PC_OK) {
            return pc_print_json(cli, json_pack("{s:o, s:o, s:o}", "token", pc_json_text(result->token), "changed",
                                                changes_to_json(result), "renewals", to_json(result)));
        }
        cli->requests = result ? to_json(result) : NULL;
        return status;
    }
    if (result && (status == PC_OK || order->due)) {
        print_result(cli, order, result);
    }
    return status;
}

typedef struct {
    pc_renew_order order; /* the part of it in which each option fills one field */
    pc_days due;
    bool same_key;
    bool pkcs7;
    pc_texts attributes;
    int64_t wait_sec;
    pc_ca_given ca;
} renew_options;

#define FIELD(field) offsetof(renew_options, field)

static const pc_option options_of_renew[] = {
    { .name = "key",
      .kind = PC_OPTION_KEY,
      .offset = FIELD(order.key),
      .arg = "LABEL|URI",
      .required = true,
      .unless = "due",
      .excludes = { "due" },
      .help = "renew the certificate of this key",
      .details = "Renew the current certificate of this key." },
    { .name = "due",
      .kind = PC_OPTION_DAYS,
      .offset = FIELD(due),
      .arg = "DURATION",
      .help = "renew all certificates that expire within this time: 30d, 6w, 3mo, 1y",
      .details = "Renew all certificates that expire within this time: a whole number and *d* (days), *w*\n"
                 "(weeks), *mo* (months of 30 days) or *y* (years of 365 days). *m* is refused, because it means\n"
                 "minutes in *--wait*." },
    { .name = "same-key",
      .kind = PC_OPTION_FLAG,
      .offset = FIELD(same_key),
      .excludes = { "new-key" },
      .help = "for the existing key (the default)",
      .details = "The new certificate is for the existing key. This is the default." },
    { .name = "id",
      .kind = PC_OPTION_TEXT,
      .offset = FIELD(order.id),
      .arg = "HEX",
      .needs = { "new-key" },
      .excludes = { "due" },
      .help = "CKA_ID of the new key, in hexadecimal (default: 16 random bytes)",
      .details = "The CKA_ID of the new key: 1 to 64 bytes in hexadecimal. Default: 16 random bytes." },
    { .name = "new-key",
      .kind = PC_OPTION_FLAG,
      .offset = FIELD(order.new_key),
      .help = "for a new key of the same type and policy",
      .details = "The new certificate is for a new key of the same type and policy." },
    { .name = "allow-superseded",
      .kind = PC_OPTION_FLAG,
      .offset = FIELD(order.allow_superseded),
      .excludes = { "new-key", "due" },
      .help = "renew for a key even if --new-key has already replaced it",
      .details = "Renew the certificate of a key for which *--new-key* has already created another key that has a\n"
                 "certificate. Without this option such a key is refused: renewing it would keep both in use." },
    { .name = "pkcs7",
      .kind = PC_OPTION_FLAG,
      .offset = FIELD(pkcs7),
      .help = "request as PKCS#7, also signed by the old key",
      .details = "Write the request as PKCS#7, also signed by the old key." },
    { .name = "template",
      .kind = PC_OPTION_TEMPLATE,
      .offset = FIELD(order.template_name),
      .arg = "NAME",
      .needs = { "ca" },
      .help = "certificate template (default: the certificate's own)",
      .details = "The certificate template to request, instead of the certificate's own." },
    { .name = "attribute",
      .kind = PC_OPTION_PAIRS,
      .offset = FIELD(attributes),
      .arg = "NAME:VALUE",
      .needs = { "ca" },
      .help = "request attribute",
      .details = "A request attribute, as in *certreq -attrib*." },
    { .name = "out",
      .kind = PC_OPTION_OUTPUT,
      .offset = FIELD(order.out),
      .arg = "FILE",
      .help = "file for the request (default: LABEL-renews-SERIAL.req); with --due, a folder",
      .details = "The file for the request, PEM, mode 0644 less the umask; with *--due*, an existing folder.\n"
                 "Default: _LABEL-renews-SERIAL.req_ in the current folder. A file that contains this request is\n"
                 "reused; any other file is refused. The certificate is written next to it, with the extension\n"
                 "_.cer_." },
    { .name = "wait",
      .kind = PC_OPTION_DURATION,
      .offset = FIELD(wait_sec),
      .min = 1,
      .max = PC_WAIT_MAX_SEC,
      .arg = "DURATION",
      .needs = { "ca" },
      .help = "keep polling this long, at growing intervals: 30s, 10m, 2h, 1d",
      .details = PC_WAIT_DETAILS },
    { .name = "kit",
      .kind = PC_OPTION_FOLDER,
      .offset = FIELD(order.kit),
      .arg = "DIR",
      .needs = { "ca" },
      .help = "folder to create for the SCOM administrator; with --due, an existing folder",
      .details = "Create the kit with the new certificate for the SCOM administrator, as *p11cert-kit*(1) does:\n"
                 "in the folder _DIR_, which must not exist; with *--due*, in one folder per certificate below\n"
                 "_DIR_, which must exist." },
    { .kind = PC_OPTION_GROUP, .group = pc_options_kit_password, .offset = FIELD(order.kit_password_source) },
    { .name = "on-renewed",
      .kind = PC_OPTION_TEXT,
      .offset = FIELD(order.on_renewed),
      .arg = "CMD",
      .needs = { "ca" },
      .help = "command to run after each certificate is bound",
      .details = "Run this command after each certificate is bound." },
    { .name = "Reaching the CA:", .kind = PC_OPTION_GROUP, .group = pc_options_ca, .offset = FIELD(ca) },
    PC_OPTIONS_END,
};

static pc_status renew(pc_cli *cli, const pc_renew_order *order)
{
    PC_AUTO(pc_renew_result) pc_renew_result *result = NULL;

    if (order->wait_sec) {
        pc_cli_end_waits_by_signal();
    }
    pc_status status = pc_renew_run(order, &cli->access, &result, &cli->err);

    return report_result(cli, order, result, status);
}

static pc_status run(pc_cli *cli, const void *options)
{
    const renew_options *given = options;
    pc_ca_access ca;
    pc_renew_order order = given->order;

    PC_TRY(pc_ca_options_take(cli, &given->ca, &ca));
    order.ca = ca.url ? &ca : NULL;
    if (ca.url && strcmp(ca.url, "recorded") == 0) {
        ca.url = NULL;
    }
    order.due = given->due.is_given;
    order.due_sec = given->due.sec;
    order.form = given->pkcs7 ? PC_RENEW_PKCS7 : PC_RENEW_PKCS10;
    order.request_attributes = given->attributes.items;
    order.request_attribute_count = given->attributes.count;
    order.wait_sec = (unsigned)given->wait_sec;
    order.waiting = pc_cli_report_waiting;
    return renew(cli, &order);
}

static const char *const forms[] = { "--key LABEL|URI [--same-key|--new-key] [--ca URL] [OPTION...]",
                                     "--due DURATION [--same-key|--new-key] [--ca URL] [OPTION...]", NULL };

const pc_command pc_cmd_renew = {
    .verb = "renew",
    .summary = "renew certificates with the same subject, names, usages and template",
    .details = "The old certificate stays on the token. Without --ca, the request is only written, and `p11cert\n"
               "accept` binds the certificate issued for it. If the command is interrupted, run it again: it\n"
               "resumes. With --due, each key is renewed at the CA that is recorded for it on the token; --ca URL is\n"
               "for keys without such a record, and --ca recorded leaves those keys out.\n",
    .exits = "Exit code 1: renewed, but the command of --on-renewed failed.\n",
    .examples =
        "p11cert renew --key server --ca https://ca.contoso.com/certsrv\n"
        "p11cert renew --due 30d --ca recorded\n"
        "p11cert renew --due 30d --new-key --ca https://ca.contoso.com/certsrv --on-renewed /etc/p11cert/renewed\n",
    .forms = forms,
    .needs = PC_COMMAND_NEEDS_TOKEN,
    .options = options_of_renew,
    .options_size = sizeof(renew_options),
    .reports = true,
    .run = run,
};
