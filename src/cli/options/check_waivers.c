/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/options/check_waivers.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"

void pc_given_waivers_clear(pc_given_waivers *given)
{
    while (given->text_count) {
        free(given->texts[--given->text_count]);
    }
    given->count = 0;
}

static void refuse_more(pc_given_waivers *given)
{
    (void)pc_fail(&given->err, PC_E_USAGE, "more than %u waivers", PC_WAIVERS_MOST);
    (void)pc_hint(&given->err, PC_E_USAGE, "a profile's file can hold them: --policy FILE");
}

static const char **slot_of(pc_waiver *waiver, int option)
{
    return option == 'r' ? &waiver->reason : &waiver->until;
}

/* --reason and --until belong to the --waive before them. */
static void add_to_waiver(pc_given_waivers *given, int option, const char *name, const char *text)
{
    pc_waiver *last = given->count ? &given->items[given->count - 1] : NULL;

    if (last && !*slot_of(last, option)) {
        *slot_of(last, option) = text;
        return;
    }
    if (last) {
        (void)pc_fail(&given->err, PC_E_USAGE, "the waiver for \"%s\" has a second --%s", last->rule, name);
    } else {
        (void)pc_fail(&given->err, PC_E_USAGE, "--%s belongs to the --waive before it, and there is none", name);
    }
    (void)pc_hint(&given->err, PC_E_USAGE, "--waive ID --reason \"WHY\" [--until DATE], once for each rule");
}

static void take_option(poptContext context, enum poptCallbackReason reason, const struct poptOption *option,
                        const char *text, const void *data)
{
    pc_given_waivers *given = *(pc_given_waivers *const *)data;

    (void)context;
    if (reason != POPT_CALLBACK_REASON_OPTION || given->err.status != PC_OK) {
        return;
    }
    if (given->count == PC_WAIVERS_MOST && option->val == 'w') {
        refuse_more(given);
        return;
    }
    /* Each waiver takes three at most, so that there is room for the one of a mistake, but not for two. */
    char *copy = given->text_count < PC_COUNT(given->texts) ? strdup(text) : NULL;

    if (!copy) {
        (void)pc_fail_memory(&given->err);
        return;
    }
    given->texts[given->text_count++] = copy;
    if (option->val == 'w') {
        given->items[given->count++] = (pc_waiver){ .rule = copy };
    } else {
        add_to_waiver(given, option->val, option->longName, copy);
    }
}

void pc_waiver_options(pc_given_waivers *given, struct poptOption table[static PC_WAIVER_OPTIONS])
{
    /* popt keeps the function in a pointer to data, and its data in the text of the help. */
    const union {
        poptCallbackType function;
        void *arg;
    } callback = { .function = take_option };
    const struct poptOption rows[PC_WAIVER_OPTIONS] = {
        { NULL, '\0', POPT_ARG_CALLBACK, callback.arg, 0, (const char *)&given->self, NULL },
        { "waive", '\0', POPT_ARG_STRING, NULL, 'w', "accept that this rule does not hold (may be repeated)", "ID" },
        { "reason", '\0', POPT_ARG_STRING, NULL, 'r', "why; every waiver needs one; shown in every report", "TEXT" },
        { "until", '\0', POPT_ARG_STRING, NULL, 'u', "the last day (UTC) on which the waiver holds", "YYYY-MM-DD" },
        POPT_TABLEEND
    };

    given->self = given;
    memcpy(table, rows, sizeof rows);
}

static bool is_blank(const char *text)
{
    return !text || text[strspn(text, " \t\r\n")] == '\0';
}

static pc_status check_one(const pc_given_waivers *given, size_t at, pc_error *err)
{
    const pc_waiver *waiver = &given->items[at];

    if (is_blank(waiver->reason)) {
        (void)pc_fail(err, PC_E_USAGE, "the waiver for \"%s\" has no reason", waiver->rule);
        return pc_hint(err, PC_E_USAGE, "--waive ID --reason \"WHY\": the reason is printed in every report");
    }
    for (size_t i = 0; i < at; i++) {
        if (strcasecmp(given->items[i].rule, waiver->rule) == 0) {
            return pc_fail(err, PC_E_USAGE, "\"%s\" is waived twice", waiver->rule);
        }
    }
    return PC_OK;
}

pc_status pc_given_waivers_check(const pc_given_waivers *given, pc_error *err)
{
    if (given->err.status != PC_OK) {
        *err = given->err;
        return err->status;
    }
    for (size_t i = 0; i < given->count; i++) {
        pc_status status = check_one(given, i, err);

        if (status != PC_OK) {
            return status;
        }
    }
    return PC_OK;
}
