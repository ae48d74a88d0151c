/* SPDX-License-Identifier: Apache-2.0 */
#ifndef P11CERT_WATCH_H
#define P11CERT_WATCH_H

#include <stdint.h>

#include <p11cert/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * A limit for calls to a PKCS#11 module that do not return. PKCS#11 has no way to end a call from outside, so all that
 * can be done is to end the process, with a sentence on what state the token may be in.
 */

#define PC_WATCH_LIMIT_SEC INT64_C(600) /**< the program's default: RSA-4096 takes a smart card minutes */

typedef struct {
    int64_t limit_sec; /**< the longest that a call may take, in seconds */

    /**
     * Ends the process; if it returns, it is called again. It runs in a thread of the watch, while the thread that made
     * the call is still in it.
     * @param why     the sentences to print
     * @param signal  SIGINT, SIGTERM or SIGHUP if that has waited 5 seconds for one call to return (60 if it changes
     * the token); 0 if the limit was reached
     */
    void (*give_up)(void *context, const pc_error *why, int signal);
    void *context;
} pc_watch;

/**
 * Start to watch all calls of this process. From then on SIGINT, SIGTERM and SIGHUP wait until a call has returned, and
 * are then delivered as usual.
 * @return PC_OK; PC_E_MEMORY (no thread can be started); PC_E_INTERNAL (already watched).
 */
PC_MUST_CHECK pc_status pc_watch_start(const pc_watch *watch, pc_error *err);

/** No more watching; nothing if there was none. */
void pc_watch_stop(void);

#ifdef __cplusplus
}
#endif

#endif
