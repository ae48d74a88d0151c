/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include <p11cert/ceremony.h>

#include "app/ceremony/script_file.h"
#include "base/file.h"
#include "base/result.h"
#include "base/text.h"
#include "ceremony/script/paper.h"

void pc_ceremony_lint_free(pc_ceremony_lint *lint)
{
    pc_arena_free(lint ? lint->arena : NULL);
}
PC_AUTO_DEFINE(pc_ceremony_lint, pc_ceremony_lint, pc_ceremony_lint_free);

static const char *safe(pc_arena *arena, const char *text)
{
    return text ? pc_text_escape(arena, text, strlen(text)) : NULL;
}

pc_status pc_ceremony_lint_run(const char *file, pc_ceremony_lint **ret_lint, pc_error *err)
{
    PC_AUTO(pc_ceremony_lint) pc_ceremony_lint *lint = PC_RESULT_NEW(pc_ceremony_lint);
    pc_script script;
    pc_script_findings findings;

    if (!lint) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_script_file_judge(file, lint->arena, &script, &findings, err));
    lint->file = script.file;
    lint->id = safe(lint->arena, script.head.id);
    lint->title = safe(lint->arena, script.head.title);
    memcpy(lint->sha256, script.sha256, sizeof lint->sha256);
    lint->step_count = script.steps.count;
    lint->findings = findings.items;
    lint->finding_count = findings.count;
    if (!lint->file || (script.head.id && !lint->id) || (script.head.title && !lint->title)) {
        return pc_fail_memory(err);
    }
    *ret_lint = PC_TAKE(lint);
    return PC_OK;
}

pc_status pc_ceremony_print_run(const pc_ceremony_print_order *order, bool *ret_changed, pc_error *err)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    PC_AUTO(pc_output) pc_output *output = NULL;
    pc_script script;
    pc_paper paper;

    if (!arena) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_script_file_read(order->file, arena, &script, err));
    PC_TRY(pc_output_open(order->out, PC_FILE_SAME, 0644, &output, err));
    PC_TRY(pc_paper_make(&script, &paper, err));
    const char *text = order->html ? pc_paper_to_html(&paper) : pc_paper_to_text(&paper);

    PC_TRY(text ? pc_output_commit(output, text, strlen(text), err) : pc_fail_memory(err));
    *ret_changed = !pc_output_is_unchanged(output);
    return PC_OK;
}
