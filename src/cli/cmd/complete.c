/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/list.h>
#include <string.h>

#include "cli/cmd/cmd.h"
#include "cli/cli.h"
#include "cli/print/output.h"

PC_AUTO_DEFINE(pc_labels_result, pc_labels_result, pc_labels_result_free);
PC_AUTO_DEFINE(pc_tokens_result, pc_tokens_result, pc_tokens_result_free);

static pc_status print_names(pc_cli *cli, pc_status (*read)(const pc_token_access *, pc_labels_result **, pc_error *))
{
    PC_AUTO(pc_labels_result) pc_labels_result *result = NULL;

    PC_TRY(read(&cli->access, &result, &cli->err));
    for (size_t i = 0; i < result->count; i++) {
        pc_print_safe(stdout, result->labels[i]);
        (void)fputc('\n', stdout);
    }
    return PC_OK;
}

/* A token that shares its label with another one is named by its URI, which the user can look up. */
static pc_status print_tokens(pc_cli *cli)
{
    PC_AUTO(pc_tokens_result) pc_tokens_result *result = NULL;

    PC_TRY(pc_tokens_run(&cli->access, &result, &cli->err));
    for (size_t i = 0; i < result->module_count; i++) {
        for (size_t j = 0; j < result->modules[i].token_count; j++) {
            pc_print_safe(stdout, result->modules[i].tokens[j].label);
            (void)fputc('\n', stdout);
        }
    }
    return PC_OK;
}

typedef struct {
    const char *what;
} complete_options;

static pc_status run(pc_cli *cli, const void *options)
{
    const complete_options *given = options;

    if (strcmp(given->what, "tokens") == 0) {
        return print_tokens(cli);
    }
    return print_names(cli, strcmp(given->what, "templates") == 0 ? pc_template_names_run : pc_labels_run);
}

const pc_command pc_cmd_complete = {
    .verb = "--complete",
    .summary = "what a token shows without a login, one item per line, for shell completion",
    .needs = PC_COMMAND_NEEDS_TOKEN | PC_COMMAND_IS_UNSEEN,
    .positional = { .name = "keys|tokens|templates",
                    .what = "what to list",
                    .kind = PC_OPTION_TEXT,
                    .offset = offsetof(complete_options, what),
                    .min = 1,
                    .max = 1 },
    .options_size = sizeof(complete_options),
    .run = run,
};
