/* SPDX-License-Identifier: Apache-2.0 */
#include "base/process.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "base/monotonic.h"

#define POLL_NSEC 10000000L

pc_process_state pc_process_await(pid_t pid, int64_t limit_msec, int *ret_how)
{
    const struct timespec span = { .tv_nsec = POLL_NSEC };
    const int64_t deadline = pc_monotonic_msec() + limit_msec;

    for (;;) {
        pid_t ended = waitpid(pid, ret_how, WNOHANG);

        if (ended == pid) {
            return PC_PROCESS_ENDED;
        }
        if (ended < 0 && errno != EINTR) {
            return PC_PROCESS_UNKNOWN;
        }
        if (pc_monotonic_msec() >= deadline) {
            return PC_PROCESS_RUNS;
        }
        (void)nanosleep(&span, NULL);
    }
}

void pc_process_end(pid_t pid)
{
    int how = 0;

    (void)kill(pid, SIGTERM);
    if (pc_process_await(pid, PC_PROCESS_TERM_MSEC, &how) != PC_PROCESS_RUNS || kill(pid, SIGKILL) != 0) {
        return;
    }
    while (waitpid(pid, &how, 0) < 0 && errno == EINTR) {
    }
}
