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
    NULL,
};

#define FIELD(field) offsetof(pc_ca_given, field)

const pc_option pc_options_ca[] = {
    { .name = "ca",
      .kind = PC_OPTION_TEXT,
      .offset = FIELD(url),
      .arg = "URL",
      .environment = "P11CERT_CA",
      .help = "the CA's enrolment pages: https://ca.contoso.com/certsrv" },
    { .name = "auth",
      .kind = PC_OPTION_CHOICE,
      .offset = FIELD(auth),
      .arg = "WAY",
      .choices = ways,
      .help = "how to log in: ticket (Kerberos, the default), basic, ntlm, none" },
    { .name = "user",
      .kind = PC_OPTION_TEXT,
      .offset = FIELD(user),
      .arg = "NAME",
      .help = "for basic and ntlm: DOMAIN\\user or user@domain" },
    { .name = "password-source",
      .kind = PC_OPTION_SOURCE,
      .offset = FIELD(password_source),
      .arg = "SOURCE",
      .help = "where the password comes from: prompt, file:PATH, fd:N, env:NAME" },
    { .name = "client-key",
      .kind = PC_OPTION_KEY,
      .offset = FIELD(client_key),
      .arg = "LABEL|URI",
      .help = "key of the token whose certificate is shown to the server: its label or URI" },
    { .name = "cacert",
      .kind = PC_OPTION_FILE,
      .offset = FIELD(cacert),
      .arg = "FILE",
      .help = "PEM file with the only roots that the server is verified by" },
    { .name = "pin-sha256",
      .kind = PC_OPTION_TEXT,
      .offset = FIELD(pin_sha256),
      .arg = "DIGEST",
      .help = "SHA-256 of the server's public key, hex or base64; several with commas" },
    { .name = "proxy",
      .kind = PC_OPTION_TEXT,
      .offset = FIELD(proxy),
      .arg = "URL",
      .help = "proxy, without a password ($https_proxy)" },
    { .name = "connect-timeout",
      .kind = PC_OPTION_DURATION,
      .offset = FIELD(connect_sec),
      .min = 1,
      .max = PC_WAIT_MAX_SEC,
      .arg = "SPAN",
      .help = "longest wait for a connection (15s)" },
    { .name = "timeout",
      .kind = PC_OPTION_DURATION,
      .offset = FIELD(total_sec),
      .min = 1,
      .max = PC_WAIT_MAX_SEC,
      .arg = "SPAN",
      .help = "longest wait for one page (5m)" },
    { .name = "insecure-http",
      .kind = PC_OPTION_FLAG,
      .offset = FIELD(insecure_http),
      .help = "let http:// pass, where anyone on the way can take the login and change the pages" },
    { .name = "verbose",
      .kind = PC_OPTION_FLAG,
      .offset = FIELD(verbose),
      .help = "tell each page asked for, its status and time, on standard error" },
    PC_OPTIONS_END,
};

static pc_status take_login(pc_cli *cli, const pc_ca_given *given, pc_ca_access *access)
{
    for (size_t i = 0; given->auth && ways[i]; i++) {
        if (strcmp(given->auth, ways[i]) == 0) {
            access->login = (pc_ca_login)i;
        }
    }
    bool by_password = access->login == PC_CA_LOGIN_BASIC || access->login == PC_CA_LOGIN_NTLM;

    if (by_password && !given->user) {
        return pc_fail(&cli->err, PC_E_USAGE, "--auth %s needs --user", given->auth);
    }
    if (!by_password && (given->user || given->password_source)) {
        return pc_fail(&cli->err, PC_E_USAGE, "--user and --password-source are for --auth basic and --auth ntlm");
    }
    return PC_OK;
}

static void tell(void *context, const char *words)
{
    (void)context;
    (void)fprintf(stderr, "p11cert: %s\n", words);
}

pc_status pc_ca_options_take(pc_cli *cli, const pc_ca_given *given, bool needs_url, pc_ca_access *ret_access)
{
    pc_ca_access access = {
        .url = given->url,
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
        .told = given->verbose ? tell : NULL,
    };

    if (needs_url && !access.url) {
        (void)pc_fail(&cli->err, PC_E_USAGE, "name the CA with --ca, or in P11CERT_CA");
        return pc_hint(&cli->err, PC_E_USAGE,
                       "the address of its enrolment pages, such as https://ca.contoso.com/certsrv");
    }
    PC_TRY(take_login(cli, given, &access));
    *ret_access = access;
    return PC_OK;
}

/* --- waiting --------------------------------------------------------------------------------- */

void pc_cli_tell_waiting(void *context, const pc_pending *record, unsigned next_sec)
{
    (void)context;
    (void)fprintf(stderr, "p11cert: request %s of \"", record->request_id);
    pc_print_safe(stderr, record->key_label);
    (void)fprintf(stderr, "\" is pending; asked again in %u s\n", next_sec);
}

/* That it comes back from the pause is all that is wanted. */
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
