/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/ceremony.h>
#include <p11cert/watch.h>

#include "cli/cli.h"
#include "cli/cmd/ceremony.h"
#include "cli/print/output.h"
#include "cli/terminal/attendance.h"
#include "cli/terminal/token_watch.h"

PC_AUTO_DEFINE(pc_ceremony_result, pc_ceremony_result, pc_ceremony_result_free);

typedef struct {
    pc_ceremony_order order; /* the part of it in which each option fills one field */
} run_options;

/* --- progress --------------------------------------------------------------------- */

/* On standard error, so that standard output has only the result. */
static void show(void *context, const pc_ceremony_step *step)
{
    const char *title = step->title ? step->title : step->does;

    (void)context;
    (void)fprintf(stderr, "\nStep %zu of %zu  %s%s%s%s\n", step->number, step->count, title, step->title ? " (" : "",
                  step->title ? step->does : "", step->title ? ")" : "");
    if (step->text) {
        pc_print_wrapped(stderr, 4, step->text);
    }
    for (size_t i = 0; step->facts[i]; i++) {
        (void)fprintf(stderr, "    %s\n", step->facts[i]);
    }
}

static void print_text(void *context, const char *text)
{
    (void)context;
    (void)fprintf(stderr, "  - %s\n", text);
}

static json_t *to_json(const pc_ceremony_result *result)
{
    return json_pack("{s:s, s:b, s:b, s:o, s:o, s:I, s:I, s:I, s:s, s:s}", "state",
                     pc_ceremony_state_name(result->state), "changed", result->changed, "resumed", result->was_resumed,
                     "title", pc_json_text(result->title), "out", pc_json_text(result->out), "steps",
                     (json_int_t)result->step_count, "done", (json_int_t)result->done_count, "deviations",
                     (json_int_t)result->deviation_count, "script_sha256", result->script_sha256, "head", result->head);
}

static void print_result(const pc_ceremony_result *result, const char *mode)
{
    (void)printf("%s: %s %s%s\n    %zu of %zu steps, %zu deviation%s\n", result->title, mode,
                 pc_ceremony_state_name(result->state), result->changed ? "" : " before; nothing was done",
                 result->done_count, result->step_count, result->deviation_count,
                 result->deviation_count == 1 ? "" : "s");
    (void)printf("    script     %s\n    transcript %s\n    in ", result->script_sha256, result->head);
    pc_print_safe(stdout, result->out);
    (void)fputc('\n', stdout);
}

/* --- running -------------------------------------------------------------------------------------- */

typedef pc_status (*conductor)(const pc_ceremony_order *order, pc_ceremony_result **ret_result, pc_error *err);

static pc_status conduct(pc_cli *cli, const run_options *options, conductor function, const pc_ceremony_talk *talk)
{
    PC_AUTO(pc_ceremony_result) pc_ceremony_result *result = NULL;
    pc_ceremony_order order = options->order;

    order.access = &cli->access;
    order.talk = talk;
    PC_TRY(pc_token_watch_start(cli));
    pc_status status = function(&order, &result, &cli->err);

    pc_watch_stop();
    PC_TRY(status);
    cli->exit_code = result->state == PC_CEREMONY_FINISHED ? 0 : 1;
    if (cli->json) {
        return pc_print_json(cli, to_json(result));
    }
    print_result(result, talk->ask ? "ceremony" : "rehearsal");
    return PC_OK;
}

#define FIELD(field) offsetof(run_options, field)

#define OUT(words, more) \
    { \
        .name = "out", .letter = 'o', .kind = PC_OPTION_FOLDER, .offset = FIELD(order.out), .arg = "DIR", \
        .required = true, .help = words, .details = more \
    }

#define SCRIPT \
    { \
        .name = "CEREMONY.yaml", .kind = PC_OPTION_FILE, .what = "the ceremony file", .offset = FIELD(order.script), \
        .min = 1, .max = 1 \
    }

/* --- rehearse ------------------------------------------------------------------------------------- */

