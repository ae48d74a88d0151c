/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/options/new_options.h"

static const pc_alt_name_kind name_kinds[PC_NEW_NAME_KINDS] = { PC_ALT_DNS, PC_ALT_IP, PC_ALT_EMAIL, PC_ALT_UPN };

static pc_status gather_names(pc_cli *cli, pc_new_given *given, size_t *ret_count)
{
    size_t count = 0;

    for (size_t kind = 0; kind < PC_NEW_NAME_KINDS; kind++) {
        for (char **each = given->names[kind]; each && *each; each++) {
            if (count == PC_NEW_NAMES_MOST) {
                return pc_fail(&cli->err, PC_E_USAGE, "more than %d alternative names", PC_NEW_NAMES_MOST);
            }
            given->flags[count++] = (pc_alt_name_flag){ .kind = name_kinds[kind], .text = *each };
        }
    }
    *ret_count = count;
    return PC_OK;
}

pc_status pc_new_options_take(pc_cli *cli, pc_new_given *given, pc_new_order *ret_order)
{
    size_t count = 0;

    if (given->exportable && given->non_exportable) {
        return pc_fail(&cli->err, PC_E_USAGE, "--exportable and --non-exportable exclude each other");
    }
    PC_TRY(gather_names(cli, given, &count));
    *ret_order = (pc_new_order){
        .subject = given->subject,
        .alt_names = given->flags,
        .alt_name_count = count,
        .key_type = given->key_type,
        .label = given->label,
        .tolerate = (const char *const *)given->tolerate,
        .windows_attributes = given->windows != 0,
        .exportable = given->exportable       ? PC_WISH_YES
                      : given->non_exportable ? PC_WISH_NO
                                              : PC_WISH_SILENT,
    };
    return PC_OK;
}
