/* SPDX-License-Identifier: Apache-2.0 */
#include "app/ceremony/orders_again.h"

#include "app/ceremony/remake.h"
#include "base/kept_error.h"
#include "x509/show/contents.h"

/* --- the parts that differ ------------------------------------------------------------------------------ */

/* A CA may have several certificates: the one that was used gives the fewest differences. */
static pc_status judge(pc_remaking *remaking, const pc_contents *found, const pc_contents *made, pc_error *err)
{
    const pc_contents_pair pair = { .ordered = made, .made = found };
    const pc_contents_differences *fewest = remaking->context;
    pc_contents_differences *differences = pc_arena_alloc(remaking->material->arena, sizeof *differences);

    if (!differences) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_contents_compare(&pair, remaking->material->arena, differences, err));
    if (!fewest || differences->count < fewest->count) {
        remaking->context = differences;
    }
    return differences->count
               ? pc_fail(err, PC_E_VERIFY, "%zu parts are not what the ceremony file orders", differences->count)
               : PC_OK;
}

static pc_status judge_certificate(pc_remaking *remaking, X509 *found, X509 *made, EVP_PKEY *signs_key, pc_error *err)
{
    pc_contents both[2] = { { .count = 0 } };

    (void)signs_key;
    PC_TRY(pc_contents_of_certificate(found, remaking->material->arena, &both[0], err));
    PC_TRY(pc_contents_of_certificate(made, remaking->material->arena, &both[1], err));
    return judge(remaking, &both[0], &both[1], err);
}

static pc_status judge_crl(pc_remaking *remaking, X509_CRL *found, X509_CRL *made, EVP_PKEY *signs_key, pc_error *err)
{
    pc_contents both[2] = { { .count = 0 } };

    (void)signs_key;
    PC_TRY(pc_contents_of_crl(found, remaking->material->arena, &both[0], err));
    PC_TRY(pc_contents_of_crl(made, remaking->material->arena, &both[1], err));
    return judge(remaking, &both[0], &both[1], err);
}

static pc_status judge_request(pc_remaking *remaking, X509_REQ *found, X509_REQ *made, pc_error *err)
{
    pc_contents both[2] = { { .count = 0 } };

    PC_TRY(pc_contents_of_request(found, remaking->material->arena, &both[0], err));
    PC_TRY(pc_contents_of_request(made, remaking->material->arena, &both[1], err));
    return judge(remaking, &both[0], &both[1], err);
}

static pc_status judge_public_key(pc_remaking *remaking, pc_bytes found, pc_bytes made, pc_error *err)
{
    (void)remaking;
    return pc_bytes_equal(found, made)
               ? PC_OK
               : pc_fail(err, PC_E_VERIFY, "there is more in it than the public key that the ceremony file orders");
}

/* Its context is the list of the differences. What a challenge states is checked with the proofs. */
static const pc_remade_judge parts_judge = { judge_certificate, judge_crl, judge_request, judge_public_key, NULL };

static pc_status add_differences(const pc_remaking *remaking, pc_ceremony_verify_result *verdict, pc_error *err)
{
    const pc_contents_differences *differences = remaking->context;
    const pc_script_step *step = remaking->step;

    pc_error_pass(err, &(pc_error){ .status = PC_OK });
    for (size_t i = 0; i < differences->count; i++) {
        const pc_contents_difference *each = &differences->items[i];

        PC_TRY(pc_verdict_add(verdict, PC_JUDGED_FAIL, err, remaking->name,
                              "step %zu, line %zu: %s: the ceremony file orders %s%s%s, and this has %s%s%s",
                              step->number, step->line, each->name, each->ordered ? "\"" : "",
                              each->ordered ? each->ordered : "none", each->ordered ? "\"" : "", each->made ? "\"" : "",
                              each->made ? each->made : "none", each->made ? "\"" : ""));
    }
    return PC_OK;
}

/* --- the steps ------------------------------------------------------------------------------------------ */

/* A file that is not there has been reported. */
static bool is_reported(const pc_remaking *remaking, pc_status status)
{
    return status == PC_E_NOT_FOUND || !json_object_get(remaking->material->gathered->recorded, remaking->name) ||
           !pc_ceremony_source_has(remaking->material->source, remaking->name);
}

static pc_status judge_step(const pc_ceremony_material *material, const pc_script_step *step,
                            pc_ceremony_verify_result *verdict, pc_error *err)
{
    pc_remaking remaking = { .material = material, .step = step, .judge = &parts_judge };
    pc_status status = pc_remake(&remaking, err);

    if (status == PC_OK || !remaking.name) {
        return status;
    }
    if (is_reported(&remaking, status)) {
        pc_error_pass(err, &(pc_error){ .status = PC_OK });
        return PC_OK;
    }
    return status == PC_E_VERIFY && remaking.context ? add_differences(&remaking, verdict, err)
                                                     : pc_verdict_add_error(verdict, status, remaking.name, err);
}

/* Whoever wrote the transcript could have exchanged such a file, and what was made by it. */
static pc_status note_inputs(const pc_ceremony_material *material, pc_ceremony_verify_result *verdict, pc_error *err)
{
    for (size_t i = 0; i < material->script.inputs.count; i++) {
        const pc_script_input *input = &material->script.inputs.items[i];

        PC_TRY(input->sha256
                   ? PC_OK
                   : pc_verdict_add(verdict, PC_JUDGED_NOTE, err, input->file,
                                    "line %zu of the ceremony file states no SHA-256 of it: compare it with the file "
                                    "that was reviewed",
                                    input->line));
    }
    return PC_OK;
}

pc_status pc_ceremony_orders_again(const pc_ceremony_material *material, pc_ceremony_verify_result *verdict,
                                   pc_error *err)
{
    const size_t failures = verdict->fail_count;
    size_t count = 0;

    for (size_t i = 0; i < material->script.steps.count; i++) {
        const pc_script_step *step = &material->script.steps.items[i];

        if (pc_remake_is_for(step)) {
            PC_TRY(judge_step(material, step, verdict, err));
            count++;
        }
    }
    PC_TRY(note_inputs(material, verdict, err));
    return count && verdict->fail_count == failures
               ? pc_verdict_add(verdict, PC_JUDGED_PASS, err, "orders",
                                "%zu file%s, each with the contents that the ceremony file orders", count,
                                count == 1 ? "" : "s")
               : PC_OK;
}
