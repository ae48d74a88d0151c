/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "app/ceremony/ceremony.h"
#include "base/result.h"
#include "base/text.h"

void pc_ceremony_result_free(pc_ceremony_result *result)
{
    pc_arena_free(result ? result->arena : NULL);
}
PC_AUTO_DEFINE(pc_ceremony_result, pc_ceremony_result, pc_ceremony_result_free);

pc_status pc_ceremony_run(const pc_ceremony_order *order, pc_ceremony_result **ret_result, pc_error *err)
{
    PC_AUTO(pc_ceremony_result) pc_ceremony_result *result = PC_RESULT_NEW(pc_ceremony_result);
    pc_ceremony ceremony;

    if (!result) {
        return pc_fail_memory(err);
    }
    if (!order->site) {
        return pc_fail(err, PC_E_USAGE, "a production run requires the site file, which names the tokens");
    }
    PC_TRY(pc_ceremony_prepare(order, PC_CEREMONY_PRODUCTION, result->arena, &ceremony, err));
    pc_status status = pc_ceremony_conduct(&ceremony, result, err);

    pc_ceremony_pins_clear(ceremony.pins);
    PC_TRY(status);
    *ret_result = PC_TAKE(result);
    return PC_OK;
}
