/* SPDX-License-Identifier: Apache-2.0 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "cli/cli.h"

static void free_texts(char ***slot)
{
    for (char **each = *slot; each && *each; each++) {
        free(*each);
    }
    free(*slot);
    *slot = NULL;
}

/* popt copies every text it is given and leaves it to the caller. */
void pc_words_free(pc_words *words)
{
    for (struct poptOption *each = words->options; each && (each->longName || each->arg); each++) {
        if ((each->argInfo & POPT_ARG_MASK) == POPT_ARG_STRING) {
            free(*(char **)each->arg);
            *(char **)each->arg = NULL;
        } else if ((each->argInfo & POPT_ARG_MASK) == POPT_ARG_ARGV) {
            free_texts(each->arg);
        }
    }
    if (words->context) {
        (void)poptFreeContext(words->context);
    }
    *words = (pc_words){ .context = NULL };
}

void pc_cli_token_from_key(pc_cli *cli, const char *key)
{
    if (!cli->access.token && key && strncasecmp(key, "pkcs11:", 7) == 0) {
        cli->access.token = key;
    }
}

void pc_cli_clear(pc_cli *cli)
{
    json_decref(cli->findings);
    json_decref(cli->requests);
    for (size_t i = 0; i < PC_COUNT(cli->given); i++) {
        free(cli->given[i]);
        cli->given[i] = NULL;
    }
}

const char *pc_cli_nearest(const char *wrong, const char *const *words, size_t count)
{
    const char *best = NULL;
    size_t len = strlen(wrong);
    size_t least = len / 2 + (len < 4 ? 2 : 1); /* further off is another word */

    for (size_t i = 0; i < count; i++) {
        size_t distance = pc_text_distance(wrong, words[i]);

        if (distance < least) {
            least = distance;
            best = words[i];
        }
    }
    return best;
}

static size_t collect_names(const struct poptOption *options, const char **names, size_t count, size_t room)
{
    for (; options->longName || options->shortName || options->arg; options++) {
        if ((options->argInfo & POPT_ARG_MASK) == POPT_ARG_INCLUDE_TABLE) {
            count = collect_names(options->arg, names, count, room);
        } else if (options->longName && count < room) {
            names[count++] = options->longName;
        }
    }
    return count;
}

/* popt names the number that it cannot read, not the option: look for the only one that takes a number. */
static const char *number_option(const struct poptOption *options)
{
    for (; options->longName || options->shortName || options->arg; options++) {
        unsigned kind = options->argInfo & POPT_ARG_MASK;
        const char *name = kind == POPT_ARG_INCLUDE_TABLE ? number_option(options->arg)
                           : kind == POPT_ARG_INT         ? options->longName
                                                          : NULL;

        if (name) {
            return name;
        }
    }
    return NULL;
}

/* "--pin=1234" is "--pin", and "-p1234" is "-p": what follows may be a PIN. */
static void name_without_value(const char *bad, char name[static 64])
{
    size_t len = strncmp(bad, "--", 2) == 0 ? strcspn(bad, "=") : 2;

    (void)snprintf(name, 64, "%.*s", (int)len, bad);
}

static bool looks_like_pin(const char *name)
{
    return strncmp(name, "--pin", 5) == 0 || strncmp(name, "--so-pin", 8) == 0 || strncmp(name, "-p", 2) == 0;
}

/* The value given to an option is never repeated: it may be a PIN in the wrong place. */
static pc_status bad_option(pc_cli *cli, poptContext context, int code, const struct poptOption *options)
{
    const char *names[64];
    char name[64];
    const char *number = number_option(options);
    size_t count = collect_names(options, names, 0, PC_COUNT(names));

    if (code == POPT_ERROR_BADNUMBER || code == POPT_ERROR_OVERFLOW) {
        return pc_fail(&cli->err, PC_E_USAGE, "--%s wants a number", number ? number : "an option");
    }
    name_without_value(poptBadOption(context, POPT_BADOPTION_NOALIAS), name);
    (void)pc_fail(&cli->err, PC_E_USAGE, "%s: %s", name, poptStrerror(code));
    if (looks_like_pin(name)) {
        return pc_hint(&cli->err, PC_E_USAGE,
                       "a PIN is never given on the command line, where every user can see it: "
                       "--pin-source prompt, file:PATH, fd:N or env:NAME");
    }
    const char *nearest = strncmp(name, "--", 2) == 0 ? pc_cli_nearest(name + 2, names, count) : NULL;

    if (nearest && code == POPT_ERROR_BADOPT) {
        return pc_hint(&cli->err, PC_E_USAGE, "did you mean --%s?", nearest);
    }
    return pc_hint(&cli->err, PC_E_USAGE, "--help shows the options");
}

