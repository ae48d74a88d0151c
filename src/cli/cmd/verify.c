/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/sign.h>

#include <string.h>

#include "cli/cli.h"
#include "cli/cmd/cmd.h"
#include "cli/options/shared_options.h"
#include "cli/print/error_text.h"
#include "cli/print/colour.h"
#include "cli/print/output.h"

PC_AUTO_DEFINE(pc_verify_result, pc_verify_result, pc_verify_result_free);

typedef struct {
    pc_verify_order order;
    pc_sign_form_given form;
    pc_texts trusts;
    pc_texts chains;
} verify_options;

static void print_result(const pc_cli *cli, FILE *out, const pc_verify_result *result)
{
    pc_print_state(cli, out, PC_COLOUR_GOOD, 0, "valid");
    pc_print_path(out, ": ", result->file);
    if (result->form != PC_SIGN_CMS || result->detached) {
        pc_print_path(out, "    signature ", result->signature);
    }
    if (result->subject) {
        (void)fprintf(out, "    signed by %s, serial %s, until %s\n", result->subject, result->serial,
                      result->not_after);
    }
    if (result->signing_time) {
        (void)fprintf(out, "    at %s, according to the signer\n", result->signing_time);
    }
    (void)fprintf(out, "    %s%s\n", result->pss ? "RSASSA-PSS, " : "",
                  result->chain_verified ? "chain verified up to a trusted root"
                                         : "by the certificate given; its chain was not verified");
    if (result->out) {
        pc_print_path(out, result->changed ? "content written: " : "already exists with this content: ", result->out);
    }
}

static json_t *to_json(const pc_verify_result *result)
{
    return json_pack("{s:b, s:b, s:o, s:o, s:s, s:b, s:{s:o, s:o, s:o}, s:o, s:o, s:b, s:b, s:o}", "valid", 1,
                     "changed", result->changed, "file", pc_json_text(result->file), "signature",
                     pc_json_text(result->signature), "form", pc_sign_form_name(result->form), "detached",
                     result->detached, "signer", "subject", pc_json_text(result->subject), "serial",
                     pc_json_text(result->serial), "not_after", pc_json_text(result->not_after), "signing_time",
                     pc_json_text(result->signing_time), "digest", pc_json_text(result->digest), "pss", result->pss,
                     "chain_verified", result->chain_verified, "out", pc_json_text(result->out));
}

#define EXIT_INVALID 1

static void print_invalid(const pc_cli *cli, const pc_verify_order *order, const pc_error *err)
{
    pc_print_state(cli, stdout, PC_COLOUR_BAD, 0, "NOT VALID");
    pc_print_path(stdout, ": ", order->file);
    for (unsigned i = err->frame_count; i > 0; i--) {
        PC_AUTO(free) char *reason = pc_with_options_named(err->frames[i - 1]);

        pc_print_wrapped(stdout, 4, reason ? reason : err->frames[i - 1]);
    }
}

/* The answer to the question, not a failure to answer it. */
static pc_status report_invalid(pc_cli *cli, const pc_verify_order *order)
{
    const pc_error *err = &cli->err;

    cli->exit_code = EXIT_INVALID;
    if (!cli->json) {
        print_invalid(cli, order, err);
        return PC_OK;
    }
    return pc_print_json(cli, json_pack("{s:b, s:o, s:s, s:o}", "valid", 0, "file", pc_json_text(order->file), "form",
                                        pc_sign_form_name(order->form), "because", pc_json_because(err)));
}

#define FIELD(field) offsetof(verify_options, field)

static const pc_option options_of_verify[] = {
    { .name = "trust",
      .kind = PC_OPTION_FILES,
      .offset = FIELD(trusts),
      .arg = "FILE",
      .help = "file with root certificates that are trusted",
      .details = "A file with the root certificates that are trusted: PEM, DER or PKCS#7. The signer's chain must\n"
                 "end in one of them and be valid now. Without this option, *--cert* is required." },
    { .name = "cert",
      .kind = PC_OPTION_FILE,
      .offset = FIELD(order.certificate),
      .arg = "FILE",
      .help = "the only certificate that may have signed",
      .details = "The only certificate that may have signed. Required for a bare signature." },
    { .kind = PC_OPTION_GROUP, .group = pc_options_chain, .offset = FIELD(chains) },
    { .name = "signature",
      .kind = PC_OPTION_FILE,
      .offset = FIELD(order.signature),
      .arg = "FILE",
      .help = "the signature (default: the file's name with .p7s or .sig, else the file itself)",
      .details = "The signature. Default: the name of the file with _.p7s_ or _.sig_ added; if no such file exists, "
                 "the file itself is a CMS\n"
                 "signature with its content." },
    { .kind = PC_OPTION_GROUP, .group = pc_options_sign_form, .offset = FIELD(form) },
    { .name = "out",
      .letter = 'o',
      .kind = PC_OPTION_OUTPUT,
      .offset = FIELD(order.out),
      .arg = "FILE",
      .help = "write the content of a CMS signature here, if it is valid",
      .details = "Write the content of a CMS signature to this file, if the signature is valid." },
    { .kind = PC_OPTION_GROUP, .group = pc_options_force, .offset = FIELD(order.force) },
    PC_OPTIONS_END,
};

static pc_status run(pc_cli *cli, const void *options)
{
    const verify_options *given = options;
    PC_AUTO(pc_verify_result) pc_verify_result *result = NULL;
    pc_verify_order order = given->order;

    order.form = pc_sign_form_take(&given->form);
    order.hash = given->form.hash;
    order.pss = given->form.pss;
    order.trusts = given->trusts.items;
    order.trust_count = given->trusts.count;
    order.chains = given->chains.items;
    order.chain_count = given->chains.count;
    pc_status status = pc_verify_run(&order, &result, &cli->err);

    if (status == PC_E_VERIFY) {
        return report_invalid(cli, &order);
    }
    PC_TRY(status);
    if (cli->json) {
        return pc_print_json(cli, to_json(result));
    }
    print_result(cli, order.out && strcmp(order.out, "-") == 0 ? stderr : stdout, result);
    return PC_OK;
}

const pc_command pc_cmd_verify = {
    .verb = "verify",
    .summary = "verify a signature of a file, without a token",
    .details = "Verifies signatures of p11cert sign and of other programs: CMS, detached or with its content, and\n"
               "bare signatures. Name trusted roots (--trust) or the signer's certificate (--cert).\n",
    .exits = "Exit code 1: the signature is not valid.\n",
    .examples = "p11cert verify report.html --trust root.cer\n"
                "p11cert verify firmware.bin --raw --pss --cert signer.cer\n",
    .positional = { .name = "FILE",
                    .what = "the file",
                    .kind = PC_OPTION_FILE,
                    .offset = FIELD(order.file),
                    .min = 1,
                    .max = 1 },
    .options = options_of_verify,
    .options_size = sizeof(verify_options),
    .run = run,
};
