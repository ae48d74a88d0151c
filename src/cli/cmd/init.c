/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/init.h>

#include "cli/cmd/cmd.h"
#include "cli/cli.h"
#include "cli/print/output.h"

static const struct {
    const char *name;
    const char *sentence;
} outcomes[] = {
    [PC_INIT_MADE] = { "made", "initialised, and its user PIN set" },
    [PC_INIT_FINISHED] = { "finished", "was initialised without a user PIN, which is now set" },
    [PC_INIT_THERE] = { "there", "is already initialised; nothing was changed" },
};

static const pc_option options_of_init[] = {
    { .name = "so-pin-source",
      .kind = PC_OPTION_SOURCE,
      .offset = offsetof(pc_init_order, so_pin_source),
      .arg = "SOURCE",
      .help = "where to read the Security Officer's PIN: " PC_SOURCES,
      .details = "Where to read the Security Officer's PIN; see _PIN SOURCES_ in *p11cert*(1). It\n"
                 "has no environment variable.",
      .by_default = "prompt" },
    PC_OPTIONS_END,
};

static pc_status run(pc_cli *cli, const void *options)
{
    const pc_init_order *order = options;
    pc_init_outcome outcome = PC_INIT_THERE;
    pc_token_info token;

    PC_TRY(pc_init_run(order, &cli->access, &outcome, &token, &cli->err));
    if (cli->json) {
        return pc_print_json(cli, json_pack("{s:o, s:b, s:s}", "token", pc_json_text(token.label), "changed",
                                            outcome != PC_INIT_THERE, "outcome", outcomes[outcome].name));
    }
    (void)fputs("token \"", stdout);
    pc_print_safe(stdout, token.label);
    (void)printf("\" %s\n", outcomes[outcome].sentence);
    return PC_OK;
}

const pc_command pc_cmd_init = {
    .verb = "init",
    .summary = "initialise a token in a free slot and set its PINs",
    .details = "A token that is already initialised is never initialised again. If the command is run again, it\n"
               "completes what is missing, or reports that nothing is missing. --pin-source gives the new user PIN;\n"
               "the prompt asks for each PIN twice.\n",
    .needs = PC_COMMAND_NEEDS_TOKEN,
    .positional = { .name = "LABEL",
                    .kind = PC_OPTION_TEXT,
                    .what = "the label of the new token",
                    .offset = offsetof(pc_init_order, label),
                    .min = 1,
                    .max = 1 },
    .options = options_of_init,
    .options_size = sizeof(pc_init_order),
    .reports = true,
    .run = run,
};
