/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/kit.h>

#include "cli/cmd/cmd.h"
#include "cli/cli.h"
#include "cli/options/shared_options.h"
#include "cli/print/output.h"
#include "cli/terminal/interrupt.h"

PC_AUTO_DEFINE(pc_kit_result, pc_kit_result, pc_kit_result_free);

static void print_head(const pc_kit_result *result)
{
    (void)printf("kit for %s in \"", result->name);
    pc_print_safe(stdout, result->out);
    (void)printf("\"%s\n", result->changed ? "" : ", which already exists as ordered");
    for (size_t i = 0; i < result->file_count; i++) {
        (void)printf("    %-18s %s\n", result->files[i].name, result->files[i].what);
    }
    (void)printf("certificate: %s\n    issued by %s\n    serial %s, thumbprint %s, valid until %.10s\n",
                 result->subject, result->issuer, result->serial, result->thumbprint, result->not_after);
}

static void print_key(const pc_kit_result *result)
{
    if (result->way == PC_KIT_HOST) {
        (void)printf("private key: not included; it must already be on the Windows computer\n");
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
        (void)fputs("\": send it separately from the kit\n", stdout);
    }
}

static void print_conflict(const pc_kit_result *result)
{
    if (!result->conflict) {
        return;
    }
    (void)printf("conflict:\n");
    pc_print_wrapped(stdout, 4, result->conflict);
    (void)printf("    options:\n");
    for (size_t i = 0; i < result->option_count; i++) {
        pc_print_wrapped(stdout, 6, result->options[i]);
    }
}

static void print_result(const pc_kit_result *result)
{
    print_head(result);
    print_key(result);
    print_conflict(result);
    if (result->repair) {
        (void)printf("on the Windows computer (install.ps1 does this):\n    %s\n", result->repair);
    }
    if (result->missing) {
        (void)printf("missing: the certificate of the issuer %s; supply it with --chain, or import it there by hand\n",
                     result->missing);
    }
    for (size_t i = 0; i < result->problem_count; i++) {
        (void)printf("%swarning: SCOM will not use this certificate, %s:\n", i ? "" : "\n", result->problems[i].rule);
        pc_print_wrapped(stdout, 4, result->problems[i].evidence);
    }
    if (!result->changed) {
        (void)fputs("nothing was changed\n", stdout);
    }
    (void)printf(
        "\nGive the folder to the administrator of %s, who starts with README.txt. Send this separately, to compare:\n"
        "    SHA-256 of SHA256SUMS: %s\n",
        result->name, result->sums_sha256);
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
    return json_pack("{s:o, s:b, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "out",
                     pc_json_text(result->out), "changed", result->changed, "name", pc_json_text(result->name), "way",
                     pc_kit_way_name(result->way), "key", key_to_json(result), "certificate",
                     certificate_to_json(result), "chain", pc_json_texts(result->chain, result->chain_count),
                     "missing_issuer", pc_json_text(result->missing), "repair", pc_json_text(result->repair),
                     "conflict", pc_json_text(result->conflict), "options",
                     pc_json_texts(result->options, result->option_count), "protection",
                     pc_json_text(result->protection), "password_file", pc_json_text(result->password_file), "problems",
                     problems_to_json(result), "files", files_to_json(result), "sums_sha256",
                     pc_json_text(result->sums_sha256));
}

typedef struct {
    pc_kit_order order;
    pc_texts chains;
    pc_new_pfx_given pfx;
} kit_options;

#define FIELD(field) offsetof(kit_options, field)

static const pc_option options_of_kit[] = {
    { .name = "key",
      .kind = PC_OPTION_KEY,
      .offset = FIELD(order.key),
      .arg = "LABEL|URI",
      .required = true,
      .unless = "cert",
      .help = "the key on the token",
      .details = "The private key on the token." },
    { .name = "out",
      .kind = PC_OPTION_FOLDER,
      .offset = FIELD(order.out),
      .arg = "DIR",
      .required = true,
      .help = "the folder to create",
      .details = "The folder to create." },
    { .name = "cert",
      .kind = PC_OPTION_FILE,
      .offset = FIELD(order.certificate),
      .arg = "FILE",
      .help = "its certificate, if it is not on the token; without --key, for a key that is already on the "
              "Windows computer",
      .details = "The certificate, if it is not on the token, or to use one other than the current one. Issuers\n"
                 "in the same file are used. Without *--key*: see above." },
    { .kind = PC_OPTION_GROUP, .group = pc_options_chain, .offset = FIELD(chains) },
    { .name = "csp",
      .kind = PC_OPTION_TEXT,
      .offset = FIELD(order.csp),
      .arg = "NAME",
      .help = "the HSM vendor's legacy CSP on the Windows computer",
      .details = "Name of the HSM vendor's legacy CSP on the Windows computer, for the _certutil_ command and\n"
                 "_install.ps1_. Without it, _README.txt_ says _VENDOR CSP_, and the script requires _-Csp_." },
    { .name = "friendly-name",
      .kind = PC_OPTION_TEXT,
      .offset = FIELD(order.friendly_name),
      .arg = "TEXT",
      .help = "name in the Windows certificate store (default: the certificate's first CN)",
      .details = "The name of the certificate in the Windows certificate store, such as the _FriendlyName_ of the INF\n"
                 "file. Default: the first CN of the certificate." },
    { .kind = PC_OPTION_GROUP, .group = pc_options_name_from_inf, .offset = FIELD(order.inf) },
    { .kind = PC_OPTION_GROUP, .group = pc_options_new_pfx, .offset = FIELD(pfx) },
    PC_OPTIONS_END,
};

static pc_status run(pc_cli *cli, const void *options)
{
    const kit_options *given = options;
    PC_AUTO(pc_kit_result) pc_kit_result *result = NULL;
    pc_kit_order order = given->order;

    order.chains = given->chains.items;
    order.chain_count = given->chains.count;
    order.password_source = given->pfx.password_source;
    order.generate_password = given->pfx.generate_password;
    order.accept_weak_password = given->pfx.accept_weak_password;
    order.legacy = given->pfx.legacy;
    pc_interrupt_clean_up();
    PC_TRY(pc_kit_run(&order, &cli->access, &result, &cli->err));
    if (cli->json) {
        return pc_print_json(cli, to_json(result));
    }
    print_result(result);
    return PC_OK;
}

static const char *const forms[] = { "--key LABEL|URI --out DIR [OPTION...]",
                                     "--cert FILE --out DIR [--chain FILE]... [--csp NAME]", NULL };

const pc_command pc_cmd_kit = {
    .verb = "kit",
    .summary = "create the folder that the administrator of the SCOM computer needs",
    .details = "The folder contains the certificate, its issuers, registry values, a script that installs and checks\n"
               "them, and a README. For an exportable key it also contains a PFX; for any other key, the README\n"
               "explains why, and lists the alternatives.\n",
    .examples = "p11cert kit --key server.contoso.com --out kit --generate-password server.password\n",
    .forms = forms,
    .needs = PC_COMMAND_NEEDS_TOKEN,
    .options = options_of_kit,
    .options_size = sizeof(kit_options),
    .reports = true,
    .run = run,
};
