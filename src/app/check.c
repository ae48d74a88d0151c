/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/check.h>

#include <time.h>

#include "app/evidence.h"

pc_status pc_check_run(const pc_check_order *order, const pc_token_access *access, pc_report **ret_report, pc_error *err)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    __attribute__((cleanup(pc_files_clear))) pc_files files = { .inf = NULL };
    pc_evidence evidence = { .now_sec = (int64_t)time(NULL), .fqdn = order->fqdn };

    if (!arena) {
        return pc_fail_memory(err);
    }
    if (order->file_count == 0 && !order->key) {
        return pc_fail(err, PC_E_USAGE, "nothing to check: name files, or a key with --key");
    }
    PC_TRY(pc_policy_check_order(&order->policy, err));
    PC_TRY(pc_files_read(order, &files, err));
    PC_TRY(pc_evidence_of_files(&files, arena, &evidence, err));
    if (access) {
        PC_TRY(pc_evidence_of_token(&files, order->key, access, arena, &evidence, err));
    }
    return pc_policy_judge(&order->policy, &evidence, ret_report, err);
}
