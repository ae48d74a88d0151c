/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/options/check_waivers.h"

#include <string.h>
#include <strings.h>

const pc_option pc_options_waivers[] = {
    { .name = "waive",
      .kind = PC_OPTION_SERIES,
      .arg = "ID",
      .live = "rules",
      .help = "accept that this rule fails; may be repeated",
      .details = "Accept that the rule with this id fails. May be repeated. See *WAIVERS*." },
    { .name = "reason",
      .kind = PC_OPTION_SERIES,
      .arg = "TEXT",
      .help = "why; required for every waiver, and printed in every report",
      .details = "Why the rule is waived. Belongs to the *--waive* before it. Every waiver requires a reason,\n"
                 "which is printed in every report." },
    { .name = "until",
      .kind = PC_OPTION_SERIES,
      .arg = "YYYY-MM-DD",
      .help = "the last day (UTC) on which the waiver applies",
      .details = "The last day (UTC) on which the waiver applies. Belongs to the *--waive* before it. Without\n"
                 "it, the waiver does not expire." },
    PC_OPTIONS_END,
};

static pc_status add_waiver(pc_cli *cli, const char *rule, pc_given_waivers *waivers)
{
    pc_waiver *waiver = PC_PUSH(cli->arena, waivers->items, waivers->count);

    if (!waiver) {
        return pc_fail_memory(&cli->err);
    }
    *waiver = (pc_waiver){ .rule = rule };
    return PC_OK;
}

static pc_status add_to_last(pc_cli *cli, const pc_series_item *item, pc_given_waivers *waivers)
{
    pc_waiver *last = waivers->count ? &waivers->items[waivers->count - 1] : NULL;
    const char *name = item->option->name;
    const char **slot = !last ? NULL : strcmp(name, "reason") == 0 ? &last->reason : &last->until;

    if (slot && !*slot) {
        *slot = item->text;
        return PC_OK;
    }
    if (last) {
        (void)pc_fail(&cli->err, PC_E_USAGE, "the waiver for \"%s\" has a second --%s", last->rule, name);
    } else {
        (void)pc_fail(&cli->err, PC_E_USAGE, "--%s belongs to the --waive before it, and there is none", name);
    }
    return pc_hint(&cli->err, PC_E_USAGE, "--waive ID --reason \"WHY\" [--until DATE], once for each rule");
}

static bool is_blank(const char *text)
{
    return !text || text[strspn(text, " \t\r\n")] == '\0';
}

static pc_status check_one(const pc_given_waivers *given, size_t index, pc_error *err)
{
    const pc_waiver *waiver = &given->items[index];

    if (is_blank(waiver->reason)) {
        (void)pc_fail(err, PC_E_USAGE, "the waiver for \"%s\" has no reason", waiver->rule);
        return pc_hint(err, PC_E_USAGE, "--waive ID --reason \"WHY\": the reason is printed in every report");
    }
    for (size_t i = 0; i < index; i++) {
        if (strcasecmp(given->items[i].rule, waiver->rule) == 0) {
            return pc_fail(err, PC_E_USAGE, "\"%s\" is waived twice", waiver->rule);
        }
    }
    return PC_OK;
}

pc_status pc_waivers_take(pc_cli *cli, const pc_series *series, pc_given_waivers *ret_waivers)
{
    pc_given_waivers waivers = { .count = 0 };

    for (size_t i = 0; i < series->count; i++) {
        const pc_series_item *item = &series->items[i];

        PC_TRY(strcmp(item->option->name, "waive") == 0 ? add_waiver(cli, item->text, &waivers)
                                                        : add_to_last(cli, item, &waivers));
    }
    for (size_t i = 0; i < waivers.count; i++) {
        PC_TRY(check_one(&waivers, i, &cli->err));
    }
    *ret_waivers = waivers;
    return PC_OK;
}
