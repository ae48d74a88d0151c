/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/options/parse.h"

#include <popt.h>
#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"
#include "base/text.h"
#include "cli/options/given.h"
#include "cli/options/popt_table.h"
#include "cli/options/site.h"
#include "cli/options/synonyms.h"
#include "cli/options/usage.h"
#include "cli/options/value.h"

PC_AUTO_DEFINE(popt_context, struct poptContext_s, (void)poptFreeContext);

/* An option as given, before its value is examined. */
typedef struct {
    size_t place;
    const char *text;
} occurrence;

typedef struct {
    pc_cli *cli;
    pc_given given;
    void *options; /* the verb's struct */
    const occurrence *occurrences;
    size_t occurrence_count;
} parsing;

/* --- mistakes -------------------------------------------------------------------------------- */

/* "--pin=1234" becomes "--pin", and "-p1234" becomes "-p": the rest may be a PIN. */
static void name_without_value(const char *bad, char name[static 64])
{
    size_t len = strncmp(bad, "--", 2) == 0 ? strcspn(bad, "=") : 2;

    (void)snprintf(name, 64, "%.*s", (int)len, bad);
}

static bool looks_like_pin(const char *name)
{
    return strncmp(name, "--pin", 5) == 0 || strncmp(name, "--so-pin", 8) == 0 || strncmp(name, "--to-pin", 8) == 0 ||
           strncmp(name, "--issue-pin", 11) == 0 || strncmp(name, "-p", 2) == 0;
}

/* The option that was meant: one with a letter mistyped, one that is another word for the same thing, or else the most
 * similar one. */
static const char *nearest_option(const pc_option_list *list, const char *name)
{
    const char *synonym = pc_option_synonym(list, name);
    pc_nearest nearest = pc_nearest_to(name);

    for (size_t i = 0; i < list->count; i++) {
        pc_nearest_offer(&nearest, list->items[i].option->name);
    }
    return synonym && nearest.distance > 1 ? synonym : nearest.best;
}

static bool has_option(const pc_command *command, const char *name)
{
    pc_option_list list = { .count = 0 };
    size_t i = 0;

    pc_command_list_options(command, &list);
    while (i < list.count && strcmp(list.items[i].option->name, name) != 0) {
        i++;
    }
    return i < list.count;
}

/* The subcommand that has an option of this name; NULL if none has. */
static const pc_command *subcommand_with(const pc_command *command, const char *name)
{
    for (size_t i = 0; command->subcommands && command->subcommands[i]; i++) {
        if (has_option(command->subcommands[i], name)) {
            return command->subcommands[i];
        }
    }
    return NULL;
}

static pc_status unknown_option(const parsing *parser, const char *name)
{
    const pc_command *command = parser->given.command;
    pc_error *err = &parser->cli->err;
    const char *nearest = nearest_option(&parser->given.list, name);

    const pc_command *subcommand = subcommand_with(command, name);

    if (subcommand) {
        return pc_hint(err, PC_E_USAGE, "it is an option of `p11cert %s`, which is written before its options",
                       subcommand->verb);
    }
    return nearest ? pc_hint(err, PC_E_USAGE, "did you mean --%s?", nearest)
                   : pc_hint(err, PC_E_USAGE, "`p11cert %s --help` shows the options", command->verb);
}

/* The value given to an option is never repeated: it may be a PIN in the wrong place. */
static pc_status bad_option(const parsing *parser, poptContext context, int code)
{
    pc_error *err = &parser->cli->err;
    char name[64];

    name_without_value(poptBadOption(context, POPT_BADOPTION_NOALIAS), name);
    (void)pc_fail(err, PC_E_USAGE, "%s: %s", name, poptStrerror(code));
    if (looks_like_pin(name)) {
        return pc_hint(err, PC_E_USAGE,
                       "a PIN is never given on the command line, where every user can see it: "
                       "%s prompt, file:PATH, fd:N, env:NAME, credential:NAME or |PROGRAM",
                       strncmp(name, "--so-pin", 8) == 0       ? "--so-pin-source"
                       : strncmp(name, "--to-pin", 8) == 0     ? "--to-pin-source"
                       : strncmp(name, "--issue-pin", 11) == 0 ? "--issue-pin-source"
                                                               : "--pin-source");
    }
    if (code == POPT_ERROR_NOARG) {
        return pc_hint(err, PC_E_USAGE, "`p11cert %s --help` shows what it takes", parser->given.command->verb);
    }
    return unknown_option(parser, name + strspn(name, "-"));
}

