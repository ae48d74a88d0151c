/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/ceremony_bundle.h>

#include <string.h>

#include "app/ceremony/judge_again.h"
#include "base/file.h"
#include "ceremony/transcript/bundle.h"
#include "ceremony/transcript/judge.h"
#include "ceremony/transcript/summary.h"

static const pc_judged *first_failure(const pc_ceremony_verify_result *verdict)
{
    for (size_t i = 0; i < verdict->count; i++) {
        if (verdict->items[i].state == PC_JUDGED_FAIL) {
            return &verdict->items[i];
        }
    }
    return NULL;
}

static pc_status check_folder(const pc_ceremony_bundle_order *order, bool is_rehearsal, pc_error *err)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    const pc_ceremony_verify_order question = { .path = order->folder,
                                                .is_rehearsal = is_rehearsal,
                                                .signers = order->signers,
                                                .signer_count = order->signer_count };
    pc_ceremony_verify_result verdict = { .arena = arena };

    if (!arena) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_ceremony_judge(&question, &pc_ceremony_judge_again, &verdict, err));
    const pc_judged *failure = first_failure(&verdict);

    if (!failure) {
        return PC_OK;
    }
    (void)pc_fail(err, PC_E_VERIFY, "%s: %s", failure->subject, failure->text);
    return pc_note(err, PC_E_VERIFY, "\"%s\" does not verify, and is not bundled", order->folder);
}

static pc_status write_bundle(const pc_ceremony_bundle_order *order, pc_output *output, pc_error *err)
{
    PC_AUTO(pc_ceremony_source) pc_ceremony_source source = { .arena = NULL };
    pc_transcript_summary summary = { .title = NULL };
    char head[PC_HEAD_TEXT] = "";
    PC_AUTO(free) char *tar = NULL;
    size_t len = 0;

    PC_TRY(pc_ceremony_source_open(order->folder, &source, err));
    if (source.kind != PC_SOURCE_FOLDER) {
        return pc_fail(err, PC_E_INPUT, "\"%s\" is not a folder", order->folder);
    }
    PC_TRY(pc_transcript_summarise(&source, NULL, NULL, &summary, err));
    PC_TRY(check_folder(order, strcmp(summary.head.mode, "REHEARSAL") == 0, err));
    pc_head_to_text(&summary.head, head);
    PC_TRY(pc_ceremony_bundle_write(&source, head, &tar, &len, err));
    return pc_output_commit(output, tar, len, err);
}

pc_status pc_ceremony_bundle_run(const pc_ceremony_bundle_order *order, bool *ret_changed, pc_error *err)
{
    PC_AUTO(pc_output) pc_output *output = NULL;

    PC_TRY(pc_output_open(order->out, PC_FILE_SAME, 0644, &output, err));
    PC_TRY(write_bundle(order, output, err));
    *ret_changed = !pc_output_is_unchanged(output);
    return PC_OK;
}
