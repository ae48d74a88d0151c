/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/import.h>

#include "cli/cmd/cmd.h"
#include "cli/cli.h"
#include "cli/print/output.h"

PC_AUTO_DEFINE(pc_import_result, pc_import_result, pc_import_result_free);

static void print_key(const pc_import_result *result)
{
    static const char *const never_extractable[] = {
        [PC_FACT_UNKNOWN] = "is not shown", [PC_FACT_FALSE] = "is false", [PC_FACT_TRUE] = "is wrongly true"
    };

    (void)printf("%s key \"", result->key_kind);
    pc_print_safe(stdout, result->key_label);
    (void)printf("\" %s token \"%s\", CKA_ID %s\n",
                 result->key_state == PC_IMPORT_KEY_ALREADY ? "already on" : "imported into", result->token,
                 result->key_id);
    (void)printf("    %s\n", pc_exportable_words(result->exportable));
    if (result->mechanism) {
        (void)printf("    imported with %s\n", result->mechanism);
    }
    if (result->transport) {
        (void)printf("    one-time key: %s\n", result->transport);
    }
    if (*result->unsupported_flags) {
        (void)printf("    the module does not accept these in its template: %s\n", result->unsupported_flags);
    }
    (void)printf("This key has been outside the token (CKA_NEVER_EXTRACTABLE %s), and the number of copies is\n"
                 "unknown. The file is one of them.\n",
                 never_extractable[result->never_extractable]);
}

static void print_result(const pc_import_result *result)
{
    pc_print_safe(stdout, result->file);
    (void)printf(" read (%s)\n", result->protection);
    print_key(result);
    (void)printf("the key signed a challenge, which verified with the certificate\n");
    pc_print_bound(stdout, &result->certificates[0]);
    if (result->certificate_count > 1) {
        (void)printf("its issuers:\n");
    }
    for (size_t i = 1; i < result->certificate_count; i++) {
        pc_print_bound(stdout, &result->certificates[i]);
    }
    if (result->chain) {
        (void)printf("chain verified: %s\n", result->chain);
    } else {
        (void)printf("the file contains no issuers: the chain was not verified, and no issuers were written\n");
    }
    for (size_t i = 0; i < result->note_count; i++) {
        (void)printf("note:\n");
        pc_print_wrapped(stdout, 4, result->notes[i]);
    }
}

static bool has_changed(const pc_import_result *result)
{
    bool changed = result->key_state == PC_IMPORT_KEY_WRITTEN;

    for (size_t i = 0; i < result->certificate_count; i++) {
        changed = changed || result->certificates[i].state == PC_BOUND_WRITTEN;
    }
    return changed;
}

static json_t *to_json(const pc_import_result *result)
{
    json_t *issuers = json_array();

    for (size_t i = 1; i < result->certificate_count; i++) {
        (void)json_array_append_new(issuers, pc_json_bound(&result->certificates[i]));
    }
    json_t *key =
        json_pack("{s:o, s:o, s:o, s:o, s:s, s:o, s:o, s:o}", "label", pc_json_text(result->key_label), "id",
                  pc_json_text(result->key_id), "kind", pc_json_text(result->key_kind), "spki_sha256",
                  pc_json_text(result->spki_sha256), "state",
                  result->key_state == PC_IMPORT_KEY_ALREADY ? "already" : "written", "exportable",
                  pc_json_fact(result->exportable), "never_extractable", pc_json_fact(result->never_extractable),
                  "unsupported_flags", pc_json_text(result->unsupported_flags));

    return json_pack("{s:o, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "file", pc_json_text(result->file),
                     "changed", has_changed(result), "token", pc_json_text(result->token), "key", key, "certificate",
                     pc_json_bound(&result->certificates[0]), "issuers", issuers, "chain", pc_json_text(result->chain),
                     "protection", pc_json_text(result->protection), "mechanism", pc_json_text(result->mechanism),
                     "transport", pc_json_text(result->transport), "notes",
                     pc_json_texts(result->notes, result->note_count));
}

#define FIELD(field) offsetof(pc_import_order, field)

static const pc_option options_of_import[] = {
    { .name = "id",
      .kind = PC_OPTION_TEXT,
      .offset = FIELD(id),
      .arg = "HEX",
      .help = "CKA_ID of the key, in hexadecimal (default: 16 random bytes)",
      .details = "The CKA_ID of the key and the certificate: 1 to 64 bytes in hexadecimal. Default: 16 random\n"
                 "bytes. It is refused if another private key has it." },
    { .name = "label",
      .kind = PC_OPTION_TEXT,
      .offset = FIELD(label),
      .arg = "TEXT",
      .help = "label of the key (default: the file's friendly name, or else the first CN)",
      .details = "The label of the key and the certificate. Default: the file's friendly name, or else the\n"
                 "certificate's first CN." },
    { .name = "exportable",
      .kind = PC_OPTION_FLAG,
      .offset = FIELD(exportable),
      .help = "let the key leave the token again",
      .details = "Let the key leave the token again." },
    { .name = "password-source",
      .kind = PC_OPTION_SOURCE,
      .offset = FIELD(password_source),
      .arg = "SOURCE",
      .help = "where to read the file's password: " PC_SOURCES,
      .details = "Where to read the password of the file; see _PIN SOURCES_ in *p11cert*(1).",
      .by_default = "prompt" },
    PC_OPTIONS_END,
};

static pc_status run(pc_cli *cli, const void *options)
{
    const pc_import_order *order = options;
    PC_AUTO(pc_import_result) pc_import_result *result = NULL;

    PC_TRY(pc_import_run(order, &cli->access, &result, &cli->err));
    if (cli->json) {
        return pc_print_json(cli, to_json(result));
    }
    print_result(result);
    return PC_OK;
}

const pc_command pc_cmd_import = {
    .verb = "import",
    .summary = "import the key, certificate and chain of a PFX into the token",
    .details = "The token unwraps the key under a one-time key. The key is not exportable unless --exportable is\n"
               "given, and must sign a challenge to prove that it belongs to the certificate. A password is\n"
               "requested only if the file requires one, and is tried once. If the command is run again, it reports\n"
               "what is already there and writes the rest.\n",
    .examples = "p11cert import server.pfx --label server.contoso.com --password-source file:server.password\n",
    .needs = PC_COMMAND_NEEDS_TOKEN,
    .positional = { .name = "FILE.pfx",
                    .kind = PC_OPTION_FILE,
                    .what = "the file",
                    .offset = FIELD(file),
                    .min = 1,
                    .max = 1 },
    .options = options_of_import,
    .options_size = sizeof(pc_import_order),
    .reports = true,
    .run = run,
};
