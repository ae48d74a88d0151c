/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `p11cert show FILE --json`: { "items": [ … ] }, one item for a request, one for each certificate:
 *
 *   kind           "request" or "certificate"
 *   subject        one line; null where something cannot be read (then see damage)
 *   dns_names      DNS names of the SAN, in order
 *   key_algorithm  "RSA", "EC", …
 *   key_bits       number
 *   hash           "sha256", …, of the signature, also of RSASSA-PSS; null if none is named
 *   key_usage      RFC 5280 names, or null if there is no such extension
 *   eku            dotted identifiers
 *   attributes     of a request, one member for each value: oid; name, or null; fields; hex, the DER of the value
 *   extensions     the same with critical (true, false)
 *   fields         [ { "name", "value" } ] of what could be read, in order; empty where only hex tells. Names are:
 *                    SAN            DNS, IP, email, UPN, URI, RID, DirName, GUID, SID, otherName ("OID;{utf8}text",
 *                                   "OID;{octet}{hex}…", "OID;{hex}…"); after "permitted " and "excluded " in
 * constraints policies       policy, CPS, notice, notice of, qualifier EKU            usage template       template,
 * major version, minor version S/MIME         capability, key bits name and value name, value OS version     version
 *                    client         client id, machine, user, process
 *                    provider       key spec, provider
 *                    renewal        subject, serial
 *                    any other      "" for each line of OpenSSL's own text
 *   spki_sha256    hex of the digest of the public key, or null
 *   issuer         of a certificate, else null
 *   signature      "valid", "not valid" or "not checked"
 *   damage         why something cannot be read, or null
 */
#include <p11cert/list.h>
#include <p11cert/show.h>

#include "cli/cmd/cmd.h"
#include "cli/cli.h"
#include "cli/print/key_tree.h"
#include "cli/print/output.h"
#include "cli/print/shown.h"

PC_AUTO_DEFINE(pc_list_result, pc_list_result, pc_list_result_free);
PC_AUTO_DEFINE(pc_show_result, pc_show_result, pc_show_result_free);

static json_t *item_to_json(const pc_shown *item)
{
    const pc_evidence_subject *subject = &item->subject;
    json_t *value = json_pack("{s:s, s:o, s:o, s:o, s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:s, s:o}", "kind",
                              item->is_request ? "request" : "certificate", "subject", pc_json_text(subject->subject),
                              "dns_names", pc_json_texts(subject->dns_names, subject->dns_name_count), "key_algorithm",
                              pc_json_text(subject->key_algorithm), "key_bits", (int)subject->key_bits, "hash",
                              pc_json_text(subject->signature_digest), "key_usage",
                              pc_json_key_usage(subject->has_key_usage, subject->key_usage), "eku",
                              pc_json_texts(subject->ekus, subject->eku_count), "attributes",
                              pc_json_shown_parts(item->request_attributes, item->request_attribute_count, false),
                              "extensions", pc_json_shown_parts(item->extensions, item->extension_count, true),
                              "spki_sha256", pc_json_text(item->spki_sha256), "issuer",
                              item->is_request ? json_null() : pc_json_text(item->certificate.issuer), "signature",
                              item->signature, "damage", pc_json_text(item->damage));

    return value;
}

static void print_item(const pc_shown *item)
{
    (void)printf("%spublic key SHA-256: %s\nsignature: %s\n", item->text,
                 item->spki_sha256 ? item->spki_sha256 : "unavailable: it cannot be read", item->signature);
    if (item->damage) {
        (void)printf("damage: %s\n", item->damage);
    }
}

static pc_status show_file(pc_cli *cli, const char *file)
{
    PC_AUTO(pc_show_result) pc_show_result *result = NULL;

    pc_status status = pc_show_file(file, &result, &cli->err);

    if (status == PC_E_NOT_FOUND) {
        return pc_hint(&cli->err, status, "use --key LABEL to show a key on the token");
    }
    PC_TRY(status);
    if (cli->json) {
        json_t *items = json_array();

        for (size_t i = 0; i < result->count; i++) {
            (void)json_array_append_new(items, item_to_json(&result->items[i]));
        }
        return pc_print_json(cli, json_pack("{s:o}", "items", items));
    }
    for (size_t i = 0; i < result->count; i++) {
        print_item(&result->items[i]);
    }
    return PC_OK;
}

static pc_status show_key(pc_cli *cli, const char *key)
{
    PC_AUTO(pc_list_result) pc_list_result *result = NULL;

    PC_TRY(pc_list_run(key, &cli->access, &result, &cli->err));
    if (cli->json) {
        return pc_print_json(cli, pc_key_tree_to_json(result));
    }
    pc_key_tree_print(cli, result, true);
    return PC_OK;
}

typedef struct {
    const char *file;
    const char *key;
} show_options;

static const pc_option options_of_show[] = {
    { .name = "key",
      .kind = PC_OPTION_KEY,
      .offset = offsetof(show_options, key),
      .arg = "LABEL|URI",
      .help = "a key or other object on the token, instead of a file",
      .details = "A key on the token, instead of a file. If no private key has this label, secret keys, public keys\n"
                 "and data objects with it are shown, and certificates with this label or subject." },
    PC_OPTIONS_END,
};

static pc_status run(pc_cli *cli, const void *options)
{
    const show_options *given = options;

    return given->key ? show_key(cli, given->key) : show_file(cli, given->file);
}

static const char *const forms[] = { "FILE [OPTION...]", "--key LABEL|URI [OPTION...]", NULL };

const pc_command pc_cmd_show = {
    .verb = "show",
    .summary = "show a request, a certificate, or a key with every attribute",
    .examples = "p11cert show server.req\n"
                "p11cert show --key server.contoso.com\n",
    .forms = forms,
    .needs = PC_COMMAND_NEEDS_TOKEN,
    .positional = { .name = "FILE",
                    .kind = PC_OPTION_FILE,
                    .what = "a file",
                    .offset = offsetof(show_options, file),
                    .min = 1,
                    .unless = "key",
                    .excludes = "key",
                    .max = 1 },
    .options = options_of_show,
    .options_size = sizeof(show_options),
    .run = run,
};
