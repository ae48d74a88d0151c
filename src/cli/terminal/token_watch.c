/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/terminal/token_watch.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <p11cert/watch.h>

#include <p11cert/audit.h>

#include "base/standard_output.h"
#include "cli/print/error_text.h"
#include "cli/terminal/interrupt.h"

/* The thread that made the call still uses the pc_cli, and is stuck in the module. */
static void give_up(void *context, const pc_error *why, int number)
{
    const pc_cli *stuck = context;
    const pc_cli own = { .json = stuck->json, .errors = stuck->errors, .err = *why };
    pc_error unrecorded = { .status = PC_OK };
    sigset_t one;

    pc_interrupt_remove_unfinished();
    if (pc_audit_stop(why, &unrecorded) != PC_OK) {
        pc_print_error_chain(own.errors ? own.errors : stderr, "p11cert: ", "  ", &unrecorded);
    }
    pc_standard_output_return();
    pc_print_error(&own);
    (void)fflush(NULL);
    if (number) {
        (void)signal(number, SIG_DFL);
        (void)sigemptyset(&one);
        (void)sigaddset(&one, number);
        (void)pthread_sigmask(SIG_UNBLOCK, &one, NULL); /* it is pending: this ends the process */
    }
    _exit(stuck->failure_exit ? stuck->failure_exit : pc_status_exit_code(PC_E_TOKEN));
}

pc_status pc_token_watch_start(pc_cli *cli)
{
    const pc_watch watch = { .limit_sec = cli->access.call_limit_sec ? cli->access.call_limit_sec : PC_WATCH_LIMIT_SEC,
                             .give_up = give_up,
                             .context = cli };

    return pc_watch_start(&watch, &cli->err);
}
