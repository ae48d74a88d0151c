/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/ceremony_shares.h>

#include "cli/cli.h"
#include "cli/cmd/ceremony.h"
#include "cli/print/output.h"

#define FIELD(field) offsetof(pc_ceremony_shares_order, field)

static const pc_option options_of_shares[] = {
    { .name = "threshold",
      .kind = PC_OPTION_NUMBER,
      .offset = FIELD(threshold),
      .arg = "N",
      .min = 2,
      .max = 64,
      .required = true,
      .help = "how many shares are needed to restore the PIN",
      .details = "How many shares are needed to restore the PIN. Fewer shares reveal nothing about it." },
    { .name = "count",
      .kind = PC_OPTION_NUMBER,
      .offset = FIELD(count),
      .arg = "N",
      .min = 2,
      .max = 64,
      .required = true,
      .help = "how many shares there are",
      .details = "How many shares there are." },
    { .name = "new-pin-source",
      .kind = PC_OPTION_SOURCE,
      .offset = FIELD(pin_source),
      .arg = "SOURCE",
      .help = "where to read the PIN to be split (a prompt asks twice): " PC_SOURCES,
      .details = "Where to read the PIN to be split; see _PIN SOURCES_ in *p11cert*(1). *prompt* asks twice.",
      .by_default = "prompt" },
    { .name = "out",
      .letter = 'o',
      .kind = PC_OPTION_FOLDER,
      .offset = FIELD(folder),
      .arg = "FOLDER",
      .required = true,
      .help = "the new folder, with a file for each holder",
      .details = "The new folder, with a file for each holder: share-1.txt. Only its owner has access; best in memory\n"
                 "(/dev/shm), until the cards are printed." },
    PC_OPTIONS_END,
};

static pc_status run_shares(pc_cli *cli, const void *options)
{
    const pc_ceremony_shares_order *order = options;

    PC_TRY(pc_ceremony_shares_run(order, &cli->access, &cli->err));
    if (cli->json) {
        return pc_print_json(cli,
                             json_pack("{s:b, s:o, s:I, s:I}", "changed", 1, "out", pc_json_text(order->folder),
                                       "threshold", (json_int_t)order->threshold, "count", (json_int_t)order->count));
    }
    pc_print_safe(stdout, order->folder);
    (void)printf(": %u shares, of which %u restore the PIN (--pin-source shares)\n", order->count, order->threshold);
    return PC_OK;
}

const pc_command pc_ceremony_shares_command = {
    .verb = "ceremony shares",
    .summary = "split a PIN into shares for several holders",
    .details = "Splits a PIN so that a number of holders can restore it together, while fewer learn nothing about it\n"
               "(Shamir). The PIN source shares asks the holders one after another and joins their shares in locked\n"
               "memory; a wrong share is detected before any login is attempted. If the token has its own quorum,\n"
               "use that instead.\n",
    .examples = "p11cert ceremony shares --threshold 3 --count 5 --out /dev/shm/shares\n"
                "p11cert list --token hsm --pin-source shares\n",
    .options = options_of_shares,
    .options_size = sizeof(pc_ceremony_shares_order),
    .reports = true,
    .run = run_shares,
};
