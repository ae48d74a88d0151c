/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/options/ca_options.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "cli/print/output.h"

static const struct {
    const char *name;
    pc_ca_login login;
} ways[] = {
    { "ticket", PC_CA_LOGIN_TICKET },
    { "basic", PC_CA_LOGIN_BASIC },
    { "ntlm", PC_CA_LOGIN_NTLM },
    { "none", PC_CA_LOGIN_NONE },
};

static pc_status take_login(pc_cli *cli, const pc_ca_given *given, pc_ca_access *access)
{
    const char *name = given->auth ? given->auth : ways[0].name;
    bool known = false;

    for (size_t i = 0; i < PC_COUNT(ways); i++) {
        if (strcmp(name, ways[i].name) == 0) {
            access->login = ways[i].login;
            known = true;
        }
    }
    if (!known) {
        return pc_fail(&cli->err, PC_E_USAGE, "--auth is one of ticket, basic, ntlm, none");
    }
    bool by_password = access->login == PC_CA_LOGIN_BASIC || access->login == PC_CA_LOGIN_NTLM;

    if (by_password && !given->user) {
        return pc_fail(&cli->err, PC_E_USAGE, "--auth %s wants --user", name);
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

static pc_status take_times(pc_cli *cli, const pc_ca_given *given, pc_ca_access *access)
{
    if (given->connect_timeout) {
        PC_TRY(pc_cli_span(cli, "--connect-timeout", given->connect_timeout, &access->connect_sec));
    }
    if (given->timeout) {
        PC_TRY(pc_cli_span(cli, "--timeout", given->timeout, &access->total_sec));
        access->stall_sec = access->total_sec < PC_CA_STALL_SEC ? access->total_sec : PC_CA_STALL_SEC;
    }
    return PC_OK;
}

pc_status pc_ca_options_take(pc_cli *cli, const pc_ca_given *given, bool needs_url, pc_ca_access *ret_access)
{
    const char *from_environment = getenv("P11CERT_CA");
    pc_ca_access access = {
        .url = given->url                              ? given->url
               : from_environment && *from_environment ? from_environment
                                                       : NULL,
        .user = given->user,
        .password_source = given->password_source,
        .client_key = given->client_key,
        .cacert = given->cacert,
        .pin_sha256 = given->pin_sha256,
        .proxy = given->proxy,
        .insecure_http = given->insecure_http != 0,
        .told = given->verbose ? tell : NULL,
    };

    if (needs_url && !access.url) {
        (void)pc_fail(&cli->err, PC_E_USAGE, "name the CA with --ca, or in P11CERT_CA");
        return pc_hint(&cli->err, PC_E_USAGE,
                       "the address of its enrolment pages, such as https://ca.contoso.com/certsrv");
    }
    PC_TRY(take_login(cli, given, &access));
    PC_TRY(take_times(cli, given, &access));
    pc_cli_token_from_key(cli, given->client_key);
    *ret_access = access;
    return PC_OK;
}

/* --- spans ----------------------------------------------------------------------------------- */

static unsigned long seconds_of(char unit)
{
    switch (unit) {
    case 's':
        return 1;
    case 'm':
        return 60;
    case 'h':
        return 60 * 60;
    case 'd':
        return 24 * 60 * 60;
    default:
        return 0;
    }
}

pc_status pc_cli_span(pc_cli *cli, const char *option, const char *text, unsigned *ret_sec)
{
    const char *at = text;
    unsigned long number = 0;

    for (; *at >= '0' && *at <= '9' && number <= PC_SPAN_MAX_SEC; at++) {
        number = number * 10 + (unsigned long)(*at - '0');
    }
    unsigned long unit = seconds_of(*at);

    if (number == 0 || unit == 0 || at[1] || number > PC_SPAN_MAX_SEC / unit) {
        return pc_fail(&cli->err, PC_E_USAGE, "%s wants a span of time: 30s, 10m, 2h or 1d, at most a year", option);
    }
    *ret_sec = (unsigned)(number * unit);
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
