/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/options/shared_options.h"

const pc_option pc_options_force[] = {
    { .name = "force",
      .kind = PC_OPTION_FLAG,
      .help = "replace the output file if it exists",
      .details = "Replace the output file if it exists." },
    PC_OPTIONS_END,
};

const pc_option pc_options_chain[] = {
    { .name = "chain",
      .kind = PC_OPTION_FILES,
      .arg = "FILE",
      .help = "file with issuer certificates",
      .details = "A file with issuer certificates: PEM, DER or PKCS#7." },
    PC_OPTIONS_END,
};

const char *const pc_key_type_names[] = { "rsa-2048", "rsa-3072",  "rsa-4096",  "ec-p256",   "ec-p384", "ec-p521",
                                          "ed25519",  "ml-dsa-44", "ml-dsa-65", "ml-dsa-87", NULL };

const pc_option pc_options_key_type[] = {
    { .name = "key-type",
      .kind = PC_OPTION_TEXT,
      .arg = "TYPE",
      .choices = pc_key_type_names,
      .help = "rsa-2048, rsa-3072, rsa-4096, ec-p256, ec-p384, ec-p521, ed25519, ml-dsa-44, ml-dsa-65 or ml-dsa-87; "
              "overrides "
              "the INF file",
      .details = "*rsa-2048*, *rsa-3072*, *rsa-4096*, *ec-p256*, *ec-p384*, *ec-p521*, or *ed25519*,\n"
                 "*ml-dsa-44*, *ml-dsa-65*, *ml-dsa-87* (these only with *--signer native*; ML-DSA with OpenSSL 3.5\n"
                 "or later). Overrides KeyAlgorithm and KeyLength in the INF file." },
    PC_OPTIONS_END,
};

const pc_option pc_options_kit_password[] = {
    { .name = "kit-password-source",
      .kind = PC_OPTION_SOURCE,
      .arg = "SOURCE",
      .needs = { "kit" },
      .help = "where to read the password of an exportable key's PFX: " PC_SOURCES,
      .details = "Where to read the password of the PFX in the kit, if the key is exportable; see\n"
                 "*p11cert-kit*(1).",
      .by_default = "prompt" },
    PC_OPTIONS_END,
};

#define FIELD(field) offsetof(pc_exportable_given, field)

const pc_option pc_options_exportable[] = {
    { .name = "exportable",
      .kind = PC_OPTION_FLAG,
      .offset = FIELD(exportable),
      .excludes = { "non-exportable" },
      .help = "a new key may leave the token, wrapped",
      .details = "A new key may leave the token, wrapped, whatever the INF file says." },
    { .name = "non-exportable",
      .kind = PC_OPTION_FLAG,
      .offset = FIELD(non_exportable),
      .help = "a new key never leaves the token",
      .details = "A new key never leaves the token, whatever the INF file says." },
    PC_OPTIONS_END,
};

#undef FIELD

pc_wish pc_exportable_take(const pc_exportable_given *given)
{
    return given->exportable ? PC_WISH_YES : given->non_exportable ? PC_WISH_NO : PC_WISH_SILENT;
}

const pc_option pc_options_name_from_inf[] = {
    { .name = "inf",
      .kind = PC_OPTION_FILE,
      .arg = "FILE",
      .help = "take the name in the Windows certificate store from FriendlyName in this INF file",
      .details = "Take the name in the Windows certificate store from _FriendlyName_ in this INF file, from which the\n"
                 "request was made: neither the request nor the token contains it. Without that line: the default.",
      .excludes = { "friendly-name" } },
    PC_OPTIONS_END,
};

#define FIELD(field) offsetof(pc_new_pfx_given, field)

const pc_option pc_options_new_pfx[] = {
    { .name = "password-source",
      .kind = PC_OPTION_SOURCE,
      .offset = FIELD(password_source),
      .needs = { "key" },
      .excludes = { "generate-password" },
      .arg = "SOURCE",
      .help = "where to read the password of the PFX (a prompt asks twice): " PC_SOURCES,
      .details = "Where to read the password of the PFX; see _PIN SOURCES_ in *p11cert*(1). *prompt* asks twice. The\n"
                 "password is UTF-8 without control characters.\n"
                 "Programs differ in how they treat characters beyond ASCII; a warning is printed.",
      .by_default = "prompt" },
    { .name = "generate-password",
      .kind = PC_OPTION_NEW_FILE,
      .offset = FIELD(generate_password),
      .needs = { "key" },
      .arg = "FILE",
      .help = "generate a random password and write it to this new file",
      .details = "Generate a random password and write it to this file, mode 0600, which must not exist. It is\n"
                 "on disk before the PFX; if the PFX cannot then be written, it is removed." },
    { .name = "accept-weak-password",
      .kind = PC_OPTION_FLAG,
      .offset = FIELD(accept_weak_password),
      .needs = { "key" },
      .help = "accept a password that is easily guessed",
      .details = "Accept a password that is easily guessed." },
    { .name = "legacy",
      .kind = PC_OPTION_FLAG,
      .offset = FIELD(legacy),
      .needs = { "key" },
      .help = "protect the PFX with TripleDES and SHA-1, for Windows Server 2016 and older",
      .details = "Protect the PFX with TripleDES and SHA-1, for Windows Server 2016 and older, which report any\n"
                 "other protection as a wrong password." },
    PC_OPTIONS_END,
};

