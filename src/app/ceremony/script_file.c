/* SPDX-License-Identifier: Apache-2.0 */
#include "app/ceremony/script_file.h"

#include <p11cert/certificate_profile.h>
#include <p11cert/request.h>

#include "base/file.h"
#include "base/nearest.h"
#include "base/text.h"
#include "ceremony/script/judge.h"
#include "token/abilities.h"

PC_AUTO_DEFINE(pc_request, pc_request, pc_request_free);

/* --- values that other areas know ----------------------------------------------------------------- */

static pc_status judge_subject(const pc_script_step *step, pc_script_findings *findings, pc_error *err)
{
    PC_AUTO(pc_request) pc_request *request = pc_request_new();
    pc_error reason = { .status = PC_OK };

    if (!request) {
        return pc_fail_memory(err);
    }
    return pc_request_set_subject(request, step->subject, &reason) == PC_OK
               ? PC_OK
               : pc_script_find(findings, step->line, err, "step %zu: %s", step->number, reason.frames[0]);
}

static pc_status judge_type(const pc_script_step *step, pc_script_findings *findings, pc_error *err)
{
    pc_key_kind kind = PC_KEY_RSA_3072;
    pc_error ignored = { .status = PC_OK };

    return pc_key_kind_from_name(step->type, &kind, &ignored) == PC_OK
               ? PC_OK
               : pc_script_find(findings, step->line, err,
                                "step %zu: \"%s\" is not a type of key; use one such as ec-p384 or rsa-4096",
                                step->number, step->type);
}

/* A built-in profile, or an input file: the profile that is used must be the one that was reviewed. */
static pc_status judge_profile(const pc_script_step *step, pc_script_findings *findings, pc_error *err)
{
    pc_nearest nearest = pc_nearest_to(step->profile);
    size_t count = 0;
    const pc_certificate_profile *profiles = pc_certificate_profiles(&count);

    for (size_t i = 0; i < count; i++) {
        if (pc_text_equal(profiles[i].name, step->profile)) {
            return PC_OK;
        }
        pc_nearest_offer(&nearest, profiles[i].name);
    }
    return pc_script_find(findings, step->line, err,
                          "step %zu: \"%s\" is neither a certificate profile nor a file that inputs list%s%s%s",
                          step->number, step->profile, nearest.best ? "; did you mean " : "",
                          nearest.best ? nearest.best : "", nearest.best ? "?" : "");
}

static pc_status judge_mechanisms(const pc_script_token *token, pc_script_findings *findings, pc_error *err)
{
    for (size_t i = 0; i < token->mechanisms.count; i++) {
        const char *name = token->mechanisms.items[i];
        const char *nearest = NULL;
        unsigned long type = 0;

        if (!pc_mechanism_from_name(name, &type, &nearest)) {
            PC_TRY(pc_script_find(findings, token->line, err,
                                  "the token \"%s\": \"%s\" is not a mechanism that p11cert knows%s%s%s", token->role,
                                  name, nearest ? "; did you mean " : "; write its number, as 0x80000001",
                                  nearest ? nearest : "", nearest ? "?" : ""));
        }
    }
    return PC_OK;
}

static pc_status judge_values(const pc_script *script, pc_script_findings *findings, pc_error *err)
{
    for (size_t i = 0; i < script->steps.count; i++) {
        const pc_script_step *step = &script->steps.items[i];
        bool has_certificate_profile =
            step->kind == PC_STEP_SELF_SIGN || step->kind == PC_STEP_ISSUE || step->kind == PC_STEP_CROSS;

        PC_TRY(step->subject ? judge_subject(step, findings, err) : PC_OK);
        PC_TRY(step->type ? judge_type(step, findings, err) : PC_OK);
        if (step->profile && has_certificate_profile && !pc_script_find_input(script, step->profile)) {
            PC_TRY(judge_profile(step, findings, err));
        }
    }
    for (size_t i = 0; i < script->tokens.count; i++) {
        PC_TRY(script->tokens.items[i].role ? judge_mechanisms(&script->tokens.items[i], findings, err) : PC_OK);
    }
    pc_script_findings_sort(findings);
    return PC_OK;
}

/* --- reading -------------------------------------------------------------------------------------- */

pc_status pc_script_file_judge(const char *file, pc_arena *arena, pc_script *ret_script,
                               pc_script_findings *ret_findings, pc_error *err)
{
    pc_file_bytes source = { .name = file };

    PC_TRY(pc_file_read(arena, file, PC_SCRIPT_MOST_BYTES, &source.bytes, err));
    PC_TRY(pc_script_read(source, arena, ret_script, ret_findings, err));
    PC_TRY(pc_script_judge(ret_script, ret_findings, err));
    return judge_values(ret_script, ret_findings, err);
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
