/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/revoke.h>

#include "cli/cli.h"
#include "cli/cmd/cmd.h"
#include "cli/print/output.h"
#include "cli/print/unfinished.h"

PC_AUTO_DEFINE(pc_revoke_result, pc_revoke_result, pc_revoke_result_free);

static json_t *to_json(const pc_revoke_result *result)
{
    return json_pack("{s:b, s:o, s:o, s:o, s:o, s:o, s:o}", "changed", result->changed, "serial",
                     pc_json_text(result->serial), "subject", pc_json_text(result->subject), "time",
                     pc_json_text(result->time), "reason", pc_json_text(result->reason), "log",
                     pc_json_text(result->log), "unfinished", pc_unfinished_to_json(result->unfinished));
}

#define FIELD(field) offsetof(pc_revoke_order, field)

static const pc_option options_of_revoke[] = {
    { .name = "issuance-log",
      .kind = PC_OPTION_FILE,
      .offset = FIELD(issuance_log),
      .arg = "FILE",
      .required = true,
      .help = "the issuance log that contains the certificate",
      .details = "The issuance log that *p11cert issue --issuance-log* wrote." },
    { .name = "serial",
      .kind = PC_OPTION_TEXT,
      .offset = FIELD(serial),
      .arg = "HEX",
      .help = "the serial number, if you do not have the certificate",
      .details = "The serial number of the certificate, if you do not have the file." },
    { .name = "ca-cert",
      .kind = PC_OPTION_FILE,
      .offset = FIELD(ca_certificate),
      .arg = "FILE",
      .help = "the CA's certificate, if several CAs use the log",
      .details = "The CA's certificate, if several CAs use the log and have issued the same serial number." },
    { .name = "reason",
      .kind = PC_OPTION_TEXT,
      .offset = FIELD(reason),
      .arg = "REASON",
      .by_default = "unspecified",
      .help = "the reason, as RFC 5280 names it; removeFromCRL ends a hold",
      .details = "The reason: *unspecified*, *keyCompromise*, *cACompromise*, *affiliationChanged*, *superseded*,\n"
                 "*cessationOfOperation*, *certificateHold*, *privilegeWithdrawn* or *aACompromise*; or\n"
                 "*removeFromCRL*, which ends a hold." },
    { .name = "time",
      .kind = PC_OPTION_TEXT,
      .offset = FIELD(time),
      .arg = "TIME",
      .help = "when it was revoked, UTC: 2027-01-31T12:00:00Z (default: now)",
      .details = "When it was revoked, UTC: _2027-01-31T12:00:00Z_ or _2027-01-31_. Default: now." },
    { .name = "invalidity-date",
      .kind = PC_OPTION_TEXT,
      .offset = FIELD(invalidity),
      .arg = "TIME",
      .help = "date from which its key may have been compromised",
      .details = "The date from which its key may have been compromised, in the same form." },
    PC_OPTIONS_END,
};

static pc_status run(pc_cli *cli, const void *options)
{
    PC_AUTO(pc_revoke_result) pc_revoke_result *result = NULL;

    PC_TRY(pc_revoke_run(options, &result, &cli->err));
    if (cli->json) {
        return pc_print_json(cli, to_json(result));
    }
    (void)printf("%s: %s, serial %s\n    %s since %s\n",
                 result->changed ? "revocation recorded" : "nothing was changed", result->subject, result->serial,
                 result->reason, result->time);
    pc_print_unfinished(stderr, result->unfinished);
    return PC_OK;
}

const pc_command pc_cmd_revoke = {
    .verb = "revoke",
    .summary = "record in an issuance log that a certificate is revoked",
    .details = "The next CRL that is issued with the log (p11cert crl --issuance-log) contains it. Uses no token.\n",
    .examples = "p11cert revoke server.cer --issuance-log issued.log --reason keyCompromise\n"
                "p11cert revoke --serial 7a871d8502339981f85c556ab9d5b61d --issuance-log issued.log\n",
    .positional = { .name = "CERTIFICATE",
                    .what = "the certificate",
                    .kind = PC_OPTION_FILE,
                    .offset = FIELD(certificate),
                    .min = 1,
                    .unless = "serial",
                    .excludes = "serial",
                    .max = 1 },
    .options = options_of_revoke,
    .options_size = sizeof(pc_revoke_order),
    .reports = true,
    .run = run,
};
