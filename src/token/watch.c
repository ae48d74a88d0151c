/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/watch.h>

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include "token/running_call.h"

#define TICK_MSEC            100
#define PATIENCE_TICKS       50u  /* after a signal, during a call that changes nothing */
#define STORE_PATIENCE_TICKS 600u /* during one that changes the token: if it is cut short, a key may be lost */

static struct {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t stopped;
    bool is_running;
    bool must_stop;
    pc_watch watch;
    int64_t waited_call; /* the start of the call for which a signal waits */
    unsigned waited_ticks;
} state = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void explain(const pc_call_state *call, int signal, pc_error *err)
{
    long long seconds = (long long)(call->running_msec / 1000);

    if (signal) {
        (void)pc_fail(err, PC_E_TOKEN, "%s: interrupted by SIG%s; the call had not returned after %lld seconds",
                      call->function, sigabbrev_np(signal), seconds);
    } else {
        (void)pc_fail(err, PC_E_TOKEN, "%s: the call has not returned after %lld seconds", call->function, seconds);
    }
    if (call->changes_store) {
        (void)pc_note(err, PC_E_TOKEN,
                      "stopped waiting for the token; the change requested by %s may have been made, or not, or may "
                      "still be made later",
                      call->function);
        (void)pc_hint_resume(err, PC_E_TOKEN,
                             "once the token answers, `p11cert list` and `p11cert doctor` show its state, and the same "
                             "command continues from it%s",
                             signal ? "" : "; `token_timeout` sets a longer limit");
        return;
    }
    (void)pc_note(err, PC_E_TOKEN, "stopped waiting for the token; this call does not change the token");
    (void)pc_hint_resume(err, PC_E_TOKEN,
                         "once the token answers, the same command continues from what earlier calls made%s",
                         signal ? "" : "; `token_timeout` sets a longer limit");
}

/* The signal that has waited too long for this call; 0 if none has. */
static int overdue_signal(const pc_call_state *call)
{
    int number = pc_running_call_signal();

    state.waited_ticks = number && state.waited_call == call->begun_msec ? state.waited_ticks + 1 : 0;
    state.waited_call = call->begun_msec;
    return state.waited_ticks >= (call->changes_store ? STORE_PATIENCE_TICKS : PATIENCE_TICKS) ? number : 0;
}

static void look(const pc_watch *watch)
{
    pc_call_state call;
    pc_error err = { .status = PC_OK };

    if (!pc_running_call_oldest(&call)) {
        return;
    }
    int number = overdue_signal(&call);

    if (number || call.running_msec >= watch->limit_sec * 1000) {
        explain(&call, number, &err);
        watch->give_up(watch->context, &err, number);
    }
}

static void *run(void *unused)
{
    (void)pthread_mutex_lock(&state.lock);
    while (!state.must_stop) {
        struct timespec next;

        (void)clock_gettime(CLOCK_MONOTONIC, &next);
        next.tv_nsec += TICK_MSEC * 1000000L;
        next.tv_sec += next.tv_nsec / 1000000000L;
        next.tv_nsec %= 1000000000L;
        if (pthread_cond_timedwait(&state.stopped, &state.lock, &next) == ETIMEDOUT) {
            look(&state.watch);
        }
    }
    (void)pthread_mutex_unlock(&state.lock);
    return unused;
}

/* The watch's thread receives no signals: each is for the thread that can handle it, or waits until a call has
 * returned. */
static int start(void)
{
    pthread_condattr_t attributes;
    sigset_t all;
    sigset_t before;

    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&state.stopped, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&state.thread, NULL, run, NULL);

    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failed;
}

pc_status pc_watch_start(const pc_watch *watch, pc_error *err)
{
    if (state.is_running) {
        return pc_fail(err, PC_E_INTERNAL, "the token is already watched");
    }
    state.watch = *watch;
    state.must_stop = false;
    int failed = start();

    if (failed) {
        return pc_fail_errno(err, PC_E_MEMORY, failed, "cannot start the thread that watches the token");
    }
    state.is_running = true;
    pc_running_calls_watched(true);
    return PC_OK;
}

void pc_watch_stop(void)
{
    if (!state.is_running) {
        return;
    }
    pc_running_calls_watched(false);
    (void)pthread_mutex_lock(&state.lock);
    state.must_stop = true;
    (void)pthread_cond_signal(&state.stopped);
    (void)pthread_mutex_unlock(&state.lock);
    (void)pthread_join(state.thread, NULL);
    (void)pthread_cond_destroy(&state.stopped);
    state.is_running = false;
}
