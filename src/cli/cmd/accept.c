/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/accept.h>

#include "cli/cli.h"
#include "cli/print/output.h"

PC_AUTO_DEFINE(pc_accept_result, pc_accept_result, pc_accept_result_free);

static void print_certificate(const pc_bound_certificate *certificate)
{
    (void)printf("    %s\n        serial %s, valid until %.10s\n        CKA_ID %s: %s\n", certificate->subject,
                 certificate->serial, certificate->not_after, certificate->id,
                 certificate->state == PC_BOUND_ALREADY ? "was there already" : "written and read back");
}

static void print_result(const pc_accept_result *result)
{
    (void)fputs("the key \"", stdout);
    pc_print_safe(stdout, result->key_label);
    (void)fputs("\" on token \"", stdout);
    pc_print_safe(stdout, result->token);
    (void)printf("\" proved by a signature that the certificate is its own\nbound to it by CKA_ID %s:\n",
                 result->key_id);
    print_certificate(&result->certificates[0]);
    if (result->certificate_count > 1) {
        (void)printf("its issuers:\n");
    }
    for (size_t i = 1; i < result->certificate_count; i++) {
        print_certificate(&result->certificates[i]);
    }
    if (result->chain) {
        (void)printf("chain verified: %s\n", result->chain);
    } else {
        (void)printf("no issuers were given (--chain): the chain was not checked, and none was written\n");
    }
    if (result->other_count) {
        (void)printf("note: %zu other certificate%s bound to the same key\n", result->other_count,
                     result->other_count > 1 ? "s are" : " is");
    }
}

static json_t *to_json(const pc_accept_result *result)
{
    json_t *issuers = json_array();

    for (size_t i = 1; i < result->certificate_count; i++) {
        (void)json_array_append_new(issuers, pc_json_bound(&result->certificates[i]));
    }
    return json_pack("{s:o, s:{s:o, s:o}, s:o, s:o, s:o, s:i}", "token", pc_json_text(result->token), "key", "label",
                     pc_json_text(result->key_label), "id", pc_json_text(result->key_id), "certificate",
                     pc_json_bound(&result->certificates[0]), "issuers", issuers, "chain", pc_json_text(result->chain),
                     "other_certificates", (int)result->other_count);
}

static size_t count_texts(char **texts)
{
    size_t count = 0;

    while (texts && texts[count]) {
        count++;
    }
    return count;
}

static pc_status run(pc_cli *cli, int argc, const char **argv, int *ret_exit)
{
    char **chains = NULL;
    struct poptOption options[] = { { "chain", '\0', POPT_ARG_ARGV, &chains, 0,
                                      "file with issuers' certificates (may be repeated)", "FILE" },
                                    POPT_TABLEEND };
    PC_AUTO_WORDS pc_words words = { .context = NULL };
    PC_AUTO(pc_accept_result) pc_accept_result *result = NULL;

    (void)ret_exit;
    PC_TRY(pc_cli_parse(cli, &pc_cmd_accept, argc, argv, options, 1, &words));
    if (cli->help) {
        return PC_OK;
    }
    if (words.count != 1) {
        return pc_fail(&cli->err, PC_E_USAGE, "name the certificate: p11cert accept CERTIFICATE");
    }
    const pc_accept_order order = { .certificate = words.words[0],
                                    .chains = (const char *const *)chains,
                                    .chain_count = count_texts(chains) };

    PC_TRY(pc_accept_run(&order, &cli->access, &result, &cli->err));
    if (cli->json) {
        return pc_print_json(cli, to_json(result));
    }
    print_result(result);
    return PC_OK;
}

const pc_command pc_cmd_accept = {
    .verb = "accept",
    .summary = "bind an issued certificate and its chain to the key on the token",
    .arguments = "CERTIFICATE",
    .details = "The key is found by the certificate's public key, and must prove by a signature that it is the one.\n"
               "PEM, DER and PKCS#7 are understood. Run again, it says what is there already and finishes the rest.\n\n"
               "    p11cert accept server.cer --chain ca.cer\n",
    .needs = PC_NEEDS_TOKEN,
    .run = run,
};
