/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_BASE_PROCESS_H
#define PC_BASE_PROCESS_H

#include <stdint.h>
#include <sys/types.h>

/** The end of a process that this one has started: it is waited for, or brought about, and never takes forever. */

#define PC_PROCESS_TERM_MSEC 1000 /**< that a process has to end after SIGTERM */

typedef enum {
    PC_PROCESS_ENDED,
    PC_PROCESS_RUNS,
    PC_PROCESS_UNKNOWN, /**< the system does not say: errno */
} pc_process_state;

/**
 * Wait until it has ended, but not longer than this.
 * @param ret_how  as waitpid sets it, if it has ended
 */
pc_process_state pc_process_await(pid_t pid, int64_t limit_msec, int *ret_how);

/**
 * End it: SIGTERM, and SIGKILL if it is still there after PC_PROCESS_TERM_MSEC. It is no longer in the table of
 * processes then, except if this process is not allowed to end it (it has become another user's).
 */
void pc_process_end(pid_t pid);

#endif
