/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/issue.h>

#include <string.h>

#include "cli/cmd/cmd.h"
#include "cli/cli.h"
#include "cli/options/new_options.h"
#include "cli/options/shared_options.h"
#include "cli/print/output.h"

PC_AUTO_DEFINE(pc_issue_result, pc_issue_result, pc_issue_result_free);

static void print_ca(FILE *out, const pc_issue_result *result)
{
    (void)fputs(result->key_was_there ? "CA key \"" : "CA key created: \"", out);
    pc_print_safe(out, result->ca_label);
    (void)fputs("\" on token \"", out);
    pc_print_safe(out, result->token);
    (void)fprintf(out, "\", not exportable\n");
    if (result->proof) {
        (void)fprintf(out, "    proof:   %s\n", result->proof);
    }
    (void)fprintf(out, "    its certificate is %s the key, CKA_ID %s\n",
                  result->was_there ? "already there, bound to" : "bound to", result->certificate.id);
}

static void print_result(const pc_issue_order *order, const pc_issue_result *result)
{
    FILE *out = strcmp(result->out, "-") == 0 ? stderr : stdout;
    const pc_bound_certificate *certificate = &result->certificate;

    if (order->self_signed) {
        print_ca(out, result);
    }
    (void)fprintf(out, "certificate %s ", result->was_there || !result->changed ? "of" : "issued to");
    (void)fprintf(out, "%s\n    by %s\n    serial %s, valid until %.10s\n", certificate->subject, certificate->issuer,
                  certificate->serial, certificate->not_after);
    if (result->added_usage) {
        (void)fprintf(out, "    the request specified no usage: TLS server and client were added\n");
    }
    if (*result->left_out) {
        (void)fprintf(out, "    requested but not included: %s\n", result->left_out);
    }
    if (result->clamped) {
        (void)fprintf(out, "    validity shorter than requested: %s\n", result->clamped);
    }
    (void)fputs(result->changed ? "written to " : "nothing was changed: it is in ", out);
    pc_print_safe(out, strcmp(result->out, "-") == 0 ? "standard output" : result->out);
    (void)fputc('\n', out);
}

static json_t *to_json(const pc_issue_order *order, const pc_issue_result *result)
{
    const pc_bound_certificate *certificate = &result->certificate;
    json_t *issued = json_pack("{s:o, s:o, s:o, s:o}", "subject", pc_json_text(certificate->subject), "issuer",
                               pc_json_text(certificate->issuer), "serial", pc_json_text(certificate->serial),
                               "not_after", pc_json_text(certificate->not_after));

    return json_pack("{s:o, s:b, s:o, s:o, s:b, s:b, s:b, s:o, s:o, s:o}", "certificate", issued, "changed",
                     result->changed, "ca_key", pc_json_text(result->ca_label), "token", pc_json_text(result->token),
                     "self_signed", order->self_signed, "was_there", result->was_there, "added_usage",
                     result->added_usage, "left_out", pc_json_text(result->left_out), "clamped",
                     pc_json_text(result->clamped), "out", pc_json_text(result->out));
}

#define FIELD(field) offsetof(pc_issue_order, field)
#define MOST_DAYS    36500

