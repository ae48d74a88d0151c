/* SPDX-License-Identifier: Apache-2.0 */
#ifndef P11CERT_TESTS_KILL_SWEEP_H
#define P11CERT_TESTS_KILL_SWEEP_H

#include "ca_world.h"

/**
 * Submissions and retrievals that are killed (SIGKILL) at each call of the module and at each moment of the network,
 * and run again: they end in the same state. The request is server.req, of the key "server".
 */
typedef struct {
    const char *url;
    const char *const *login; /**< options, as WORDS */
    const char *const *words; /**< further words of a submission, as WORDS; NULL: none */
    void (*begin)(void);      /**< called before each round to reset the count of `requests`; NULL: nothing to do */
    size_t (*requests)(void); /**< how many requests the CA has received since then; NULL: not counted */
    bool delivers_once;       /**< a certificate that was lost on its way has to be requested again */
} kill_sweep;

/** `submit --accept`: one request reaches the CA, or two if the program needed --again to send it again. */
void killed_while_submitting(const kill_sweep *sweep);

/** `retrieve --accept` of a request that is pending on the token, and approved. */
void killed_while_retrieving(const kill_sweep *sweep);

#endif