/* --- the words ------------------------------------------------------------------------------- */

static void *field_of(const parsing *parser, size_t place)
{
    const pc_option_place *each = &parser->given.list.items[place];
    unsigned char *const owners[] = {
        [PC_OWNER_COMMAND] = parser->options,
        [PC_OWNER_ACCESS] = (unsigned char *)&parser->cli->access,
        [PC_OWNER_CLI] = (unsigned char *)parser->cli,
    };

    return owners[each->owner] + each->offset;
}

/* An empty value comes from a variable that is not set: no verb should search for, compare or write to nothing. */
static pc_status refuse_empty(const pc_option *option, pc_error *err)
{
    char name[PC_USAGE_SIZE];

    pc_option_spell(option, name);
    (void)pc_fail(err, PC_E_USAGE, "the value of --%s is empty", option->name);
    return pc_hint(err, PC_E_USAGE, "%s: %s; in a script, a variable may not be set", name, option->help);
}

static pc_status keep_occurrence(parsing *parser, poptContext context, int code)
{
    pc_cli *cli = parser->cli;
    occurrence *each = pc_arena_push(cli->arena, &parser->occurrences, &parser->occurrence_count, sizeof *each);
    size_t place = (size_t)code - 1;
    const pc_option *option = parser->given.list.items[place].option;
    PC_AUTO(free) char *text = option->kind == PC_OPTION_FLAG ? NULL : poptGetOptArg(context);

    if (!each) {
        return pc_fail_memory(&cli->err);
    }
    *each = (occurrence){ .place = place, .text = text ? pc_arena_string(cli->arena, text) : option->name };
    if (!each->text) {
        return pc_fail_memory(&cli->err);
    }
    if (*each->text == '\0' && !option->may_be_empty) {
        return refuse_empty(option, &cli->err);
    }
    cli->help = cli->help || strcmp(option->name, "help") == 0;
    cli->is_asked = cli->is_asked || option->asks || option->stands_alone;
    return PC_OK;
}

static pc_status read_options(parsing *parser, poptContext context)
{
    int code = 0;

    while ((code = poptGetNextOpt(context)) > 0) {
        PC_TRY(keep_occurrence(parser, context, code));
    }
    return code < -1 ? bad_option(parser, context, code) : PC_OK;
}

static pc_status refuse_empty_argument(const pc_positional *positional, pc_error *err)
{
    (void)pc_fail(err, PC_E_USAGE, "the argument %s is empty: %s is missing", positional->name, positional->what);
    return pc_hint(err, PC_E_USAGE, "in a script, a variable may not be set");
}

static pc_status read_positionals(parsing *parser, poptContext context)
{
    const pc_positional *positional = &parser->given.command->positional;
    const char **left = poptGetArgs(context);
    unsigned char *field = (unsigned char *)parser->options + positional->offset;
    pc_cli *cli = parser->cli;

    for (; left && *left; left++) {
        const char *text = pc_arena_string(cli->arena, *left);

        if (!text) {
            return pc_fail_memory(&cli->err);
        }
        if (++parser->given.positional_count > positional->max) {
            continue; /* counted, for the error */
        }
        if (*text == '\0' && !(parser->given.command->needs & PC_COMMAND_RUNS_COMMAND)) {
            return refuse_empty_argument(positional, &cli->err);
        }
        if (positional->max == 1) {
            *(const char **)(void *)field = text;
        } else {
            PC_TRY(pc_texts_add((pc_texts *)(void *)field, text, cli->arena, &cli->err));
        }
    }
    return PC_OK;
}

