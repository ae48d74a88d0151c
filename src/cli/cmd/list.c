/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/list.h>
#include <time.h>

#include "cli/cmd/cmd.h"
#include "cli/cli.h"
#include "base/duration.h"
#include "cli/print/key_table.h"
#include "cli/print/key_tree.h"
#include "cli/print/error_text.h"
#include "cli/print/output.h"

PC_AUTO_DEFINE(pc_list_result, pc_list_result, pc_list_result_free);
PC_AUTO_DEFINE(pc_list_all_result, pc_list_all_result, pc_list_all_result_free);

static void print_ending(const pc_cli *cli, const pc_list_result *result, size_t count, int64_t days)
{
    const char *are = count == 1 ? "certificate expires" : "certificates expire";

    if (count) {
        pc_key_tree_print(cli, result, false);
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

static pc_status print_expiring(pc_cli *cli, pc_list_result *result, int64_t days)
{
    size_t count = pc_list_keep_ending(result, (int64_t)time(NULL) + days * 86400);

    cli->exit_code = count ? 1 : 0;
    if (!cli->json) {
        print_ending(cli, result, count, days);
        return PC_OK;
    }
    json_t *tree = pc_key_tree_to_json(result);

    (void)json_object_set_new(tree, "expiring",
                              json_pack("{s:I, s:I}", "days", (json_int_t)days, "count", (json_int_t)count));
    return pc_print_json(cli, tree);
}

/* --- every token --- */

static json_t *token_to_json(const pc_listed_token *token)
{
    json_t *object = token->list ? pc_key_tree_to_json(token->list) : json_object();

    (void)json_object_set_new(object, "module", pc_json_text(token->module));
    (void)json_object_set_new(object, "uri", pc_json_text(token->uri));
    (void)json_object_set_new(object, "logged_in", json_boolean(token->is_logged_in));
    (void)json_object_set_new(object, "problem", pc_json_error_text(token->problem));
    (void)json_object_set_new(object, "hint", pc_json_error_text(token->hint));
    return object;
}

static json_t *tokens_to_json(const pc_list_all_result *result)
{
    json_t *tokens = json_array();

    for (size_t i = 0; i < result->token_count; i++) {
        (void)json_array_append_new(tokens, token_to_json(&result->tokens[i]));
    }
    return json_pack("{s:o}", "tokens", tokens);
}

static void print_token(const pc_cli *cli, const pc_listed_token *token, bool table)
{
    PC_AUTO(free) char *problem = pc_with_options_named(token->problem);
    PC_AUTO(free) char *hint = pc_with_options_named(token->hint);

    (void)fputs("=== ", stdout);
    pc_print_safe(stdout, token->module);
    if (token->uri) {
        (void)fputs(", ", stdout);
        pc_print_safe(stdout, token->uri);
    }
    (void)fputc('\n', stdout);
    if (problem) {
        (void)fputs("problem:\n", stdout);
        pc_print_wrapped(stdout, 4, problem);
    }
    if (problem && hint) {
        (void)fputs("hint:\n", stdout);
        pc_print_wrapped(stdout, 4, hint);
    }
    if (token->list && !token->is_logged_in) {
        (void)fputs("without a login: private objects are not shown\n", stdout);
    }
    if (token->list && table) {
        pc_key_table_print(cli, token->list);
    } else if (token->list) {
        pc_key_tree_print(cli, token->list, false);
    }
}

static pc_status list_all(pc_cli *cli, bool table)
{
    PC_AUTO(pc_list_all_result) pc_list_all_result *result = NULL;

    pc_token_access access = cli->access;

    access.token = NULL; /* the token from the environment does not apply */
    PC_TRY(pc_list_all_run(&access, &result, &cli->err));
    cli->exit_code = pc_status_exit_code(result->failure);
    if (cli->json) {
        return pc_print_json(cli, tokens_to_json(result));
    }
    for (size_t i = 0; i < result->token_count; i++) {
        (void)fputs(i ? "\n" : "", stdout);
        print_token(cli, &result->tokens[i], table);
    }
    if (result->token_count == 0) {
        (void)fputs("no token\n", stdout);
    }
    return PC_OK;
}

typedef struct {
    pc_days expiring;
    bool table;
    bool all_tokens;
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
      .help = "one line per key: label, kind, exportable, expiry of its certificate",
      .details = "One line for each private key: its label, cut with \"~\" if the terminal is too narrow; its kind;\n"
                 "whether it is exportable; and when its current certificate expires." },
    { .name = "all-tokens",
      .kind = PC_OPTION_FLAG,
      .offset = offsetof(list_options, all_tokens),
      .excludes = { "token", "expiring" },
      .help = "every token of the module, or of all registered modules",
      .details =
          "List every token of the module, or of all modules in the p11-kit registry if none is named. Without\n"
          "a PIN source, only what a token shows without a login. With one, the same PIN is used for each token\n"
          "that has a PIN, until a token rejects it; it is then not tried on any other. The prompt asks for the\n"
          "PIN of each token. A token that cannot be read is reported, and sets the exit code." },
    PC_OPTIONS_END,
};

static pc_status run(pc_cli *cli, const void *options)
{
    const list_options *given = options;
    PC_AUTO(pc_list_result) pc_list_result *result = NULL;

    if (given->all_tokens) {
        return list_all(cli, given->table);
    }
    PC_TRY(pc_list_run(NULL, &cli->access, &result, &cli->err));
    if (given->expiring.is_given) {
        return print_expiring(cli, result, given->expiring.sec / PC_SECONDS_PER_DAY);
    }
    if (cli->json) {
        return pc_print_json(cli, pc_key_tree_to_json(result));
    }
    if (given->table) {
        pc_key_table_print(cli, result);
    } else {
        pc_key_tree_print(cli, result, false);
    }
    return PC_OK;
}

const pc_command pc_cmd_list = {
    .verb = "list",
    .summary = "show keys, their certificates and chains, as a tree",
    .details = "What a key may do, and whether it is exportable, is shown as the token reports it. --expiring is\n"
               "for schedulers.\n",
    .exits = "Exit code 1: with --expiring, some certificates expire within this time or have expired.\n",
    .examples = "p11cert list --token servers --table\n"
                "p11cert list --token servers --expiring 30d\n"
                "p11cert list --all-tokens --json\n",
    .needs = PC_COMMAND_NEEDS_TOKEN,
    .options = options_of_list,
    .options_size = sizeof(list_options),
    .run = run,
};
