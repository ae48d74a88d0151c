/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/ceremony_verify.h>

#include <string.h>

#include "cli/cli.h"
#include "cli/cmd/ceremony.h"
#include "cli/print/judged.h"
#include "cli/print/output.h"

PC_AUTO_DEFINE(pc_ceremony_verify_result, pc_ceremony_verify_result, pc_ceremony_verify_result_free);

typedef struct {
    const char *path;
    const char *mode;
    const char *rehearsal;
    const char *head;
    pc_texts signers;
} verify_options;

#define FIELD(field) offsetof(verify_options, field)

static const char *const modes[] = { "production", "rehearsal", NULL };

static const pc_option options_of_verify[] = {
    { .name = "mode",
      .kind = PC_OPTION_CHOICE,
      .offset = FIELD(mode),
      .choices = modes,
      .arg = "MODE",
      .by_default = "production",
      .help = "what the transcript must record: production or rehearsal",
      .details = "What the transcript must record. A rehearsal verifies only with *--mode rehearsal*." },
    { .name = "head",
      .kind = PC_OPTION_TEXT,
      .offset = FIELD(head),
      .arg = "HEAD",
      .help = "the head as it was written down during the ceremony, in hex or in words",
      .details = "The head of the transcript as a participant wrote it down during the ceremony: 64 hex digits, or the "
                 "16 words. Somebody who has the files can replace all of them, but not this note." },
    { .name = "signer",
      .kind = PC_OPTION_TEXTS,
      .offset = FIELD(signers),
      .arg = "IDENTITY",
      .help = "a key that must have signed the head",
      .details = "The identity of a key that must have signed the head: \"SHA256:...\" as *ssh-keygen -l* shows it, or "
                 "\"spki-sha256:\" and the SHA-256 of a public key's DER in hex." },
    { .name = "rehearsal",
      .kind = PC_OPTION_TEXT,
      .offset = FIELD(rehearsal),
      .arg = "FOLDER",
      .help = "the folder or bundle of the rehearsal, which must be of the same ceremony file",
      .details = "The folder or the bundle of the rehearsal. It must be of the same ceremony file." },
    PC_OPTIONS_END,
};

#undef FIELD

static pc_status run_verify(pc_cli *cli, const void *options)
{
    const verify_options *given = options;
    PC_AUTO(pc_ceremony_verify_result) pc_ceremony_verify_result *result = NULL;
    const pc_ceremony_verify_order order = { .path = given->path,
                                             .rehearsal = given->rehearsal,
                                             .is_rehearsal = given->mode && strcmp(given->mode, "rehearsal") == 0,
                                             .head = given->head,
                                             .signers = given->signers.items,
                                             .signer_count = given->signers.count };

    PC_TRY(pc_ceremony_verify_run(&order, &result, &cli->err));
    cli->exit_code = result->is_verified ? 0 : 1;
    if (cli->json) {
        return pc_print_json(cli, pc_judged_to_json(result));
    }
    pc_judged_print(cli, result, "verified");
    return PC_OK;
}

const pc_command pc_ceremony_verify_command = {
    .verb = "ceremony verify",
    .summary = "verify the record of a ceremony, without a token or a network",
    .details = "Checks a ceremony's folder or bundle, or a transcript alone: that each line of the transcript is as\n"
               "it was written and in its place, who signed its head, that the files are those that were recorded\n"
               "and no others, that certificates, requests and CRLs have the recorded keys and their chains, and\n"
               "that nothing recorded is a failure. p11cert-ceremony-transcript(7) describes the format; each bundle\n"
               "has a second verifier, verify.sh.\n",
    .exits = "Exit code 1: something failed.\n",
    .examples = "p11cert ceremony verify root-2027.tar\n"
                "p11cert ceremony verify root-2027/ --rehearsal rehearsal/ --signer SHA256:hF5Kc...\n",
    .positional = { .name = "PATH",
                    .kind = PC_OPTION_FILE,
                    .what = "the transcript, the folder or the bundle",
                    .offset = offsetof(verify_options, path),
                    .min = 1,
                    .max = 1 },
    .options = options_of_verify,
    .options_size = sizeof(verify_options),
    .run = run_verify,
};
