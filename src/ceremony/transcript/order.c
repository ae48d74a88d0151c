/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/transcript/order.h"

#include <string.h>

#include "ceremony/transcript/kinds.h"

static pc_status check_place(const pc_transcript_order *order, bool is_header, pc_error *err)
{
    if (order->is_closed) {
        return pc_fail(err, PC_E_INPUT, "the transcript is closed: nothing may follow");
    }
    if (is_header != (order->count == 0)) {
        return pc_fail(err, PC_E_INPUT, is_header ? "a second header" : "a transcript starts with its header");
    }
    return PC_OK;
}

static pc_status add_intent(pc_transcript_order *order, pc_error *err)
{
    if (order->open_intent) {
        return pc_fail(err, PC_E_INPUT, "the intent in record %lld has no outcome yet", (long long)order->open_intent);
    }
    order->open_intent = order->count + 1;
    return PC_OK;
}

static pc_status add_outcome(pc_transcript_order *order, const json_t *body, pc_error *err)
{
    json_int_t intent = json_integer_value(json_object_get(body, "intent"));

    if (intent != order->open_intent || intent == 0) {
        return pc_fail(err, PC_E_INPUT, "an outcome of record %lld, which is not an open intent", (long long)intent);
    }
    order->open_intent = 0;
    return PC_OK;
}

static pc_status add_close(pc_transcript_order *order, pc_error *err)
{
    if (order->open_intent) {
        return pc_fail(err, PC_E_INPUT, "closed while the intent in record %lld has no outcome",
                       (long long)order->open_intent);
    }
    order->is_closed = true;
    return PC_OK;
}

pc_status pc_transcript_order_add(pc_transcript_order *order, const char *kind, const json_t *body, pc_error *err)
{
    PC_TRY(check_place(order, strcmp(kind, "header") == 0, err));
    PC_TRY(pc_record_kind_check(kind, body, err));
    if (strcmp(kind, "intent") == 0) {
        PC_TRY(add_intent(order, err));
    } else if (strcmp(kind, "outcome") == 0) {
        PC_TRY(add_outcome(order, body, err));
    } else if (strcmp(kind, "close") == 0) {
        PC_TRY(add_close(order, err));
    }
    order->count++;
    return PC_OK;
}
