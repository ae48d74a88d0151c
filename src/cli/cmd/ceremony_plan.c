/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/ceremony.h>
#include <p11cert/watch.h>

#include "cli/cli.h"
#include "cli/cmd/ceremony.h"
#include "cli/print/error_text.h"
#include "cli/print/output.h"
#include "cli/terminal/token_watch.h"

PC_AUTO_DEFINE(pc_ceremony_plan, pc_ceremony_plan, pc_ceremony_plan_free);

static void print_problem(const char *problem)
{
    PC_AUTO(free) char *named = pc_with_options_named(problem);

    if (named) {
        (void)printf("        problem: %s\n", named);
    }
}

static void print_plan(const pc_ceremony_plan *plan)
{
    (void)printf("%s\nscript %s\n\n", plan->title, plan->script_sha256);
    for (size_t i = 0; i < plan->token_count; i++) {
        const pc_ceremony_planned_token *token = &plan->tokens[i];

        (void)printf("token \"%s\" (%s): %s\n", token->role, token->label, token->state);
        print_problem(token->problem);
    }
    (void)fputc('\n', stdout);
    for (size_t i = 0; i < plan->step_count; i++) {
        const pc_ceremony_planned *step = &plan->steps[i];

        (void)printf("%3zu  %s\n", step->number, step->text);
        if (step->calls) {
            (void)printf("        changes the token: %s\n", step->calls);
        }
        print_problem(step->problem);
    }
    (void)printf("\n%zu problem%s; nothing was changed\n", plan->problem_count, plan->problem_count == 1 ? "" : "s");
}

static json_t *to_json(const pc_ceremony_plan *plan)
{
    json_t *tokens = json_array();
    json_t *steps = json_array();

    for (size_t i = 0; i < plan->token_count; i++) {
        const pc_ceremony_planned_token *token = &plan->tokens[i];

        (void)json_array_append_new(tokens,
                                    json_pack("{s:o, s:o, s:o, s:o}", "role", pc_json_text(token->role), "label",
                                              pc_json_text(token->label), "state", pc_json_text(token->state),
                                              "problem", pc_json_error_text(token->problem)));
    }
    for (size_t i = 0; i < plan->step_count; i++) {
        const pc_ceremony_planned *step = &plan->steps[i];

        (void)json_array_append_new(steps,
                                    json_pack("{s:I, s:o, s:o, s:o, s:o}", "step", (json_int_t)step->number, "kind",
                                              pc_json_text(step->kind), "text", pc_json_text(step->text), "calls",
                                              pc_json_text(step->calls), "problem", pc_json_error_text(step->problem)));
    }
    return json_pack("{s:o, s:s, s:o, s:o, s:I}", "title", pc_json_text(plan->title), "script_sha256",
                     plan->script_sha256, "tokens", tokens, "steps", steps, "problems",
                     (json_int_t)plan->problem_count);
}

static pc_status run(pc_cli *cli, const void *options)
{
    pc_ceremony_order order = *(const pc_ceremony_order *)options;
    PC_AUTO(pc_ceremony_plan) pc_ceremony_plan *plan = NULL;

    order.access = &cli->access;
    PC_TRY(pc_token_watch_start(cli));
    pc_status status = pc_ceremony_plan_run(&order, &plan, &cli->err);

    pc_watch_stop();
    PC_TRY(status);
    cli->exit_code = plan->problem_count ? 1 : 0;
    if (cli->json) {
        return pc_print_json(cli, to_json(plan));
    }
    print_plan(plan);
    return PC_OK;
}

#define FIELD(field) offsetof(pc_ceremony_order, field)

static const pc_option options_of_plan[] = {
    { .name = "site",
      .kind = PC_OPTION_FILE,
      .offset = FIELD(site),
      .arg = "FILE",
      .required = true,
      .help = "which token each role of the script refers to",
      .details = "The site file, whose _production_ says which token each role of the script refers to." },
    { .name = "out",
      .letter = 'o',
      .kind = PC_OPTION_FOLDER,
      .offset = FIELD(out),
      .arg = "DIR",
      .help = "also look for output files that exist in this folder",
      .details = "The folder that the run will use: also report output files that exist in it." },
    { .name = "allow-softhsm",
      .kind = PC_OPTION_FLAG,
      .offset = FIELD(allow_softhsm),
      .help = "allow SoftHSM in production",
      .details = "Allow tokens on SoftHSM, which keeps keys in files." },
    PC_OPTIONS_END,
};

const pc_command pc_ceremony_plan_command = {
    .verb = "ceremony plan",
    .summary = "examine the production tokens, and say what a run would do; nothing is changed",
    .details = "Opens each token read-only, with a login, and compares it with the script. No call is made that\n"
               "changes a token.\n",
    .exits = "Exit code 1: the run would fail; the problems are listed.\n",
    .examples = "p11cert ceremony plan ceremony.yaml --site site.yaml\n",
    .positional = { .name = "CEREMONY.yaml",
                    .kind = PC_OPTION_FILE,
                    .what = "the ceremony file",
                    .offset = FIELD(script),
                    .min = 1,
                    .max = 1 },
    .options = options_of_plan,
    .options_size = sizeof(pc_ceremony_order),
    .run = run,
};