static void print_help(const pc_command *command, poptContext context)
{
    char usage[256];

    (void)snprintf(usage, sizeof usage, "[OPTION...]%s%s", *command->arguments ? " " : "", command->arguments);
    poptSetOtherOptionHelp(context, usage);
    (void)printf("p11cert %s: %s\n\n", command->verb, command->summary);
    poptPrintHelp(context, stdout, 0);
    if (command->details) {
        (void)printf("\n%s", command->details);
    }
}

/* An environment variable stands for an option that was not given. */
static const char *or_environment(const char *given, const char *variable)
{
    const char *from_environment = getenv(variable);

    return given ? given : from_environment && *from_environment ? from_environment : NULL;
}

static pc_status count_words(pc_cli *cli, const pc_command *command, poptContext context, size_t most, pc_words *words)
{
    static const char *none[] = { NULL };
    const char **left = poptGetArgs(context);

    words->words = left ? left : none;
    for (words->count = 0; words->words[words->count]; words->count++) {
    }
    if (words->count > most) {
        /* Not repeated: it may be a PIN in the wrong place. */
        size_t over = words->count - most;

        (void)(over == 1 ? pc_fail(&cli->err, PC_E_USAGE, "there is one word too many")
                         : pc_fail(&cli->err, PC_E_USAGE, "there are %zu words too many", over));
        return pc_hint(&cli->err, PC_E_USAGE, "p11cert %s%s%s", command->verb, *command->arguments ? " " : "",
                       command->arguments);
    }
    return PC_OK;
}

pc_status pc_cli_parse(pc_cli *cli, const pc_command *command, int argc, const char **argv, struct poptOption *options,
                       size_t most, pc_words *ret_words)
{
    char name[64];
    int json = 0;
    int help = 0;
    struct poptOption reach[] = {
        { "module", '\0', POPT_ARG_STRING, &cli->given[0], 0,
          "PKCS#11 module: a path, or a name in the p11-kit registry ($P11CERT_MODULE)", "PATH|NAME" },
        { "module-init-args", '\0', POPT_ARG_STRING, &cli->given[1], 0,
          "text for C_Initialize, for modules that want one ($P11CERT_MODULE_INIT_ARGS)", "TEXT" },
        { "token", '\0', POPT_ARG_STRING, &cli->given[2], 0, "the token: its label or an RFC 7512 URI ($P11CERT_TOKEN)",
          "LABEL|URI" },
        { "pin-source", '\0', POPT_ARG_STRING, &cli->given[3], 0,
          "where the PIN comes from: prompt, file:PATH, fd:N, env:NAME ($P11CERT_PIN_SOURCE)", "SOURCE" },
        POPT_TABLEEND
    };
    struct poptOption always[] = { { "json", '\0', POPT_ARG_NONE, &json, 0, "print the result as JSON", NULL },
                                   { "help", 'h', POPT_ARG_NONE, &help, 0, "show this help", NULL },
                                   POPT_TABLEEND };
    struct poptOption table[4] = { POPT_TABLEEND };
    size_t used = 0;

    if (options->longName) {
        table[used++] = (struct poptOption){ NULL, '\0', POPT_ARG_INCLUDE_TABLE, options, 0, "Options:", NULL };
    }
    if (command->needs & PC_NEEDS_TOKEN) {
        table[used++] =
            (struct poptOption){ NULL, '\0', POPT_ARG_INCLUDE_TABLE, reach, 0, "Reaching the token:", NULL };
    }
    table[used] = (struct poptOption){ NULL, '\0', POPT_ARG_INCLUDE_TABLE, always, 0, "Always:", NULL };
    (void)snprintf(name, sizeof name, "p11cert %s", command->verb);
    argv[0] = name; /* as the usage line shows it */
    ret_words->context = poptGetContext(name, argc, argv, table, 0);
    ret_words->options = options;
    if (!ret_words->context) {
        return pc_fail_memory(&cli->err);
    }
    int code = poptGetNextOpt(ret_words->context);

    cli->json = cli->json || json != 0;
    cli->help = help != 0;
    if (code < -1) {
        return bad_option(cli, ret_words->context, code, table);
    }
    if (cli->help) {
        print_help(command, ret_words->context);
        return PC_OK;
    }
    cli->access.module = or_environment(cli->given[0], "P11CERT_MODULE");
    cli->access.init_args = or_environment(cli->given[1], "P11CERT_MODULE_INIT_ARGS");
    cli->access.token = or_environment(cli->given[2], "P11CERT_TOKEN");
    cli->access.pin_source = or_environment(cli->given[3], "P11CERT_PIN_SOURCE");
    return count_words(cli, command, ret_words->context, most, ret_words);
}
