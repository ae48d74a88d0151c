/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CLI_TERMINAL_CHILD_H
#define PC_CLI_TERMINAL_CHILD_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

#include <p11cert/error.h>

/**
 * A program that this one runs, waits for, and must clean up after. The signals that would end this program are held
 * from before there is anything to clean up until that is done; meanwhile they are passed on to the child.
 */

/** SIGINT, SIGTERM, SIGHUP and SIGQUIT, unless they are already ignored or blocked, and SIGCHLD. */
typedef struct {
    sigset_t before;
    sigset_t held;
} pc_child_signals;

void pc_child_signals_hold(pc_child_signals *ret_signals);

/** Has one of those that end a program arrived, so that no child should be started? */
bool pc_child_signals_pending(const pc_child_signals *signals);

/** Deliver them again: one that has arrived then ends this program. */
void pc_child_signals_release(const pc_child_signals *signals);

/**
 * Run a program with the environment and the open files of this one, and wait for it.
 *
 * Signals from the terminal reach both programs; those sent only to this one are passed on. An interactive shell
 * ignores SIGTERM, so it is sent SIGHUP as well; and if it suspends itself, this program stops too.
 *
 * @param words    NULL-terminated; the first is searched for in PATH @param is_shell it is an interactive shell @param
 *                 ret_how as set by waitpid
 * @return PC_OK however it ended; PC_E_NOT_FOUND; PC_E_IO if it cannot be run.
 */
PC_MUST_CHECK pc_status pc_child_run(const char *const *words, bool is_shell, const pc_child_signals *signals,
                                     int *ret_how, pc_error *err);

/** As a shell reports it: the exit code, or 128 plus the number of the signal that ended it. */
int pc_child_exit_code(int how);

/**
 * If SIGINT, SIGTERM, SIGHUP or SIGQUIT ended the child, end by the same one, so that a script that runs this program
 * stops as it would have for the child. Takes effect when the signals are released.
 */
void pc_child_end_alike(int how);

#endif
