/* SPDX-License-Identifier: Apache-2.0 */
#include "app/repair/leftover.h"

#include <string.h>

#include "token/leftover.h"

/* A message with the error of a call; the caller checks for NULL. */
static const char *with_reason(pc_arena *arena, const char *message, const pc_error *why)
{
    return pc_arena_format(arena, "%s; %s", message, why->frames[0]);
}

static pc_status remove_one(const pc_repair_view *view, CK_OBJECT_HANDLE handle, pc_repair_finding *finding,
                            pc_error *err)
{
    pc_error why = { .status = PC_OK };
    pc_status status = pc_leftover_remove(view->token, handle, &why);

    if (status == PC_OK) {
        finding->state = PC_REPAIR_DONE;
        return PC_OK;
    }
    finding->state = status == PC_E_REFUSED ? PC_REPAIR_NOTE : PC_REPAIR_REFUSED;
    finding->remedy = status == PC_E_REFUSED ? "nothing was removed" : "the token's own tool may be able to remove it";
    finding->message = with_reason(view->plan.arena, finding->message, &why);
    return finding->message ? PC_OK : pc_fail_memory(err);
}

static pc_status make_room(pc_repair_result *result, size_t count, pc_error *err)
{
    pc_repair_finding *findings = pc_arena_alloc(result->arena, (result->finding_count + count + 1) * sizeof *findings);

    if (!findings) {
        return pc_fail_memory(err);
    }
    if (result->finding_count) {
        memcpy(findings, result->findings, result->finding_count * sizeof *findings);
    }
    result->findings = findings;
    return PC_OK;
}

pc_status pc_repair_leftovers(const pc_repair_view *view, bool apply, pc_repair_result *result, pc_error *err)
{
    pc_handles found = { .count = 0 };

    PC_TRY(pc_leftovers_find(view->token, &view->inventory, view->plan.arena, &found, err));
    PC_TRY(make_room(result, found.count, err));
    if (apply && found.count > 0) {
        pc_leftover_wait_for_creation();
    }
    for (size_t i = 0; i < found.count; i++) {
        pc_repair_finding *finding = &result->findings[result->finding_count++];

        *finding = (pc_repair_finding){
            .id = "repair.leftover",
            .state = PC_REPAIR_PLANNED,
            .object_class = PC_REPAIR_OBJECT,
            .label = "",
            .object_id = "",
            .message =
                "an empty object, without label, CKA_ID or value, or a key without key material: it remains if a "
                "program is killed while the token creates an object. Other programs may show it as an empty data "
                "object",
            .attribute = "object",
            .old_value = "empty",
            .new_value = "(removed)",
        };
        if (apply) {
            PC_TRY(remove_one(view, found.items[i], finding, err));
        }
        result->counts[finding->state]++;
    }
    return PC_OK;
}
