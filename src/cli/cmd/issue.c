/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/certificate_profile.h>
#include <p11cert/issue.h>

#include "cli/cmd/cmd.h"
#include "cli/cli.h"
#include "cli/options/new_options.h"
#include "cli/options/shared_options.h"
#include "cli/print/certificate_profiles.h"
#include "cli/print/issued.h"
#include "cli/print/output.h"
#include "cli/print/unfinished.h"

PC_AUTO_DEFINE(pc_issue_result, pc_issue_result, pc_issue_result_free);
PC_AUTO_DEFINE(pc_certificate_profile, pc_certificate_profile, pc_certificate_profile_free);

/** The struct that the options fill. */
typedef struct {
    pc_issue_order order;
    pc_texts crl_urls;
    pc_texts ocsp_urls;
    pc_texts issuer_urls;
    pc_issuing_given issuing;
    bool list_profiles;
} issue_given;

#define FIELD(field) offsetof(issue_given, order.field)
#define GIVEN(field) offsetof(issue_given, field)
#define MOST_DAYS    36500

static const pc_option options_of_issue[] = {
    { .name = "ca",
      .kind = PC_OPTION_KEY,
      .offset = FIELD(ca),
      .arg = "LABEL|URI",
      .required = true,
      .unless = "self-signed",
      .help = "the CA's key; with --self-signed, the label to give it",
      .details = "The CA's key. With *--self-signed*, the label to give it; default: the CN of *--subject*." },
    { .name = "ca-cert",
      .kind = PC_OPTION_FILE,
      .offset = FIELD(ca_certificate),
      .arg = "FILE",
      .excludes = { "self-signed" },
      .help = "the CA's certificate, if it is not bound to its key on the token",
      .details = "The CA's certificate, if it is not bound to its key on the token. The file contains only that\n"
                 "certificate." },
    { .name = "self-signed",
      .kind = PC_OPTION_FLAG,
      .offset = FIELD(self_signed),
      .needs = { "subject" },
      .help = "create a root CA: a key and its own certificate",
      .details = "Create a root CA: a key and its own certificate. Takes no request." },
    { .name = "subject",
      .kind = PC_OPTION_TEXT,
      .offset = FIELD(subject),
      .arg = "NAME",
      .needs = { "self-signed" },
      .help = "X.500 name of the root CA",
      .details = "X.500 name of the root CA." },
    { .name = "key-type",
      .kind = PC_OPTION_TEXT,
      .offset = FIELD(key_type),
      .arg = "TYPE",
      .choices = pc_key_type_names,
      .needs = { "self-signed" },
      .help = "type of the root CA's key",
      .details = "Type of the root CA's key: *rsa-2048*, *rsa-3072*, *rsa-4096*, *ec-p256*, *ec-p384*,\n"
                 "*ec-p521*, *ed25519*, *ml-dsa-44*, *ml-dsa-65* or *ml-dsa-87*.",
      .by_default = "rsa-3072" },
    { .name = "id",
      .kind = PC_OPTION_TEXT,
      .offset = FIELD(id),
      .arg = "HEX",
      .needs = { "self-signed" },
      .help = "CKA_ID of the root CA's key, in hexadecimal (default: 16 random bytes)",
      .details = "The CKA_ID of the root CA's key: 1 to 64 bytes in hexadecimal. Default: 16 random bytes. Only\n"
                 "used with *--self-signed*." },
    { .kind = PC_OPTION_GROUP, .group = pc_options_issuing, .offset = GIVEN(issuing) },
    { .name = "list-profiles",
      .kind = PC_OPTION_FLAG,
      .offset = GIVEN(list_profiles),
      .stands_alone = true,
      .excludes = { "self-signed", "out", "ca", "days", "subject" },
      .help = "print the certificate profiles with their sources, or that of --profile, and issue nothing",
      .details = "Print every built-in certificate profile with what it puts into a certificate and the documents\n"
                 "that it follows. With *--profile*, only that one. Nothing is issued, and no token is used." },
    { .name = "crl-url",
      .kind = PC_OPTION_TEXTS,
      .offset = GIVEN(crl_urls),
      .arg = "URL",
      .help = "where the CA's CRL will be found (CRL distribution point)",
      .details = "A URL of the CA's CRL, for the CRL distribution point; several are of the same CRL. Replaces those\n"
                 "of the profile." },
    { .name = "ocsp-url",
      .kind = PC_OPTION_TEXTS,
      .offset = GIVEN(ocsp_urls),
      .arg = "URL",
      .help = "an OCSP responder of the CA (authority information access)",
      .details = "A URL of an OCSP responder, for the authority information access. Replaces those of the profile." },
    { .name = "issuer-url",
      .kind = PC_OPTION_TEXTS,
      .offset = GIVEN(issuer_urls),
      .arg = "URL",
      .help = "where the CA's own certificate will be found (authority information access)",
      .details = "A URL of the CA's certificate, for the authority information access. Replaces those of the\n"
                 "profile." },
    { .name = "days",
      .kind = PC_OPTION_NUMBER,
      .offset = FIELD(days),
      .min = 1,
      .max = MOST_DAYS,
      .arg = "N",
      .help = "validity in days (default: that of the profile; else 397, of a root CA 3650)",
      .details = "Validity in days, from 1 to 36500. Default: that of the profile; without one 397, and 3650 for a\n"
                 "root CA." },
    { .name = "out",
      .letter = 'o',
      .kind = PC_OPTION_OUTPUT,
      .offset = FIELD(out),
      .arg = "FILE",
      .required = true,
      .help = "write the certificate to this file; - is standard output",
      .details = "The file for the certificate, PEM, mode 0644 less the umask. *-* is standard output." },
    { .kind = PC_OPTION_GROUP, .group = pc_options_force, .offset = FIELD(force) },
    PC_OPTIONS_END,
};

