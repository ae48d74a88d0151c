/* SPDX-License-Identifier: Apache-2.0 */
#include "app/ceremony/tokens_again.h"

#include <string.h>

#include "app/ceremony/token_expected.h"

/* Other writers of transcripts need not record these. */
static bool lacks_a_member(const pc_script_token *expected, const pc_token_shown *shown)
{
    return (expected->manufacturer && !shown->manufacturer) || (expected->model && !shown->model) ||
           (expected->firmware && !shown->firmware);
}

/* Where the judgement of all tokens goes. */
typedef struct {
    pc_ceremony_verify_result *verdict;
    bool is_rehearsal;
    size_t as_expected;
} judging;

static pc_status judge_token(judging *judge, const pc_recorded_token *recorded, const pc_script_token *expected,
                             pc_error *err)
{
    const long long step = (long long)recorded->step;
    const pc_token_shown all = { recorded->label, recorded->manufacturer, recorded->model, recorded->firmware,
                                 recorded->serial };
    const pc_token_shown shown = judge->is_rehearsal ? (pc_token_shown){ .label = recorded->label } : all;
    pc_token_difference first;

    if (!expected) {
        return pc_verdict_add(judge->verdict, PC_JUDGED_FAIL, err, "tokens",
                              "step %lld: the ceremony file has no token \"%s\"", step, recorded->role);
    }
    if (pc_token_differs(expected, &shown, &first)) {
        return pc_verdict_add(judge->verdict, PC_JUDGED_FAIL, err, "tokens",
                              "step %lld, line %zu: the token \"%s\" had the %s \"%s\", and the ceremony file expects "
                              "\"%s\"",
                              step, expected->line, expected->role, first.what, first.found, first.expected);
    }
    if (!judge->is_rehearsal && lacks_a_member(expected, &shown)) {
        return pc_verdict_add(judge->verdict, PC_JUDGED_NOTE, err, "tokens",
                              "step %lld, line %zu: the transcript does not record everything that the ceremony file "
                              "expects of the token \"%s\"",
                              step, expected->line, expected->role);
    }
    judge->as_expected++;
    return PC_OK;
}

static bool is_recorded(const pc_gathered *gathered, const char *role)
{
    for (size_t i = 0; i < gathered->token_count; i++) {
        if (strcmp(gathered->tokens[i].role, role) == 0) {
            return true;
        }
    }
    return false;
}

/* A token without a record cannot be compared. */
static pc_status note_unrecorded(const pc_ceremony_material *material, judging *judge, bool *ret_any, pc_error *err)
{
    for (size_t i = 0; i < material->script.tokens.count; i++) {
        const pc_script_token *expected = &material->script.tokens.items[i];
        const bool states_device = expected->manufacturer || expected->model || expected->firmware || expected->serial;

        if (states_device && !judge->is_rehearsal && !is_recorded(material->gathered, expected->role)) {
            *ret_any = true;
            PC_TRY(pc_verdict_add(judge->verdict, PC_JUDGED_NOTE, err, "tokens",
                                  "line %zu: the transcript does not record the token \"%s\", whose properties the "
                                  "ceremony file states",
                                  expected->line, expected->role));
        }
    }
    return PC_OK;
}

pc_status pc_ceremony_tokens_again(const pc_ceremony_material *material, pc_ceremony_verify_result *verdict,
                                   pc_error *err)
{
    const pc_gathered *gathered = material->gathered;
    judging judge = { .verdict = verdict, .is_rehearsal = strcmp(gathered->mode, "PRODUCTION") != 0 };

    bool any_unrecorded = false;

    PC_TRY(note_unrecorded(material, &judge, &any_unrecorded, err));
    for (size_t i = 0; i < gathered->token_count; i++) {
        const pc_recorded_token *recorded = &gathered->tokens[i];

        PC_TRY(judge_token(&judge, recorded, pc_script_find_token(&material->script, recorded->role), err));
    }
    if (any_unrecorded || gathered->token_count == 0 || judge.as_expected != gathered->token_count) {
        return PC_OK;
    }
    const char *plural = gathered->token_count == 1 ? "" : "s";

    return judge.is_rehearsal
               ? pc_verdict_add(verdict, PC_JUDGED_PASS, err, "tokens",
                                "%zu record%s, each with the label that the ceremony file gives", gathered->token_count,
                                plural)
               : pc_verdict_add(verdict, PC_JUDGED_PASS, err, "tokens",
                                "%zu record%s, each as the ceremony file expects", gathered->token_count, plural);
}
