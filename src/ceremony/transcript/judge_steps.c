/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/transcript/judge_steps.h"

#include <string.h>

#include "base/cleanup.h"
#include "ceremony/transcript/verdict.h"

/* The type of the file that a step of the kind makes. */
static const struct {
    const char *kind;
    const char *type;
} products[] = {
    { "self-sign", "certificate" }, { "issue", "certificate" }, { "cross", "certificate" },
    { "request", "request" },       { "crl", "crl" },           { "export-public", "public-key" },
};

static bool has_artefact(const pc_gathered *gathered, int64_t step, const char *type)
{
    for (size_t i = 0; i < gathered->artefact_count; i++) {
        const pc_recorded_artefact *artefact = &gathered->artefacts[i];

        if (artefact->step == step && !artefact->is_input && strcmp(artefact->type, type) == 0) {
            return true;
        }
    }
    return false;
}

static pc_status judge_product(const pc_gathered *gathered, const pc_recorded_step *step,
                               pc_ceremony_verify_result *verdict, pc_error *err)
{
    for (size_t i = 0; i < PC_COUNT(products); i++) {
        if (strcmp(step->kind, products[i].kind) == 0 && !has_artefact(gathered, step->step, products[i].type)) {
            return pc_verdict_add(verdict, PC_JUDGED_FAIL, err, "steps", "step %lld (%s) recorded no %s",
                                  (long long)step->step, step->kind, products[i].type);
        }
    }
    return strcmp(step->kind, "keygen") == 0 && !step->has_private_key
               ? pc_verdict_add(verdict, PC_JUDGED_FAIL, err, "steps",
                                "step %lld (keygen) recorded no attributes of a private key", (long long)step->step)
               : PC_OK;
}

pc_status pc_judge_steps(const pc_gathered *gathered, pc_ceremony_verify_result *verdict, pc_error *err)
{
    for (size_t i = 0; i < gathered->step_count; i++) {
        const pc_recorded_step *step = &gathered->steps[i];

        if (step->step != (int64_t)i + 1) {
            return pc_verdict_add(verdict, PC_JUDGED_FAIL, err, "steps",
                                  "step %lld was begun where step %zu should have been", (long long)step->step, i + 1);
        }
        PC_TRY(step->is_done ? judge_product(gathered, step, verdict, err) : PC_OK);
    }
    return PC_OK;
}
