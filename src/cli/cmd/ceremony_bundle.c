/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/ceremony_bundle.h>

#include <inttypes.h>

#include "cli/cli.h"
#include "cli/cmd/ceremony.h"
#include "cli/print/output.h"
#include "cli/print/qr.h"

/* --- sign-off -------------------------------------------------------------------------------- */

PC_AUTO_DEFINE(pc_ceremony_sign_off_result, pc_ceremony_sign_off_result, pc_ceremony_sign_off_result_free);

typedef struct {
    pc_ceremony_sign_off_order order;
    bool qr;
} sign_off_options;

#define FIELD(field) offsetof(sign_off_options, field)

static const pc_option options_of_sign_off[] = {
    { .name = "add",
      .kind = PC_OPTION_FILE,
      .offset = FIELD(order.signature),
      .arg = "FILE",
      .help = "a signature of head.txt to put into the folder",
      .details =
          "A signature of head.txt, to be verified and put into the folder: a detached CMS signature in DER with the "
          "signer's certificate (*p11cert sign*, *openssl cms*), or an SSH signature.",
      .needs = { "name" } },
    { .name = "name",
      .kind = PC_OPTION_TEXT,
      .offset = FIELD(order.name),
      .arg = "NAME",
      .help = "whose signature it is: the name of its file",
      .details = "Whose signature it is: the name of its file in the folder signatures, without an ending.",
      .needs = { "add" } },
    { .name = "qr",
      .kind = PC_OPTION_FLAG,
      .offset = FIELD(qr),
      .help = "show head.txt as a QR code too, on a UTF-8 terminal",
      .details = "Show head.txt as a QR code too. The terminal must show UTF-8." },
    PC_OPTIONS_END,
};

#undef FIELD

static void print_ways(const pc_ceremony_sign_off_result *result)
{
    (void)printf("\nEach participant signs %s with their own key:\n", result->head_file);
    (void)printf("    ssh-keygen -Y sign -n p11cert-ceremony -f KEY <%s >NAME.sig\n", result->head_file);
    (void)printf("    openssl cms -sign -binary -in %s -signer CERT -inkey KEY -outform DER -out NAME.p7s\n",
                 result->head_file);
    (void)printf("    p11cert sign %s --key LABEL --detached --out NAME.p7s\n", result->head_file);
    (void)printf("and add each signature with --add FILE --name NAME.\n");
}

static void print_head(const pc_ceremony_sign_off_result *result, bool qr)
{
    (void)printf("%s\nmode:  %s\nlines: %" PRId64 "\nhead:  %s\nwords: %s\n", result->title, result->mode,
                 result->line_count, result->head, result->words);
    if (qr) {
        (void)printf("\n");
        pc_print_qr(stdout, result->head_text);
    }
}

static pc_status run_sign_off(pc_cli *cli, const void *options)
{
    const sign_off_options *given = options;
    PC_AUTO(pc_ceremony_sign_off_result) pc_ceremony_sign_off_result *result = NULL;

    PC_TRY(pc_ceremony_sign_off_run(&given->order, &result, &cli->err));
    if (cli->json) {
        return pc_print_json(cli, json_pack("{s:b, s:o, s:s, s:I, s:s, s:s, s:o, s:o, s:o}", "changed", result->changed,
                                            "title", pc_json_text(result->title), "mode", result->mode, "lines",
                                            (json_int_t)result->line_count, "head", result->head, "words",
                                            result->words, "head_file", pc_json_text(result->head_file), "identity",
                                            pc_json_text(result->identity), "added", pc_json_text(result->added)));
    }
    if (result->added) {
        (void)printf("%s: the head is signed by key %s%s\n", result->added, result->identity,
                     result->changed ? "" : "; already added");
        return PC_OK;
    }
    print_head(result, given->qr);
    print_ways(result);
    return PC_OK;
}

const pc_command pc_ceremony_sign_off_command = {
    .verb = "ceremony sign-off",
    .summary = "show the head of a finished transcript for signing, and add signatures of it",
    .details = "Writes head.txt, which identifies the whole transcript, and shows the head as hex, as words to be\n"
               "read aloud and, with --qr, as a QR code. With --add, verifies a signature of head.txt and puts it\n"
               "into the folder.\n",
    .examples = "p11cert ceremony sign-off root-2027/\n"
                "p11cert ceremony sign-off root-2027/ --add ada.sig --name ada\n",
    .positional = { .name = "FOLDER",
                    .kind = PC_OPTION_FOLDER,
                    .what = "the ceremony's folder",
                    .offset = offsetof(sign_off_options, order.folder),
                    .min = 1,
                    .max = 1 },
    .options = options_of_sign_off,
    .options_size = sizeof(sign_off_options),
    .run = run_sign_off,
};

/* --- bundle ---------------------------------------------------------------------------------- */

typedef struct {
    const char *folder;
    const char *out;
    pc_texts signers;
} bundle_options;

static const pc_option options_of_bundle[] = {
    { .name = "out",
      .letter = 'o',
      .kind = PC_OPTION_NEW_FILE,
      .offset = offsetof(bundle_options, out),
      .arg = "FILE",
      .help = "the bundle, a tar file",
      .details = "The bundle, a tar file. A file with the same content is left unchanged, and any other is refused.",
      .required = true },
    { .name = "signer",
      .kind = PC_OPTION_TEXTS,
      .offset = offsetof(bundle_options, signers),
      .arg = "IDENTITY",
      .help = "a key that must have signed the head, for one that the site file did not announce",
      .details = "The identity of a key that must have signed the head, as for *verify*. A signature of a key that the "
                 "transcript does not name is refused without this option." },
    PC_OPTIONS_END,
};

static pc_status run_bundle(pc_cli *cli, const void *options)
{
    const bundle_options *given = options;
    bool changed = false;

    PC_TRY(pc_ceremony_bundle_run(&(pc_ceremony_bundle_order){ .folder = given->folder,
                                                               .out = given->out,
                                                               .signers = given->signers.items,
                                                               .signer_count = given->signers.count },
                                  &changed, &cli->err));
    if (cli->json) {
        return pc_print_json(cli, json_pack("{s:o, s:b}", "out", pc_json_text(given->out), "changed", changed));
    }
    pc_print_safe(stdout, given->out);
    (void)printf(": the ceremony with its manifest, README.txt and verify.sh%s\n",
                 changed ? "" : "; it already exists with this content");
    return PC_OK;
}

const pc_command pc_ceremony_bundle_command = {
    .verb = "ceremony bundle",
    .summary = "put a ceremony's folder into one file for others to verify",
    .details =
        "Verifies the folder, and writes it as a tar file with a manifest, verify.sh, and README.txt, which says\n"
        "how others verify it. Two bundles of the same files are equal byte for byte: names are sorted, and\n"
        "there are no times and no owners.\n",
    .examples = "p11cert ceremony bundle root-2027/ --out root-2027.tar\n",
    .positional = { .name = "FOLDER",
                    .kind = PC_OPTION_FOLDER,
                    .what = "the ceremony's folder",
                    .offset = offsetof(bundle_options, folder),
                    .min = 1,
                    .max = 1 },
    .options = options_of_bundle,
    .options_size = sizeof(bundle_options),
    .reports = true,
    .run = run_bundle,
};
