/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/export.h>

#include "cli/cmd/cmd.h"
#include "cli/cli.h"
#include "cli/options/shared_options.h"
#include "cli/print/output.h"

PC_AUTO_DEFINE(pc_export_result, pc_export_result, pc_export_result_free);

static void print_result(const pc_export_result *result)
{
    pc_print_path(stdout, result->changed ? "PFX written: " : "PFX already exists as ordered: ", result->out);
    (void)printf("    key \"%s\" on token \"%s\", CKA_ID %s\n", result->key_label, result->token, result->key_id);
    (void)printf("    certificate %s, serial %s\n", result->subject, result->serial);
    for (size_t i = 0; i < result->chain_count; i++) {
        (void)printf("    issuer %s\n", result->chain[i]);
    }
    (void)printf("    friendly name \"%s\"%s%s\n", result->friendly_name,
                 result->provider ? ", provider " : ", no provider", result->provider ? result->provider : "");
    (void)printf("    protected by %s\n", result->protection);
    (void)printf("    SHA-256 %s\n", result->sha256);
    if (!result->changed) {
        (void)fputs("nothing was changed\n", stdout);
        return;
    }
    if (result->password_file) {
        (void)fputs("password written: ", stdout);
        pc_print_safe(stdout, result->password_file);
        (void)fputs("; send it separately from the PFX\n", stdout);
    }
    (void)printf("wrapped by the token with %s, then read back with its password and compared\none-time key: %s\n",
                 result->mechanism, result->transport);
    for (size_t i = 0; i < result->note_count; i++) {
        (void)printf("note:\n");
        pc_print_wrapped(stdout, 4, result->notes[i]);
    }
    (void)printf(
        "a copy of the private key now exists outside the token. Destroy this file after importing it on the host\n");
}

static json_t *to_json(const pc_export_result *result)
{
    return json_pack(
        "{s:o, s:b, s:o, s:{s:o, s:o, s:o}, s:{s:o, s:o}, s:o, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "out",
        pc_json_text(result->out), "changed", result->changed, "token", pc_json_text(result->token), "key", "label",
        pc_json_text(result->key_label), "id", pc_json_text(result->key_id), "spki_sha256",
        pc_json_text(result->spki_sha256), "certificate", "subject", pc_json_text(result->subject), "serial",
        pc_json_text(result->serial), "chain", pc_json_texts(result->chain, result->chain_count), "chain_complete",
        result->chain_complete, "friendly_name", pc_json_text(result->friendly_name), "provider",
        pc_json_text(result->provider), "protection", pc_json_text(result->protection), "sha256",
        pc_json_text(result->sha256), "password_file", pc_json_text(result->password_file), "mechanism",
        pc_json_text(result->mechanism), "transport", pc_json_text(result->transport), "notes",
        pc_json_texts(result->notes, result->note_count));
}

typedef struct {
    pc_export_order order;
    pc_texts chains;
    pc_new_pfx_given pfx;
} export_options;

#define FIELD(field) offsetof(export_options, field)

static const pc_option options_of_export[] = {
    { .name = "key",
      .kind = PC_OPTION_KEY,
      .offset = FIELD(order.key),
      .arg = "LABEL|URI",
      .required = true,
      .help = "the key, by label or RFC 7512 URI",
      .details = "The private key, by label or RFC 7512 URI." },
    { .name = "out",
      .letter = 'o',
      .kind = PC_OPTION_NEW_FILE,
      .offset = FIELD(order.out),
      .arg = "FILE",
      .required = true,
      .help = "the PFX to write, readable only by its owner",
      .details = "The PFX to write, with mode 0600. Standard output is refused." },
    { .name = "cert",
      .kind = PC_OPTION_FILE,
      .offset = FIELD(order.certificate),
      .arg = "FILE",
      .help = "the key's certificate, if it is not on the token",
      .details = "The key's certificate, if it is not on the token, or to use one other than the current one.\n"
                 "Issuers in the same file are included in the chain." },
    { .kind = PC_OPTION_GROUP, .group = pc_options_chain, .offset = FIELD(chains) },
    { .name = "friendly-name",
      .kind = PC_OPTION_TEXT,
      .offset = FIELD(order.friendly_name),
      .arg = "TEXT",
      .help = "name in the Windows certificate store (default: the certificate's first CN)",
      .details = "The name in the Windows certificate store. Default: the first CN of the certificate." },
    { .kind = PC_OPTION_GROUP, .group = pc_options_name_from_inf, .offset = FIELD(order.inf) },
    { .kind = PC_OPTION_GROUP, .group = pc_options_new_pfx, .offset = FIELD(pfx) },
    { .name = "force",
      .kind = PC_OPTION_FLAG,
      .offset = FIELD(order.force),
      .help = "replace the PFX if it exists",
      .details = "Replace the PFX if it exists, at the last moment. A password file is never replaced." },
    PC_OPTIONS_END,
};

static pc_status run(pc_cli *cli, const void *options)
{
    const export_options *given = options;
    PC_AUTO(pc_export_result) pc_export_result *result = NULL;
    pc_export_order order = given->order;

    order.chains = given->chains.items;
    order.chain_count = given->chains.count;
    order.password_source = given->pfx.password_source;
    order.generate_password = given->pfx.generate_password;
    order.accept_weak_password = given->pfx.accept_weak_password;
    order.legacy = given->pfx.legacy;
    PC_TRY(pc_export_run(&order, &cli->access, &result, &cli->err));
    if (cli->json) {
        return pc_print_json(cli, to_json(result));
    }
    print_result(result);
    return PC_OK;
}

const pc_command pc_cmd_export = {
    .verb = "export",
    .summary = "write an exportable key, its certificate and chain to a PFX",
    .details = "The key must be exportable (CKA_EXTRACTABLE). It is wrapped on the token under a one-time key and\n"
               "unwrapped in locked memory; the file is read back before it replaces anything. A key that is not\n"
               "exportable is refused before a password is requested, and remains non-exportable.\n",
    .examples = "p11cert export --key scom01 --out scom01.pfx --generate-password scom01.pfx.password\n",
    .needs = PC_COMMAND_NEEDS_TOKEN,
    .options = options_of_export,
    .options_size = sizeof(export_options),
    .reports = true,
    .run = run,
};