static const pc_option options_of_issue[] = {
    { .name = "ca",
      .kind = PC_OPTION_KEY,
      .offset = FIELD(ca),
      .arg = "LABEL|URI",
      .required = true,
      .unless = "self-signed",
      .help = "the CA's key; with --self-signed, the label to give it",
      .details = "The CA's key. With *--self-signed*, the label to give it; default: the CN of *--subject*." },
    { .name = "ca-cert",
      .kind = PC_OPTION_FILE,
      .offset = FIELD(ca_certificate),
      .arg = "FILE",
      .excludes = { "self-signed" },
      .help = "the CA's certificate, if it is not bound to its key on the token",
      .details = "The CA's certificate, if it is not bound to its key on the token. The file contains only that\n"
                 "certificate." },
    { .name = "self-signed",
      .kind = PC_OPTION_FLAG,
      .offset = FIELD(self_signed),
      .needs = { "subject" },
      .help = "create a root CA: a key and its own certificate",
      .details = "Create a root CA: a key and its own certificate. Takes no request." },
    { .name = "subject",
      .kind = PC_OPTION_TEXT,
      .offset = FIELD(subject),
      .arg = "NAME",
      .needs = { "self-signed" },
      .help = "X.500 name of the root CA",
      .details = "X.500 name of the root CA." },
    { .name = "key-type",
      .kind = PC_OPTION_TEXT,
      .offset = FIELD(key_type),
      .arg = "TYPE",
      .choices = pc_key_type_names,
      .needs = { "self-signed" },
      .help = "type of the root CA's key",
      .details = "Type of the root CA's key: *rsa-2048*, *rsa-3072*, *rsa-4096*, *ec-p256*, *ec-p384*,\n"
                 "*ec-p521* or *ed25519*.",
      .by_default = "rsa-3072" },
    { .name = "id",
      .kind = PC_OPTION_TEXT,
      .offset = FIELD(id),
      .arg = "HEX",
      .needs = { "self-signed" },
      .help = "CKA_ID of the root CA's key, in hexadecimal (default: 16 random bytes)",
      .details = "The CKA_ID of the root CA's key: 1 to 64 bytes in hexadecimal. Default: 16 random bytes. Only\n"
                 "used with *--self-signed*." },
    { .name = "days",
      .kind = PC_OPTION_NUMBER,
      .offset = FIELD(days),
      .min = 1,
      .max = MOST_DAYS,
      .arg = "N",
      .help = "validity in days (default: 397, of a root CA 3650)",
      .details = "Validity in days, from 1 to 36500. Default: 397, and 3650 for a root CA." },
    { .name = "out",
      .letter = 'o',
      .kind = PC_OPTION_OUTPUT,
      .offset = FIELD(out),
      .arg = "FILE",
      .required = true,
      .help = "write the certificate to this file; - is standard output",
      .details = "The file for the certificate, PEM, mode 0644 less the umask. *-* is standard output." },
    { .kind = PC_OPTION_GROUP, .group = pc_options_force, .offset = FIELD(force) },
    PC_OPTIONS_END,
};

static pc_status run(pc_cli *cli, const void *options)
{
    const pc_issue_order *order = options;
    PC_AUTO(pc_issue_result) pc_issue_result *result = NULL;

    PC_TRY(pc_issue_run(order, &cli->access, &result, &cli->err));
    if (cli->json) {
        return pc_print_json(cli, to_json(order, result));
    }
    print_result(order, result);
    return PC_OK;
}

static const char *const forms[] = { "REQUEST --ca LABEL|URI --out FILE [OPTION...]",
                                     "--self-signed --subject NAME --out FILE [OPTION...]", NULL };

const pc_command pc_cmd_issue = {
    .verb = "issue",
    .summary = "issue a certificate with a CA key on a token, or create a root CA",
    .details = "Key usage, extended key usage and alternative names are copied from the request, after its\n"
               "signature has been verified; everything else is set by the issuer. Serial numbers are 128 random\n"
               "bits.\n",
    .examples = "p11cert issue --self-signed --subject \"CN=Contoso Root CA\" --token ca --out ca.cer\n"
                "p11cert issue server.req --ca \"Contoso Root CA\" --token ca --out server.cer\n",
    .forms = forms,
    .needs = PC_COMMAND_NEEDS_TOKEN,
    .positional = { .name = "REQUEST",
                    .kind = PC_OPTION_FILE,
                    .what = "the request",
                    .offset = FIELD(csr),
                    .min = 1,
                    .unless = "self-signed",
                    .excludes = "self-signed",
                    .max = 1 },
    .options = options_of_issue,
    .options_size = sizeof(pc_issue_order),
    .run = run,
};
