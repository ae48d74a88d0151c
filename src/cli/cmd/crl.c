/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/crl.h>

#include <string.h>

#include "base/duration.h"
#include "cli/cli.h"
#include "cli/cmd/cmd.h"
#include "cli/options/shared_options.h"
#include "cli/print/output.h"
#include "cli/print/unfinished.h"

PC_AUTO_DEFINE(pc_crl_result, pc_crl_result, pc_crl_result_free);

/** The struct that the options fill. */
typedef struct {
    pc_crl_order order;
    pc_texts urls;
} crl_given;

static void print_count(FILE *out, size_t count, const char *words)
{
    if (count) {
        (void)fprintf(out, "    %zu %s\n", count, words);
    }
}

static void print_result(FILE *out, const pc_crl_result *result)
{
    (void)fprintf(out, "CRL %s of %s\n", result->number, result->issuer);
    (void)fprintf(out, "    from %s, next update %s\n", result->this_update, result->next_update);
    (void)fprintf(out, "    %zu revoked certificate%s\n", result->revoked_count, result->revoked_count == 1 ? "" : "s");
    print_count(out, result->added_count, "new on this CRL");
    print_count(out, result->kept_count, "kept from the previous CRL, not listed now");
    print_count(out, result->expired_count, "left out: expired before the previous CRL was issued");
    print_count(out, result->released_count, "left out: the hold was ended");
    (void)fputs("written to ", out);
    pc_print_safe(out, strcmp(result->out, "-") == 0 ? "standard output" : result->out);
    (void)fputc('\n', out);
}

static json_t *to_json(const pc_crl_result *result)
{
    return json_pack("{s:b, s:o, s:o, s:o, s:o, s:I, s:I, s:I, s:I, s:I, s:o, s:o, s:o, s:o}", "changed", 1, "issuer",
                     pc_json_text(result->issuer), "number", pc_json_text(result->number), "this_update",
                     pc_json_text(result->this_update), "next_update", pc_json_text(result->next_update), "revoked",
                     (json_int_t)result->revoked_count, "added", (json_int_t)result->added_count, "kept",
                     (json_int_t)result->kept_count, "expired", (json_int_t)result->expired_count, "released",
                     (json_int_t)result->released_count, "ca_key", pc_json_text(result->ca_label), "token",
                     pc_json_text(result->token), "unfinished", pc_unfinished_to_json(result->unfinished), "out",
                     pc_json_text(result->out));
}

#define FIELD(field) offsetof(crl_given, order.field)

static const char *const hash_names[] = { "sha256", "sha384", "sha512", NULL };

static const pc_option options_of_crl[] = {
    { .name = "ca",
      .kind = PC_OPTION_KEY,
      .offset = FIELD(ca),
      .arg = "LABEL|URI",
      .required = true,
      .help = "the CA's key",
      .details = "The CA's key." },
    { .name = "ca-cert",
      .kind = PC_OPTION_FILE,
      .offset = FIELD(ca_certificate),
      .arg = "FILE",
      .help = "the CA's certificate, if it is not bound to its key on the token",
      .details = "The CA's certificate, if it is not bound to its key on the token. The file contains only that\n"
                 "certificate." },
    { .name = "revoked",
      .kind = PC_OPTION_FILE,
      .offset = FIELD(revoked),
      .arg = "FILE",
      .help = "the revoked certificates: YAML, CSV or JSON Lines",
      .details = "The revoked certificates, as YAML, CSV or JSON Lines; see *p11cert-ca*(7)." },
    { .name = "issuance-log",
      .kind = PC_OPTION_FILE,
      .offset = FIELD(issuance_log),
      .arg = "FILE",
      .excludes = { "revoked" },
      .help = "the issuance log, in which revoke recorded the revocations",
      .details = "The issuance log, in which *p11cert-revoke*(1) recorded the revocations of this CA." },
    { .name = "previous",
      .kind = PC_OPTION_FILE,
      .offset = FIELD(previous),
      .arg = "FILE",
      .excludes = { "first" },
      .help = "the previous CRL (default: the output file, with --force)",
      .details = "The previous CRL, PEM or DER. Default: with *--force*, the output file, if it exists." },
    { .name = "first",
      .kind = PC_OPTION_FLAG,
      .offset = FIELD(first),
      .help = "this is the CA's first CRL",
      .details = "This is the CA's first CRL: it gets the number 1." },
    { .name = "next-update",
      .kind = PC_OPTION_DURATION,
      .offset = FIELD(next_update_sec),
      .min = 60,
      .max = 10ul * 365 * PC_SECONDS_PER_DAY,
      .arg = "DURATION",
      .by_default = "7d",
      .help = "longest time until the next CRL is issued",
      .details = "The longest time, from now, until the next CRL is issued; after that, this one is out of date." },
    { .name = "url",
      .kind = PC_OPTION_TEXTS,
      .offset = offsetof(crl_given, urls),
      .arg = "URL",
      .help = "where this CRL will be found (issuing distribution point)",
      .details = "A URL where this CRL will be found, for the issuing distribution point, a critical extension. One\n"
                 "of those in the certificates must be among them. Without it, the CRL has no such extension." },
    { .name = "hash",
      .kind = PC_OPTION_CHOICE,
      .offset = FIELD(hash),
      .arg = "DIGEST",
      .choices = hash_names,
      .help = "the digest (default: as strong as the CA's key)",
      .details = "The digest: *sha256*, *sha384* or *sha512*. Default: as strong as the CA's key." },
    { .name = "der",
      .kind = PC_OPTION_FLAG,
      .offset = FIELD(der),
      .help = "write DER, as web servers serve it, in place of PEM",
      .details = "Write DER, which is what a CRL distribution point serves (RFC 5280, section 4.2.1.13), in place of\n"
                 "PEM." },
    { .name = "out",
      .letter = 'o',
      .kind = PC_OPTION_OUTPUT,
      .offset = FIELD(out),
      .arg = "FILE",
      .required = true,
      .help = "write the CRL to this file; - is standard output",
      .details = "The file for the CRL, mode 0644 less the umask. *-* is standard output." },
    { .kind = PC_OPTION_GROUP, .group = pc_options_force, .offset = FIELD(force) },
    PC_OPTIONS_END,
};

static pc_status run(pc_cli *cli, const void *options)
{
    const crl_given *given = options;
    pc_crl_order order = given->order;
    PC_AUTO(pc_crl_result) pc_crl_result *result = NULL;

    order.urls = (pc_text_list){ given->urls.items, given->urls.count };
    PC_TRY(pc_crl_run(&order, &cli->access, &result, &cli->err));
    if (cli->json) {
        return pc_print_json(cli, to_json(result));
    }
    print_result(strcmp(result->out, "-") == 0 ? stderr : stdout, result);
    pc_print_unfinished(stderr, result->unfinished);
    return PC_OK;
}

const pc_command pc_cmd_crl = {
    .verb = "crl",
    .summary = "issue a CRL with a CA key on a token",
    .details = "The previous CRL is read: the number of the new one is one higher, and what the previous one revoked\n"
               "stays revoked, whether or not the list still names it.\n",
    .examples = "p11cert crl --ca \"Contoso Root CA\" --token ca --first --next-update 180d --out root.crl\n"
                "p11cert crl --ca \"Contoso Root CA\" --token ca --revoked revoked.csv --out root.crl --force\n",
    .needs = PC_COMMAND_NEEDS_TOKEN,
    .options = options_of_crl,
    .options_size = sizeof(crl_given),
    .reports = true,
    .run = run,
};
