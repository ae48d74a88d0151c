/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "app/ceremony/ceremony.h"
#include "base/text.h"

static pc_status record_stop(pc_ceremony *ceremony, const pc_script_step *step, const pc_ceremony_answer *answer,
                             const char *who, pc_error *err)
{
    if (answer->kind == PC_CEREMONY_PAUSE) {
        return pc_transcript_add(ceremony->transcript, "pause", json_pack("{s:s}", "reason", answer->text), err);
    }
    PC_TRY(pc_transcript_add(ceremony->transcript, "abort",
                             json_pack("{s:s, s:s, s:I}", "reason", answer->text, "by", who, "step",
                                       (json_int_t)step->number),
                             err));
    return pc_transcript_add(ceremony->transcript, "close", json_pack("{s:s}", "outcome", "aborted"), err);
}

/* Whoever asks may be another program than p11cert, whose prompt asks again. */
static pc_status check_answer(const pc_ceremony_answer *answer, pc_error *err)
{
    const uint32_t point = pc_text_find_harmful(pc_span_of(answer->text), "");

    return point ? pc_fail(err, PC_E_INPUT, "\"%s\" has " PC_TEXT_HARMFUL, answer->text, (unsigned)point) : PC_OK;
}

pc_status pc_ceremony_ask(pc_ceremony *ceremony, const pc_script_step *step, const pc_ceremony_question *question,
                          pc_ceremony_answer *ret_answer, pc_error *err)
{
    const pc_ceremony_talk *talk = ceremony->talk;
    const char *who = question->name ? question->name : question->who;

    ret_answer->kind = PC_CEREMONY_DEVIATION;
    while (ret_answer->kind == PC_CEREMONY_DEVIATION) {
        *ret_answer = (pc_ceremony_answer){ .kind = PC_CEREMONY_YES };
        PC_TRY(talk->ask ? talk->ask(talk->context, question, ret_answer, err) : PC_OK);
        PC_TRY(check_answer(ret_answer, err));
        if (ret_answer->kind == PC_CEREMONY_DEVIATION) {
            PC_TRY(pc_ceremony_deviation(ceremony, step->number, ret_answer->text, who, err));
        }
    }
    return ret_answer->kind == PC_CEREMONY_YES ? PC_OK : record_stop(ceremony, step, ret_answer, who, err);
}

pc_ceremony_course pc_ceremony_course_of(const pc_ceremony_answer *answer)
{
    return answer->kind == PC_CEREMONY_PAUSE   ? PC_COURSE_PAUSED
           : answer->kind == PC_CEREMONY_ABORT ? PC_COURSE_ABORTED
                                               : PC_COURSE_GO_ON;
}

static const char *name_of(const pc_ceremony *ceremony, const char *role, unsigned nth)
{
    for (size_t i = 0; i < ceremony->people.count; i++) {
        if (strcmp(ceremony->people.items[i].role, role) == 0 && nth-- == 0) {
            return ceremony->people.items[i].name;
        }
    }
    return NULL;
}

/* A person in a role; by name, if it was recorded. */
typedef struct {
    const char *role;
    const char *name;
} present;

static pc_status confirm_one(pc_ceremony *ceremony, const pc_script_step *step, const present *person,
                             pc_ceremony_answer *ret_answer, pc_error *err)
{
    const char *title = pc_script_role_title(ceremony->script, person->role);
    const pc_ceremony_question question = { .who = pc_ceremony_safe(ceremony, title),
                                            .name = pc_ceremony_safe(ceremony, person->name) };

    PC_TRY(pc_ceremony_ask(ceremony, step, &question, ret_answer, err));
    return ret_answer->kind != PC_CEREMONY_YES
               ? PC_OK
               : pc_transcript_add(ceremony->transcript, "confirm",
                                   json_pack("{s:I, s:s, s:s}", "step", (json_int_t)step->number, "role", person->role,
                                             "name", person->name ? person->name : title),
                                   err);
}

/* Asks everybody in every role that the step names; if it names none, nobody. */
pc_status pc_ceremony_confirm(pc_ceremony *ceremony, const pc_script_step *step, pc_ceremony_course *ret_course,
                              pc_error *err)
{
    for (size_t i = 0; i < step->by.count && !(ceremony->unattended && step->unattended); i++) {
        const pc_script_role *role = pc_script_find_role(ceremony->script, step->by.items[i]);

        for (unsigned j = 0; j < (role->count ? role->count : 1) && *ret_course == PC_COURSE_GO_ON; j++) {
            const present person = { role->name, name_of(ceremony, role->name, j) };
            pc_ceremony_answer answer;

            PC_TRY(confirm_one(ceremony, step, &person, &answer, err));
            *ret_course = pc_ceremony_course_of(&answer);
        }
    }
    return PC_OK;
}
