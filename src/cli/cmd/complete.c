/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/certificate_profile.h>
#include <p11cert/list.h>
#include <p11cert/policy.h>
#include <string.h>

#include "cli/cmd/cmd.h"
#include "cli/cli.h"
#include "cli/options/site.h"
#include "cli/print/output.h"

PC_AUTO_DEFINE(pc_labels_result, pc_labels_result, pc_labels_result_free);
PC_AUTO_DEFINE(pc_rule_listing, pc_rule_listing, pc_rule_listing_free);
PC_AUTO_DEFINE(pc_tokens_result, pc_tokens_result, pc_tokens_result_free);

static void print_name(const char *name)
{
    pc_print_safe(stdout, name);
    (void)fputc('\n', stdout);
}

static pc_status print_names(pc_cli *cli, pc_status (*read)(const pc_token_access *, pc_labels_result **, pc_error *))
{
    PC_AUTO(pc_labels_result) pc_labels_result *result = NULL;

    PC_TRY(read(&cli->access, &result, &cli->err));
    for (size_t i = 0; i < result->count; i++) {
        print_name(result->labels[i]);
    }
    return PC_OK;
}

static pc_status print_keys(pc_cli *cli)
{
    return print_names(cli, pc_labels_run);
}

static pc_status print_templates(pc_cli *cli)
{
    return print_names(cli, pc_template_names_run);
}

/* A token that shares its label with another one is named by its URI, which the user can look up. */
static pc_status print_tokens(pc_cli *cli)
{
    PC_AUTO(pc_tokens_result) pc_tokens_result *result = NULL;

    PC_TRY(pc_tokens_run(&cli->access, &result, &cli->err));
    for (size_t i = 0; i < result->module_count; i++) {
        for (size_t j = 0; j < result->modules[i].token_count; j++) {
            print_name(result->modules[i].tokens[j].label);
        }
    }
    return PC_OK;
}

static pc_status print_sites(pc_cli *cli)
{
    pc_site_name_list names;

    PC_TRY(pc_site_names(cli->arena, &names, &cli->err));
    for (size_t i = 0; i < names.count; i++) {
        print_name(names.items[i]);
    }
    return PC_OK;
}

static pc_status print_rules(pc_cli *cli)
{
    PC_AUTO(pc_rule_listing) pc_rule_listing *listing = NULL;

    PC_TRY(pc_policy_list(NULL, &listing, &cli->err));
    for (size_t i = 0; i < listing->rule_count; i++) {
        print_name(listing->rules[i].id);
    }
    return PC_OK;
}

/* Whether one of the first `count` rules is used by this profile. */
static bool is_known(const pc_rule_listing *listing, size_t count, const char *policy)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < listing->rules[i].use_count; j++) {
            if (strcmp(listing->rules[i].uses[j].policy, policy) == 0) {
                return true;
            }
        }
    }
    return false;
}

static pc_status print_policies(pc_cli *cli)
{
    PC_AUTO(pc_rule_listing) pc_rule_listing *listing = NULL;

    PC_TRY(pc_policy_list(NULL, &listing, &cli->err));
    for (size_t i = 0; i < listing->rule_count; i++) {
        for (size_t j = 0; j < listing->rules[i].use_count; j++) {
            const char *policy = listing->rules[i].uses[j].policy;

            if (!is_known(listing, i, policy)) {
                print_name(policy);
            }
        }
    }
    return PC_OK;
}

static pc_status print_profiles(pc_cli *cli)
{
    size_t count = 0;
    const pc_certificate_profile *profiles = pc_certificate_profiles(&count);

    (void)cli;
    for (size_t i = 0; i < count; i++) {
        print_name(profiles[i].name);
    }
    return PC_OK;
}

static const struct {
    const char *name;
    pc_status (*print)(pc_cli *cli);
} lists[] = {
    { "keys", print_keys },         { "tokens", print_tokens }, { "templates", print_templates },
    { "sites", print_sites },       { "rules", print_rules },   { "policies", print_policies },
    { "profiles", print_profiles },
};

typedef struct {
    const char *what;
} complete_options;

static pc_status run(pc_cli *cli, const void *options)
{
    const complete_options *given = options;

    for (size_t i = 0; i < PC_COUNT(lists); i++) {
        if (strcmp(given->what, lists[i].name) == 0) {
            return lists[i].print(cli);
        }
    }
    return pc_fail(&cli->err, PC_E_USAGE, "there is no list \"%s\"", given->what);
}

const pc_command pc_cmd_complete = {
    .verb = "--complete",
    .summary = "what a token or the configuration shows without a login, one item per line, for shell completion",
    .needs = PC_COMMAND_NEEDS_TOKEN | PC_COMMAND_IS_UNSEEN,
    .positional = { .name = "keys|tokens|templates|sites|rules|policies|profiles",
                    .what = "what to list",
                    .kind = PC_OPTION_TEXT,
                    .offset = offsetof(complete_options, what),
                    .min = 1,
                    .max = 1 },
    .options_size = sizeof(complete_options),
    .run = run,
};