static const pc_option options_of_rehearse[] = {
    OUT("folder for transcript and files; must not exist", "The folder for the transcript and what the steps write. "
                                                           "It must not exist."),
    { .name = "site",
      .kind = PC_OPTION_FILE,
      .offset = FIELD(order.site),
      .arg = "FILE",
      .help = "which tokens to use (default: new SoftHSM tokens)",
      .details =
          "The site file. Tokens that its _rehearsal_ does not list are SoftHSM tokens that are created for the\n"
          "rehearsal. Default: all of them." },
    { .name = "tokens",
      .kind = PC_OPTION_FOLDER,
      .offset = FIELD(order.tokens),
      .arg = "DIR",
      .help = "keep the SoftHSM tokens in this folder, for the rehearsal of a ceremony that follows",
      .details =
          "Keep the SoftHSM tokens in this folder. If it exists, it contains those of an earlier rehearsal, which are\n"
          "used and changed. In this way, a ceremony that follows another one can be rehearsed." },
    PC_OPTIONS_END,
};

static pc_status run_rehearse(pc_cli *cli, const void *options)
{
    const run_options *given = options;
    const pc_ceremony_talk talk = { .show = cli->quiet ? NULL : show, .tell = cli->quiet ? NULL : print_text };

    return conduct(cli, given, pc_ceremony_rehearse, &talk);
}

const pc_command pc_ceremony_rehearse_command = {
    .verb = "ceremony rehearse",
    .summary = "carry out the whole script on private SoftHSM tokens, which are deleted afterwards",
    .details = "Every step is carried out as in production, and the program gives every confirmation. The transcript\n"
               "says REHEARSAL, and does not verify as that of a production run.\n",
    .examples = "p11cert ceremony rehearse ceremony.yaml --out rehearsal\n",
    .positional = SCRIPT,
    .options = options_of_rehearse,
    .options_size = sizeof(run_options),
    .run = run_rehearse,
};

/* --- run ------------------------------------------------------------------------------------------ */

static const pc_option options_of_run[] = {
    OUT("the ceremony's folder; a run that was interrupted in it is resumed",
        "The ceremony's folder. If it does not exist, it is created. If it contains the transcript of an\n"
        "unfinished run of the same script and site, that run is resumed."),
    { .name = "site",
      .kind = PC_OPTION_FILE,
      .offset = FIELD(order.site),
      .arg = "FILE",
      .required = true,
      .help = "which token each role of the script refers to",
      .details = "The site file, whose _production_ says which token each role of the script refers to." },
    { .name = "unattended",
      .kind = PC_OPTION_FLAG,
      .offset = FIELD(order.unattended),
      .help = "carry out steps marked as unattended without asking",
      .details =
          "Carry out the steps that the script marks with _unattended: true_ without asking. All other steps still\n"
          "ask." },
    { .name = "allow-softhsm",
      .kind = PC_OPTION_FLAG,
      .offset = FIELD(order.allow_softhsm),
      .help = "allow SoftHSM in production",
      .details = "Allow tokens on SoftHSM, which keeps keys in files." },
    PC_OPTIONS_END,
};

static pc_status run_production(pc_cli *cli, const void *options)
{
    const run_options *given = options;
    const pc_ceremony_talk talk = { .show = cli->quiet ? NULL : show,
                                    .tell = cli->quiet ? NULL : print_text,
                                    .ask = pc_attendance_ask };

    return conduct(cli, given, pc_ceremony_run, &talk);
}

const pc_command pc_ceremony_run_command = {
    .verb = "ceremony run",
    .summary = "carry out the script on the production tokens, step by step, or resume",
    .details = "Each step is shown, confirmed by the roles that it names, done, and recorded. At a prompt, y\n"
               "confirms, `d REASON` records a deviation, `pause` stops (the same command resumes), and `abort\n"
               "REASON` ends the ceremony. After any interruption the same command resumes: the transcript and the\n"
               "token say what happened, and nothing is created twice.\n",
    .exits = "Exit code 1: the ceremony is paused, or was aborted.\n",
    .examples = "p11cert ceremony run ceremony.yaml --site site.yaml --out contoso-root-g1\n",
    .positional = SCRIPT,
    .options = options_of_run,
    .options_size = sizeof(run_options),
    .run = run_production,
};
