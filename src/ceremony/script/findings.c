/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/script/findings.h"

#include <string.h>

#include "base/text.h"

pc_status pc_script_find(pc_script_findings *findings, size_t line, pc_error *err, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    const char *raw = pc_arena_vformat(findings->arena, format, args);

    va_end(args);
    const char *text = raw ? pc_text_escape(findings->arena, raw, strlen(raw)) : NULL;
    pc_ceremony_finding *finding = text ? PC_PUSH(findings->arena, findings->items, findings->count) : NULL;

    if (!finding) {
        return pc_fail_memory(err);
    }
    *finding = (pc_ceremony_finding){ .line = line, .message = text };
    return PC_OK;
}

void pc_script_findings_sort(pc_script_findings *findings)
{
    for (size_t i = 1; i < findings->count; i++) {
        const pc_ceremony_finding moved = findings->items[i];
        size_t place = i;

        for (; place > 0 && findings->items[place - 1].line > moved.line; place--) {
            findings->items[place] = findings->items[place - 1];
        }
        findings->items[place] = moved;
    }
}
