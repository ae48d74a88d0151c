/* SPDX-License-Identifier: Apache-2.0 */
#include "app/ceremony/judge_again.h"

#include <string.h>

#include "app/ceremony/keys_again.h"
#include "app/ceremony/lints_again.h"
#include "app/ceremony/material.h"
#include "app/ceremony/orders_again.h"
#include "app/ceremony/tokens_again.h"
#include "ceremony/transcript/part.h"

/* --- who confirmed -------------------------------------------------------------------------------- */

/* @param who  NULL: anybody */
static unsigned count_persons(const pc_gathered *gathered, const char *role, const char *who)
{
    unsigned count = 0;

    for (size_t i = 0; i < gathered->person_count; i++) {
        const pc_recorded_person *person = &gathered->persons[i];

        count += person->is_present && strcmp(person->role, role) == 0 && (!who || strcmp(person->name, who) == 0);
    }
    return count;
}

/* The confirmations of a step by people of a role. */
typedef struct {
    const char *role;
    const char *title;
    const json_t *times; /* how often each name confirmed */
    unsigned unnamed;    /* of the role, those whose names were not recorded by then */
} confirmations;

/* A person whose name was recorded counts once, however often an interrupted step was confirmed. Whose was not yet
 * appears with the title of the role; another name is of somebody who was not there. */
static unsigned count_names(const pc_gathered *gathered, const confirmations *given)
{
    unsigned count = 0;
    const char *who = NULL;
    json_t *value = NULL;

    json_object_foreach((json_t *)(uintptr_t)given->times, who, value)
    {
        const unsigned confirmed = (unsigned)json_integer_value(value);
        const unsigned known = count_persons(gathered, given->role, who);
        const unsigned most = known + (strcmp(who, given->title) == 0 ? given->unnamed : 0);

        count += most < confirmed ? most : confirmed;
    }
    return count;
}

/* People who are recorded as present have confirmed that with their names. */
static pc_status count_confirms(const pc_ceremony_material *material, const pc_script_step *step,
                                const pc_script_role *role, unsigned *ret_count, pc_error *err)
{
    const pc_gathered *gathered = material->gathered;
    const char *name = pc_gathered_draw_name(material->arena, (int64_t)step->number, role->name);

    if (!name) {
        return pc_fail_memory(err);
    }
    const unsigned needed = role->count ? role->count : 1;
    const unsigned seated = (unsigned)json_integer_value(json_object_get(gathered->seated, name));
    const confirmations given = {
        .role = role->name,
        .title = pc_script_role_title(&material->script, role->name),
        .times = json_object_get(gathered->confirms, name),
        .unnamed = needed > seated ? needed - seated : 0,
    };

    *ret_count =
        step->kind == PC_STEP_WITNESS ? count_persons(gathered, role->name, NULL) : count_names(gathered, &given);
    return PC_OK;
}

static pc_status judge_confirms(const pc_ceremony_material *material, const pc_script_step *step,
                                pc_ceremony_verify_result *verdict, pc_error *err)
{
    for (size_t i = 0; i < step->by.count && !step->unattended; i++) {
        const pc_script_role *role = pc_script_find_role(&material->script, step->by.items[i]);
        const unsigned needed = role && role->count ? role->count : 1;
        unsigned count = 0;

        PC_TRY(role ? count_confirms(material, step, role, &count, err) : PC_OK);
        if (count < needed) {
            PC_TRY(pc_verdict_add(verdict, PC_JUDGED_FAIL, err, "steps",
                                  "step %zu requires %u of the role \"%s\", and the transcript has %u", step->number,
                                  needed, step->by.items[i], count));
        }
    }
    return PC_OK;
}

/* --- steps ------------------------------------------------------------------------------------------ */

/* The file that the step writes is the one that it recorded. */
static bool has_output(const pc_ceremony_material *material, const pc_script_step *step)
{
    const pc_recorded_artefact *artefact = step->out ? pc_ceremony_material_artefact(material, step->out) : NULL;

    return !step->out || (artefact && artefact->step == (int64_t)step->number && !artefact->is_input);
}

static bool is_carried_out(const pc_gathered *gathered, const pc_script_step *step)
{
    const size_t place = step->number - 1;

    return place < gathered->step_count && gathered->steps[place].step == (int64_t)step->number &&
           gathered->steps[place].is_done && strcmp(gathered->steps[place].kind, pc_step_kinds[step->kind].name) == 0;
}

static pc_status judge_step(const pc_ceremony_material *material, const pc_script_step *step,
                            pc_ceremony_verify_result *verdict, pc_error *err)
{
    if (!is_carried_out(material->gathered, step)) {
        return pc_verdict_add(verdict, PC_JUDGED_FAIL, err, "steps",
                              "step %zu of the ceremony file (%s) was not carried out in its place", step->number,
                              pc_step_kinds[step->kind].name);
    }
    if (!has_output(material, step)) {
        return pc_verdict_add(verdict, PC_JUDGED_FAIL, err, "steps", "step %zu writes \"%s\", and did not record it",
                              step->number, step->out);
    }
    return judge_confirms(material, step, verdict, err);
}

