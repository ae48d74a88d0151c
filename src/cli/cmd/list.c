/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/list.h>
#include <time.h>

#include "cli/cli.h"
#include "cli/print/key_tree.h"
#include "cli/print/output.h"

PC_AUTO_DEFINE(pc_list_result, pc_list_result, pc_list_result_free);

static void print_ending(const pc_list_result *result, size_t count, int64_t days)
{
    const char *are = count == 1 ? "certificate ends" : "certificates end";

    if (count) {
        pc_key_tree_print(result, false);
        (void)fputc('\n', stdout);
    }
    if (days && !count) {
        (void)printf("no certificate ends within %lld day%s, and none has ended\n", (long long)days,
                     days == 1 ? "" : "s");
    } else if (days) {
        (void)printf("%zu %s within %lld day%s or ha%s ended\n", count, are, (long long)days, days == 1 ? "" : "s",
                     count == 1 ? "s" : "ve");
    } else {
        (void)printf("%zu %s ended\n", count, count == 1 ? "certificate has" : "certificates have");
    }
}

static pc_status tell_ending(pc_cli *cli, pc_list_result *result, int64_t days, int *ret_exit)
{
    size_t count = pc_list_keep_ending(result, (int64_t)time(NULL) + days * 86400);

    *ret_exit = count ? 1 : 0;
    if (!cli->json) {
        print_ending(result, count, days);
        return PC_OK;
    }
    json_t *tree = pc_key_tree_to_json(result);

    (void)json_object_set_new(tree, "expiring",
                              json_pack("{s:I, s:I}", "days", (json_int_t)days, "count", (json_int_t)count));
    return pc_print_json(cli, tree);
}

static pc_status run(pc_cli *cli, int argc, const char **argv, int *ret_exit)
{
    char *expiring = NULL;
    int64_t days = 0;
    struct poptOption options[] = {
        { "expiring", '\0', POPT_ARG_STRING, &expiring, 0,
          "only certificates that end within this span: 30d, 6w, 3m, 1y; exit code 1 if there are any", "SPAN" },
        POPT_TABLEEND
    };
    PC_AUTO_WORDS pc_words words = { .context = NULL };
    PC_AUTO(pc_list_result) pc_list_result *result = NULL;

    PC_TRY(pc_cli_parse(cli, &pc_cmd_list, argc, argv, options, 0, &words));
    if (cli->help) {
        return PC_OK;
    }
    if (expiring && !pc_list_span(expiring, &days)) {
        (void)pc_fail(&cli->err, PC_E_USAGE, "\"%s\" is no span of time", expiring);
        return pc_hint(&cli->err, PC_E_USAGE,
                       "a whole number and d, w, m or y: --expiring 30d; at most a hundred years");
    }
    PC_TRY(pc_list_run(NULL, &cli->access, &result, &cli->err));
    if (expiring) {
        return tell_ending(cli, result, days, ret_exit);
    }
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
    .details =
        "What a key may do, and whether it is exportable, is as the token reports it. With --expiring, for schedulers:\n"
        "exit code 0, no certificate ends within the span; 1, some do, or have ended, and are shown.\n\n"
        "    p11cert list --token servers --expiring 30d\n",
    .needs = PC_NEEDS_TOKEN,
    .run = run,
};
