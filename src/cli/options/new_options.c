/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/options/new_options.h"

static const pc_alt_name_kind name_kinds[PC_NEW_NAME_KINDS] = { PC_ALT_DNS, PC_ALT_IP, PC_ALT_EMAIL, PC_ALT_UPN };

const char *const pc_key_type_names[] = { "rsa-2048", "rsa-3072", "rsa-4096", "ec-p256", "ec-p384", "ec-p521", NULL };

#define FIELD(field) offsetof(pc_new_given, field)

const pc_option pc_options_new_key[] = {
    { .name = "exportable",
      .kind = PC_OPTION_FLAG,
      .offset = FIELD(exportable),
      .excludes = { "non-exportable" },
      .help = "the key may leave the token, wrapped" },
    { .name = "non-exportable",
      .kind = PC_OPTION_FLAG,
      .offset = FIELD(non_exportable),
      .help = "the key never leaves the token" },
    { .name = "label",
      .kind = PC_OPTION_TEXT,
      .offset = FIELD(label),
      .arg = "LABEL",
      .help = "label of the new key (else KeyContainer, else the CN)" },
    { .name = "tolerate",
      .kind = PC_OPTION_TEXTS,
      .offset = FIELD(tolerate),
      .arg = "FLAG",
      .help = "the token is known to report this of its keys wrongly; only local (may be repeated)" },
    PC_OPTIONS_END,
};

const pc_option pc_options_new_request[] = {
    { .name = "key-type",
      .kind = PC_OPTION_TEXT,
      .offset = FIELD(key_type),
      .arg = "TYPE",
      .choices = pc_key_type_names,
      .help = "rsa-2048, rsa-3072, rsa-4096, ec-p256, ec-p384 or ec-p521; replaces the file's" },
    { .name = "subject",
      .kind = PC_OPTION_TEXT,
      .offset = FIELD(subject),
      .arg = "NAME",
      .help = "X.500 name, such as \"CN=a,O=b\"; replaces the file's" },
    { .name = "dns",
      .kind = PC_OPTION_TEXTS,
      .offset = FIELD(names[0]),
      .arg = "NAME",
      .help = "add a DNS name (may be repeated)" },
    { .name = "ip",
      .kind = PC_OPTION_TEXTS,
      .offset = FIELD(names[1]),
      .arg = "ADDRESS",
      .help = "add an IP address (may be repeated)" },
    { .name = "email",
      .kind = PC_OPTION_TEXTS,
      .offset = FIELD(names[2]),
      .arg = "ADDRESS",
      .help = "add a mail address (may be repeated)" },
    { .name = "upn",
      .kind = PC_OPTION_TEXTS,
      .offset = FIELD(names[3]),
      .arg = "NAME",
      .help = "add a user principal name (may be repeated)" },
    PC_OPTIONS_END,
};

const pc_option pc_options_new_windows[] = {
    { .name = "windows-attributes",
      .kind = PC_OPTION_FLAG,
      .offset = FIELD(windows),
      .help = "say of Windows what certreq would, see below" },
    PC_OPTIONS_END,
};

pc_wish pc_wish_from_flags(bool exportable, bool non_exportable)
{
    return exportable ? PC_WISH_YES : non_exportable ? PC_WISH_NO : PC_WISH_SILENT;
}

pc_status pc_new_options_take(pc_cli *cli, const pc_new_given *given, pc_new_order *ret_order)
{
    pc_alt_name_flag *flags = NULL;
    size_t count = 0;

    for (size_t kind = 0; kind < PC_NEW_NAME_KINDS; kind++) {
        for (size_t i = 0; i < given->names[kind].count; i++) {
            pc_alt_name_flag *flag = PC_PUSH(cli->arena, flags, count);

            if (!flag) {
                return pc_fail_memory(&cli->err);
            }
            *flag = (pc_alt_name_flag){ .kind = name_kinds[kind], .text = given->names[kind].items[i] };
        }
    }
    *ret_order = (pc_new_order){
        .subject = given->subject,
        .alt_names = flags,
        .alt_name_count = count,
        .key_type = given->key_type,
        .label = given->label,
        .tolerate = given->tolerate.items,
        .windows_attributes = given->windows,
        .exportable = pc_wish_from_flags(given->exportable, given->non_exportable),
    };
    return PC_OK;
}
