/* SPDX-License-Identifier: Apache-2.0 */
#ifndef P11CERT_TESTS_CLI_HARNESS_H
#define P11CERT_TESTS_CLI_HARNESS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include <cmocka.h>

#define WAIT_GIVE_UP() fail()
#include "wait.h"

/**
 * A private world for black-box tests: a new folder that is the working directory, SoftHSM's configuration and store in
 * it, PIN files, and an environment that contains nothing else. Every text that a function returns lives until
 * world_remove.
 */

#define USER_PIN "71936254"
#define SO_PIN   "80214466"
#define SOFTHSM  "/usr/lib/softhsm/libsofthsm2.so"
#define SPY      "/usr/lib/x86_64-linux-gnu/pkcs11-spy.so"

/** The result of a program that has ended. */
typedef struct run_result {
    char *line;    /**< the command, for failures */
    int exit_code; /**< -1 if a signal ended it */
    int signal;
    char *out; /**< standard output, terminated by a NUL beyond out_len */
    size_t out_len;
    char *err;
    size_t err_len;
    struct run_result *next;
} run_result;

/** How to start a program; NULL members have their default. */
typedef struct {
    const char *const *words; /**< argv, NULL-terminated; words[0] is the program, searched for in PATH */
    const char *in;           /**< file for standard input; default /dev/null */
    const char *out;          /**< file for standard output; default: it is collected */
    int out_fd;               /**< if not 0, a descriptor for standard output, used instead of out */
    const char *fd3;          /**< file to be read at descriptor 3 */
} run_order;

/** A running program. */
typedef struct {
    char *line;
    pid_t pid;
    int out;
    int err;
} running;

/** cmocka group fixtures: a world without token; a world with one token "servers"; with "servers" and "ca". */
int world_new(void **state);
int world_new_with_token(void **state);
int world_new_with_tokens(void **state);
int world_remove(void **state);

/** The world's folder, absolute. */
const char *world_folder(void);

/** Run a group of tests, or skip it on another family: its tokens are SoftHSM's, behind a module of the tests' own,
 * with a PIN that a family's token does not have, or in a store whose files are compared. */
#define RUN_ON_SOFTHSM(tests, set_up, tear_down) \
    (getenv("P11CERT_TEST_FAMILY") ? cmocka_run_group_tests(left_out_on_families, NULL, NULL) \
                                   : cmocka_run_group_tests(tests, set_up, tear_down))
extern const struct CMUnitTest left_out_on_families[1];

/** Skip a test of something that only a build with engines has, or only one without. */
void only_with_engine(void);
void only_without_engine(void);

/** Make a token with SoftHSM's own tool. */
void token_make(const char *label);

/** Start, wait for, and run a program. */
running run_start(const run_order *order);
const run_result *run_finish(running *program);
const run_result *run_order_now(const run_order *order);
const run_result *run_words(const char *const *words);

#define WORDS(...)   ((const char *const[]){ __VA_ARGS__, NULL })
#define RUN(...)     run_words(WORDS(__VA_ARGS__))
#define P11CERT(...) run_words(WORDS(P11CERT_PROGRAM, __VA_ARGS__))

/** Fail, showing everything that the program printed, unless it ended with this exit code. */
void expect_exit(const run_result *result, int exit_code);

/**
 * Fail unless exit code, standard output and standard error match golden/NAME.out and golden/NAME.err, in which values
 * that are random or differ between machines are replaced by words such as <ID>. A missing file stands for no output.
 * UPDATE_GOLDEN=1 in the environment rewrites the files: read the changes (git diff) before you trust them.
 */
void expect_golden(const run_result *result, int exit_code, const char *name);

void expect_contains(const run_result *result, const char *text, const char *words);
void expect_lacks(const run_result *result, const char *text, const char *words);

/** Expect texts on either stream: "|" separates them; those with "!" before them must not occur. */
void expect_said(const run_result *result, const char *words);

/** Run a command of another program that must succeed, and return what it printed on standard output. */
const char *out_of(const char *const *words);

/** Fail unless openssl finds that the certificate request was signed by the key in it. */
void expect_request_verifies(const char *path);

/** Files. file_read fails the test if there is no such file. */
void file_write(const char *path, const char *text, mode_t mode);
const char *file_read(const char *path, size_t *ret_len);
bool file_exists(const char *path);

/** The names in the world's folder, sorted, one per line: for "nothing was left behind". */
const char *folder_listing(void);

/** What is on a token, asked of pkcs11-tool: "privkey", "pubkey" or "cert". Without the URIs that newer versions add,
 * which repeat label and CKA_ID. */
const char *token_objects(const char *token, const char *type);
size_t token_count(const char *token, const char *type);

/** Make a key pair with pkcs11-tool. */
void token_make_key(const char *token, const char *label, const char *id);

size_t count_of(const char *text, const char *words);

/** Run p11cert with these words through pkcs11-spy; how often a C_ function was called goes to *ret_calls. */
const run_result *run_spied(const char *const *words, const char *function, size_t *ret_calls);

/** The same for a whole command line that names the module SPY itself. */
const run_result *run_that_uses_spy(const char *const *words, const char *function, size_t *ret_calls);

/** Run p11cert with these words on a SoftHSM that fails as the plan says (tests/support/fault_module.c). */
const run_result *run_with_fault(const char *const *words, const char *plan);

/** Run p11cert with these words, which must succeed. Returns how often SoftHSM writes in a call, "C_UnwrapKey=2". */
unsigned writes_in_call(const char *const *words, const char *call);

/** Run p11cert with these words until the Nth moment of its connections (network_trap_set), where it is killed. */
const run_result *run_with_broken_network(const char *const *words, unsigned moment);

/**
 * Start p11cert with these words on a SoftHSM that follows the plan, and return once it is in the call of that number
 * of `function`. With "hold=120" in the plan it stays there until gate_open.
 */
running run_start_with_fault(const run_order *order, const char *plan, const char *function, unsigned number);
void gate_open(void);

/** Has a running program printed this on standard error by now? */
bool has_told(const running *program, const char *words);

/** Is it blocked in this system call (SYS_read, …)? */
bool is_blocked_in(pid_t pid, long system_call);

/** Has it been sent a signal that it holds off? */
bool holds_off(pid_t pid, int signal);

#endif
