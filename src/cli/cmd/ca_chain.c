/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/ca_chain.h>

#include <string.h>

#include "cli/options/ca_options.h"
#include "cli/cmd/cmd.h"
#include "cli/cli.h"
#include "cli/options/shared_options.h"
#include "cli/print/output.h"

PC_AUTO_DEFINE(pc_ca_chain_result, pc_ca_chain_result, pc_ca_chain_result_free);

/* In groups of two, as people read them to each other. */
static void print_digest(const char *what, const char *hex)
{
    (void)printf("    %-8s", what);
    for (size_t i = 0; hex[i] && hex[i + 1]; i += 2) {
        (void)printf("%s%.2s", i ? ":" : "", hex + i);
    }
    (void)fputc('\n', stdout);
}

static void print_certificate(const pc_ca_certificate_info *each, bool numbered)
{
    if (each->own && numbered) {
        (void)printf("%s, of renewal %lu%s\n", each->subject, each->renewal, each->newest ? " (the newest)" : "");
    } else {
        (void)printf("%s\n", each->subject);
    }
    if (each->self_signed) {
        (void)printf("    self-signed");
    } else {
        (void)printf("    by %s", each->issuer);
    }
    (void)printf(", serial %s\n    valid from %.10s until %.10s\n", each->serial, each->not_before, each->not_after);
    print_digest("SHA-256", each->sha256);
    print_digest("SHA-1", each->sha1);
    (void)printf("    %s: %s\n", each->chain_valid ? "chain verified" : "DOES NOT VERIFY, left out", each->chain);
}

static void print_crl(const pc_ca_chain_result *result, const char *path)
{
    (void)printf("CRL of %.10s with %zu serial number%s, signed by the newest certificate\n", result->crl_this_update,
                 result->crl_revoked, result->crl_revoked == 1 ? "" : "s");
    if (result->crl_next_update) {
        (void)printf("    the next one is due %s%s\n", result->crl_next_update,
                     result->crl_stale ? ": OVERDUE; clients that check it will reject the CA's certificates" : "");
    }
    print_digest("SHA-256", result->crl_sha256);
    (void)fputs("    in ", stdout);
    pc_print_safe(stdout, path);
    (void)fputc('\n', stdout);
}

static void print_stored(const pc_ca_chain_result *result)
{
    (void)fputs("on token \"", stdout);
    pc_print_safe(stdout, result->token);
    (void)fputs("\":\n", stdout);
    for (size_t i = 0; i < result->stored_count; i++) {
        const pc_bound_certificate *each = &result->stored[i];

        (void)printf("    %s, serial %s: %s\n", each->subject, each->serial,
                     each->state == PC_BOUND_ALREADY ? "already there" : "written and read back");
    }
}

static void print_templates(const pc_ca_chain_result *result)
{
    if (result->template_count == 0) {
        (void)printf("%s offers no templates: a stand-alone CA has none\n", result->ca);
        return;
    }
    for (size_t i = 0; i < result->template_count; i++) {
        (void)printf("%-32s %s\n", result->templates[i].name, result->templates[i].display);
    }
}

static void print_result(const pc_ca_chain_order *order, const pc_ca_chain_result *result)
{
    for (size_t i = 0; i < result->certificate_count; i++) {
        print_certificate(&result->certificates[i], result->numbered);
    }
    if (order->out) {
        (void)fputs("the certificates are in ", stdout);
        pc_print_safe(stdout, order->out);
        (void)fputc('\n', stdout);
    }
    if (result->crl_sha256) {
        print_crl(result, order->crl);
    }
    if (result->token) {
        print_stored(result);
    }
    (void)printf("Anyone who can change these pages can change the above: before you trust the root, compare its\n"
                 "fingerprint with one that you received in another way.\n");
}

static json_t *certificate_to_json(const pc_ca_certificate_info *each, bool numbered)
{
    return json_pack("{s:b, s:o, s:b, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b}", "own", each->own, "renewal",
                     each->own && numbered ? json_integer((json_int_t)each->renewal) : json_null(), "newest",
                     each->newest, "self_signed", each->self_signed, "subject", pc_json_text(each->subject), "issuer",
                     pc_json_text(each->issuer), "serial", pc_json_text(each->serial), "not_before",
                     pc_json_text(each->not_before), "not_after", pc_json_text(each->not_after), "sha256",
                     pc_json_text(each->sha256), "sha1", pc_json_text(each->sha1), "chain", pc_json_text(each->chain),
                     "chain_valid", each->chain_valid);
}

static json_t *crl_to_json(const pc_ca_chain_result *result, const char *path)
{
    if (!result->crl_sha256) {
        return json_null();
    }
    return json_pack("{s:o, s:o, s:b, s:I, s:o, s:o}", "this_update", pc_json_text(result->crl_this_update),
                     "next_update", pc_json_text(result->crl_next_update), "stale", result->crl_stale, "revoked",
                     (json_int_t)result->crl_revoked, "sha256", pc_json_text(result->crl_sha256), "out",
                     pc_json_text(path));
}

