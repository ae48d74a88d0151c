/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/explain.h>

#include "base/arena.h"
#include "base/file.h"

pc_status pc_explain_file(const char *file, pc_explanation **ret_explanation, pc_error *err)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    pc_bytes bytes = { .len = 0 };

    if (!arena) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_file_read(arena, file, PC_INF_MAX_SIZE, &bytes, err));
    return pc_inf_explain(bytes.data, bytes.len, file, ret_explanation, err);
}
