/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CLI_CLI_H
#define PC_CLI_CLI_H

#include <stdbool.h>
#include <stdio.h>

#include <p11cert/error.h>
#include <p11cert/inf.h>
#include <p11cert/token.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "cli/command.h"

/** How a common setting was chosen. */
typedef struct {
    const char *option;
    const char *text;
    const char *origin; /**< "--token", "P11CERT_TOKEN", "site \"hq\" of FILE"; NULL when out of memory */
} pc_setting;

/** The state of one run, on main's stack: what all verbs share. */
typedef struct pc_cli {
    bool json; /**< --json: one JSON value on standard output, nothing else there */
    bool help;
    bool has_run;            /**< the verb itself has ended, successfully or not; only its report can still fail */
    bool colour;             /**< by --color, or else: standard output is a terminal that supports it */
    const char *color;       /**< --color: "auto", "always", "never"; NULL: "auto" */
    bool quiet;              /**< --quiet: only errors and requested output (terminal/quiet.h) */
    bool is_asked;           /**< an option requested output: --dry-run, a listing */
    bool verbose;            /**< --verbose: reports each act and its object on standard error */
    const char *log;         /**< the audit log: "syslog", "journald", a path; NULL: none */
    FILE *errors;            /**< where errors are printed: standard error, even if --quiet redirects that */
    int exit_code;           /**< exit code for a finding, set by a verb that completed its work; starts as 0 */
    int failure_exit;        /**< exit code for a failure; 0: that of its status; starts as the command's */
    pc_token_access access;  /**< --module, --token, … or their environment variables */
    const char *site;        /**< --site; its settings are already in the other members */
    pc_setting settings[16]; /**< the sources of options that have an environment variable */
    size_t setting_count;
    pc_arena *arena;         /**< the parsed words; freed by pc_cli_clear */
    pc_error err;            /**< the failure that ends the run */
    struct json_t *findings; /**< findings of an INF that was refused, for the JSON form of the error; NULL if none */
    struct json_t *requests; /**< the outcome of requests if the run failed, also for that; NULL if none */
} pc_cli;

/** Frees everything that the run has collected. */
void pc_cli_clear(pc_cli *cli);

/** Choose the verb and run it. @return the exit code. */
int pc_cli_run(pc_cli *cli, int argc, const char **argv);

#endif
