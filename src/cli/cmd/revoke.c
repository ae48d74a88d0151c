/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/revoke.h>

#include <string.h>

#include "cli/cli.h"
#include "cli/cmd/cmd.h"
#include "cli/options/ca_options.h"
#include "cli/print/output.h"
#include "cli/print/unfinished.h"

PC_AUTO_DEFINE(pc_revoke_result, pc_revoke_result, pc_revoke_result_free);

static json_t *to_json(const pc_revoke_result *result)
{
    return json_pack("{s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "changed", result->changed, "serial",
                     pc_json_text(result->serial), "subject", pc_json_text(result->subject), "time",
                     pc_json_text(result->time), "reason", pc_json_text(result->reason), "ca", pc_json_text(result->ca),
                     "log", pc_json_text(result->log), "unfinished", pc_unfinished_to_json(result->unfinished));
}

typedef struct {
    pc_revoke_order order;
    pc_ca_given ca;
} revoke_options;

#define FIELD(field) offsetof(revoke_options, field)

/* A revocation is final: no variable and no site chooses who revokes. */
static const pc_option options_of_ca[] = {
    { .name = "ca",
      .kind = PC_OPTION_TEXT,
      .offset = offsetof(pc_ca_given, url),
      .arg = "URL",
      .help = "the CMP server of the CA, such as http://ca.contoso.com/.well-known/cmp",
      .details = "The CMP server of the CA that issued the certificate, such as\n"
                 "_http://ca.contoso.com/.well-known/cmp_." },
    { .kind = PC_OPTION_GROUP, .group = pc_options_ca_access },
    PC_OPTIONS_END,
};

static const pc_option options_of_revoke[] = {
    { .name = "issuance-log",
      .kind = PC_OPTION_FILE,
      .offset = FIELD(order.issuance_log),
      .arg = "FILE",
      .required = true,
      .unless = "ca",
      .excludes = { "ca" },
      .help = "the issuance log that contains the certificate",
      .details = "The issuance log that *p11cert issue --issuance-log* wrote." },
    { .name = "serial",
      .kind = PC_OPTION_TEXT,
      .offset = FIELD(order.serial),
      .arg = "HEX",
      .needs = { "issuance-log" },
      .help = "the serial number, if you do not have the certificate",
      .details = "The serial number of the certificate, if you do not have the file." },
    { .name = "ca-cert",
      .kind = PC_OPTION_FILE,
      .offset = FIELD(order.ca_certificate),
      .arg = "FILE",
      .needs = { "issuance-log" },
      .help = "the CA's certificate, if several CAs use the log",
      .details = "The CA's certificate, if several CAs use the log and have issued the same serial number." },
    { .name = "reason",
      .kind = PC_OPTION_TEXT,
      .offset = FIELD(order.reason),
      .arg = "REASON",
      .by_default = "unspecified",
      .help = "the reason, as RFC 5280 names it; removeFromCRL ends a hold",
      .details = "The reason: *unspecified*, *keyCompromise*, *cACompromise*, *affiliationChanged*, *superseded*,\n"
                 "*cessationOfOperation*, *certificateHold*, *privilegeWithdrawn* or *aACompromise*; or\n"
                 "*removeFromCRL*, which ends a hold." },
    { .name = "time",
      .kind = PC_OPTION_TEXT,
      .offset = FIELD(order.time),
      .arg = "TIME",
      .needs = { "issuance-log" },
      .help = "when it was revoked, UTC: 2027-01-31T12:00:00Z (default: now)",
      .details = "When it was revoked, UTC: _2027-01-31T12:00:00Z_ or _2027-01-31_. Default: now." },
    { .name = "invalidity-date",
      .kind = PC_OPTION_TEXT,
      .offset = FIELD(order.invalidity),
      .arg = "TIME",
      .needs = { "issuance-log" },
      .help = "date from which its key may have been compromised",
      .details = "The date from which its key may have been compromised, in the same form." },
    { .name = "Reaching the CA:", .kind = PC_OPTION_GROUP, .group = options_of_ca, .offset = FIELD(ca) },
    PC_OPTIONS_END,
};

static void print_answer_of_ca(const pc_revoke_result *result)
{
    const char *released = pc_revocation_reason_name(PC_REASON_REMOVE_FROM_CRL);
    const char *words = !result->changed                        ? "was already revoked"
                        : strcmp(result->reason, released) == 0 ? "hold ended"
                                                                : "revoked";

    (void)printf("%s: %s, serial %s\n    %s%sat %s\n", words, result->subject, result->serial,
                 result->reason ? result->reason : "", result->reason ? ", " : "", result->ca);
}

static void print_result(const pc_revoke_result *result)
{
    if (result->ca) {
        print_answer_of_ca(result);
        return;
    }
    (void)printf("%s: %s, serial %s\n    %s since %s\n",
                 result->changed ? "revocation recorded" : "nothing was changed", result->subject, result->serial,
                 result->reason, result->time);
    pc_print_unfinished(stderr, result->unfinished);
}

static pc_status revoke_at_ca(pc_cli *cli, const revoke_options *given, pc_revoke_result **ret_result)
{
    pc_ca_access ca;
    const pc_revoke_at_ca_order order = {
        .certificate = given->order.certificate,
        .reason = given->order.reason,
        .ca = &ca,
    };

    PC_TRY(pc_ca_options_take(cli, &given->ca, &ca));
    return pc_revoke_at_ca_run(&order, &cli->access, ret_result, &cli->err);
}

static pc_status run(pc_cli *cli, const void *options)
{
    const revoke_options *given = options;
    PC_AUTO(pc_revoke_result) pc_revoke_result *result = NULL;

    PC_TRY(given->order.issuance_log ? pc_revoke_run(&given->order, &result, &cli->err)
                                     : revoke_at_ca(cli, given, &result));
    if (cli->json) {
        return pc_print_json(cli, to_json(result));
    }
    print_result(result);
    return PC_OK;
}

static const char *const forms[] = { "CERTIFICATE --issuance-log FILE [OPTION...]",
                                     "--serial HEX --issuance-log FILE [OPTION...]",
                                     "CERTIFICATE --ca URL [--reason REASON] [OPTION...]", NULL };

const pc_command pc_cmd_revoke = {
    .verb = "revoke",
    .summary = "record in an issuance log that a certificate is revoked, or have its CA revoke it",
    .details = "The next CRL that is issued with the log (p11cert crl --issuance-log) contains it. With\n"
               "--ca, a CA that speaks CMP is asked to revoke it; of other CAs, the hint says how their console does\n"
               "it. The token is opened only for --client-key.\n",
    .examples =
        "p11cert revoke server.cer --issuance-log issued.log --reason keyCompromise\n"
        "p11cert revoke --serial 7a871d8502339981f85c556ab9d5b61d --issuance-log issued.log\n"
        "p11cert revoke server.cer --ca http://ca.contoso.com/.well-known/cmp --auth none --client-key server\n",
    .forms = forms,
    .needs = PC_COMMAND_NEEDS_TOKEN,
    .positional = { .name = "CERTIFICATE",
                    .what = "the certificate",
                    .kind = PC_OPTION_FILE,
                    .offset = FIELD(order.certificate),
                    .min = 1,
                    .unless = "serial",
                    .excludes = "serial",
                    .max = 1 },
    .options = options_of_revoke,
    .options_size = sizeof(revoke_options),
    .reports = true,
    .run = run,
};
