/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CEREMONY_TRANSCRIPT_ORDER_H
#define PC_CEREMONY_TRANSCRIPT_ORDER_H

#include "ceremony/transcript/record.h"

/** The state of a transcript: it decides which record may come next. Zeroed at its start. */
typedef struct {
    int64_t count;       /**< records so far */
    int64_t open_intent; /**< seq of the intent without an outcome; 0 if there is none */
    bool is_closed;      /**< nothing may follow */
} pc_transcript_order;

/**
 * Add the next record: a header comes first and only there, an intent has its outcome before the next intent, and
 * nothing comes after `close`, which may not be added while an intent is open.
 * @return PC_OK; PC_E_INPUT (out of order, or not a kind with its members), with the order unchanged.
 */
PC_MUST_CHECK pc_status pc_transcript_order_add(pc_transcript_order *order, const char *kind, const json_t *body,
                                                pc_error *err);

#endif
