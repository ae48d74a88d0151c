/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/options/value.h"

#include <stdint.h>
#include <string.h>

#include "base/duration.h"
#include "base/nearest.h"
#include "base/standard_output.h"
#include "base/text.h"

pc_status pc_texts_add(pc_texts *texts, const char *text, pc_arena *arena, pc_error *err)
{
    const char **item = pc_arena_push(arena, &texts->items, &texts->count, sizeof *texts->items);
    size_t count = texts->count;
    const char **end = item ? pc_arena_push(arena, &texts->items, &count, sizeof *texts->items) : NULL;

    if (!end) {
        return pc_fail_memory(err);
    }
    end[-1] = text; /* the second push may have moved the array */
    *end = NULL;
    return PC_OK;
}

static pc_status add_pair(const pc_option *option, pc_texts *pairs, const char *text, pc_arena *arena, pc_error *err)
{
    const char *colon = strchr(text, ':');

    if (!colon || colon == text || strpbrk(text, "\r\n")) {
        return pc_fail(err, PC_E_USAGE, "--%s takes %s on one line, such as CertificateTemplate:WebServer",
                       option->name, option->arg);
    }
    return pc_texts_add(pairs, text, arena, err);
}

static pc_status add_to_series(const pc_option *option, pc_series *series, const char *text, pc_arena *arena,
                               pc_error *err)
{
    pc_series_item *item = pc_arena_push(arena, &series->items, &series->count, sizeof *item);

    if (!item) {
        return pc_fail_memory(err);
    }
    *item = (pc_series_item){ .option = option, .text = text };
    return PC_OK;
}

static pc_status set_choice(const pc_option *option, const char **field, const char *text, pc_error *err)
{
    pc_nearest nearest = pc_nearest_to(text);
    char names[256] = "";
    size_t len = 0;

    for (const char *const *each = option->choices; *each; each++) {
        if (strcmp(text, *each) == 0) {
            *field = *each;
            return PC_OK;
        }
        pc_nearest_offer(&nearest, *each);
        len += (size_t)snprintf(names + len, sizeof names - len, "%s%s", len ? ", " : "", *each);
    }
    (void)pc_fail(err, PC_E_USAGE, "--%s is one of %s", option->name, names);
    return nearest.best ? pc_hint(err, PC_E_USAGE, "did you mean %s?", nearest.best) : PC_E_USAGE;
}

static pc_status set_number(const pc_option *option, unsigned *field, const char *text, pc_error *err)
{
    unsigned long number = 0;
    size_t len = 0;

    for (; pc_is_digit(text[len]) && number <= option->max; len++) {
        number = number * 10 + (unsigned long)(text[len] - '0');
    }
    if (len == 0 || text[len] || number < option->min || number > option->max) {
        return pc_fail(err, PC_E_USAGE, "--%s takes a whole number from %lu to %lu", option->name, option->min,
                       option->max);
    }
    *field = (unsigned)number;
    return PC_OK;
}

static pc_status set_duration(const pc_option *option, int64_t *field, const char *text, pc_error *err)
{
    pc_duration duration;
    bool is_one = pc_duration_parse(text, &duration) && duration.unit_sec;

    if (!is_one || duration.number * duration.unit_sec < (int64_t)option->min ||
        duration.number * duration.unit_sec > (int64_t)option->max) {
        return pc_fail(err, PC_E_USAGE, "--%s takes a duration such as 30s, 10m (minutes), 2h or 1d, from 1s to %lud",
                       option->name, option->max / PC_SECONDS_PER_DAY);
    }
    *field = duration.number * duration.unit_sec;
    return PC_OK;
}

/* A number alone is days. Minutes are refused, and not only because they are too short: "m" used to mean months here,
 * and does in other programs. */
static pc_status set_days(const pc_option *option, pc_days *field, const char *text, pc_error *err)
{
    pc_duration duration;

    if (!pc_duration_parse(text, &duration)) {
        (void)pc_fail(err, PC_E_USAGE, "--%s takes a duration in days, such as 30d", option->name);
        return pc_hint(err, PC_E_USAGE,
                       "a whole number and d (days), w (weeks), mo (months of 30 days) or y (years); "
                       "at most a hundred years");
    }
    if (strcmp(duration.unit, "m") == 0) {
        (void)pc_fail(err, PC_E_USAGE, "--%s %s: m is minutes, and --%s takes days", option->name, text, option->name);
        return pc_hint(err, PC_E_USAGE, "for months of 30 days write %lldmo or %lldd", (long long)duration.number,
                       (long long)duration.number * 30);
    }
    if (duration.unit_sec && duration.unit_sec < PC_SECONDS_PER_DAY) {
        (void)pc_fail(err, PC_E_USAGE, "--%s takes days, not %s", option->name,
                      strcmp(duration.unit, "h") == 0 ? "hours" : "seconds");
        return pc_hint(err, PC_E_USAGE, "write 1d, or 0d for now");
    }
    *field = (pc_days){ .is_given = true,
                        .sec = duration.number * (duration.unit_sec ? duration.unit_sec : PC_SECONDS_PER_DAY) };
    return PC_OK;
}

const char *pc_output_spelling(const char *text)
{
    return pc_standard_output_is_path(text) ? "-" : text;
}

pc_status pc_option_set(const pc_option *option, void *field, const char *text, pc_arena *arena, pc_error *err)
{
    switch (option->kind) {
    case PC_OPTION_FLAG:
        *(bool *)field = true;
        return PC_OK;
    case PC_OPTION_CHOICE:
        return set_choice(option, field, text, err);
    case PC_OPTION_NUMBER:
        return set_number(option, field, text, err);
    case PC_OPTION_DURATION:
        return set_duration(option, field, text, err);
    case PC_OPTION_DAYS:
        return set_days(option, field, text, err);
    case PC_OPTION_TEXTS:
    case PC_OPTION_FILES:
        return pc_texts_add(field, text, arena, err);
    case PC_OPTION_PAIRS:
        return add_pair(option, field, text, arena, err);
    case PC_OPTION_SERIES:
        return add_to_series(option, field, text, arena, err);
    case PC_OPTION_GROUP:
        return pc_fail(err, PC_E_INTERNAL, "a group of options is not an option");
    case PC_OPTION_OUTPUT:
    case PC_OPTION_NEW_FILE:
        *(const char **)field = pc_output_spelling(text);
        return PC_OK;
    case PC_OPTION_TEXT:
    case PC_OPTION_FILE:
    case PC_OPTION_FOLDER:
    case PC_OPTION_KEY:
    case PC_OPTION_TOKEN:
    case PC_OPTION_TEMPLATE:
    case PC_OPTION_SOURCE:
        break;
    }
    *(const char **)field = text;
    return PC_OK;
}
