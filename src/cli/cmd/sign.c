/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/sign.h>

#include <string.h>

#include "cli/cli.h"
#include "cli/cmd/cmd.h"
#include "cli/options/shared_options.h"
#include "cli/print/output.h"

PC_AUTO_DEFINE(pc_sign_result, pc_sign_result, pc_sign_result_free);

typedef struct {
    pc_sign_order order;
    pc_sign_form_given form;
    pc_texts files;
    pc_texts chains;
} sign_options;

static void print_result(FILE *out, const pc_sign_result *result)
{
    for (size_t i = 0; i < result->file_count; i++) {
        pc_print_path(out, result->files[i].changed ? "signed:  " : "already signed: ", result->files[i].out);
    }
    (void)fprintf(out, "    key \"%s\" (%s) on token \"%s\", CKA_ID %s\n", result->label, result->kind, result->token,
                  result->id);
    if (result->subject) {
        (void)fprintf(out, "    certificate %s, serial %s, until %s\n", result->subject, result->serial,
                      result->not_after);
    }
    (void)fprintf(out, "    %s%s, verified before it was written\n", result->algorithm,
                  result->form != PC_SIGN_CMS ? ", bare"
                  : result->detached          ? ", detached CMS"
                                              : ", CMS with its content");
    for (size_t i = 0; i < result->note_count; i++) {
        (void)fprintf(out, "note:\n");
        pc_print_wrapped(out, 4, result->notes[i]);
    }
    if (!result->changed) {
        (void)fputs("nothing was changed\n", out);
    }
}

static json_t *to_json(const pc_sign_result *result)
{
    json_t *files = json_array();

    for (size_t i = 0; i < result->file_count; i++) {
        const pc_sign_file *each = &result->files[i];

        (void)json_array_append_new(files, json_pack("{s:o, s:o, s:b}", "file", pc_json_text(each->file), "out",
                                                     pc_json_text(each->out), "changed", each->changed));
    }
    return json_pack("{s:b, s:s, s:b, s:s, s:o, s:{s:o, s:o, s:s, s:o}, s:{s:o, s:o, s:o}, s:o, s:o}", "changed",
                     result->changed, "form", pc_sign_form_name(result->form), "detached", result->detached,
                     "algorithm", result->algorithm, "token", pc_json_text(result->token), "key", "label",
                     pc_json_text(result->label), "id", pc_json_text(result->id), "kind", result->kind, "spki_sha256",
                     pc_json_text(result->spki_sha256), "certificate", "subject", pc_json_text(result->subject),
                     "serial", pc_json_text(result->serial), "not_after", pc_json_text(result->not_after), "files",
                     files, "notes", pc_json_texts(result->notes, result->note_count));
}

#define FIELD(field) offsetof(sign_options, field)

static const pc_option options_of_sign[] = {
    { .name = "key",
      .kind = PC_OPTION_KEY,
      .offset = FIELD(order.key),
      .arg = "LABEL|URI",
      .required = true,
      .help = "the key, by label or RFC 7512 URI",
      .details = "The private key, by label or RFC 7512 URI." },
    { .kind = PC_OPTION_GROUP, .group = pc_options_sign_form, .offset = FIELD(form) },
    { .name = "detached",
      .kind = PC_OPTION_FLAG,
      .offset = FIELD(order.detached),
      .excludes = { "raw", "digest" },
      .help = "leave the file's content out of the CMS signature",
      .details = "Leave the content of the file out of the CMS signature. A signature with its content is at\n"
                 "most 2 GB; a detached one has no such limit." },
    { .name = "out",
      .letter = 'o',
      .kind = PC_OPTION_OUTPUT,
      .offset = FIELD(order.out),
      .arg = "FILE",
      .help = "the signature of a single file (default: its name with .p7m, .p7s or .sig)",
      .details = "The signature, if one file is signed. Default: the name of the file with _.p7m_ (CMS), _.p7s_\n"
                 "(*--detached*) or _.sig_ added." },
    { .name = "cert",
      .kind = PC_OPTION_FILE,
      .offset = FIELD(order.certificate),
      .arg = "FILE",
      .help = "the key's certificate, if it is not on the token",
      .details = "The key's certificate, if it is not on the token, or to use one other than the current one." },
    { .kind = PC_OPTION_GROUP, .group = pc_options_chain, .offset = FIELD(chains) },
    { .name = "allow-expired",
      .kind = PC_OPTION_FLAG,
      .offset = FIELD(order.allow_expired),
      .help = "sign although the certificate is not valid now",
      .details = "Sign although the certificate has expired or is not valid yet." },
    { .name = "allow-any-usage",
      .kind = PC_OPTION_FLAG,
      .offset = FIELD(order.allow_any_usage),
      .help = "sign although the key usage of the certificate does not allow it",
      .details = "Sign although the key usage of the certificate has neither digitalSignature nor nonRepudiation." },
    { .name = "force",
      .kind = PC_OPTION_FLAG,
      .offset = FIELD(order.force),
      .help = "replace the output files if they exist",
      .details = "Replace the output files if they exist. Without this option, a signature as ordered\n"
                 "is left unchanged, and any other file is refused." },
    PC_OPTIONS_END,
};

static pc_status run(pc_cli *cli, const void *options)
{
    const sign_options *given = options;
    PC_AUTO(pc_sign_result) pc_sign_result *result = NULL;
    pc_sign_order order = given->order;

    order.form = pc_sign_form_take(&given->form);
    order.hash = given->form.hash;
    order.pss = given->form.pss;
    order.files = given->files.items;
    order.file_count = given->files.count;
    order.chains = given->chains.items;
    order.chain_count = given->chains.count;
    PC_TRY(pc_sign_run(&order, &cli->access, &result, &cli->err));
    if (cli->json) {
        return pc_print_json(cli, to_json(result));
    }
    print_result(order.out && strcmp(order.out, "-") == 0 ? stderr : stdout, result);
    return PC_OK;
}

const pc_command pc_cmd_sign = {
    .verb = "sign",
    .summary = "sign files with a key on the token",
    .details = "Creates a CMS signature with the key's certificate and chain, or a bare one, of each file in one\n"
               "login. Each signature is verified before it is written; one that already exists is left unchanged.\n",
    .examples = "p11cert sign report.html --key signing --detached\n"
                "p11cert sign firmware.bin --key signing --raw --pss --out firmware.sig\n",
    .needs = PC_COMMAND_NEEDS_TOKEN,
    .positional = { .name = "FILE",
                    .what = "the file to sign",
                    .kind = PC_OPTION_FILES,
                    .offset = FIELD(files),
                    .min = 1,
                    .max = 1000 },
    .options = options_of_sign,
    .options_size = sizeof(sign_options),
    .reports = true,
    .run = run,
};
