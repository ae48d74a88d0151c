/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CLI_CA_OPTIONS_H
#define PC_CLI_CA_OPTIONS_H

#include <p11cert/ca.h>
#include <p11cert/pending.h>

#include "cli/cli.h"

/** The options by which a CA is reached, the same for every verb that talks to one. */

/** What was given; zero-initialise. The texts belong to popt and are freed with the verb's own. */
typedef struct {
    char *url;
    char *auth;
    char *user;
    char *password_source;
    char *client_key;
    char *cacert;
    char *pin_sha256;
    char *proxy;
    char *connect_timeout;
    char *timeout;
    int insecure_http;
    int verbose;
} pc_ca_given;

/** Rows for a verb's table, bound to a pc_ca_given. */
#define PC_CA_OPTIONS(given) \
    { "ca",         '\0', POPT_ARG_STRING, \
      &(given).url, 0,    "the CA's enrolment pages: https://ca.contoso.com/certsrv ($P11CERT_CA)", \
      "URL" }, \
        { "auth",        '\0', POPT_ARG_STRING, \
          &(given).auth, 0,    "how to log in: ticket (Kerberos, the default), basic, ntlm, none", \
          "WAY" }, \
        { "user", '\0', POPT_ARG_STRING, &(given).user, 0, "for basic and ntlm: DOMAIN\\user or user@domain", "NAME" }, \
        { "password-source", \
          '\0', \
          POPT_ARG_STRING, \
          &(given).password_source, \
          0, \
          "where the password comes from: prompt, file:PATH, fd:N, env:NAME", \
          "SOURCE" }, \
        { "client-key",        '\0', POPT_ARG_STRING, \
          &(given).client_key, 0,    "key of the token whose certificate is shown to the server: its label or URI", \
          "LABEL|URI" }, \
        { "cacert",        '\0', POPT_ARG_STRING, \
          &(given).cacert, 0,    "PEM file with the only roots that the server is verified by", \
          "FILE" }, \
        { "pin-sha256", \
          '\0', \
          POPT_ARG_STRING, \
          &(given).pin_sha256, \
          0, \
          "SHA-256 of the server's public key, hex or base64; several with commas", \
          "DIGEST" }, \
        { "proxy", '\0', POPT_ARG_STRING, &(given).proxy, 0, "proxy, without a password ($https_proxy)", "URL" }, \
        { "connect-timeout", \
          '\0', \
          POPT_ARG_STRING, \
          &(given).connect_timeout, \
          0, \
          "longest wait for a connection (15s)", \
          "SPAN" }, \
        { "timeout", '\0', POPT_ARG_STRING, &(given).timeout, 0, "longest wait for one page (5m)", "SPAN" }, \
        { "insecure-http", \
          '\0', \
          POPT_ARG_NONE, \
          &(given).insecure_http, \
          0, \
          "let http:// pass, where anyone on the way can take the login and change the pages", \
          NULL }, \
    { \
        "verbose", '\0', POPT_ARG_NONE, &(given).verbose, 0, \
            "tell each page asked for, its status and time, on standard error", NULL \
    }

/**
 * What was given, or its environment variable, as the library wants it. Borrows the texts of `given`.
 * @param needs_url  --ca has to be there
 * @return PC_OK; PC_E_USAGE.
 */
PC_MUST_CHECK pc_status pc_ca_options_take(pc_cli *cli, const pc_ca_given *given, bool needs_url,
                                           pc_ca_access *ret_access);

#define PC_SPAN_MAX_SEC (365ul * 24 * 60 * 60)

/**
 * A span of time from an option: a whole number and one unit, s, m (minutes), h or d; at least a second, at most a year.
 * @param option  "--wait", for the error
 * @return PC_OK; PC_E_USAGE.
 */
PC_MUST_CHECK pc_status pc_cli_span(pc_cli *cli, const char *option, const char *text, unsigned *ret_sec);

/** Tell on standard error that a request is waited for; a `waiting` callback. */
void pc_cli_tell_waiting(void *context, const pc_pending *record, unsigned next_sec);

/** Let SIGINT and SIGTERM end a wait, and not the program: what was found so far is then printed. */
void pc_cli_end_waits_by_signal(void);

#endif
