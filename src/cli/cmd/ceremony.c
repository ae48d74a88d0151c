/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/ceremony.h>

#include <string.h>

#include "cli/cmd/ceremony.h"
#include "cli/cmd/cmd.h"
#include "cli/cli.h"
#include "cli/print/output.h"

/* One row for each subcommand; those with more than a few lines have their own file (ceremony_*.c). */

/* --- lint ------------------------------------------------------------------------------------ */

PC_AUTO_DEFINE(pc_ceremony_lint, pc_ceremony_lint, pc_ceremony_lint_free);

typedef struct {
    const char *file;
} lint_options;

static void print_finding(const pc_ceremony_lint *lint, const pc_ceremony_finding *finding)
{
    pc_print_safe(stdout, lint->file);
    if (finding->line) {
        (void)printf(":%zu", finding->line);
    }
    (void)printf(": %s\n", finding->message);
}

static void print_lint(const pc_ceremony_lint *lint)
{
    for (size_t i = 0; i < lint->finding_count; i++) {
        print_finding(lint, &lint->findings[i]);
    }
    if (lint->finding_count) {
        (void)printf("%zu finding%s\n", lint->finding_count, lint->finding_count == 1 ? "" : "s");
        return;
    }
    (void)printf("%s: %zu steps, no findings\nSHA-256 of the script: %s\n", lint->title, lint->step_count,
                 lint->sha256);
}

static json_t *lint_to_json(const pc_ceremony_lint *lint)
{
    json_t *findings = json_array();

    for (size_t i = 0; i < lint->finding_count; i++) {
        (void)json_array_append_new(findings, json_pack("{s:I, s:o}", "line", (json_int_t)lint->findings[i].line,
                                                        "message", pc_json_text(lint->findings[i].message)));
    }
    return json_pack("{s:o, s:o, s:o, s:s, s:I, s:o}", "file", pc_json_text(lint->file), "id", pc_json_text(lint->id),
                     "title", pc_json_text(lint->title), "sha256", lint->sha256, "steps", (json_int_t)lint->step_count,
                     "findings", findings);
}

static pc_status run_lint(pc_cli *cli, const void *options)
{
    const lint_options *given = options;
    PC_AUTO(pc_ceremony_lint) pc_ceremony_lint *lint = NULL;

    PC_TRY(pc_ceremony_lint_run(given->file, &lint, &cli->err));
    cli->exit_code = lint->finding_count ? 1 : 0;
    if (cli->json) {
        return pc_print_json(cli, lint_to_json(lint));
    }
    print_lint(lint);
    return PC_OK;
}

static const pc_command ceremony_lint = {
    .verb = "ceremony lint",
    .summary = "check a ceremony file, without a token",
    .details = "Checks the form of the file, that roles and tokens exist, that no name is used twice, and that an\n"
               "earlier step creates what a step requires. Each finding gives the line in the file.\n",
    .exits = "Exit code 1: there are findings.\n",
    .examples = "p11cert ceremony lint ceremony.yaml\n",
    .positional = { .name = "CEREMONY.yaml",
                    .kind = PC_OPTION_FILE,
                    .what = "the ceremony file",
                    .offset = offsetof(lint_options, file),
                    .min = 1,
                    .max = 1 },
    .options_size = sizeof(lint_options),
    .run = run_lint,
};

/* --- print ----------------------------------------------------------------------------------- */

#define FIELD(field) offsetof(pc_ceremony_print_order, field)

static const pc_option options_of_print[] = {
    { .name = "html",
      .kind = PC_OPTION_FLAG,
      .offset = FIELD(html),
      .help = "a page for a browser to print, on A4 or Letter",
      .details = "Write an HTML page, which a browser prints on A4 or Letter, in place of text." },
    { .name = "out",
      .letter = 'o',
      .kind = PC_OPTION_OUTPUT,
      .offset = FIELD(out),
      .arg = "FILE",
      .help = "write to this file (default: standard output)",
      .details =
          "The file for the paper. Default: standard output. A file with the same content is left unchanged, and\n"
          "any other is refused." },
    PC_OPTIONS_END,
};

static pc_status run_print(pc_cli *cli, const void *options)
{
    const pc_ceremony_print_order *given = options;
    pc_ceremony_print_order order = *given;
    bool changed = false;

    if (cli->json && !order.out) {
        return pc_fail(&cli->err, PC_E_USAGE, "--json and the paper both use standard output: name a file with --out");
    }
    order.out = order.out ? order.out : "-";
    PC_TRY(pc_ceremony_print_run(&order, &changed, &cli->err));
    if (cli->json) {
        return pc_print_json(cli, json_pack("{s:o, s:b}", "out", pc_json_text(order.out), "changed", changed));
    }
    if (given->out) {
        pc_print_written(given->out, changed);
    }
    return PC_OK;
}

static const pc_command ceremony_print = {
    .verb = "ceremony print",
    .summary = "write the paper script: steps with boxes for initials, deviations, signatures",
    .details = "Text has pages of 60 lines, divided by form feeds. The same file gives the same bytes.\n",
    .examples = "p11cert ceremony print ceremony.yaml | lpr\n"
                "p11cert ceremony print ceremony.yaml --html --out ceremony.html\n",
    .positional = { .name = "CEREMONY.yaml",
                    .kind = PC_OPTION_FILE,
                    .what = "the ceremony file",
                    .offset = FIELD(file),
                    .min = 1,
                    .max = 1 },
    .options = options_of_print,
    .options_size = sizeof(pc_ceremony_print_order),
    .run = run_print,
};

#undef FIELD

/* --- ceremony -------------------------------------------------------------------------------- */

static const pc_command *const subcommands[] = { &ceremony_lint,
                                                 &ceremony_print,
                                                 &pc_ceremony_rehearse_command,
                                                 &pc_ceremony_plan_command,
                                                 &pc_ceremony_run_command,
                                                 &pc_ceremony_sign_off_command,
                                                 &pc_ceremony_bundle_command,
                                                 &pc_ceremony_verify_command,
                                                 &pc_ceremony_replay_command,
                                                 &pc_ceremony_show_command,
                                                 &pc_ceremony_shares_command,
                                                 NULL };

static const char *const forms[] = { "SUBCOMMAND [OPTION...]", NULL };

const pc_command pc_cmd_ceremony = {
    .verb = "ceremony",
    .summary = "create keys before witnesses, following a reviewed script",
    .details = "A ceremony file says everything that will be done; it is reviewed once and is the same in rehearsal\n"
               "and production. p11cert-ceremony(7) explains it.\n",
    .examples = "p11cert ceremony lint ceremony.yaml\n",
    .forms = forms,
    .subcommands = subcommands,
};
