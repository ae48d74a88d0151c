/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CLI_CLI_H
#define PC_CLI_CLI_H

#include <popt.h>
#include <stdbool.h>
#include <stdio.h>

#include <p11cert/error.h>
#include <p11cert/inf.h>
#include <p11cert/token.h>

#include "base/cleanup.h"

/** The state of one run, on main's stack: what all verbs share. */
typedef struct {
    bool json; /**< --json: one JSON value on standard output, nothing else there */
    bool help;
    bool colour;             /**< standard output is a terminal that wants it */
    pc_token_access access;  /**< --module, --token, … or their environment variables */
    char *given[4];          /**< what popt allocated for them; freed by pc_cli_clear */
    pc_error err;            /**< of the failure that ends the run */
    struct json_t *findings; /**< of an INF that was refused, for the JSON form of the error; NULL if none */
    struct json_t *requests; /**< what became of requests although the run failed, for the same; NULL if none */
} pc_cli;

/** What a verb needs of the common options. */
typedef enum {
    PC_NEEDS_NOTHING = 0,
    PC_NEEDS_TOKEN = 1, /**< shows the options that reach a token */
} pc_needs;

/** A verb: a row of the command table (dispatch.c). */
typedef struct {
    const char *verb;
    const char *summary;   /**< one line */
    const char *arguments; /**< "[FILE.inf]", for the usage line; "" if none */
    const char *details;   /**< a paragraph and examples, below the options of --help */
    unsigned needs;        /**< pc_needs, or-ed */
    /** @return the status of the work; *ret_exit may be set to a finding's exit code, it starts as 0. */
    pc_status (*run)(pc_cli *cli, int argc, const char **argv, int *ret_exit);
} pc_command;

/** What is left of the words of a command line; freed by pc_words_free. */
typedef struct {
    poptContext context;
    struct poptOption *options; /**< the verb's own, whose texts are freed with this */
    const char **words;         /**< NULL-terminated, never NULL itself */
    size_t count;
} pc_words;

void pc_words_free(pc_words *words);
#define PC_AUTO_WORDS __attribute__((cleanup(pc_words_free)))

/**
 * Parse a verb's words by its own options, bound to its local variables, and the common ones.
 *
 * @param options    popt table that ends with POPT_TABLEEND
 * @param most       how many words may be left over
 * @param ret_words  keeps every parsed text alive
 * @return PC_OK; PC_E_USAGE with the mistake and the nearest right spelling. With --help the help is printed and
 *         cli->help set: the caller then has nothing more to do.
 */
PC_MUST_CHECK pc_status pc_cli_parse(pc_cli *cli, const pc_command *command, int argc, const char **argv,
                                     struct poptOption *options, size_t most, pc_words *ret_words);

/** Where no token was named, the URI of a key may name it: then that one is meant. */
void pc_cli_token_from_key(pc_cli *cli, const char *key);

/** Frees what the options gave. */
void pc_cli_clear(pc_cli *cli);

/** Choose the verb and run it. @return the exit code. */
int pc_cli_run(pc_cli *cli, int argc, const char **argv);

/** The nearest of several words to one that is wrong, or NULL if none is near. */
const char *pc_cli_nearest(const char *wrong, const char *const *words, size_t count);

/* The commands, each in its own file of cli/cmd/. */
extern const pc_command pc_cmd_accept;
extern const pc_command pc_cmd_batch;
extern const pc_command pc_cmd_ca_chain;
extern const pc_command pc_cmd_check;
extern const pc_command pc_cmd_doctor;
extern const pc_command pc_cmd_enroll;
extern const pc_command pc_cmd_explain;
extern const pc_command pc_cmd_export;
extern const pc_command pc_cmd_import;
extern const pc_command pc_cmd_init;
extern const pc_command pc_cmd_issue;
extern const pc_command pc_cmd_kit;
extern const pc_command pc_cmd_list;
extern const pc_command pc_cmd_new;
extern const pc_command pc_cmd_renew;
extern const pc_command pc_cmd_repair;
extern const pc_command pc_cmd_retrieve;
extern const pc_command pc_cmd_show;
extern const pc_command pc_cmd_submit;
extern const pc_command pc_cmd_tokens;

#endif
