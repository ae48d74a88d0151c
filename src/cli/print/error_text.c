/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/print/error_text.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/member.h"
#include "cli/command.h"
#include "cli/print/output.h"

/* Is it the option with that name, except for '_' instead of '-'? */
static bool is_member(const char *option, const char *member, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (option[i] != (member[i] == '_' ? '-' : member[i])) {
            return false; /* also if the option ends first */
        }
    }
    return option[len] == '\0';
}

static bool has_option(const pc_command *command, const char *member, size_t len)
{
    pc_option_list list = { .count = 0 };

    pc_command_list_options(command, &list);
    for (size_t i = 0; i < list.count; i++) {
        if (is_member(list.items[i].option->name, member, len)) {
            return true;
        }
    }
    for (size_t i = 0; command->subcommands && command->subcommands[i]; i++) {
        if (has_option(command->subcommands[i], member, len)) {
            return true;
        }
    }
    return false;
}

static bool is_an_option(const char *member, size_t len)
{
    for (size_t i = 0; len && pc_commands[i]; i++) {
        if (has_option(pc_commands[i], member, len)) {
            return true;
        }
    }
    return false;
}

/* "`pin_source`" becomes "--pin-source". */
static void name_option(char *quoted, size_t len)
{
    memmove(quoted + 2, quoted + 1, len);
    for (size_t i = 2; i < len + 2; i++) {
        quoted[i] = quoted[i] == '_' ? '-' : quoted[i];
    }
    quoted[0] = quoted[1] = '-';
}

void pc_name_options(char *text)
{
    size_t len = 0;

    for (char *quote = pc_member_find(text, &len); quote; quote = pc_member_find(quote + 1, &len)) {
        if (is_an_option(quote + 1, len)) {
            name_option(quote, len);
        }
    }
}

char *pc_with_options_named(const char *text)
{
    char *copy = text ? strdup(text) : NULL;

    if (copy) {
        pc_name_options(copy);
    }
    return copy;
}

static void print_line(FILE *out, const char *before, const char *text)
{
    PC_AUTO(free) char *named = pc_with_options_named(text);

    (void)fprintf(out, "%s%s\n", before, named ? named : text);
}

void pc_print_error_chain(FILE *out, const char *first, const char *indent, const pc_error *err)
{
    for (unsigned i = err->frame_count; i > 0; i--) {
        (void)fputs(i == err->frame_count ? first : indent, out);
        print_line(out, i == err->frame_count ? "" : "because: ", err->frames[i - 1]);
    }
    if (err->hint[0]) {
        (void)fputs(indent, out);
        print_line(out, "hint:    ", err->hint);
    }
}

json_t *pc_json_because(const pc_error *err)
{
    json_t *because = json_array();

    for (unsigned i = err->frame_count; i > 0; i--) {
        (void)json_array_append_new(because, pc_json_error_text(err->frames[i - 1]));
    }
    return because;
}

json_t *pc_json_error_text(const char *text)
{
    PC_AUTO(free) char *named = pc_with_options_named(text);

    return pc_json_text(named ? named : text);
}

void pc_print_error(const pc_cli *cli)
{
    const pc_error *err = &cli->err;

    if (cli->json) {
        json_t *value = json_pack("{s:s, s:{s:s, s:o, s:o, s:o*}, s:o*}", "status", pc_status_name(err->status),
                                  "error", "status", pc_status_name(err->status), "because", pc_json_because(err),
                                  "hint", err->hint[0] ? pc_json_error_text(err->hint) : json_null(), "findings",
                                  cli->findings ? json_incref(cli->findings) : NULL, "requests",
                                  cli->requests ? json_incref(cli->requests) : NULL);

        pc_json_write(stdout, value);
        json_decref(value);
        return;
    }
    pc_print_error_chain(cli->errors ? cli->errors : stderr, "p11cert: ", "  ", err);
}