static pc_status list_profiles(pc_cli *cli, const char *name)
{
    PC_AUTO(pc_certificate_profile) pc_certificate_profile *one = NULL;
    size_t count = 1;
    const pc_certificate_profile *profiles = NULL;

    if (name) {
        PC_TRY(pc_certificate_profile_open(name, &one, &cli->err));
        profiles = one;
    } else {
        profiles = pc_certificate_profiles(&count);
    }
    if (cli->json) {
        return pc_print_json(cli, pc_certificate_profiles_to_json(profiles, count));
    }
    pc_certificate_profiles_print(stdout, profiles, count);
    return PC_OK;
}

static pc_text_list list_of(pc_texts texts)
{
    return (pc_text_list){ texts.items, texts.count };
}

static pc_status run(pc_cli *cli, const void *options)
{
    const issue_given *given = options;
    pc_issue_order order = given->order;
    PC_AUTO(pc_issue_result) pc_issue_result *result = NULL;

    if (given->list_profiles) {
        return list_profiles(cli, given->issuing.profile);
    }
    order.profile = given->issuing.profile;
    order.issuance_log = given->issuing.issuance_log;
    order.known_key = given->issuing.known_key;
    order.linters = list_of(given->issuing.linters);
    order.places =
        (pc_certificate_places){ list_of(given->crl_urls), list_of(given->ocsp_urls), list_of(given->issuer_urls) };
    PC_TRY(pc_issue_run(&order, &cli->access, &result, &cli->err));
    if (cli->json) {
        return pc_print_json(cli, pc_issued_to_json(result, order.self_signed));
    }
    pc_issued_print(result, order.self_signed);
    pc_print_unfinished(stderr, result->unfinished);
    return PC_OK;
}

static const char *const forms[] = { "REQUEST --ca LABEL|URI --out FILE [OPTION...]",
                                     "--self-signed --subject NAME --out FILE [OPTION...]",
                                     "--list-profiles [--profile NAME|FILE] [--json]", NULL };

const pc_command pc_cmd_issue = {
    .verb = "issue",
    .summary = "issue a certificate with a CA key on a token, or create a root CA",
    .details = "A certificate profile decides what the certificate contains. Without one, key usage, extended key\n"
               "usage and alternative names are copied from the request, after its signature has been verified;\n"
               "everything else is set by the issuer. Serial numbers are 128 random bits.\n",
    .examples =
        "p11cert issue --self-signed --subject \"CN=Contoso Root CA\" --token ca --out ca.cer\n"
        "p11cert issue issuing.req --profile issuing-ca --ca \"Contoso Root CA\" --token ca --crl-url "
        "http://pki.contoso.com/root.crl --out issuing.cer\n"
        "p11cert issue server.req --profile tls-server --ca \"Contoso Issuing CA\" --token ca --out server.cer\n",
    .forms = forms,
    .needs = PC_COMMAND_NEEDS_TOKEN,
    .positional = { .name = "REQUEST",
                    .kind = PC_OPTION_FILE,
                    .what = "the request",
                    .offset = FIELD(csr),
                    .min = 1,
                    .unless = "self-signed",
                    .excludes = "self-signed",
                    .max = 1 },
    .options = options_of_issue,
    .options_size = sizeof(issue_given),
    .reports = true,
    .run = run,
};
