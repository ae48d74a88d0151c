/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/options/ca_options.h"

#include <signal.h>
#include <string.h>

#include "cli/print/output.h"

static const char *const ways[] = {
    [PC_CA_LOGIN_TICKET] = "ticket",
    [PC_CA_LOGIN_BASIC] = "basic",
    [PC_CA_LOGIN_NTLM] = "ntlm",
    [PC_CA_LOGIN_NONE] = "none",
    [PC_CA_LOGIN_SECRET] = "secret",
    [PC_CA_LOGIN_WSSE] = "wsse",
    NULL,
};

static const char *const protocols[] = { "certsrv", "est", "cmp", "cep", "ces", NULL };

#define FIELD(field) offsetof(pc_ca_given, field)

const pc_option pc_options_ca_method[] = {
    { .name = "protocol",
      .kind = PC_OPTION_CHOICE,
      .offset = FIELD(protocol),
      .arg = "NAME",
      .choices = protocols,
      .help = "enrolment protocol, if the path of the URL does not show it: certsrv, est, cmp, cep, ces",
      .details = "The enrolment protocol, if the path of the URL does not show it. *certsrv*: the web enrolment\n"
                 "pages of AD CS. *est*: Enrollment over Secure Transport (RFC 7030). *cmp*: Certificate\n"
                 "Management Protocol (RFC 4210, RFC 6712). *cep* and *ces*: the enrolment policy service and the\n"
                 "enrolment web service of Windows.",
      .by_default = "from the path of the URL" },
    { .name = "auth",
      .kind = PC_OPTION_CHOICE,
      .offset = FIELD(auth),
      .arg = "METHOD",
      .choices = ways,
      .help = "how to authenticate: ticket (Kerberos), basic, ntlm, none, secret, wsse",
      .details = "How to authenticate. *ticket*: Negotiate with your Kerberos ticket (*klist*(1)); if there is\n"
                 "no ticket, the request is sent without authentication. *basic* and *ntlm*: *--user* and a\n"
                 "password, over TLS only. *none*: no authentication, or only a client certificate.\n"
                 "*secret*: for CMP, *--user* is the reference of a secret that you share with the CA, and\n"
                 "*--password-source* says where to read it; it protects the messages and is never sent.\n"
                 "*wsse*: for *cep* and *ces*, *--user* and a password in the message itself (WS-Security), which\n"
                 "their URLs with _UsernamePassword_ require.\n"
                 "Authentication is attempted once.",
      .by_default = "ticket" },
    { .name = "user",
      .kind = PC_OPTION_TEXT,
      .offset = FIELD(user),
      .arg = "NAME",
      .help = "for basic, ntlm and wsse: DOMAIN\\user or user@domain; for secret: its reference",
      .details = "For *basic*, *ntlm* and *wsse*: _DOMAIN\\\\user_ or _user@domain_. For *secret*: its reference." },
    PC_OPTIONS_END,
};

static const pc_option login[] = {
    { .name = "password-source",
      .kind = PC_OPTION_SOURCE,
      .offset = FIELD(password_source),
      .arg = "SOURCE",
      .help = "where to read the password: " PC_SOURCES,
      .details =
          "Where to read the password; see _PIN SOURCES_ in *p11cert*(1). The password itself is never given on\n"
          "the command line.",
      .by_default = "prompt" },
    { .name = "client-key",
      .kind = PC_OPTION_KEY,
      .offset = FIELD(client_key),
      .arg = "LABEL|URI",
      .help = "key on the token whose certificate is presented to the server",
      .details = "A key on the token whose certificate is presented if the server requests one, together with\n"
                 "the issuers found on the token. The signature is made on the token." },
    PC_OPTIONS_END,
};

const pc_option pc_options_ca_server[] = {
    { .name = "cacert",
      .kind = PC_OPTION_FILE,
      .offset = FIELD(cacert),
      .arg = "FILE",
      .help = "PEM file with the root certificates to verify the server against",
      .details = "PEM file with the root certificates to verify the server against, instead of the system's. The\n"
                 "server's certificate is always verified, and TLS 1.2 or later is required." },
    { .name = "pin-sha256",
      .kind = PC_OPTION_TEXT,
      .offset = FIELD(pin_sha256),
      .arg = "DIGEST",
      .help = "SHA-256 of the server's public key, hex or base64; separate several with commas",
      .details = "SHA-256 digest of the server's public key (SubjectPublicKeyInfo), in hexadecimal or base64.\n"
                 "Checked in addition to the certificate chain. Separate several digests with commas." },
    { .name = "proxy",
      .kind = PC_OPTION_TEXT,
      .offset = FIELD(proxy),
      .arg = "URL",
      .help = "proxy to use, without a password",
      .details = "The proxy to use; the URL cannot contain a password. Default: the environment variables\n"
                 "_https_proxy_ and _no_proxy_.",
      .by_default = "$https_proxy" },
    { .name = "connect-timeout",
      .kind = PC_OPTION_DURATION,
      .offset = FIELD(connect_sec),
      .min = 1,
      .max = PC_WAIT_MAX_SEC,
      .arg = "DURATION",
      .help = "longest wait for a connection",
      .details = "The longest time to wait for a connection: a whole number followed by *s*, *m* (minutes), *h*\n"
                 "or *d*.",
      .by_default = "15s" },
    { .name = "timeout",
      .kind = PC_OPTION_DURATION,
      .offset = FIELD(total_sec),
      .min = 1,
      .max = PC_WAIT_MAX_SEC,
      .arg = "DURATION",
      .help = "longest wait for one page",
      .details = "The longest time to wait for one page, written like *--connect-timeout*. If the server sends\n"
                 "nothing for one minute, or for this time if that is shorter, the request is abandoned.",
      .by_default = "5m" },
    { .name = "insecure-http",
      .kind = PC_OPTION_FLAG,
      .offset = FIELD(insecure_http),
      .help = "allow http://, where anyone on the network path can misuse the login and change the pages",
      .details = "Allow http:// URLs. Anyone on the network path can then relay the authentication to the CA and\n"
                 "obtain a certificate in your name, or change the response. Passwords are not sent over plain\n"
                 "HTTP even with this option." },
    PC_OPTIONS_END,
};

