/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CLI_CA_OPTIONS_H
#define PC_CLI_CA_OPTIONS_H

#include <p11cert/ca.h>
#include <p11cert/pending.h>

#include "base/duration.h"
#include "cli/cli.h"

/** The options that select a CA, the same for every verb that talks to one: rows for a group. */
extern const pc_option pc_options_ca[];

/** The same without --ca, for a verb that has its own. */
extern const pc_option pc_options_ca_access[];

/** Parts of them, for a verb whose --password-source is for something else: the URL, the login, and the server. */
extern const pc_option pc_options_ca_url[];
extern const pc_option pc_options_ca_method[];
extern const pc_option pc_options_ca_server[];

/** The struct that they fill. */
typedef struct {
    const char *url;
    const char *protocol;
    const char *auth;
    const char *user;
    const char *password_source;
    const char *client_key;
    const char *cacert;
    const char *pin_sha256;
    const char *proxy;
    int64_t connect_sec;
    int64_t total_sec;
    bool insecure_http;
} pc_ca_given;

/** The longest --wait and --timeout. */
#define PC_WAIT_MAX_SEC (365ul * PC_SECONDS_PER_DAY)

/** The text about --wait in the manual pages of all verbs that have it. */
#define PC_WAIT_DETAILS \
    "While the request is pending, keep polling for this long: a whole number followed by *s*, *m*\n" \
    "(minutes), *h* or *d*, up to one year. The CA is asked after 15 seconds, then at growing\n" \
    "intervals of up to 5 minutes. SIGINT (Ctrl-C) and SIGTERM end the wait between two steps,\n" \
    "never during one."

/**
 * Convert the given options to the library's form. Borrows the texts of `given`.
 * @return PC_OK; PC_E_USAGE.
 */
PC_MUST_CHECK pc_status pc_ca_options_take(pc_cli *cli, const pc_ca_given *given, pc_ca_access *ret_access);

/** Report on standard error that the run is waiting for a request; a `waiting` callback. */
void pc_cli_report_waiting(void *context, const pc_pending *record, unsigned next_sec);

/** Let SIGINT and SIGTERM end a wait instead of the program: the results so far are then printed. */
void pc_cli_end_waits_by_signal(void);

#endif