static pc_status take(parsing *parser, size_t place, const char *text)
{
    const pc_option *option = parser->given.list.items[place].option;
    pc_token_access *access = &parser->cli->access;

    parser->given.values[place] = text;
    PC_TRY(pc_option_set(option, field_of(parser, place), text, parser->cli->arena, &parser->cli->err));
    /* If no token was named, the URI of a key may name it: that token is then used. */
    if (option->kind == PC_OPTION_KEY && !access->token && pc_text_starts(text, "pkcs11:")) {
        access->token = text;
    }
    return PC_OK;
}

static void note_setting(pc_cli *cli, pc_setting setting)
{
    if (cli->setting_count < PC_COUNT(cli->settings)) {
        cli->settings[cli->setting_count++] = setting;
    }
}

/* For doctor: the source of each value. */
static void note_origin(parsing *parser, size_t place, const char *text, const char *origin)
{
    const pc_option *option = parser->given.list.items[place].option;

    if (option->environment) {
        note_setting(parser->cli, (pc_setting){ .option = option->name, .text = text, .origin = origin });
    }
}

/* A value that the command line does not show: an error names its source. */
static pc_status take_from(parsing *parser, size_t place, const char *text, const char *origin)
{
    pc_status status = take(parser, place, text);

    if (status != PC_OK) {
        return pc_note(&parser->cli->err, status, "%s has a value that cannot be used", origin ? origin : "a setting");
    }
    note_origin(parser, place, text, origin);
    return PC_OK;
}

/* An environment variable replaces an option that was not given. */
static pc_status take_environment(parsing *parser)
{
    for (size_t i = 0; i < parser->given.list.count; i++) {
        const char *variable = parser->given.list.items[i].option->environment;
        const char *text = variable && !parser->given.is_given[i] ? getenv(variable) : NULL;

        if (text && *text) {
            PC_TRY(take_from(parser, i, text, variable));
        }
    }
    return PC_OK;
}

static bool is_set(const parsing *parser, const char *environment)
{
    for (size_t i = 0; i < parser->given.list.count; i++) {
        const char *own = parser->given.list.items[i].option->environment;

        if (own && strcmp(own, environment) == 0) {
            return parser->given.is_given[i] || parser->given.values[i];
        }
    }
    return false;
}

/*
 * Settings that neither an option nor the environment gives. The PIN of a site belongs to its token: if another token
 * is named, it must not be tried there.
 */
static pc_status take_site(parsing *parser, const pc_site *site)
{
    const bool has_other_token = is_set(parser, "P11CERT_TOKEN") || is_set(parser, "P11CERT_MODULE");

    for (size_t i = 0; i < parser->given.list.count; i++) {
        const pc_option *option = parser->given.list.items[i].option;
        const char *text = pc_site_setting(site, option->name, option->environment);

        if (text && !parser->given.is_given[i] && !parser->given.values[i] &&
            !(has_other_token && strcmp(option->name, "pin-source") == 0)) {
            const char *origin = pc_arena_format(parser->cli->arena, "site \"%s\" of %s", site->name, site->file);

            PC_TRY(take_from(parser, i, text, origin));
        }
    }
    return PC_OK;
}

/* For doctor, too: what only other verbs take from the environment or a site. */
static void note_others(parsing *parser, const pc_site *site)
{
    static const pc_option others[] = { { .name = "ca", .environment = "P11CERT_CA" }, { .name = "policy" } };

    for (size_t i = 0; i < PC_COUNT(others); i++) {
        const char *origin = others[i].environment;
        const char *text = origin ? getenv(origin) : NULL;

        if (site && !(text && *text)) {
            text = pc_site_setting(site, others[i].name, others[i].environment);
            origin = pc_arena_format(parser->cli->arena, "site \"%s\" of %s", site->name, site->file);
        }
        if (text && *text && !has_option(parser->given.command, others[i].name)) {
            note_setting(parser->cli, (pc_setting){ .option = others[i].name, .text = text, .origin = origin });
        }
    }
}

