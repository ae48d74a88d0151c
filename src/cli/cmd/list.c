/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/list.h>
#include <time.h>

#include "cli/cmd/cmd.h"
#include "cli/cli.h"
#include "base/duration.h"
#include "cli/print/key_table.h"
#include "cli/print/key_tree.h"
#include "cli/print/output.h"

PC_AUTO_DEFINE(pc_list_result, pc_list_result, pc_list_result_free);

static void print_ending(const pc_list_result *result, size_t count, int64_t days)
{
    const char *are = count == 1 ? "certificate expires" : "certificates expire";

    if (count) {
        pc_key_tree_print(result, false);
        (void)fputc('\n', stdout);
    }
    if (days && !count) {
        (void)printf("no certificate expires within %lld day%s, and none has expired\n", (long long)days,
                     days == 1 ? "" : "s");
    } else if (days) {
        (void)printf("%zu %s within %lld day%s or ha%s expired\n", count, are, (long long)days, days == 1 ? "" : "s",
                     count == 1 ? "s" : "ve");
    } else {
        (void)printf("%zu %s expired\n", count, count == 1 ? "certificate has" : "certificates have");
    }
}

static pc_status tell_ending(pc_cli *cli, pc_list_result *result, int64_t days)
{
    size_t count = pc_list_keep_ending(result, (int64_t)time(NULL) + days * 86400);

    cli->exit_code = count ? 1 : 0;
    if (!cli->json) {
        print_ending(result, count, days);
        return PC_OK;
    }
    json_t *tree = pc_key_tree_to_json(result);

    (void)json_object_set_new(tree, "expiring",
                              json_pack("{s:I, s:I}", "days", (json_int_t)days, "count", (json_int_t)count));
    return pc_print_json(cli, tree);
}

typedef struct {
    pc_days expiring;
    bool table;
} list_options;

static const pc_option options_of_list[] = {
    { .name = "expiring",
      .kind = PC_OPTION_DAYS,
      .offset = offsetof(list_options, expiring),
      .arg = "DURATION",
      .help = "only certificates that expire within this time: 30d, 6w, 3mo, 1y; exit code 1 if there are any",
      .details = "Show only the certificates that expire within this time or have expired, with their keys; exit\n"
                 "code 1 if there are any, 0 if there are none. Issuer certificates count. A duration is a whole\n"
                 "number and a unit: *d* (days), *w* (weeks), *mo* (months of 30 days) or *y* (years of 365\n"
                 "days); a number alone is days; *0d* shows what has expired. *m* is refused, because it means\n"
                 "minutes in the other options. A certificate that cannot be read is shown and counts." },
    { .name = "table",
      .kind = PC_OPTION_FLAG,
      .offset = offsetof(list_options, table),
      .excludes = { "json", "expiring" },
      .help = "one line a key: label, kind, exportable, expiry of its certificate",
      .details = "One line for each private key: its label, cut with \"~\" if the terminal is too narrow; its kind;\n"
                 "whether it is exportable; and when its current certificate expires." },
    PC_OPTIONS_END,
};

static pc_status run(pc_cli *cli, const void *options)
{
    const list_options *given = options;
    PC_AUTO(pc_list_result) pc_list_result *result = NULL;

    PC_TRY(pc_list_run(NULL, &cli->access, &result, &cli->err));
    if (given->expiring.is_given) {
        return tell_ending(cli, result, given->expiring.sec / PC_SECONDS_PER_DAY);
    }
    if (cli->json) {
        return pc_print_json(cli, pc_key_tree_to_json(result));
    }
    if (given->table) {
        pc_key_table_print(result);
    } else {
        pc_key_tree_print(result, false);
    }
    return PC_OK;
}

const pc_command pc_cmd_list = {
    .verb = "list",
    .summary = "show keys, their certificates and chains, as a tree",
    .details = "What a key may do, and whether it is exportable, is shown as the token reports it. --expiring is\n"
               "for schedulers.\n",
    .exits = "Exit code 1: with --expiring, there are certificates that expire within the time or have expired.\n",
    .examples = "p11cert list --token servers --table\n"
                "p11cert list --token servers --expiring 30d\n",
    .needs = PC_COMMAND_NEEDS_TOKEN,
    .options = options_of_list,
    .options_size = sizeof(list_options),
    .run = run,
};
