/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_TOKEN_RUNNING_CALL_H
#define PC_TOKEN_RUNNING_CALL_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

/** A call to the module, from its beginning to its end. The signals named in calls.h are blocked meanwhile. */
typedef struct {
    int place; /**< in the list of running calls; -1: not listed */
    bool is_held;
    sigset_t before;
} pc_running_call;

/**
 * @param function       static, such as "C_Sign"
 * @param changes_store  signals wait for its end, watched or not
 */
pc_running_call pc_running_call_begin(const char *function, bool changes_store);
void pc_running_call_end(const pc_running_call *call);

/** Whether from now on signals wait for every call, because a watch ends those that do not return. */
void pc_running_calls_watched(bool is_watched);

/** A running call as another thread sees it. */
typedef struct {
    const char *function;
    bool changes_store;
    int64_t begun_msec; /**< distinguishes it from an earlier call */
    int64_t running_msec;
} pc_call_state;

/** The call that has been running longest. @return false if none is running. */
bool pc_running_call_oldest(pc_call_state *ret_state);

/** A signal that is blocked until a call returns, and not ignored; 0 if none is waiting. */
int pc_running_call_signal(void);

#endif