const pc_option pc_options_ca_access[] = {
    { .kind = PC_OPTION_GROUP, .group = pc_options_ca_method },
    { .kind = PC_OPTION_GROUP, .group = login },
    { .kind = PC_OPTION_GROUP, .group = pc_options_ca_server },
    PC_OPTIONS_END,
};

const pc_option pc_options_ca_url[] = {
    { .name = "ca",
      .kind = PC_OPTION_TEXT,
      .offset = FIELD(url),
      .arg = "URL",
      .environment = "P11CERT_CA",
      .help = "where the CA enrolls, such as https://ca.contoso.com/certsrv",
      .details = "Where the CA enrolls: the web enrolment pages of AD CS, such as\n"
                 "_https://ca.contoso.com/certsrv_, or an EST server, such as\n"
                 "_https://ca.contoso.com/.well-known/est_. A page name or slash at the end is ignored. The path\n"
                 "shows which protocol is used; *--protocol* names it where it does not." },
    PC_OPTIONS_END,
};

const pc_option pc_options_ca[] = {
    { .kind = PC_OPTION_GROUP, .group = pc_options_ca_url },
    { .kind = PC_OPTION_GROUP, .group = pc_options_ca_access },
    PC_OPTIONS_END,
};

static pc_status take_login(pc_cli *cli, const pc_ca_given *given, pc_ca_access *access)
{
    for (size_t i = 0; given->auth && ways[i]; i++) {
        if (strcmp(given->auth, ways[i]) == 0) {
            access->login = (pc_ca_login)i;
        }
    }
    bool by_password = access->login == PC_CA_LOGIN_BASIC || access->login == PC_CA_LOGIN_NTLM ||
                       access->login == PC_CA_LOGIN_SECRET || access->login == PC_CA_LOGIN_WSSE;

    if (by_password && !given->user) {
        return pc_fail(&cli->err, PC_E_USAGE, "--auth %s requires --user", given->auth);
    }
    if (!by_password && (given->user || given->password_source)) {
        return pc_fail(&cli->err, PC_E_USAGE,
                       "--user and --password-source are for --auth basic, ntlm, secret and wsse");
    }
    return PC_OK;
}

static void log_line(void *context, const char *words)
{
    (void)context;
    (void)fprintf(stderr, "p11cert: %s\n", words);
}

pc_status pc_ca_options_take(pc_cli *cli, const pc_ca_given *given, pc_ca_access *ret_access)
{
    pc_ca_access access = {
        .url = given->url,
        .protocol = given->protocol,
        .login = PC_CA_LOGIN_TICKET,
        .user = given->user,
        .password_source = given->password_source,
        .client_key = given->client_key,
        .cacert = given->cacert,
        .pin_sha256 = given->pin_sha256,
        .proxy = given->proxy,
        .connect_sec = (unsigned)given->connect_sec,
        .total_sec = (unsigned)given->total_sec,
        .stall_sec = given->total_sec < PC_CA_STALL_SEC ? (unsigned)given->total_sec : PC_CA_STALL_SEC,
        .insecure_http = given->insecure_http,
        .log = cli->verbose ? log_line : NULL,
    };

    PC_TRY(take_login(cli, given, &access));
    *ret_access = access;
    return PC_OK;
}

/* --- waiting --------------------------------------------------------------------------------- */

void pc_cli_report_waiting(void *context, const pc_pending *record, unsigned next_sec)
{
    (void)context;
    (void)fprintf(stderr, "p11cert: request %s for \"", record->request_id);
    pc_print_safe(stderr, record->key_label);
    (void)fprintf(stderr, "\" is pending; asking again in %u s\n", next_sec);
}

/* It only needs to interrupt the pause. */
static void come_back(int number)
{
    (void)number;
}

void pc_cli_end_waits_by_signal(void)
{
    struct sigaction action = { .sa_handler = come_back };

    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
}
