/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_RETRIEVE_H
#define PC_APP_RETRIEVE_H

#include <p11cert/submit.h>

#include "app/ca/session.h"

/** A retrieval in progress. */
typedef struct {
    const pc_retrieve_order *order;
    const pc_token *token;
    pc_ca_session *session;
    unsigned retry_sec; /**< the longest that a CA asked for in the last round; 0: none did */
    pc_submit_result *result;
    pc_ca_target target; /**< of the order; if the address is NULL, each record has its own */
    const char *silent;  /**< an address that was unreachable, and another of the same CA that */
    const char *instead; /**< answered; NULL: none yet */
    pc_arena *arena;     /**< the result's */
} pc_retrieval;

/**
 * Fill the result with the requests that the order names: one item each, with its record. A request that was denied is
 * no longer pending; only its number names it.
 * @return PC_OK; PC_E_USAGE (not a number); PC_E_NOT_FOUND, PC_E_AMBIGUOUS; as reading the token; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_retrieve_choose(pc_retrieval *job, pc_error *err);

#endif
