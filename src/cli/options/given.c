/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/options/given.h"

#include <string.h>

#include "cli/options/usage.h"
#include "cli/options/value.h"

static size_t find(const pc_given *given, const char *name)
{
    const pc_option_place *place = pc_option_find(&given->list, name);

    return place ? (size_t)(place - given->list.items) : given->list.count;
}

static bool is_given(const pc_given *given, const char *name)
{
    size_t i = find(given, name);

    return i < given->list.count && given->is_given[i];
}

/* As `is_given`, or through its variable in the environment. */
static bool is_there(const pc_given *given, const char *name)
{
    size_t i = find(given, name);

    return i < given->list.count && given->values[i];
}

/* The description of an option, as the hint of an error about it. */
static pc_status describe(const pc_option *option, pc_error *err)
{
    char name[PC_USAGE_SIZE];

    pc_option_spell(option, name);
    return pc_hint(err, PC_E_USAGE, "%s: %s", name, option->help);
}

/* Was only a listing requested? */
static bool stands_alone(const pc_given *given)
{
    bool alone = false;

    for (size_t i = 0; i < given->list.count; i++) {
        alone = alone || (given->is_given[i] && given->list.items[i].option->stands_alone);
    }
    return alone;
}

static pc_status check_excluded(const pc_given *given, const pc_option_place *place, pc_error *err)
{
    const pc_option *option = place->option;
    const char *const *excludes = place->excludes;

    for (size_t i = 0; excludes && i < PC_NAMES_MOST && excludes[i]; i++) {
        if (is_given(given, excludes[i])) {
            (void)pc_fail(err, PC_E_USAGE, "--%s and --%s cannot be combined", option->name, excludes[i]);
            return describe(option, err);
        }
    }
    return PC_OK;
}

static pc_status check_needed(const pc_given *given, const pc_option_place *place, pc_error *err)
{
    const pc_option *option = place->option;
    const char *const *needs = place->needs;

    for (size_t i = 0; needs && i < PC_NAMES_MOST && needs[i]; i++) {
        if (is_there(given, needs[i])) {
            return PC_OK;
        }
    }
    if (!needs) {
        return PC_OK;
    }
    if (needs[1]) {
        return pc_fail(err, PC_E_USAGE, "--%s requires --%s or --%s", option->name, needs[0], needs[1]);
    }
    (void)pc_fail(err, PC_E_USAGE, "--%s requires --%s", option->name, needs[0]);
    return describe(pc_option_find(&given->list, needs[0])->option, err);
}

static pc_status check_required(const pc_given *given, const pc_option *option, pc_error *err)
{
    const char *unless = pc_option_unless(option, given->command);

    if (!pc_option_is_required(option, given->command) || is_there(given, option->name) ||
        (unless && is_given(given, unless))) {
        return PC_OK;
    }
    if (unless) {
        (void)pc_fail(err, PC_E_USAGE, "--%s or --%s is required", option->name, unless);
    } else {
        (void)pc_fail(err, PC_E_USAGE, "--%s is required", option->name);
    }
    return describe(option, err);
}

/* Only their number is checked; their text is never repeated: it may be a PIN in the wrong place. */
static pc_status check_positionals(const pc_given *given, pc_error *err)
{
    const pc_positional *positional = &given->command->positional;
    size_t count = given->positional_count;
    char usage[PC_USAGE_SIZE];

    if (count > positional->max) {
        (void)pc_fail(err, PC_E_USAGE, "%zu argument%s too many", count - positional->max,
                      count - positional->max == 1 ? "" : "s");
    } else if (count && positional->excludes && is_given(given, positional->excludes)) {
        (void)pc_fail(err, PC_E_USAGE, "%s and --%s cannot be combined", positional->what, positional->excludes);
    } else if (count >= positional->min || (positional->unless && is_given(given, positional->unless)) ||
               stands_alone(given)) {
        return PC_OK;
    } else if (positional->unless) {
        (void)pc_fail(err, PC_E_USAGE, "%s or --%s is required", positional->what, positional->unless);
    } else {
        (void)pc_fail(err, PC_E_USAGE, "%s is missing", positional->what);
    }
    pc_usage_of(given->command, usage);
    return pc_hint(err, PC_E_USAGE, "p11cert %s %s", given->command->verb, usage);
}

/* JSON and a file's content, or two files, would be mixed there. */
static pc_status check_stdout(const pc_given *given, bool json, pc_error *err)
{
    const char *taken = json ? "json" : NULL;

    for (size_t i = 0; i < given->list.count; i++) {
        const pc_option *option = given->list.items[i].option;
        bool is_file = option->kind == PC_OPTION_OUTPUT || option->kind == PC_OPTION_NEW_FILE;

        if (!is_file || !given->values[i] || strcmp(pc_output_spelling(given->values[i]), "-") != 0) {
            continue;
        }
        if (option->kind == PC_OPTION_NEW_FILE) {
            return pc_fail(err, PC_E_USAGE, "--%s is written to a file, not to standard output", option->name);
        }
        if (taken) {
            return pc_fail(err, PC_E_USAGE, "--%s and --%s - would both be written to standard output", taken,
                           option->name);
        }
        taken = option->name;
    }
    return PC_OK;
}

pc_status pc_given_check(const pc_given *given, bool json, pc_error *err)
{
    PC_TRY(check_positionals(given, err));
    for (size_t i = 0; i < given->list.count; i++) {
        if (given->is_given[i]) {
            PC_TRY(check_excluded(given, &given->list.items[i], err));
            PC_TRY(check_needed(given, &given->list.items[i], err));
        }
    }
    for (size_t i = 0; i < given->list.count && !stands_alone(given); i++) {
        PC_TRY(check_required(given, given->list.items[i].option, err));
    }
    return check_stdout(given, json, err);
}
