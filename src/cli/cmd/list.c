/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/list.h>

#include "cli/cli.h"
#include "cli/key_tree.h"
#include "cli/output.h"

PC_AUTO_DEFINE(pc_list_result, pc_list_result, pc_list_result_free);

static pc_status run(pc_cli *cli, int argc, const char **argv, int *ret_exit)
{
    struct poptOption options[] = { POPT_TABLEEND };
    PC_AUTO_WORDS pc_words words = { .context = NULL };
    PC_AUTO(pc_list_result) pc_list_result *result = NULL;

    (void)ret_exit;
    PC_TRY(pc_cli_parse(cli, &pc_cmd_list, argc, argv, options, 0, &words));
    if (cli->help) {
        return PC_OK;
    }
    PC_TRY(pc_list_run(NULL, &cli->access, &result, &cli->err));
    if (cli->json) {
        return pc_print_json(cli, pc_key_tree_to_json(result));
    }
    pc_key_tree_print(result, false);
    return PC_OK;
}

const pc_command pc_cmd_list = {
    .verb = "list",
    .summary = "show keys, their certificates and chains, as a tree",
    .arguments = "",
    .details = "What a key may do, and whether it is exportable, is as the token reports it.\n",
    .needs = PC_NEEDS_TOKEN,
    .run = run,
};
