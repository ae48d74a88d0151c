/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/print/auto_enrolled.h"

#include "cli/print/colour.h"
#include "cli/print/error_text.h"
#include "cli/print/output.h"

#define EXIT_PENDING 1

PC_AUTO_DEFINE(pc_auto_enroll_result, pc_auto_enroll_result, pc_auto_enroll_result_free);

static void print_dates(const pc_auto_enrolled *item)
{
    if (item->not_after) {
        (void)printf(", valid until %.10s", item->not_after);
    }
    if (item->renews_from) {
        (void)printf(", renewal from %.10s", item->renews_from);
    }
}

static const pc_colour colours[] = {
    [PC_AUTO_HELD] = PC_COLOUR_GOOD,         [PC_AUTO_SUPERSEDED] = PC_COLOUR_FAINT,
    [PC_AUTO_TO_ENROLL] = PC_COLOUR_WARNING, [PC_AUTO_TO_RENEW] = PC_COLOUR_WARNING,
    [PC_AUTO_PENDING] = PC_COLOUR_WARNING,   [PC_AUTO_ENROLLED] = PC_COLOUR_GOOD,
    [PC_AUTO_RENEWED] = PC_COLOUR_GOOD,
};

static void print_problem(const pc_cli *cli, const pc_auto_enrolled *item)
{
    PC_AUTO(free) char *problem = pc_with_options_named(item->problem);
    PC_AUTO(free) char *hint = pc_with_options_named(item->hint);

    if (item->status != PC_OK) {
        (void)printf("    ");
        pc_print_state(cli, stdout, PC_COLOUR_BAD, 0, "NOT DONE");
        (void)printf(": ");
        pc_print_safe(stdout, problem ? problem : pc_status_name(item->status));
        (void)putchar('\n');
    }
    if (hint) {
        (void)printf("    ");
        pc_print_safe(stdout, hint);
        (void)putchar('\n');
    }
}

static void print_item(const pc_cli *cli, const pc_auto_enrolled *item)
{
    pc_print_state(cli, stdout, colours[item->state], 10, pc_auto_enroll_state_name(item->state));
    (void)printf("  %s", item->template_name);
    if (item->by) {
        (void)printf(" by %s", item->by);
    }
    if (item->key_label) {
        (void)printf("  key \"%s\"", item->key_label);
    }
    print_dates(item);
    (void)putchar('\n');
    if (item->ca) {
        (void)printf("    CA: %s\n", item->ca);
    }
    print_problem(cli, item);
}

static void print_result(const pc_cli *cli, const pc_auto_enroll_result *result)
{
    if (result->count == 0) {
        (void)printf("no template that this login may auto-enroll is offered\n");
    }
    for (size_t i = 0; i < result->count; i++) {
        print_item(cli, &result->items[i]);
    }
}

static json_t *item_to_json(const pc_auto_enrolled *item)
{
    return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "state",
                     pc_auto_enroll_state_name(item->state), "status", pc_status_name(item->status), "problem",
                     pc_json_error_text(item->problem), "hint", pc_json_error_text(item->hint), "template",
                     pc_json_text(item->template_name), "by", pc_json_text(item->by), "key",
                     pc_json_text(item->key_label), "ca", pc_json_text(item->ca), "serial", pc_json_text(item->serial),
                     "not_after", pc_json_text(item->not_after), "renews_from", pc_json_text(item->renews_from));
}

static json_t *to_json(const pc_auto_enroll_result *result)
{
    json_t *templates = json_array();

    for (size_t i = 0; i < result->count; i++) {
        (void)json_array_append_new(templates, item_to_json(&result->items[i]));
    }
    return json_pack("{s:o, s:o, s:o, s:o}", "token", pc_json_text(result->token), "ca", pc_json_text(result->ca),
                     "policy", pc_json_text(result->policy), "templates", templates);
}

static int exit_code_of(const pc_auto_enroll_result *result)
{
    bool is_pending = false;

    for (size_t i = 0; i < result->count; i++) {
        is_pending = is_pending || result->items[i].state == PC_AUTO_PENDING;
    }
    return result->worst != PC_OK ? pc_status_exit_code(result->worst) : is_pending ? EXIT_PENDING : 0;
}

pc_status pc_auto_enroll(pc_cli *cli, const pc_auto_enroll_order *order)
{
    PC_AUTO(pc_auto_enroll_result) pc_auto_enroll_result *result = NULL;

    PC_TRY(pc_auto_enroll_run(order, &cli->access, &result, &cli->err));
    cli->exit_code = exit_code_of(result);
    if (cli->json) {
        return pc_print_json(cli, to_json(result));
    }
    print_result(cli, result);
    return PC_OK;
}
