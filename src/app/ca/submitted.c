/* SPDX-License-Identifier: Apache-2.0 */
#include "app/ca/submitted.h"
#include "base/kept_error.h"
#include "base/result.h"

static void free_items(pc_submit_result *result)
{
    for (size_t i = 0; i < result->count; i++) {
        pc_accept_result_free(result->items[i].accepted);
    }
}

void pc_submit_result_free(pc_submit_result *result)
{
    if (result) {
        free_items(result);
        pc_arena_free(result->arena);
    }
}

pc_status pc_submit_result_new(pc_submit_result **ret_result, pc_error *err)
{
    PC_AUTO(pc_submit_result) pc_submit_result *result = PC_RESULT_NEW(pc_submit_result);

    if (!result) {
        return pc_fail_memory(err);
    }
    *ret_result = PC_TAKE(result);
    return PC_OK;
}

pc_status pc_submit_result_add(pc_submit_result *result, size_t count, pc_error *err)
{
    static const pc_pending empty = { .protocol = "certsrv",
                                      .ca = "",
                                      .ca_state = "",
                                      .request_id = "",
                                      .submitted_at = "",
                                      .request_sha256 = "",
                                      .request = "",
                                      .spki_sha256 = "",
                                      .key_label = "",
                                      .key_id = "",
                                      .where = "" };

    result->items = pc_arena_alloc(result->arena, count * sizeof *result->items);
    if (!result->items) {
        return pc_fail_memory(err);
    }
    for (size_t i = 0; i < count; i++) {
        result->items[i] = (pc_submitted){ .disposition = PC_CA_UNKNOWN, .record = empty };
    }
    result->count = count;
    return PC_OK;
}

void pc_submitted_note(pc_submitted *item, pc_status status, const pc_error *err, pc_arena *arena)
{
    item->status = status;
    if (status == PC_OK) {
        return;
    }
    item->problem = pc_error_words(err, arena);
    item->hint = *err->hint ? pc_arena_string(arena, err->hint) : NULL;
}
