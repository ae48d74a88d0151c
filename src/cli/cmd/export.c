/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/export.h>

#include "cli/cmd/cmd.h"
#include "cli/cli.h"
#include "cli/print/output.h"

PC_AUTO_DEFINE(pc_export_result, pc_export_result, pc_export_result_free);

static void print_result(const pc_export_result *result)
{
    (void)printf("PFX written: %s\n", result->out);
    (void)printf("    key \"%s\" of token \"%s\", CKA_ID %s\n", result->key_label, result->token, result->key_id);
    (void)printf("    certificate %s, serial %s\n", result->subject, result->serial);
    for (size_t i = 0; i < result->chain_count; i++) {
        (void)printf("    issuer %s\n", result->chain[i]);
    }
    (void)printf("    friendly name \"%s\"%s%s\n", result->friendly_name,
                 result->provider ? ", provider " : ", no provider", result->provider ? result->provider : "");
    (void)printf("    protected by %s\n", result->protection);
    (void)printf("    SHA-256 %s\n", result->sha256);
    if (result->password_file) {
        (void)printf("password written: %s; send it by another road than the PFX\n", result->password_file);
    }
    (void)printf("wrapped by the token with %s, read back with its password and compared\none-time key: %s\n",
                 result->mechanism, result->transport);
    for (size_t i = 0; i < result->note_count; i++) {
        (void)printf("note:\n");
        pc_print_wrapped(stdout, 4, result->notes[i]);
    }
    (void)printf(
        "a copy of the private key is outside the token now. After the import on the host, destroy this file\n");
}

static json_t *texts(const char *const *from, size_t count)
{
    json_t *list = json_array();

    for (size_t i = 0; i < count; i++) {
        (void)json_array_append_new(list, pc_json_text(from[i]));
    }
    return list;
}

static json_t *to_json(const pc_export_result *result)
{
    return json_pack("{s:o, s:o, s:{s:o, s:o, s:o}, s:{s:o, s:o}, s:o, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
                     "out", pc_json_text(result->out), "token", pc_json_text(result->token), "key", "label",
                     pc_json_text(result->key_label), "id", pc_json_text(result->key_id), "spki_sha256",
                     pc_json_text(result->spki_sha256), "certificate", "subject", pc_json_text(result->subject),
                     "serial", pc_json_text(result->serial), "chain", texts(result->chain, result->chain_count),
                     "chain_complete", result->chain_complete, "friendly_name", pc_json_text(result->friendly_name),
                     "provider", pc_json_text(result->provider), "protection", pc_json_text(result->protection),
                     "sha256", pc_json_text(result->sha256), "password_file", pc_json_text(result->password_file),
                     "mechanism", pc_json_text(result->mechanism), "transport", pc_json_text(result->transport),
                     "notes", texts(result->notes, result->note_count));
}

typedef struct {
    pc_export_order order;
    pc_texts chains;
} export_options;

#define FIELD(field) offsetof(export_options, field)

static const pc_option options_of_export[] = {
    { .name = "key",
      .kind = PC_OPTION_KEY,
      .offset = FIELD(order.key),
      .arg = "LABEL|URI",
      .required = true,
      .help = "the key: its label or an RFC 7512 URI" },
    { .name = "out",
      .letter = 'o',
      .kind = PC_OPTION_NEW_FILE,
      .offset = FIELD(order.out),
      .arg = "FILE",
      .required = true,
      .help = "the PFX to write, readable by its owner alone" },
    { .name = "cert",
      .kind = PC_OPTION_FILE,
      .offset = FIELD(order.certificate),
      .arg = "FILE",
      .help = "the key's certificate, if it is not on the token" },
    { .name = "chain",
      .kind = PC_OPTION_FILES,
      .offset = FIELD(chains),
      .arg = "FILE",
      .help = "file with issuers' certificates (may be repeated)" },
    { .name = "friendly-name",
      .kind = PC_OPTION_TEXT,
      .offset = FIELD(order.friendly_name),
      .arg = "TEXT",
      .help = "name in the Windows store (default: the certificate's first CN)" },
    { .name = "password-source",
      .kind = PC_OPTION_SOURCE,
      .offset = FIELD(order.password_source),
      .arg = "SOURCE",
      .help = "where the password comes from: prompt (asked twice), file:PATH, fd:N, env:NAME" },
    { .name = "generate-password",
      .kind = PC_OPTION_NEW_FILE,
      .offset = FIELD(order.generate_password),
      .arg = "FILE",
      .help = "make a random password and write it to this new file" },
    { .name = "accept-weak-password",
      .kind = PC_OPTION_FLAG,
      .offset = FIELD(order.accept_weak_password),
      .help = "take a password that is easily guessed" },
    { .name = "legacy",
      .kind = PC_OPTION_FLAG,
      .offset = FIELD(order.legacy),
      .help = "TripleDES and SHA-1, for Windows Server 2016 and older" },
    { .name = "force", .kind = PC_OPTION_FLAG, .offset = FIELD(order.force), .help = "replace the PFX if it exists" },
    PC_OPTIONS_END,
};

static pc_status run(pc_cli *cli, const void *options)
{
    const export_options *given = options;
    PC_AUTO(pc_export_result) pc_export_result *result = NULL;
    pc_export_order order = given->order;

    order.chains = given->chains.items;
    order.chain_count = given->chains.count;
    PC_TRY(pc_export_run(&order, &cli->access, &result, &cli->err));
    if (cli->json) {
        return pc_print_json(cli, to_json(result));
    }
    print_result(result);
    return PC_OK;
}

const pc_command pc_cmd_export = {
    .verb = "export",
    .summary = "write an exportable key, its certificate and chain as a PFX",
    .arguments = "",
    .details =
        "The key must be exportable (EXTRACTABLE). It is wrapped on the token under a one-time key and unwrapped in\n"
        "locked memory; the file is read back before it is put in its place. A key that is not exportable is refused,\n"
        "before a password is asked for, and stays so.\n\n"
        "    p11cert export --key scom01 --out scom01.pfx --generate-password scom01.pfx.password\n",
    .needs = PC_COMMAND_NEEDS_TOKEN,
    .options = options_of_export,
    .options_size = sizeof(export_options),
    .run = run,
};