#undef FIELD

#define FIELD(field) offsetof(pc_sign_form_given, field)

static const char *const hashes[] = { "sha256", "sha384", "sha512", NULL };

const pc_option pc_options_sign_form[] = {
    { .name = "cms",
      .kind = PC_OPTION_FLAG,
      .offset = FIELD(cms),
      .excludes = { "raw", "digest" },
      .help = "a CMS signature, with certificate and chain; this is the default",
      .details = "A CMS signature (RFC 5652) with certificate and chain, DER. This is the default." },
    { .name = "raw",
      .kind = PC_OPTION_FLAG,
      .offset = FIELD(raw),
      .excludes = { "digest" },
      .help = "a bare signature of the file, as `openssl dgst` makes it",
      .details = "A bare signature of the file's bytes, as *openssl-dgst*(1) makes and verifies it." },
    { .name = "digest",
      .kind = PC_OPTION_FLAG,
      .offset = FIELD(digest),
      .help = "a bare signature of a digest, which the file contains, in bytes or hex",
      .details = "A bare signature of a digest. The file contains the digest, in bytes, or in hex as *sha256sum*(1)\n"
                 "prints it." },
    { .name = "hash",
      .kind = PC_OPTION_CHOICE,
      .offset = FIELD(hash),
      .arg = "HASH",
      .choices = hashes,
      .help = "sha256, sha384 or sha512 (default: as strong as the key)",
      .details =
          "*sha256*, *sha384* or *sha512*. Default: SHA-384 for EC P-384, SHA-512 for P-521, else SHA-256.\n"
          "Ed25519 and ML-DSA sign without one. A CMS signature states its digest, so verification ignores this\n"
          "option." },
    { .name = "pss",
      .kind = PC_OPTION_FLAG,
      .offset = FIELD(pss),
      .help = "RSASSA-PSS in place of PKCS#1 v1.5; RSA keys only",
      .details = "RSASSA-PSS (RFC 8017) with a salt as long as the digest, in place of PKCS#1 v1.5. For RSA keys\n"
                 "only. A CMS signature states its padding." },
    PC_OPTIONS_END,
};

#undef FIELD

pc_sign_form pc_sign_form_take(const pc_sign_form_given *given)
{
    return given->digest ? PC_SIGN_DIGEST : given->raw ? PC_SIGN_RAW : PC_SIGN_CMS;
}

#define FIELD(field) offsetof(pc_many_given, field)

const pc_option pc_options_many[] = {
    { .name = "keep-going",
      .kind = PC_OPTION_FLAG,
      .offset = FIELD(keep_going),
      .excludes = { "stop-at-failure" },
      .help = "continue after a failure; this is the default",
      .details = "Continue after a failure. This is the default." },
    { .name = "stop-at-failure",
      .kind = PC_OPTION_FLAG,
      .offset = FIELD(stop_at_failure),
      .help = "stop at the first failure",
      .details = "Stop at the first failure. What has already started is finished." },
    PC_OPTIONS_END,
};

#undef FIELD
#define FIELD(field) offsetof(pc_issuing_given, field)

