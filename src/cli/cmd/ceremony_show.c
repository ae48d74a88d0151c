/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/ceremony_show.h>

#include <string.h>

#include "cli/cli.h"
#include "cli/cmd/ceremony.h"
#include "cli/print/output.h"

typedef struct {
    const char *path;
    const char *out;
    const char *mode;
} show_options;

static const char *const modes[] = { "production", "rehearsal", NULL };

static const pc_option options_of_show[] = {
    { .name = "out",
      .letter = 'o',
      .kind = PC_OPTION_OUTPUT,
      .offset = offsetof(show_options, out),
      .arg = "FILE",
      .help = "write to this file (default: standard output)",
      .details =
          "The file for the page. Default: standard output. A file with the same content is left unchanged, and\n"
          "any other is refused." },
    { .name = "mode",
      .kind = PC_OPTION_CHOICE,
      .offset = offsetof(show_options, mode),
      .choices = modes,
      .arg = "MODE",
      .by_default = "production",
      .help = "what the verdict is for: production or rehearsal",
      .details = "What the verdict on the page is for; see *ceremony verify*." },
    PC_OPTIONS_END,
};

static pc_status run_show(pc_cli *cli, const void *options)
{
    const show_options *given = options;
    bool changed = false;
    const pc_ceremony_show_order order = { .path = given->path,
                                           .out = given->out ? given->out : "-",
                                           .is_rehearsal = given->mode && strcmp(given->mode, "rehearsal") == 0 };

    if (cli->json && !given->out) {
        return pc_fail(&cli->err, PC_E_USAGE, "--json and the page both use standard output: name a file with --out");
    }
    PC_TRY(pc_ceremony_show_run(&order, &changed, &cli->err));
    if (cli->json) {
        return pc_print_json(cli, json_pack("{s:o, s:b}", "out", pc_json_text(given->out), "changed", changed));
    }
    if (given->out) {
        pc_print_written(given->out, changed);
    }
    return PC_OK;
}

const pc_command pc_ceremony_show_command = {
    .verb = "ceremony show",
    .summary = "write the record of a ceremony as an HTML page",
    .details = "One page that loads nothing and runs nothing: the verdict, who took part, a drawing of the "
               "certificates, every\n"
               "file with its SHA-256, deviations, and all records.\n",
    .examples = "p11cert ceremony show root-2027.tar --out root-2027.html\n",
    .positional = { .name = "PATH",
                    .kind = PC_OPTION_FILE,
                    .what = "the transcript, the folder or the bundle",
                    .offset = offsetof(show_options, path),
                    .min = 1,
                    .max = 1 },
    .options = options_of_show,
    .options_size = sizeof(show_options),
    .run = run_show,
};
