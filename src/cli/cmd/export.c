/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/export.h>

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

static size_t count_texts(char **texts_given)
{
    size_t count = 0;

    while (texts_given && texts_given[count]) {
        count++;
    }
    return count;
}

/** What popt binds; its own types. */
typedef struct {
    char *key;
    char *out;
    char *certificate;
    char **chains;
    char *friendly_name;
    char *password_source;
    char *generate;
    int accept_weak;
    int legacy;
    int force;
} given;

static pc_status export(pc_cli *cli, const given *from)
{
    PC_AUTO(pc_export_result) pc_export_result *result = NULL;
    const pc_export_order order = {
        .key = from->key,
        .out = from->out,
        .certificate = from->certificate,
        .chains = (const char *const *)from->chains,
        .chain_count = count_texts(from->chains),
        .friendly_name = from->friendly_name,
        .password_source = from->password_source,
        .generate_password = from->generate,
        .accept_weak_password = from->accept_weak != 0,
        .legacy = from->legacy != 0,
        .force = from->force != 0,
    };

    if (!order.key || !order.out) {
        return pc_fail(&cli->err, PC_E_USAGE, "name the key and the file: p11cert export --key LABEL --out FILE.pfx");
    }
    if (order.out[0] == '-' && !order.out[1]) {
        return pc_fail(&cli->err, PC_E_USAGE, "a PFX is written to a file of its own, not to standard output");
    }
    pc_cli_token_from_key(cli, order.key);
    PC_TRY(pc_export_run(&order, &cli->access, &result, &cli->err));
    if (cli->json) {
        return pc_print_json(cli, to_json(result));
    }
    print_result(result);
    return PC_OK;
}

static pc_status run(pc_cli *cli, int argc, const char **argv, int *ret_exit)
{
    given from = { .key = NULL };
    struct poptOption options[] = {
        { "key", '\0', POPT_ARG_STRING, &from.key, 0, "the key: its label or an RFC 7512 URI", "LABEL|URI" },
        { "out", 'o', POPT_ARG_STRING, &from.out, 0, "the PFX to write, readable by its owner alone", "FILE" },
        { "cert", '\0', POPT_ARG_STRING, &from.certificate, 0, "the key's certificate, if it is not on the token",
          "FILE" },
        { "chain", '\0', POPT_ARG_ARGV, &from.chains, 0, "file with issuers' certificates (may be repeated)", "FILE" },
        { "friendly-name", '\0', POPT_ARG_STRING, &from.friendly_name, 0,
          "name in the Windows store (default: the certificate's first CN)", "TEXT" },
        { "password-source", '\0', POPT_ARG_STRING, &from.password_source, 0,
          "where the password comes from: prompt (asked twice), file:PATH, fd:N, env:NAME", "SOURCE" },
        { "generate-password", '\0', POPT_ARG_STRING, &from.generate, 0,
          "make a random password and write it to this new file", "FILE" },
        { "accept-weak-password", '\0', POPT_ARG_NONE, &from.accept_weak, 0, "take a password that is easily guessed",
          NULL },
        { "legacy", '\0', POPT_ARG_NONE, &from.legacy, 0, "TripleDES and SHA-1, for Windows Server 2016 and older",
          NULL },
        { "force", '\0', POPT_ARG_NONE, &from.force, 0, "replace the PFX if it exists", NULL },
        POPT_TABLEEND
    };
    PC_AUTO_WORDS pc_words words = { .context = NULL };

    (void)ret_exit;
    PC_TRY(pc_cli_parse(cli, &pc_cmd_export, argc, argv, options, 0, &words));
    return cli->help ? PC_OK : export(cli, &from);
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
    .needs = PC_NEEDS_TOKEN,
    .run = run,
};
