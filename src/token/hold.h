/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_TOKEN_HOLD_H
#define PC_TOKEN_HOLD_H

#include <signal.h>

/**
 * Calls in which a module writes what it cannot be without must not be cut off: SoftHSM 2.6 empties the file of the whole
 * token at each C_Login before it writes it anew, and keys are lost that are ended between the two. SIGINT, SIGTERM and
 * SIGHUP wait for the end of the call; SIGQUIT (Ctrl-\) does not, for a module that hangs.
 */
typedef struct {
    sigset_t before;
} pc_signal_hold;

pc_signal_hold pc_signals_hold(void);
void pc_signals_release(const pc_signal_hold *hold);

#endif
