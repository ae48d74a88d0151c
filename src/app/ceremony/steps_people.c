/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "app/ceremony/ceremony.h"
#include "base/text.h"

static const char *name_in_site(const pc_ceremony *ceremony, const char *role, unsigned nth)
{
    for (size_t i = 0; i < ceremony->site->people.count; i++) {
        if (strcmp(ceremony->site->people.items[i].role, role) == 0 && nth-- == 0) {
            return ceremony->site->people.items[i].name;
        }
    }
    return NULL;
}

static pc_status ask_name(pc_ceremony *ceremony, const char *role, unsigned nth, pc_ceremony_answer *ret_answer,
                          pc_error *err)
{
    const char *title = pc_script_role_title(ceremony->script, role);
    const char *known = name_in_site(ceremony, role, nth);
    const pc_ceremony_question question = { .who = pc_text_escape(ceremony->arena, title, strlen(title)),
                                            .name = known,
                                            .wants_name = true };

    if (!question.who) {
        return pc_fail_memory(err);
    }
    ret_answer->kind = PC_CEREMONY_YES;
    if (ceremony->talk->ask) {
        PC_TRY(ceremony->talk->ask(ceremony->talk->context, &question, ret_answer, err));
    }
    if (!*ret_answer->text && known) {
        (void)snprintf(ret_answer->text, sizeof ret_answer->text, "%s", known);
    } else if (!*ret_answer->text) {
        (void)snprintf(ret_answer->text, sizeof ret_answer->text, "%s %u", title, nth + 1);
    }
    return PC_OK;
}

static pc_status take_down(pc_ceremony *ceremony, const pc_script_step *step, const char *role, const char *name,
                           pc_error *err)
{
    pc_site_person *person = PC_PUSH(ceremony->arena, ceremony->people.items, ceremony->people.count);

    if (!person) {
        return pc_fail_memory(err);
    }
    *person = (pc_site_person){ .role = role, .name = pc_arena_string(ceremony->arena, name) };
    if (!person->name) {
        return pc_fail_memory(err);
    }
    pc_ceremony_tell(ceremony, "present: %s, %s", name, pc_script_role_title(ceremony->script, role));
    return pc_transcript_add(ceremony->transcript, "person",
                             json_pack("{s:s, s:s, s:s, s:I}", "name", name, "role", role, "presence", "in", "step",
                                       (json_int_t)step->number),
                             err);
}

static size_t count_present(const pc_ceremony *ceremony, const char *role)
{
    size_t count = 0;

    for (size_t i = 0; i < ceremony->people.count; i++) {
        count += strcmp(ceremony->people.items[i].role, role) == 0;
    }
    return count;
}

pc_status pc_step_witness(pc_ceremony *ceremony, const pc_script_step *step, pc_error *err)
{
    for (size_t i = 0; i < step->by.count; i++) {
        const pc_script_role *role = pc_script_find_role(ceremony->script, step->by.items[i]);

        /* After an interruption those who are in the transcript are not asked again. */
        for (size_t j = count_present(ceremony, role->name); j < (role->count ? role->count : 1); j++) {
            pc_ceremony_answer answer = { .kind = PC_CEREMONY_YES };

            PC_TRY(ask_name(ceremony, role->name, (unsigned)j, &answer, err));
            PC_TRY(take_down(ceremony, step, role->name, answer.text, err));
        }
    }
    return PC_OK;
}
