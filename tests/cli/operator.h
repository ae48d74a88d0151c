/* SPDX-License-Identifier: Apache-2.0 */
#ifndef P11CERT_TESTS_CLI_OPERATOR_H
#define P11CERT_TESTS_CLI_OPERATOR_H

#include "harness.h"

/**
 * Mistakes that an operator may make, and problems that the machine may have, for every verb: a row is a verb with a
 * command line that succeeds; each test changes one thing in each row.
 */

#define ROW_WORDS 16
#define PASSWORD  "Pfx-pass-9921"

/* "<" before a word: a file that is read. ">": a file or folder that is created. */
typedef struct {
    const char *name;
    bool logs_in; /* with the user PIN, or init: the Security Officer's */
    bool writes_secret;
    const char *words[ROW_WORDS];
} row;

extern const row rows[];
extern const size_t row_count;

#define EACH(i, table) for (size_t i = 0; i < sizeof(table) / sizeof *(table); i++)
#define EACH_ROW(i) \
    for (size_t i = 0; i < row_count; i++) \
        if (operator_is_wanted(&rows[i]))

/** Run only the rows whose name contains this word; NULL: those of sweep_share.h, all by default. The harness clears
 * the environment, so main reads it. */
void operator_select(const char *word);
bool operator_is_wanted(const row *now);

/** A change to a command line: words before it, words after it, `file` instead of word `replaced`. */
typedef struct {
    const char *before[6];
    const char *behind[6];
    size_t replaced; /* 0: none; the verb is no file */
    const char *file;
} change;

#define SHELL(script) \
    { \
        "sh", "-c", script, "sh" \
    }

/** The group's fixture: a token "servers" with a CA, a server key and its certificate, and every file that a row reads.
 */
int operator_prepare(void **state);

/** The world as it was first, and the row's name on the terminal. */
void operator_begin(const row *now);

bool operator_is(const row *now, const char *name);
bool operator_is_batch(const row *now);
bool operator_is_input(const row *now, size_t word);
bool operator_is_output(const row *now, size_t word);
/** Is a folder created, not a file? */
bool operator_makes_folder(const row *now);
/** Does it have module and PIN source from a site file? operator_line writes them there. */
bool operator_has_site(const row *now);
/** Does it record in its output what stopped it, so that the same command resumes? */
bool operator_records(const row *now);
/** Does it append to an existing file? */
bool operator_appends(const row *now, size_t word);
/** Exit code of the unchanged row: check finds something. */
int operator_finding(const row *now);

const char *operator_word(const row *now, size_t i, const change *changed);

/** The whole command line; `words` has room for 40. */
void operator_line(const row *now, const change *changed, const char **words);
const run_result *operator_run(const row *now, const change *changed);

void expect_one_of(const run_result *result, int first, int second);

/** Expects no bytes that a terminal interprets, and none of a file, on standard error. */
void expect_text(const run_result *result, const char *text, size_t len);

/** Expects that no output was created; a folder may be, if it is empty. */
void expect_no_file(void);
void expect_nothing_made(void);

/** main: all tests, or those that an argument names, with the rows that OPERATOR_ROW names, on SoftHSM, whose store is
 * compared. */
#define OPERATOR_MAIN(tests) \
    int main(int argc, char **argv) \
    { \
        cmocka_set_test_filter(argc > 1 ? argv[1] : NULL); \
        operator_select(getenv("OPERATOR_ROW")); \
        return RUN_ON_SOFTHSM(tests, operator_prepare, world_remove); \
    }

#endif
