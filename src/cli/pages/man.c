/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/pages/pages.h"

#include <ctype.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/options/usage.h"

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || strchr("-.:/", c);
}

/* "--out FILE" as "*--out* _FILE_": options are bold, and words in capitals are placeholders. */
static void write_marked(FILE *out, const char *text)
{
    while (*text) {
        size_t len = 0;

        while (text[len] && is_word(text[len])) {
            len++;
        }
        size_t dots = len > 3 && strncmp(text + len - 3, "...", 3) == 0 ? 3 : 0;
        const char *mark = text[0] == '-' && len > 1 ? "*" : isupper((unsigned char)text[0]) ? "_" : "";

        (void)fprintf(out, "%s%.*s%s%.*s", mark, (int)(len - dots), text, mark, (int)dots, "...");
        text += len;
        if (*text) {
            (void)fputc(*text++, out);
        }
    }
}

static void write_form(FILE *out, const pc_command *command, const char *form)
{
    (void)fprintf(out, "*p11cert %s* ", command->verb);
    write_marked(out, form);
    (void)fputs("\n\n", out);
}

void pc_man_write_synopsis(FILE *out, const pc_command *command)
{
    char usage[PC_USAGE_SIZE];

    for (size_t i = 0; command->run && command->forms && command->forms[i]; i++) {
        write_form(out, command, command->forms[i]);
    }
    if (!command->forms && command->run) {
        pc_usage_of(command, usage);
        write_form(out, command, usage);
    }
    for (size_t i = 0; command->subcommands && command->subcommands[i]; i++) {
        pc_man_write_synopsis(out, command->subcommands[i]);
    }
}

/* "*-o*, *--out*=_FILE_" */
static void write_name(FILE *out, const pc_option *option)
{
    if (option->letter) {
        (void)fprintf(out, "*-%c*, ", option->letter);
    }
    (void)fprintf(out, "*--%s*%s", option->name, option->arg ? "=" : "");
    write_marked(out, option->arg ? option->arg : "");
    (void)fputc('\n', out);
}

/* A paragraph under a name is indented by a tab. */
static void write_indented(FILE *out, const char *text)
{
    for (;;) {
        size_t len = strcspn(text, "\n");

        (void)fprintf(out, "\t%.*s\n", (int)len, text);
        if (!text[len]) {
            return;
        }
        text += len + 1;
    }
}

/* "Requires *--junit* or *--html*." */
static void write_relation(FILE *out, const char *verb, const char *between, const char *const *names)
{
    for (size_t i = 0; names && i < PC_NAMES_MOST && names[i]; i++) {
        (void)fprintf(out, "%s *--%s*", i ? between : verb, names[i]);
    }
    (void)fputs(names && names[0] ? ".\n" : "", out);
}

/* Facts from the table itself, which the option's text need not repeat. */
static void write_facts(FILE *out, const pc_option_place *place)
{
    const pc_option *option = place->option;

    if (option->required && option->unless) {
        (void)fprintf(out, "\tRequired unless *--%s* is given.\n", option->unless);
    } else if (option->required) {
        (void)fputs("\tRequired.\n", out);
    }
    (void)fputs(pc_option_repeats(option) ? "\tMay be repeated.\n" : "", out);
    write_relation(out, "\tCannot be combined with", ",", place->excludes);
    write_relation(out, "\tRequires", " or", place->needs);
    if (option->by_default) {
        (void)fprintf(out, "\tDefault: *%s*.\n", option->by_default);
    }
    if (option->environment) {
        (void)fprintf(out, "\tVariable: *%s*.\n", option->environment);
    }
}

static void write_option(FILE *out, const pc_option_place *place)
{
    const pc_option *option = place->option;

    write_name(out, option);
    write_indented(out, option->details ? option->details : option->help);
    write_facts(out, place);
    (void)fputc('\n', out);
}

static void write_table(FILE *out, const pc_option *options)
{
    for (const pc_option *option = options; option->name; option++) {
        write_option(out, &(const pc_option_place){
                              .option = option, .needs = option->needs, .excludes = option->excludes });
    }
}

/* The options of every verb, and of every verb that uses a token. */
void pc_man_write_common(FILE *out, const pc_command *command)
{
    (void)command;
    write_table(out, pc_options_always);
    (void)fputs("Every verb that uses a token also has:\n\n", out);
    write_table(out, pc_options_token);
    write_table(out, pc_options_site);
}

/* Groups with their own heading; everything else is under OPTIONS. */
static const struct {
    const char *section;
    const char *heading;
    const char *words;
} sections[] = {
    { "Reaching the CA:", "REACHING THE CA", "These options are the same for every verb that contacts a CA." },
    { "Reaching the token:", "REACHING THE TOKEN",
      "These options are the same for every verb. Each has an environment variable, which is used if the option is\n"
      "not given. See *p11cert*(1) for how names, URIs and PIN sources are read." },
};

static bool is_under_options(const char *section)
{
    for (size_t i = 0; i < PC_COUNT(sections); i++) {
        if (strcmp(section, sections[i].section) == 0) {
            return false;
        }
    }
    return true;
}

static void write_section(FILE *out, const pc_option_list *list, const char *section)
{
    for (size_t i = 0; i < list->count; i++) {
        const char *own = list->items[i].section;

        if (section ? strcmp(own, section) == 0 : is_under_options(own)) {
            write_option(out, &list->items[i]);
        }
    }
}

static bool has_section(const pc_option_list *list, const char *section)
{
    size_t i = 0;

    while (i < list->count && strcmp(list->items[i].section, section) != 0) {
        i++;
    }
    return i < list->count;
}

static void write_subcommand(FILE *out, const pc_command *command)
{
    pc_option_list list;

    pc_command_list_options(command, &list);
    (void)fputs("# OPTIONS OF ", out);
    for (const char *c = command->verb; *c; c++) {
        (void)fputc(toupper((unsigned char)*c), out);
    }
    (void)fputs("\n\n", out);
    write_section(out, &list, PC_SECTION_OPTIONS);
}

void pc_man_write_options(FILE *out, const pc_command *command)
{
    pc_option_list list;

    pc_command_list_options(command, &list);
    (void)fputs("# OPTIONS\n\n", out);
    write_section(out, &list, NULL);
    for (size_t i = 0; command->subcommands && command->subcommands[i]; i++) {
        write_subcommand(out, command->subcommands[i]);
    }
    for (size_t i = 0; i < PC_COUNT(sections); i++) {
        if (has_section(&list, sections[i].section)) {
            (void)fprintf(out, "# %s\n\n%s\n\n", sections[i].heading, sections[i].words);
            write_section(out, &list, sections[i].section);
        }
    }
}