const pc_option pc_options_issuing[] = {
    { .name = "profile",
      .kind = PC_OPTION_FILE,
      .offset = FIELD(profile),
      .arg = "NAME|FILE",
      .live = "profiles",
      .help = "what the certificate is for: a built-in profile, or the path of a profile file",
      .details =
          "The certificate profile, which decides what the certificate contains: the name of a built-in profile\n"
          "(_p11cert issue --list-profiles_ shows them), or the path of a profile file; see *p11cert-ca*(7) for\n"
          "the format. Without it, key usage, extended key usage and names are copied from the request." },
    { .name = "linter",
      .kind = PC_OPTION_TEXTS,
      .offset = FIELD(linters),
      .arg = "PROGRAM",
      .help = "have this program check the certificate before it is signed",
      .details = "A program with its arguments, split at spaces and run without a shell, that checks the certificate\n"
                 "before it is signed: the path of the certificate (PEM), signed with a temporary key, follows as the\n"
                 "last argument. An exit code other than 0 ends the command, and nothing is signed. The program has a\n"
                 "minute, and no access to a PIN." },
    { .name = "issuance-log",
      .kind = PC_OPTION_FILE,
      .offset = FIELD(issuance_log),
      .arg = "FILE",
      .help = "record the certificate in this issuance log first, and refuse duplicates",
      .details = "The issuance log: the certificate is recorded there, on the disk, before its file is written. A\n"
                 "serial number or a key for which the CA has issued a certificate is refused. The log is created if\n"
                 "it does not exist; see *p11cert-ca*(7)." },
    { .name = "allow-known-key",
      .kind = PC_OPTION_FLAG,
      .offset = FIELD(known_key),
      .needs = { "issuance-log" },
      .help = "issue although the log has a certificate for the same key",
      .details = "Issue although the log has a certificate of this CA for the same key, for example for a renewal." },
    PC_OPTIONS_END,
};

#undef FIELD
#define FIELD(field) offsetof(pc_local_ca_given, field)
#define MOST_DAYS    36500

const pc_option pc_options_local_ca[] = {
    { .name = "issue-with",
      .kind = PC_OPTION_KEY,
      .offset = FIELD(issue_with),
      .arg = "LABEL|URI",
      .help = "also issue and bind, with this CA key",
      .details =
          "A CA key, on the same token unless *--issue-token* names another one: the certificate is issued with\n"
          "it, as *p11cert-issue*(1) does, bound to its key and written to its file." },
    { .name = "issue-token",
      .kind = PC_OPTION_TOKEN,
      .offset = FIELD(issue_token),
      .arg = "LABEL|URI",
      .needs = { "issue-with" },
      .help = "the token with the CA's key, if it is another one, by label or RFC 7512 URI",
      .details = "The token with the CA's key, if it is not that of the new keys, by label or RFC 7512 URI. Its\n"
                 "module is that in the URI, or else the same module. Nothing is written to it." },
    { .name = "issue-pin-source",
      .kind = PC_OPTION_SOURCE,
      .offset = FIELD(issue_pin_source),
      .arg = "SOURCE",
      .needs = { "issue-token" },
      .help = "where to read the PIN of the CA's token: " PC_SOURCES,
      .details = "Where to read the user PIN of the token with the CA's key; see _PIN SOURCES_ in *p11cert*(1). It\n"
                 "has no environment variable: the PIN of one token is never tried on another. Default: the\n"
                 "_pin-source_ of the URI of *--issue-token*, or else *prompt*." },
    { .name = "ca-cert",
      .kind = PC_OPTION_FILE,
      .offset = FIELD(ca_certificate),
      .arg = "FILE",
      .needs = { "issue-with" },
      .help = "the CA's certificate (default: the one bound to its key)",
      .details = "The CA's certificate, if it is not the one bound to its key." },
    { .name = "days",
      .kind = PC_OPTION_NUMBER,
      .offset = FIELD(days),
      .min = 1,
      .max = MOST_DAYS,
      .arg = "N",
      .needs = { "issue-with" },
      .help = "validity of an issued certificate, in days",
      .details = "Validity of an issued certificate, in days.",
      .by_default = "397" },
    { .kind = PC_OPTION_GROUP, .group = pc_options_issuing, .offset = FIELD(issuing), .needs = { "issue-with" } },
    PC_OPTIONS_END,
};

#undef FIELD

void pc_local_ca_take(pc_cli *cli, const pc_local_ca_given *given, pc_issue_order *ret_order,
                      pc_token_access *ret_access)
{
    pc_token_access *hosts = &cli->access;

    if (given->issue_token && hosts->token == given->issue_with) {
        hosts->token = NULL; /* it was taken from the URI of the CA's key */
    }
    *ret_access = *hosts; /* the same module, unless the URI names another one */
    ret_access->token = given->issue_token;
    ret_access->module = NULL;
    ret_access->init_args = NULL;
    ret_access->pin_source = given->issue_pin_source;
    ret_access->pin = NULL;
    *ret_order = (pc_issue_order){
        .ca = given->issue_with,
        .ca_certificate = given->ca_certificate,
        .days = given->days,
        .profile = given->issuing.profile,
        .issuance_log = given->issuing.issuance_log,
        .known_key = given->issuing.known_key,
        .linters = { given->issuing.linters.items, given->issuing.linters.count },
    };
}
