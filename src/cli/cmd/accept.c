/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/accept.h>

#include "cli/cmd/cmd.h"
#include "cli/cli.h"
#include "cli/options/shared_options.h"
#include "cli/print/output.h"

PC_AUTO_DEFINE(pc_accept_result, pc_accept_result, pc_accept_result_free);

static void print_result(const pc_accept_result *result)
{
    (void)fputs("the key \"", stdout);
    pc_print_safe(stdout, result->key_label);
    (void)fputs("\" on token \"", stdout);
    pc_print_safe(stdout, result->token);
    (void)printf("\" signed a challenge, which verified with the certificate\n"
                 "bound to the key by CKA_ID %s:\n",
                 result->key_id);
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
        (void)printf("no issuers were given (--chain): the chain was not verified, and no issuers were written\n");
    }
    if (result->other_count) {
        (void)printf("note: %zu other certificate%s bound to the same key\n", result->other_count,
                     result->other_count > 1 ? "s are" : " is");
    }
}

static json_t *to_json(const pc_accept_result *result)
{
    json_t *issuers = json_array();
    bool changed = result->certificates[0].state != PC_BOUND_ALREADY;

    for (size_t i = 1; i < result->certificate_count; i++) {
        changed = changed || result->certificates[i].state != PC_BOUND_ALREADY;
        (void)json_array_append_new(issuers, pc_json_bound(&result->certificates[i]));
    }
    return json_pack("{s:o, s:b, s:{s:o, s:o}, s:o, s:o, s:o, s:i}", "token", pc_json_text(result->token), "changed",
                     changed, "key", "label", pc_json_text(result->key_label), "id", pc_json_text(result->key_id),
                     "certificate", pc_json_bound(&result->certificates[0]), "issuers", issuers, "chain",
                     pc_json_text(result->chain), "other_certificates", (int)result->other_count);
}

typedef struct {
    const char *certificate;
    pc_texts chains;
    const char *key;
} accept_options;

static const pc_option options_of_accept[] = {
    { .name = "key",
      .kind = PC_OPTION_KEY,
      .offset = offsetof(accept_options, key),
      .arg = "LABEL|URI",
      .help = "which key, if several have the certificate's public key",
      .details = "The key to bind to, by label or RFC 7512 URI, if the token has the same key several times. It must\n"
                 "have the certificate's public key. Default: the only one that has." },
    { .kind = PC_OPTION_GROUP, .group = pc_options_chain, .offset = offsetof(accept_options, chains) },
    PC_OPTIONS_END,
};

static pc_status run(pc_cli *cli, const void *options)
{
    const accept_options *given = options;
    PC_AUTO(pc_accept_result) pc_accept_result *result = NULL;
    const pc_accept_order order = { .certificate = given->certificate,
                                    .chains = given->chains.items,
                                    .chain_count = given->chains.count,
                                    .key = given->key };

    PC_TRY(pc_accept_run(&order, &cli->access, &result, &cli->err));
    if (cli->json) {
        return pc_print_json(cli, to_json(result));
    }
    print_result(result);
    return PC_OK;
}

const pc_command pc_cmd_accept = {
    .verb = "accept",
    .summary = "bind an issued certificate and its chain to its key on the token",
    .details = "The key is found by the certificate's public key, and must sign a challenge to prove that it belongs\n"
               "to the certificate. PEM, DER and PKCS#7 are accepted. If the command is run again, it reports what\n"
               "is already there and writes the rest.\n",
    .examples = "p11cert accept server.cer --chain ca.cer\n",
    .needs = PC_COMMAND_NEEDS_TOKEN,
    .positional = { .name = "CERTIFICATE",
                    .kind = PC_OPTION_FILE,
                    .what = "the certificate",
                    .offset = offsetof(accept_options, certificate),
                    .min = 1,
                    .max = 1 },
    .options = options_of_accept,
    .options_size = sizeof(accept_options),
    .reports = true,
    .run = run,
};
