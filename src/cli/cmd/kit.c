/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/kit.h>

#include "cli/cli.h"
#include "cli/print/output.h"

PC_AUTO_DEFINE(pc_kit_result, pc_kit_result, pc_kit_result_free);

static void print_head(const pc_kit_result *result)
{
    (void)printf("kit for %s in \"%s\"\n", result->name, result->out);
    for (size_t i = 0; i < result->file_count; i++) {
        (void)printf("    %-18s %s\n", result->files[i].name, result->files[i].what);
    }
    (void)printf("certificate: %s\n    issued by %s\n    serial %s, thumbprint %s, valid until %.10s\n",
                 result->subject, result->issuer, result->serial, result->thumbprint, result->not_after);
}

static void print_key(const pc_kit_result *result)
{
    if (result->way == PC_KIT_HOST) {
        (void)printf("private key: none here; it must be on the Windows computer already\n");
        return;
    }
    (void)printf("private key: \"%s\" on token \"%s\", %s\n", result->key_label, result->token,
                 result->way == PC_KIT_PFX ? "copied into server.pfx" : "which cannot leave it: there is no PFX");
    if (result->protection) {
        (void)printf("    server.pfx is protected by %s\n", result->protection);
    }
    if (result->password_file) {
        (void)fputs("    its password was written to \"", stdout);
        pc_print_safe(stdout, result->password_file);
        (void)fputs("\": send it by another road than the kit\n", stdout);
    }
}

static void print_conflict(const pc_kit_result *result)
{
    if (!result->conflict) {
        return;
    }
    (void)printf("conflict:\n");
    pc_print_wrapped(stdout, 4, result->conflict);
    (void)printf("    ways out, one of:\n");
    for (size_t i = 0; i < result->way_out_count; i++) {
        pc_print_wrapped(stdout, 6, result->ways_out[i]);
    }
}

static void print_result(const pc_kit_result *result)
{
    print_head(result);
    print_key(result);
    print_conflict(result);
    if (result->repair) {
        (void)printf("on the Windows computer, as install.ps1 does it:\n    %s\n", result->repair);
    }
    if (result->missing) {
        (void)printf("missing: the certificate of the issuer %s; give it with --chain, or import it there by hand\n",
                     result->missing);
    }
    for (size_t i = 0; i < result->problem_count; i++) {
        (void)printf("%swarning: SCOM will not use this certificate, %s:\n", i ? "" : "\n", result->problems[i].rule);
        pc_print_wrapped(stdout, 4, result->problems[i].evidence);
    }
    (void)printf(
        "\nGive the folder to the administrator of %s, who begins with README.txt. By another road, to compare:\n"
        "    SHA-256 of SHA256SUMS: %s\n",
        result->name, result->sums_sha256);
}

static json_t *texts_to_json(const char *const *texts, size_t count)
{
    json_t *list = json_array();

    for (size_t i = 0; i < count; i++) {
        (void)json_array_append_new(list, pc_json_text(texts[i]));
    }
    return list;
}

static json_t *files_to_json(const pc_kit_result *result)
{
    json_t *list = json_array();

    for (size_t i = 0; i < result->file_count; i++) {
        (void)json_array_append_new(list, json_pack("{s:o, s:o, s:o}", "name", pc_json_text(result->files[i].name),
                                                    "what", pc_json_text(result->files[i].what), "sha256",
                                                    pc_json_text(result->files[i].sha256)));
    }
    return list;
}

static json_t *problems_to_json(const pc_kit_result *result)
{
    json_t *list = json_array();

    for (size_t i = 0; i < result->problem_count; i++) {
        (void)json_array_append_new(list, json_pack("{s:o, s:o}", "rule", pc_json_text(result->problems[i].rule),
                                                    "evidence", pc_json_text(result->problems[i].evidence)));
    }
    return list;
}

static json_t *key_to_json(const pc_kit_result *result)
{
    return result->way == PC_KIT_HOST ? json_null()
                                      : json_pack("{s:o, s:o, s:o}", "label", pc_json_text(result->key_label), "id",
                                                  pc_json_text(result->key_id), "token", pc_json_text(result->token));
}

static json_t *certificate_to_json(const pc_kit_result *result)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:o}", "subject", pc_json_text(result->subject), "issuer",
                     pc_json_text(result->issuer), "serial", pc_json_text(result->serial), "thumbprint",
                     pc_json_text(result->thumbprint), "not_after", pc_json_text(result->not_after));
}

