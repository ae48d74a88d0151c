/* SPDX-License-Identifier: Apache-2.0 */
#include "token/hold.h"

pc_signal_hold pc_signals_hold(void)
{
    pc_signal_hold hold;
    sigset_t blocked;

    (void)sigemptyset(&blocked);
    (void)sigaddset(&blocked, SIGINT);
    (void)sigaddset(&blocked, SIGTERM);
    (void)sigaddset(&blocked, SIGHUP);
    (void)pthread_sigmask(SIG_BLOCK, &blocked, &hold.before);
    return hold;
}

void pc_signals_release(const pc_signal_hold *hold)
{
    (void)pthread_sigmask(SIG_SETMASK, &hold->before, NULL);
}
