/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/options/given.h"

#include <string.h>

static size_t find(const pc_given *given, const char *name)
{
    size_t i = 0;

    while (i < given->list.count && strcmp(given->list.items[i].option->name, name) != 0) {
        i++;
    }
    return i;
}

static const pc_option *option_named(const pc_given *given, const char *name)
{
    return given->list.items[find(given, name)].option;
}

static bool is_given(const pc_given *given, const char *name)
{
    size_t i = find(given, name);

    return i < given->list.count && given->is_given[i];
}

/* As `is_given`, or by its variable in the environment. */
static bool is_there(const pc_given *given, const char *name)
{
    size_t i = find(given, name);

    return i < given->list.count && given->values[i];
}

/* "--key LABEL|URI", "--dry-run" */
static void spell(const pc_option *option, char out[static 64])
{
    (void)snprintf(out, 64, "--%s%s%s", option->name, option->arg ? " " : "", option->arg ? option->arg : "");
}

/* What an option does, as the hint of an error about it. */
static pc_status describe(const pc_option *option, pc_error *err)
{
    char name[64];

    spell(option, name);
    return pc_hint(err, PC_E_USAGE, "%s: %s", name, option->help);
}

static pc_status check_excluded(const pc_given *given, const pc_option *option, pc_error *err)
{
    for (size_t i = 0; i < PC_NAMES_MOST && option->excludes[i]; i++) {
        if (is_given(given, option->excludes[i])) {
            (void)pc_fail(err, PC_E_USAGE, "--%s and --%s cannot be combined", option->name, option->excludes[i]);
            return describe(option, err);
        }
    }
    return PC_OK;
}

static pc_status check_needed(const pc_given *given, const pc_option *option, pc_error *err)
{
    const char *const *needs = option->needs;

    for (size_t i = 0; i < PC_NAMES_MOST && needs[i]; i++) {
        if (is_there(given, needs[i])) {
            return PC_OK;
        }
    }
    if (!needs[0]) {
        return PC_OK;
    }
    if (needs[1]) {
        return pc_fail(err, PC_E_USAGE, "--%s needs --%s or --%s", option->name, needs[0], needs[1]);
    }
    (void)pc_fail(err, PC_E_USAGE, "--%s needs --%s", option->name, needs[0]);
    return describe(option_named(given, needs[0]), err);
}

static pc_status check_required(const pc_given *given, const pc_option *option, pc_error *err)
{
    char name[64];
    char other[64];

    if (!option->required || is_there(given, option->name) || (option->unless && is_given(given, option->unless))) {
        return PC_OK;
    }
    spell(option, name);
    if (option->unless) {
        spell(option_named(given, option->unless), other);
        (void)pc_fail(err, PC_E_USAGE, "%s or %s is required", name, other);
    } else {
        (void)pc_fail(err, PC_E_USAGE, "%s is required", name);
    }
    return describe(option, err);
}

static pc_status usage_hint(const pc_command *command, pc_error *err)
{
    return pc_hint(err, PC_E_USAGE, "p11cert %s%s%s", command->verb, *command->arguments ? " " : "",
                   command->arguments);
}

static pc_status check_positionals(const pc_given *given, pc_error *err)
{
    const pc_command *command = given->command;
    const pc_positional *positional = &command->positional;
    char other[64];

    if (given->positional_count > positional->max) {
        /* Not repeated: it may be a PIN in the wrong place. */
        size_t over = given->positional_count - positional->max;

        (void)(over == 1 ? pc_fail(err, PC_E_USAGE, "one argument too many")
                         : pc_fail(err, PC_E_USAGE, "%zu arguments too many", over));
        return usage_hint(command, err);
    }
    if (given->positional_count >= positional->min) {
        return PC_OK;
    }
    if (!positional->unless) {
        (void)pc_fail(err, PC_E_USAGE, "%s is missing", positional->what);
        return usage_hint(command, err);
    }
    if (is_given(given, positional->unless)) {
        return PC_OK;
    }
    spell(option_named(given, positional->unless), other);
    return pc_fail(err, PC_E_USAGE, "name %s, or use %s", positional->what, other);
}

/* JSON and a file's content, or two files, would be mixed up there. */
static pc_status check_stdout(const pc_given *given, bool json, pc_error *err)
{
    const char *taken = json ? "json" : NULL;

    for (size_t i = 0; i < given->list.count; i++) {
        const pc_option *option = given->list.items[i].option;
        bool is_file = option->kind == PC_OPTION_OUTPUT || option->kind == PC_OPTION_NEW_FILE;

        if (!is_file || !given->values[i] || strcmp(given->values[i], "-") != 0) {
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
        const pc_option *option = given->list.items[i].option;

        if (given->is_given[i]) {
            PC_TRY(check_excluded(given, option, err));
            PC_TRY(check_needed(given, option, err));
        }
    }
    for (size_t i = 0; i < given->list.count; i++) {
        PC_TRY(check_required(given, given->list.items[i].option, err));
    }
    return check_stdout(given, json, err);
}