static json_t *to_json(const pc_kit_result *result)
{
    return json_pack("{s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "out",
                     pc_json_text(result->out), "name", pc_json_text(result->name), "way", pc_kit_way_name(result->way),
                     "key", key_to_json(result), "certificate", certificate_to_json(result), "chain",
                     texts_to_json(result->chain, result->chain_count), "missing_issuer", pc_json_text(result->missing),
                     "repair", pc_json_text(result->repair), "conflict", pc_json_text(result->conflict), "ways_out",
                     texts_to_json(result->ways_out, result->way_out_count), "protection",
                     pc_json_text(result->protection), "password_file", pc_json_text(result->password_file), "problems",
                     problems_to_json(result), "files", files_to_json(result), "sums_sha256",
                     pc_json_text(result->sums_sha256));
}

static size_t count_texts(char **texts)
{
    size_t count = 0;

    while (texts && texts[count]) {
        count++;
    }
    return count;
}

static pc_status run_order(pc_cli *cli, const pc_kit_order *order)
{
    PC_AUTO(pc_kit_result) pc_kit_result *result = NULL;

    if (!order->out) {
        return pc_fail(&cli->err, PC_E_USAGE, "name the folder that is to be made with --out");
    }
    pc_cli_token_from_key(cli, order->key);
    PC_TRY(pc_kit_run(order, &cli->access, &result, &cli->err));
    if (cli->json) {
        return pc_print_json(cli, to_json(result));
    }
    print_result(result);
    return PC_OK;
}

static pc_status run(pc_cli *cli, int argc, const char **argv, int *ret_exit)
{
    char *key = NULL, *out = NULL, *certificate = NULL, *csp = NULL, *source = NULL, *generate = NULL;
    char **chains = NULL;
    int legacy = 0, accept_weak = 0;
    struct poptOption options[] = {
        { "key", '\0', POPT_ARG_STRING, &key, 0, "the key on the token", "LABEL|URI" },
        { "out", '\0', POPT_ARG_STRING, &out, 0, "the folder to be made", "DIR" },
        { "cert", '\0', POPT_ARG_STRING, &certificate, 0,
          "its certificate, if it is not on the token; alone: the key is on the Windows computer already", "FILE" },
        { "chain", '\0', POPT_ARG_ARGV, &chains, 0, "file with issuers' certificates (may be repeated)", "FILE" },
        { "csp", '\0', POPT_ARG_STRING, &csp, 0, "the HSM vendor's legacy CSP on the Windows computer", "NAME" },
        { "password-source", '\0', POPT_ARG_STRING, &source, 0,
          "where the password of the PFX comes from: prompt (default), file:PATH, fd:N, env:NAME", "SOURCE" },
        { "generate-password", '\0', POPT_ARG_STRING, &generate, 0, "make a random one and write it to this file",
          "FILE" },
        { "accept-weak-password", '\0', POPT_ARG_NONE, &accept_weak, 0, "take a password that is easily guessed",
          NULL },
        { "legacy", '\0', POPT_ARG_NONE, &legacy, 0, "a PFX that Windows Server 2016 and older can read", NULL },
        POPT_TABLEEND
    };
    PC_AUTO_WORDS pc_words words = { .context = NULL };

    (void)ret_exit;
    PC_TRY(pc_cli_parse(cli, &pc_cmd_kit, argc, argv, options, 0, &words));
    if (cli->help) {
        return PC_OK;
    }
    const pc_kit_order order = {
        .key = key,
        .certificate = certificate,
        .chains = (const char *const *)chains,
        .chain_count = count_texts(chains),
        .out = out,
        .csp = csp,
        .password_source = source,
        .generate_password = generate,
        .accept_weak_password = accept_weak != 0,
        .legacy = legacy != 0,
    };
    return run_order(cli, &order);
}

const pc_command pc_cmd_kit = {
    .verb = "kit",
    .summary = "make the folder that the administrator of the SCOM computer needs",
    .arguments = "",
    .details =
        "Certificate, issuers, registry values, a script that installs and checks all, and a README. With a key\n"
        "that can be exported the folder has a PFX; with one that cannot it says why, and the ways out.\n\n"
        "    p11cert kit --key server.contoso.com --out kit --generate-password server.password\n",
    .needs = PC_NEEDS_TOKEN,
    .run = run,
};