static pc_status find_site(parsing *parser, const pc_site **ret_site)
{
    const char *name = getenv("P11CERT_SITE");

    for (size_t i = 0; i < parser->occurrence_count; i++) {
        const pc_option *option = parser->given.list.items[parser->occurrences[i].place].option;

        name = option->environment && strcmp(option->environment, "P11CERT_SITE") == 0 ? parser->occurrences[i].text
                                                                                       : name;
    }
    if (!(name && *name) && getenv("P11CERT_SANDBOX")) {
        return PC_OK; /* the sandbox's token is used, whatever the default is outside */
    }
    return pc_site_find(name && *name ? name : NULL, parser->cli->arena, ret_site, &parser->cli->err);
}

/* Like a site, the file is not used in a sandbox, whose token is temporary. */
static pc_status take_log(parsing *parser)
{
    pc_cli *cli = parser->cli;
    const char *file = NULL;
    const char *log = NULL;

    if (getenv("P11CERT_SANDBOX") || (parser->given.command->needs & PC_COMMAND_IS_UNSEEN)) {
        return PC_OK;
    }
    for (size_t i = 0; i < parser->given.list.count; i++) {
        const char *own = parser->given.list.items[i].option->environment;

        if (!own || strcmp(own, "P11CERT_LOG") != 0 || parser->given.is_given[i] || parser->given.values[i]) {
            continue;
        }
        PC_TRY(pc_site_log(cli->arena, &log, &file, &cli->err));
        if (log) {
            PC_TRY(take_from(parser, i, log, pc_arena_format(cli->arena, "log of %s", file)));
        }
    }
    return PC_OK;
}

static pc_status take_values(parsing *parser)
{
    const pc_site *site = NULL;

    for (size_t i = 0; i < parser->occurrence_count; i++) {
        parser->given.is_given[parser->occurrences[i].place] = true;
    }
    /* The token first: a key's URI names it only if nothing else does. */
    PC_TRY(take_environment(parser));
    PC_TRY(take_log(parser));
    if (parser->given.command->needs & PC_COMMAND_NEEDS_TOKEN) {
        PC_TRY(find_site(parser, &site));
        note_others(parser, site);
    }
    if (site) {
        PC_TRY(take_site(parser, site));
    }
    for (int is_key = 0; is_key < 2; is_key++) {
        for (size_t i = 0; i < parser->occurrence_count; i++) {
            const occurrence *each = &parser->occurrences[i];

            if ((parser->given.list.items[each->place].option->kind == PC_OPTION_KEY) == (is_key != 0)) {
                PC_TRY(take(parser, each->place, each->text));
                note_origin(parser, each->place, each->text,
                            pc_arena_format(parser->cli->arena, "--%s",
                                            parser->given.list.items[each->place].option->name));
            }
        }
    }
    return PC_OK;
}

pc_status pc_options_parse(pc_cli *cli, const pc_command *command, int argc, const char **argv,
                           const void **ret_options)
{
    parsing parser = { .cli = cli, .given = { .command = command } };
    unsigned flags = command->needs & PC_COMMAND_RUNS_COMMAND ? POPT_CONTEXT_POSIXMEHARDER : 0;
    char name[64];

    pc_command_list_options(command, &parser.given.list);
    pc_popt_table *table = pc_popt_table_new(&parser.given.list, cli->arena);

    parser.options = pc_arena_alloc(cli->arena, command->options_size ? command->options_size : 1);
    (void)snprintf(name, sizeof name, "p11cert %s", command->verb);
    argv[0] = name;
    PC_AUTO(popt_context)
    struct poptContext_s *context = table ? poptGetContext(name, argc, argv, table->sections, flags) : NULL;

    if (!context || !parser.options) {
        return pc_fail_memory(&cli->err);
    }
    PC_TRY(read_options(&parser, context));
    if (cli->help) {
        return PC_OK;
    }
    PC_TRY(take_values(&parser));
    PC_TRY(read_positionals(&parser, context));
    PC_TRY(pc_given_check(&parser.given, cli->json, &cli->err));
    *ret_options = parser.options;
    return PC_OK;
}
