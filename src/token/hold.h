/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_TOKEN_HOLD_H
#define PC_TOKEN_HOLD_H

#include <signal.h>

/**
 * Blocks signals during calls in which a module writes essential data. On each C_Login, SoftHSM 2.6 truncates the file
 * of the whole token before it writes it again; a process killed in between loses keys. SIGINT, SIGTERM and SIGHUP wait
 * until the call returns; SIGQUIT (Ctrl-\) does not, in case a module hangs.
 */
typedef struct {
    sigset_t before;
} pc_signal_hold;

pc_signal_hold pc_signals_hold(void);
void pc_signals_release(const pc_signal_hold *hold);

#endif