/* The title stands above the verdict and on the page. */
static pc_status judge_title(const pc_ceremony_material *material, pc_ceremony_verify_result *verdict, pc_error *err)
{
    const char *title = material->script.head.title;

    return strcmp(material->gathered->title, title) == 0
               ? PC_OK
               : pc_verdict_add(verdict, PC_JUDGED_FAIL, err, "script",
                                "the transcript is of \"%s\", but the title in the ceremony file is \"%s\"",
                                material->gathered->title, title);
}

static pc_status judge_steps(const pc_ceremony_material *material, pc_ceremony_verify_result *verdict, pc_error *err)
{
    const size_t failures = verdict->fail_count;

    if (material->gathered->step_count > material->script.steps.count) {
        PC_TRY(pc_verdict_add(verdict, PC_JUDGED_FAIL, err, "steps",
                              "the ceremony file has %zu steps, and %zu were begun", material->script.steps.count,
                              material->gathered->step_count));
    }
    for (size_t i = 0; i < material->script.steps.count; i++) {
        const pc_script_step *step = &material->script.steps.items[i];

        PC_TRY(judge_step(material, step, verdict, err));
    }
    return verdict->fail_count == failures
               ? pc_verdict_add(verdict, PC_JUDGED_PASS, err, "steps",
                                "each step of the ceremony file was carried out, and confirmed by the people it names")
               : PC_OK;
}

/* --- inputs ----------------------------------------------------------------------------------------- */

static pc_status judge_input(const pc_ceremony_material *material, const pc_script_input *input,
                             pc_ceremony_verify_result *verdict, pc_error *err)
{
    const pc_recorded_artefact *artefact = pc_ceremony_material_artefact(material, input->file);
    pc_sha256 reviewed = { { 0 } };

    if (!artefact || !artefact->is_input) {
        return pc_verdict_add(verdict, PC_JUDGED_FAIL, err, "script",
                              "the input \"%s\" of the ceremony file is not recorded as one", input->file);
    }
    return !input->sha256 ||
                   (pc_sha256_from_hex(input->sha256, &reviewed) && pc_sha256_equal(&reviewed, &artefact->sha256))
               ? PC_OK
               : pc_verdict_add(verdict, PC_JUDGED_FAIL, err, "script",
                                "the ceremony file gives \"%s\" another SHA-256 than that of the file that was used",
                                input->file);
}

/* The first line continues the transcript that the ceremony file names, and none if it names none. */
static pc_status judge_follows(const pc_ceremony_material *material, pc_ceremony_verify_result *verdict, pc_error *err)
{
    const char *follows = material->script.head.follows;
    PC_AUTO(pc_descriptor) int fd = -1;
    pc_part part = { .fd = -1 };
    pc_sha256 head = { { 0 } };

    if (follows && !pc_ceremony_source_has(material->source, follows)) {
        return PC_OK; /* which has been judged */
    }
    if (follows) {
        PC_TRY(pc_ceremony_source_part(material->source, follows, &fd, &part, err));
        PC_TRY(pc_part_last_line_digest(&part, &head, err));
    }
    if (pc_sha256_equal(&head, &material->gathered->earlier)) {
        return PC_OK;
    }
    return follows ? pc_verdict_add(verdict, PC_JUDGED_FAIL, err, "chain",
                                    "line 1 does not continue \"%s\", which the ceremony file says it follows", follows)
                   : pc_verdict_add(verdict, PC_JUDGED_FAIL, err, "chain",
                                    "line 1 continues another ceremony, which the ceremony file does not say");
}

static pc_status judge_inputs(const pc_ceremony_material *material, pc_ceremony_verify_result *verdict, pc_error *err)
{
    for (size_t i = 0; i < material->script.inputs.count; i++) {
        PC_TRY(judge_input(material, &material->script.inputs.items[i], verdict, err));
    }
    return PC_OK;
}

static pc_status judge(void *context, const pc_ceremony_source *source, const pc_gathered *gathered,
                       pc_ceremony_verify_result *verdict, pc_error *err)
{
    PC_AUTO(pc_ceremony_material) pc_ceremony_material material = { .arena = NULL };

    (void)context;
    if (!gathered->outcome || strcmp(gathered->outcome, "complete") != 0) {
        return PC_OK;
    }
    pc_status status = pc_ceremony_material_open(source, gathered, &material, err);

    if (status != PC_OK) {
        return pc_verdict_add_error(verdict, status, "script", err);
    }
    status = judge_follows(&material, verdict, err);
    PC_TRY(status == PC_OK ? PC_OK : pc_verdict_add_error(verdict, status, "chain", err));
    PC_TRY(judge_inputs(&material, verdict, err));
    PC_TRY(judge_title(&material, verdict, err));
    PC_TRY(judge_steps(&material, verdict, err));
    PC_TRY(pc_ceremony_tokens_again(&material, verdict, err));
    PC_TRY(pc_ceremony_keys_again(&material, verdict, err));
    PC_TRY(pc_ceremony_orders_again(&material, verdict, err));
    return pc_ceremony_lints_again(&material, verdict, err);
}

const pc_further_judge pc_ceremony_judge_again = { .judge = judge };
