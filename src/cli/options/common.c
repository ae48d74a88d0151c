/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

#define ACCESS(field) offsetof(pc_token_access, field)

static const char *const signers[] = { "engine", "native", "provider", NULL };

/* In the program's struct; the others are in the library's. */
static const pc_option site_option[] = {
    { .name = "site",
      .kind = PC_OPTION_TEXT,
      .offset = offsetof(pc_cli, site),
      .arg = "NAME",
      .environment = "P11CERT_SITE",
      .live = "sites",
      .help = "a site of the configuration file, which sets module, token, PIN source, CA, policy",
      .details = "A site of the configuration file: module, token, PIN source, CA and policy under one name; see\n"
                 "_CONFIGURATION_ in *p11cert*(1). Options and environment variables override it." },
    PC_OPTIONS_END,
};

const pc_option *const pc_options_site = site_option;

const pc_option pc_options_token[] = {
    { .name = "module",
      .kind = PC_OPTION_FILE,
      .offset = ACCESS(module),
      .arg = "PATH|NAME",
      .environment = "P11CERT_MODULE",
      .help = "PKCS#11 module: a path, or a name in the p11-kit registry",
      .details = "The PKCS#11 module: a path, which contains a '/', or a name from the p11-kit registry.\n"
                 "Default: the _module-path_ or _module-name_ of the token's URI, or else the SoftHSM 2 module." },
    { .name = "module-init-args",
      .kind = PC_OPTION_TEXT,
      .offset = ACCESS(init_args),
      .may_be_empty = true,
      .arg = "TEXT",
      .environment = "P11CERT_MODULE_INIT_ARGS",
      .help = "text for C_Initialize, for modules that require it",
      .details = "Text passed to the module's C_Initialize, for modules that require it (NSS). Only valid with a\n"
                 "module given by path. An empty text means none." },
    { .name = "token",
      .kind = PC_OPTION_TOKEN,
      .offset = ACCESS(token),
      .arg = "LABEL|URI",
      .environment = "P11CERT_TOKEN",
      .help = "the token, by label or RFC 7512 URI",
      .details = "The token, by label or RFC 7512 URI. Optional if the module shows exactly one initialised\n"
                 "token." },
    { .name = "pin-source",
      .kind = PC_OPTION_SOURCE,
      .offset = ACCESS(pin_source),
      .arg = "SOURCE",
      .environment = "P11CERT_PIN_SOURCE",
      .help = "where to read the PIN: " PC_SOURCES,
      .details = "Where to read the user PIN: *prompt*, *pinentry*, *askpass*, *file:*_PATH_, *fd:*_N_,\n"
                 "*env:*_NAME_, *credential:*_NAME_ or *|*_PROGRAM_; see _PIN SOURCES_ in *p11cert*(1). Default:\n"
                 "the _pin-source_ of the token's URI, or else *prompt*." },
    { .name = "token-timeout",
      .kind = PC_OPTION_DURATION,
      .offset = ACCESS(call_limit_sec),
      .min = 1,
      .max = 86400,
      .arg = "DURATION",
      .environment = "P11CERT_TOKEN_TIMEOUT",
      .help = "longest wait for one call to the token",
      .details = "The longest time that one call to the module may take: a whole number followed by *s*, *m*\n"
                 "(minutes), *h* or *d*. Then p11cert ends with exit code 6 and says what state the token may be in.\n"
                 "After Ctrl-C or SIGTERM it waits at most 5 seconds for a call that changes nothing, and one minute\n"
                 "for one that changes the token.",
      .by_default = "10m" },
    { .name = "signer",
      .kind = PC_OPTION_CHOICE,
      .offset = ACCESS(signer),
      .arg = "NAME",
      .environment = "P11CERT_SIGNER",
      .choices = signers,
      .help = "how OpenSSL signs with the key on the token: engine (libp11), native or provider",
      .details = "How OpenSSL signs with the key on the token: *engine*, *native* or *provider*; see _SIGNERS_ in "
                 "*p11cert*(1).\n"
                 "Default: *engine* in a build with engines, or else *native*." },
    PC_OPTIONS_END,
};

static const char *const colours[] = { "auto", "always", "never", NULL };

static const char *const logs[] = { "syslog", "journald", NULL };

const pc_option pc_options_always[] = {
    { .name = PC_OPTION_JSON,
      .kind = PC_OPTION_FLAG,
      .offset = offsetof(pc_cli, json),
      .help = "print the result as JSON",
      .details = "Print the result on standard output as one JSON value; see *JSON OUTPUT*. Errors are printed\n"
                 "as JSON too; see _JSON ERRORS_ in *p11cert*(1)." },
    { .name = "color",
      .kind = PC_OPTION_CHOICE,
      .offset = offsetof(pc_cli, color),
      .arg = "WHEN",
      .choices = colours,
      .help = "colour in the text: auto, always, never",
      .details = "When to use colour in the text. *auto*, the default: if standard output is a terminal, *TERM* is\n"
                 "not _dumb_, and *NO_COLOR* is not set. *always* and *never* override all of these." },
    { .name = "quiet",
      .letter = 'q',
      .kind = PC_OPTION_FLAG,
      .offset = offsetof(pc_cli, quiet),
      .excludes = { "verbose" },
      .help = "print only errors and requested output",
      .details = "Print only errors and requested output: the result of a verb that shows or checks something,\n"
                 "JSON, and a file written to _-_. Reports of what was done, warnings and progress are left out." },
    { .name = "verbose",
      .letter = 'v',
      .kind = PC_OPTION_FLAG,
      .offset = offsetof(pc_cli, verbose),
      .help = "print to standard error what is done to which object, and count the calls to the token",
      .details = "Print to standard error what is done to which object of a token, with the token's return code, and\n"
                 "which pages of a CA are requested. At the end, print the number of calls to the PKCS#11 module." },
    { .name = "log",
      .kind = PC_OPTION_NEW_FILE,
      .offset = offsetof(pc_cli, log),
      .arg = "syslog|journald|FILE",
      .environment = "P11CERT_LOG",
      .offers = logs,
      .help = "write an audit log of what is done to which object, and by whom",
      .details = "Write an audit log of what is done to which object, and by whom, to *syslog*(3), the journal, or a\n"
                 "file of JSON Lines; see _AUDIT LOG_ in *p11cert*(1). An act that cannot be recorded is refused." },
    { .name = "help",
      .letter = 'h',
      .kind = PC_OPTION_FLAG,
      .offset = offsetof(pc_cli, help),
      .help = "show this help",
      .details = "Print the options and exit." },
    PC_OPTIONS_END,
};
