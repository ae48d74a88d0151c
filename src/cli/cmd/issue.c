/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/issue.h>

#include <string.h>

#include "cli/cli.h"
#include "cli/print/output.h"

PC_AUTO_DEFINE(pc_issue_result, pc_issue_result, pc_issue_result_free);

static void print_ca(FILE *out, const pc_issue_result *result)
{
    (void)fputs(result->key_was_there ? "CA key \"" : "CA key made: \"", out);
    pc_print_safe(out, result->ca_label);
    (void)fputs("\" on token \"", out);
    pc_print_safe(out, result->token);
    (void)fprintf(out, "\", not exportable\n");
    if (result->proof) {
        (void)fprintf(out, "    proof:   %s\n", result->proof);
    }
    (void)fprintf(out, "    its certificate is %s the key, CKA_ID %s\n",
                  result->was_there ? "there already, bound to" : "bound to", result->certificate.id);
}

static void print_result(const pc_issue_order *order, const pc_issue_result *result)
{
    FILE *out = strcmp(result->out, "-") == 0 ? stderr : stdout;
    const pc_bound_certificate *certificate = &result->certificate;

    if (order->self_signed) {
        print_ca(out, result);
    }
    (void)fprintf(out, "certificate %s ", result->was_there ? "of" : "issued to");
    (void)fprintf(out, "%s\n    by %s\n    serial %s, valid until %.10s\n", certificate->subject, certificate->issuer,
                  certificate->serial, certificate->not_after);
    if (result->added_usage) {
        (void)fprintf(out, "    the request named no use: that of a TLS server and client was given\n");
    }
    if (*result->left_out) {
        (void)fprintf(out, "    asked for and not taken over: %s\n", result->left_out);
    }
    if (result->clamped) {
        (void)fprintf(out, "    valid for less than asked: %s\n", result->clamped);
    }
    (void)fputs("written to ", out);
    pc_print_safe(out, strcmp(result->out, "-") == 0 ? "standard output" : result->out);
    (void)fputc('\n', out);
}

static json_t *to_json(const pc_issue_order *order, const pc_issue_result *result)
{
    const pc_bound_certificate *certificate = &result->certificate;
    json_t *issued = json_pack("{s:o, s:o, s:o, s:o}", "subject", pc_json_text(certificate->subject), "issuer",
                               pc_json_text(certificate->issuer), "serial", pc_json_text(certificate->serial),
                               "not_after", pc_json_text(certificate->not_after));

    return json_pack("{s:o, s:o, s:o, s:b, s:b, s:b, s:o, s:o, s:o}", "certificate", issued, "ca_key",
                     pc_json_text(result->ca_label), "token", pc_json_text(result->token), "self_signed",
                     order->self_signed, "was_there", result->was_there, "added_usage", result->added_usage, "left_out",
                     pc_json_text(result->left_out), "clamped", pc_json_text(result->clamped), "out",
                     pc_json_text(result->out));
}

static pc_status run(pc_cli *cli, int argc, const char **argv, int *ret_exit)
{
    char *subject = NULL, *key_type = NULL, *ca = NULL, *ca_certificate = NULL, *out = NULL;
    int self_signed = 0, days = 0, force = 0;
    struct poptOption options[] = {
        { "ca", '\0', POPT_ARG_STRING, &ca, 0, "the CA's key; with --self-signed the label to give it", "LABEL|URI" },
        { "ca-cert", '\0', POPT_ARG_STRING, &ca_certificate, 0,
          "the CA's certificate, if it is not bound to its key on the token", "FILE" },
        { "self-signed", '\0', POPT_ARG_NONE, &self_signed, 0, "make a root CA: a key and its own certificate", NULL },
        { "subject", '\0', POPT_ARG_STRING, &subject, 0, "X.500 name of the root CA", "NAME" },
        { "key-type", '\0', POPT_ARG_STRING, &key_type, 0, "of the root CA's key (default rsa-3072)", "TYPE" },
        { "days", '\0', POPT_ARG_INT, &days, 0, "validity (default 397, of a root CA 3650)", "N" },
        { "out", 'o', POPT_ARG_STRING, &out, 0, "write the certificate here; - is standard output", "FILE" },
        { "force", '\0', POPT_ARG_NONE, &force, 0, "replace the output file if it exists", NULL },
        POPT_TABLEEND
    };
    PC_AUTO_WORDS pc_words words = { .context = NULL };
    PC_AUTO(pc_issue_result) pc_issue_result *result = NULL;

    (void)ret_exit;
    PC_TRY(pc_cli_parse(cli, &pc_cmd_issue, argc, argv, options, 1, &words));
    if (cli->help) {
        return PC_OK;
    }
    if (!out || days < 0 || (cli->json && strcmp(out, "-") == 0)) {
        return pc_fail(&cli->err, PC_E_USAGE,
                       !out       ? "say where the certificate goes: --out FILE"
                       : days < 0 ? "--days cannot be negative"
                                  : "--json and --out - both want standard output");
    }
    const pc_issue_order order = {
        .self_signed = self_signed != 0,
        .csr = words.words[0],
        .subject = subject,
        .key_type = key_type,
        .ca = ca,
        .ca_certificate = ca_certificate,
        .days = (unsigned)days,
        .out = out,
        .force = force != 0,
    };

    pc_cli_token_from_key(cli, self_signed ? NULL : ca);
    PC_TRY(pc_issue_run(&order, &cli->access, &result, &cli->err));
    if (cli->json) {
        return pc_print_json(cli, to_json(&order, result));
    }
    print_result(&order, result);
    return PC_OK;
}

const pc_command pc_cmd_issue = {
    .verb = "issue",
    .summary = "issue a certificate with a CA key on a token, or make a root CA",
    .arguments = "[REQUEST]",
    .details =
        "Key usage, extended key usage and alternative names are taken from the request, after its signature has\n"
        "been verified; everything else is the issuer's. Serial numbers are 128 random bits.\n\n"
        "    p11cert issue --self-signed --subject \"CN=Contoso Root CA\" --token ca --out ca.cer\n"
        "    p11cert issue server.req --ca \"Contoso Root CA\" --token ca --out server.cer\n",
    .needs = PC_NEEDS_TOKEN,
    .run = run,
};
