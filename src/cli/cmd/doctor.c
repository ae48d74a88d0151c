/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/doctor.h>

#include "cli/cmd/cmd.h"
#include "cli/cli.h"
#include "cli/options/ca_options.h"
#include "cli/print/colour.h"
#include "cli/print/error_text.h"
#include "cli/print/output.h"

PC_AUTO_DEFINE(pc_doctor_result, pc_doctor_result, pc_doctor_result_free);

static json_t *to_json(const pc_doctor_result *result)
{
    json_t *items = json_array();

    for (size_t i = 0; i < result->count; i++) {
        const pc_diagnosis *each = &result->items[i];

        (void)json_array_append_new(items,
                                    json_pack("{s:s, s:s, s:o, s:o}", "id", each->id, "state",
                                              each->is_ok ? "ok" : pc_severity_name(each->severity), "found",
                                              pc_json_error_text(each->found), "fix", pc_json_error_text(each->fix)));
    }
    return items;
}

/* The source of each value: the last one of a setting counts. */
static const char *origin_of(const pc_setting *setting, pc_arena *arena)
{
    return pc_arena_format(arena, "%s, from %s", setting->text, setting->origin ? setting->origin : "?");
}

static void settings_to_json(pc_cli *cli, json_t *items)
{
    for (size_t i = 0; i < cli->setting_count; i++) {
        const pc_setting *each = &cli->settings[i];

        (void)json_array_append_new(items,
                                    json_pack("{s:o, s:s, s:o, s:n}", "id",
                                              pc_json_text(pc_arena_format(cli->arena, "setting.%s", each->option)),
                                              "state", "ok", "found", pc_json_text(origin_of(each, cli->arena)),
                                              "fix"));
    }
}

static void print_settings(const pc_cli *cli)
{
    for (size_t i = 0; i < cli->setting_count; i++) {
        const char *found = origin_of(&cli->settings[i], cli->arena);

        pc_print_state(cli, stdout, PC_COLOUR_GOOD, 8, "ok");
        (void)printf(" setting.%s\n", cli->settings[i].option);
        pc_print_wrapped(stdout, 9, found ? found : "");
    }
}

static pc_colour colour_of(const pc_diagnosis *item)
{
    return item->is_ok                             ? PC_COLOUR_GOOD
           : item->severity == PC_SEVERITY_ERROR   ? PC_COLOUR_BAD
           : item->severity == PC_SEVERITY_WARNING ? PC_COLOUR_WARNING
                                                   : PC_COLOUR_OTHER;
}

static void print_result(const pc_cli *cli, const pc_doctor_result *result)
{
    for (size_t i = 0; i < result->count; i++) {
        const pc_diagnosis *each = &result->items[i];
        PC_AUTO(free) char *found = pc_with_options_named(each->found);
        PC_AUTO(free) char *fix = pc_with_options_named(each->fix);

        pc_print_state(cli, stdout, colour_of(each), 8, each->is_ok ? "ok" : pc_severity_name(each->severity));
        (void)printf(" %s\n", each->id);
        pc_print_wrapped(stdout, 9, found ? found : each->found);
        if (each->fix) {
            (void)printf("         fix:\n");
            pc_print_wrapped(stdout, 13, fix ? fix : each->fix);
        }
    }
}

/* --- the verb ---------------------------------------------------------------------------------------------------- */

typedef struct {
    const char *template_name;
    pc_ca_given ca;
} doctor_options;

#define FIELD(field) offsetof(doctor_options, field)

static const pc_option options_of_doctor[] = {
    { .name = "template",
      .kind = PC_OPTION_TEMPLATE,
      .offset = FIELD(template_name),
      .arg = "NAME",
      .needs = { "ca" },
      .help = "also say whether a key on this token can satisfy this template of --ca: its name or display name",
      .details =
          "Ask the enrolment policy service (_.../service.svc/CEP_) at *--ca* for this template, and say whether\n"
          "a key on this token can satisfy it, before there is one." },
    { .name = "Reaching the CA:",
      .kind = PC_OPTION_GROUP,
      .group = pc_options_ca,
      .offset = FIELD(ca),
      .needs = { "template" } },
    PC_OPTIONS_END,
};

static pc_status take_order(pc_cli *cli, const doctor_options *given, pc_ca_access *ca, pc_doctor_order *ret_order)
{
    *ret_order = (pc_doctor_order){ .with_login = cli->access.pin_source != NULL };
    if (!given->template_name) {
        return PC_OK;
    }
    PC_TRY(pc_ca_options_take(cli, &given->ca, ca));
    ret_order->template_name = given->template_name;
    ret_order->ca = ca;
    ret_order->with_login = ret_order->with_login || ca->client_key; /* it signs */
    return PC_OK;
}

static pc_status run(pc_cli *cli, const void *options)
{
    PC_AUTO(pc_doctor_result) pc_doctor_result *result = NULL;
    pc_ca_access ca;
    pc_doctor_order order;

    PC_TRY(take_order(cli, options, &ca, &order));
    PC_TRY(pc_doctor_run(&order, &cli->access, &result, &cli->err));
    cli->exit_code = pc_doctor_found_error(result) ? pc_status_exit_code(PC_E_TOKEN) : 0;
    if (cli->json) {
        json_t *items = to_json(result);

        settings_to_json(cli, items);
        return pc_print_json(cli, json_pack("{s:o}", "diagnoses", items));
    }
    print_result(cli, result);
    print_settings(cli);
    return PC_OK;
}

const pc_command pc_cmd_doctor = {
    .verb = "doctor",
    .summary = "report what will fail on this machine and token, and how to fix it",
    .details = "Logs in only if --pin-source is given, to examine the keys, or --client-key, to use it.\n",
    .exits = "Exit code 6: p11cert will not work until something is fixed.\n",
    .examples = "p11cert doctor --token servers --template WebServer --ca "
                "https://ca.contoso.com/ADPolicyProvider_CEP_Kerberos/service.svc/CEP\n",
    .needs = PC_COMMAND_NEEDS_TOKEN,
    .options = options_of_doctor,
    .options_size = sizeof(doctor_options),
    .run = run,
};
