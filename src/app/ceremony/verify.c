/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/ceremony_verify.h>

#include "app/ceremony/judge_again.h"
#include "base/result.h"
#include "ceremony/transcript/judge.h"

void pc_ceremony_verify_result_free(pc_ceremony_verify_result *result)
{
    if (result) {
        pc_arena_free(result->arena);
    }
}

PC_AUTO_DEFINE(pc_ceremony_verify_result, pc_ceremony_verify_result, pc_ceremony_verify_result_free);

pc_status pc_ceremony_verify_run(const pc_ceremony_verify_order *order, pc_ceremony_verify_result **ret_result,
                                 pc_error *err)
{
    pc_error own = { .status = PC_OK }; /* a check needs the text of an error even if the caller does not */
    PC_AUTO(pc_ceremony_verify_result)
    pc_ceremony_verify_result *result = PC_RESULT_NEW(pc_ceremony_verify_result);

    if (!result) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_ceremony_judge(order, &pc_ceremony_judge_again, result, err ? err : &own));
    *ret_result = PC_TAKE(result);
    return PC_OK;
}
