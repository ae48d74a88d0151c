/* SPDX-License-Identifier: Apache-2.0 */
#include "token/running_call.h"

#include <pthread.h>
#include <stddef.h>

#include "base/monotonic.h"

#define PLACES 64 /* more simultaneous calls than batch has sessions; a call that finds no place is not watched */

static const int endings[] = { SIGINT, SIGTERM, SIGHUP };

/* Read by another thread while calls run; a place is free while it has no function. */
static struct {
    const char *function;
    bool changes_store;
    int64_t begun_msec;
} places[PLACES];

static bool all_are_watched;

static int enter(const char *function, bool changes_store)
{
    for (int i = 0; i < PLACES; i++) {
        const char *none = NULL;

        if (__atomic_compare_exchange_n(&places[i].function, &none, "", false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) {
            __atomic_store_n(&places[i].changes_store, changes_store, __ATOMIC_RELAXED);
            __atomic_store_n(&places[i].begun_msec, pc_monotonic_msec(), __ATOMIC_RELAXED);
            __atomic_store_n(&places[i].function, function, __ATOMIC_RELEASE);
            return i;
        }
    }
    return -1;
}

static void hold(pc_running_call *call)
{
    sigset_t blocked;

    (void)sigemptyset(&blocked);
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        (void)sigaddset(&blocked, endings[i]);
    }
    (void)pthread_sigmask(SIG_BLOCK, &blocked, &call->before);
    call->is_held = true;
}

pc_running_call pc_running_call_begin(const char *function, bool changes_store)
{
    pc_running_call call = { .place = -1 };

    if (changes_store || __atomic_load_n(&all_are_watched, __ATOMIC_RELAXED)) {
        hold(&call);
    }
    call.place = enter(function, changes_store);
    return call;
}

void pc_running_call_end(const pc_running_call *call)
{
    if (call->place >= 0) {
        __atomic_store_n(&places[call->place].function, NULL, __ATOMIC_RELEASE);
    }
    if (call->is_held) {
        (void)pthread_sigmask(SIG_SETMASK, &call->before, NULL);
    }
}

void pc_running_calls_watched(bool is_watched)
{
    __atomic_store_n(&all_are_watched, is_watched, __ATOMIC_RELAXED);
}

bool pc_running_call_oldest(pc_call_state *ret_state)
{
    pc_call_state oldest = { .running_msec = -1 };
    int64_t now = pc_monotonic_msec();

    for (int i = 0; i < PLACES; i++) {
        const char *function = __atomic_load_n(&places[i].function, __ATOMIC_ACQUIRE);
        int64_t begun = __atomic_load_n(&places[i].begun_msec, __ATOMIC_RELAXED);

        if (function && *function && now - begun > oldest.running_msec) {
            oldest = (pc_call_state){ .function = function,
                                      .changes_store = __atomic_load_n(&places[i].changes_store, __ATOMIC_RELAXED),
                                      .begun_msec = begun,
                                      .running_msec = now - begun };
        }
    }
    *ret_state = oldest;
    return oldest.function != NULL;
}

int pc_running_call_signal(void)
{
    sigset_t pending;
    struct sigaction action;

    (void)sigpending(&pending);
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        if (sigismember(&pending, endings[i]) == 1 && sigaction(endings[i], NULL, &action) == 0 &&
            action.sa_handler != SIG_IGN) {
            return endings[i];
        }
    }
    return 0;
}
