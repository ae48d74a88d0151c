/* SPDX-License-Identifier: Apache-2.0 */
#include "app/ceremony/script_file.h"

#include "base/file.h"
#include "ceremony/script/judge.h"

pc_status pc_script_file_judge(const char *file, pc_arena *arena, pc_script *ret_script,
                               pc_script_findings *ret_findings, pc_error *err)
{
    pc_file_bytes source = { .name = file };

    PC_TRY(pc_file_read(arena, file, PC_SCRIPT_MOST_BYTES, &source.bytes, err));
    PC_TRY(pc_script_read(source, arena, ret_script, ret_findings, err));
    return pc_script_judge(ret_script, ret_findings, err);
}

pc_status pc_script_file_read(const char *file, pc_arena *arena, pc_script *ret_script, pc_error *err)
{
    pc_script_findings findings;

    PC_TRY(pc_script_file_judge(file, arena, ret_script, &findings, err));
    if (findings.count == 0) {
        return PC_OK;
    }
    const pc_ceremony_finding *first = &findings.items[0];

    if (first->line) {
        (void)pc_fail(err, PC_E_INPUT, "\"%s\", line %zu: %s", file, first->line, first->message);
    } else {
        (void)pc_fail(err, PC_E_INPUT, "\"%s\": %s", file, first->message);
    }
    return pc_hint(err, PC_E_INPUT, "`p11cert ceremony lint` lists all that is wrong with it");
}
