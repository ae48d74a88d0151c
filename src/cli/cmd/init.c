/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/init.h>

#include "cli/cli.h"
#include "cli/print/output.h"

static const struct {
    const char *name;
    const char *sentence;
} outcomes[] = {
    [PC_INIT_MADE] = { "made", "made, with its user PIN set" },
    [PC_INIT_FINISHED] = { "finished", "was there without a user PIN, which is set now" },
    [PC_INIT_THERE] = { "there", "is there already; nothing was done" },
};

static pc_status run(pc_cli *cli, int argc, const char **argv, int *ret_exit)
{
    pc_init_order order = { .label = NULL };
    char *so_pin_source = NULL;
    struct poptOption options[] = { { "so-pin-source", '\0', POPT_ARG_STRING, &so_pin_source, 0,
                                      "where the Security Officer's PIN comes from (prompt, file:PATH, fd:N, env:NAME)",
                                      "SOURCE" },
                                    POPT_TABLEEND };
    PC_AUTO_WORDS pc_words words = { .context = NULL };
    pc_init_outcome outcome = PC_INIT_THERE;
    pc_token_info token;

    (void)ret_exit;
    PC_TRY(pc_cli_parse(cli, &pc_cmd_init, argc, argv, options, 1, &words));
    if (cli->help) {
        return PC_OK;
    }
    if (words.count != 1) {
        return pc_fail(&cli->err, PC_E_USAGE, "name the new token: p11cert init LABEL");
    }
    order.label = words.words[0];
    order.so_pin_source = so_pin_source;
    PC_TRY(pc_init_run(&order, &cli->access, &outcome, &token, &cli->err));
    if (cli->json) {
        return pc_print_json(cli, json_pack("{s:o, s:s}", "token", pc_json_text(token.label), "outcome",
                                            outcomes[outcome].name));
    }
    (void)fputs("token \"", stdout);
    pc_print_safe(stdout, token.label);
    (void)printf("\" %s\n", outcomes[outcome].sentence);
    return PC_OK;
}

const pc_command pc_cmd_init = {
    .verb = "init",
    .summary = "make a token in a free slot and set its PINs",
    .arguments = "LABEL",
    .details = "A token that is in use is never initialised again. Run again, it goes on or says that all is done.\n"
               "--pin-source gives the new user PIN; a PIN that is asked for is asked twice.\n",
    .needs = PC_NEEDS_TOKEN,
    .run = run,
};