static json_t *templates_to_json(const pc_ca_chain_result *result)
{
    json_t *templates = json_array();

    for (size_t i = 0; i < result->template_count; i++) {
        (void)json_array_append_new(templates, json_pack("{s:o, s:o}", "name", pc_json_text(result->templates[i].name),
                                                         "display", pc_json_text(result->templates[i].display)));
    }
    return json_pack("{s:o, s:o}", "ca", pc_json_text(result->ca), "templates", templates);
}

static json_t *to_json(const pc_ca_chain_order *order, const pc_ca_chain_result *result)
{
    json_t *certificates = json_array();
    json_t *stored = json_array();

    if (order->templates) {
        json_decref(certificates);
        json_decref(stored);
        return templates_to_json(result);
    }
    for (size_t i = 0; i < result->certificate_count; i++) {
        (void)json_array_append_new(certificates, certificate_to_json(&result->certificates[i], result->numbered));
    }
    for (size_t i = 0; i < result->stored_count; i++) {
        (void)json_array_append_new(stored, pc_json_bound(&result->stored[i]));
    }
    return json_pack("{s:o, s:b, s:o, s:o, s:o, s:o, s:o}", "ca", pc_json_text(result->ca), "changed", result->changed,
                     "certificates", certificates, "out", pc_json_text(order->out), "crl",
                     crl_to_json(result, order->crl), "token", pc_json_text(result->token), "stored", stored);
}

typedef struct {
    pc_ca_given ca;
    pc_ca_chain_order order;
} ca_chain_options;

#define FIELD(field) offsetof(ca_chain_options, field)

static const pc_option options_of_ca_chain[] = {
    { .name = "templates",
      .kind = PC_OPTION_FLAG,
      .offset = FIELD(order.templates),
      .excludes = { "out", "crl", "store" },
      .help = "list the templates that this account may request",
      .details = "List the templates that this account may request, and nothing else." },
    { .name = "out",
      .letter = 'o',
      .kind = PC_OPTION_NEW_FILE,
      .offset = FIELD(order.out),
      .arg = "FILE",
      .help = "write the certificates to this file, the newest and its issuers first",
      .details = "Write the certificates that verify as PEM, mode 0644 less the umask: the newest, then its\n"
                 "issuers starting with the nearest, then the others. *p11cert accept --chain* takes the file." },
    { .name = "crl",
      .kind = PC_OPTION_NEW_FILE,
      .offset = FIELD(order.crl),
      .arg = "FILE",
      .help = "write the CRL of the newest certificate to this file, DER",
      .details = "Write the CRL of the newest certificate to this file, DER." },
    { .name = "store",
      .kind = PC_OPTION_FLAG,
      .offset = FIELD(order.store),
      .help = "write the certificates to the token",
      .details = "Write the certificates that verify to the token, as *p11cert-accept*(1) writes issuers.\n"
                 "Without it, the token is not opened unless *--client-key* requires it." },
    { .kind = PC_OPTION_GROUP, .group = pc_options_force, .offset = FIELD(order.force) },
    { .name = "Reaching the CA:", .kind = PC_OPTION_GROUP, .group = pc_options_ca, .offset = FIELD(ca) },
    PC_OPTIONS_END,
};

static pc_status run(pc_cli *cli, const void *options)
{
    const ca_chain_options *given = options;
    PC_AUTO(pc_ca_chain_result) pc_ca_chain_result *result = NULL;
    pc_ca_access ca;
    pc_ca_chain_order order = given->order;

    PC_TRY(pc_ca_options_take(cli, &given->ca, &ca));
    order.ca = &ca;
    PC_TRY(pc_ca_chain_run(&order, &cli->access, &result, &cli->err));
    if (cli->json) {
        return pc_print_json(cli, to_json(&order, result));
    }
    order.templates ? print_templates(result) : print_result(&order, result);
    return PC_OK;
}

static const char *const forms[] = { "--ca URL [--out FILE] [--crl FILE] [--store] [OPTION...]",
                                     "--ca URL --templates [OPTION...]", NULL };

const pc_command pc_cmd_ca_chain = {
    .verb = "ca-chain",
    .summary = "fetch the CA's certificates, its CRL, or the list of its templates",
    .details = "Nothing is written unless the newest certificate verifies up to its root today. The token is\n"
               "opened only for --store and --client-key.\n",
    .examples = "p11cert ca-chain --ca https://ca.contoso.com/certsrv --out ca.pem --crl ca.crl\n"
                "p11cert ca-chain --ca https://ca.contoso.com/certsrv --templates\n",
    .forms = forms,
    .requires = "ca",
    .needs = PC_COMMAND_NEEDS_TOKEN,
    .options = options_of_ca_chain,
    .options_size = sizeof(ca_chain_options),
    .run = run,
};
