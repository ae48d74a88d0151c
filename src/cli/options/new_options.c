/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/options/new_options.h"
#include "cli/options/shared_options.h"

static const pc_alt_name_kind name_kinds[PC_NEW_NAME_KINDS] = { PC_ALT_DNS, PC_ALT_IP, PC_ALT_EMAIL, PC_ALT_UPN,
                                                                PC_ALT_URI };

static const char *const tolerable[] = { "local", NULL };
static const char *const ekus[] = { "serverAuth",   "clientAuth",  "codeSigning",      "emailProtection",
                                    "timeStamping", "OCSPSigning", "msSmartcardLogin", NULL };
static const char *const digests[] = { "sha256", "sha384", "sha512", NULL };

#define FIELD(field) offsetof(pc_new_given, field)

const pc_option pc_options_new_key[] = {
    { .kind = PC_OPTION_GROUP, .group = pc_options_exportable, .offset = FIELD(exportable) },
    { .name = "label",
      .kind = PC_OPTION_TEXT,
      .offset = FIELD(label),
      .arg = "LABEL",
      .help = "label of the new key (default: KeyContainer, or else the CN)",
      .details = "The label of the new key. Default: the file's *KeyContainer*, or else the first CN of the\n"
                 "subject." },
    { .name = "id",
      .kind = PC_OPTION_TEXT,
      .offset = FIELD(id),
      .arg = "HEX",
      .help = "CKA_ID of the new key, in hexadecimal (default: 16 random bytes)",
      .details =
          "The CKA_ID of the new key: 1 to 64 bytes in hexadecimal. Default: 16 random bytes. For tokens\n"
          "that accept only short ones, or attach a meaning to them. The CKA_ID is refused if another object has it.\n"
          "Only what a killed run of the same command left under it on a SoftHSM token is removed: keys without key\n"
          "material, and the public key that was to belong to one." },
    { .name = "tolerate",
      .kind = PC_OPTION_TEXTS,
      .offset = FIELD(tolerate),
      .arg = "FLAG",
      .offers = tolerable,
      .help = "accept a flag that the token is known to report wrongly for its keys; only local",
      .details = "The token is known to report this flag of its keys wrongly, so a new key with a wrong value\n"
                 "is not destroyed, and one from an earlier run is not refused. The only flag is _local_: NSS reports\n"
                 "keys that it generated as not generated on the token (CKA_LOCAL false). The result says that\n"
                 "the flag was tolerated." },
    PC_OPTIONS_END,
};

const pc_option pc_options_new_request[] = {
    { .kind = PC_OPTION_GROUP, .group = pc_options_key_type, .offset = FIELD(key_type) },
    { .name = "subject",
      .kind = PC_OPTION_TEXT,
      .offset = FIELD(subject),
      .may_be_empty = true,
      .arg = "NAME",
      .help = "X.500 name, such as \"CN=a,O=b\"; overrides the file",
      .details = "An X.500 name, such as \"CN=a,O=b\". Overrides Subject in the file. Encoded in the order\n"
                 "written." },
    { .name = "dns",
      .kind = PC_OPTION_TEXTS,
      .offset = FIELD(names[0]),
      .arg = "NAME",
      .help = "add a DNS name",
      .details = "Add a DNS name to the subject alternative names. Write a name that is not ASCII in its xn--...\n"
                 "form." },
    { .name = "ip",
      .kind = PC_OPTION_TEXTS,
      .offset = FIELD(names[1]),
      .arg = "ADDRESS",
      .help = "add an IP address",
      .details = "Add an IPv4 or IPv6 address to the subject alternative names." },
    { .name = "email",
      .kind = PC_OPTION_TEXTS,
      .offset = FIELD(names[2]),
      .arg = "ADDRESS",
      .help = "add an email address",
      .details = "Add an email address to the subject alternative names." },
    { .name = "upn",
      .kind = PC_OPTION_TEXTS,
      .offset = FIELD(names[3]),
      .arg = "NAME",
      .help = "add a user principal name",
      .details = "Add a user principal name to the subject alternative names." },
    { .name = "uri",
      .kind = PC_OPTION_TEXTS,
      .offset = FIELD(names[4]),
      .arg = "URI",
      .help = "add a URI",
      .details = "Add a URI to the subject alternative names." },
    { .name = "eku",
      .kind = PC_OPTION_TEXTS,
      .offset = FIELD(ekus),
      .arg = "NAME|OID",
      .offers = ekus,
      .help = "extended key usage, such as serverAuth or 1.3.6.1.5.5.7.3.3; overrides the file",
      .details = "An extended key usage: *serverAuth*, *clientAuth*, *codeSigning*, *emailProtection*,\n"
                 "*timeStamping*, *OCSPSigning*, *msSmartcardLogin* or an OID. Overrides all of\n"
                 "the file's, and the default without a file." },
    { .name = "key-usage",
      .kind = PC_OPTION_TEXT,
      .offset = FIELD(key_usage),
      .arg = "NAMES",
      .help = "key usage, such as digitalSignature,keyEncipherment; overrides the file",
      .details = "Key usages by their names in RFC 5280, separated by commas. Overrides the file's, and the default\n"
                 "without a file. It is marked critical. A new key is allowed only what they require." },
    { .name = "digest",
      .kind = PC_OPTION_CHOICE,
      .offset = FIELD(digest),
      .arg = "NAME",
      .choices = digests,
      .help = "digest of the request's signature: sha256, sha384 or sha512; overrides the file",
      .details = "The digest of the request's signature: *sha256*, *sha384* or *sha512*. Overrides HashAlgorithm in\n"
                 "the file. Default without a file: *sha256*." },
    PC_OPTIONS_END,
};

const pc_option pc_options_new_windows[] = {
    { .name = "windows-attributes",
      .kind = PC_OPTION_FLAG,
      .offset = FIELD(windows),
      .help = "add the attributes with which certreq describes Windows; see below",
      .details = "Add the attributes with which certreq describes Windows, for CAs whose policy module requires\n"
                 "them: OS version 10.0.20348.2; client id 9 with the subject's CN (or first DNS name) as the\n"
                 "machine, your user name, and \"p11cert\" as the process; and the provider that the file names,\n"
                 "if it is the name of exactly one known provider and KeySpec is given. These claims are not\n"
                 "true for a key on a token, so they are left out unless requested." },
    PC_OPTIONS_END,
};

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
        .id = given->id,
        .ekus = given->ekus.items,
        .key_usage = given->key_usage,
        .digest = given->digest,
        .tolerate = given->tolerate.items,
        .windows_attributes = given->windows,
        .exportable = pc_exportable_take(&given->exportable),
    };
    return PC_OK;
}
