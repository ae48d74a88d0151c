/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <string.h>

#include "cli/cmd/cmd.h"

const pc_command *const pc_commands[] = {
    &pc_cmd_tokens,   &pc_cmd_init,   &pc_cmd_pin,      &pc_cmd_sandbox, &pc_cmd_explain, &pc_cmd_keygen,
    &pc_cmd_new,      &pc_cmd_issue,  &pc_cmd_crl,      &pc_cmd_revoke,  &pc_cmd_enroll,  &pc_cmd_templates,
    &pc_cmd_ca_chain, &pc_cmd_submit, &pc_cmd_retrieve, &pc_cmd_accept,  &pc_cmd_renew,   &pc_cmd_batch,
    &pc_cmd_list,     &pc_cmd_show,   &pc_cmd_check,    &pc_cmd_doctor,  &pc_cmd_export,  &pc_cmd_import,
    &pc_cmd_copy,     &pc_cmd_kit,    &pc_cmd_repair,   &pc_cmd_retire,  &pc_cmd_sign,    &pc_cmd_verify,
    &pc_cmd_ceremony, NULL,
};

const char *pc_command_last_word(const pc_command *command)
{
    const char *blank = strrchr(command->verb, ' ');

    return blank ? blank + 1 : command->verb;
}

const pc_command *pc_command_find_subcommand(const pc_command *command, const char *word)
{
    for (size_t i = 0; command->subcommands && command->subcommands[i]; i++) {
        if (strcmp(pc_command_last_word(command->subcommands[i]), word) == 0) {
            return command->subcommands[i];
        }
    }
    return NULL;
}

static void add(pc_option_list *list, const pc_option *options, pc_option_place enclosing)
{
    for (; options && (options->name || options->group); options++) {
        pc_option_place place = enclosing;

        place.option = options;
        place.offset += options->offset;
        place.needs = options->needs[0] ? options->needs : enclosing.needs;
        place.excludes = options->excludes[0] ? options->excludes : enclosing.excludes;
        if (options->kind == PC_OPTION_GROUP) {
            place.section = options->name ? options->name : enclosing.section;
            add(list, options->group, place);
        } else {
            assert(list->count < PC_OPTIONS_MOST);
            list->items[list->count++] = place;
        }
    }
}

void pc_command_list_options(const pc_command *command, pc_option_list *ret_list)
{
    ret_list->count = 0;
    add(ret_list, command->options, (pc_option_place){ .section = PC_SECTION_OPTIONS, .owner = PC_OWNER_COMMAND });
    if (command->needs & PC_COMMAND_NEEDS_TOKEN) {
        add(ret_list, pc_options_token,
            (pc_option_place){ .section = "Reaching the token:", .owner = PC_OWNER_ACCESS });
        add(ret_list, pc_options_site, (pc_option_place){ .section = "Reaching the token:", .owner = PC_OWNER_CLI });
    }
    add(ret_list, pc_options_always, (pc_option_place){ .section = "Always:", .owner = PC_OWNER_CLI });
}
