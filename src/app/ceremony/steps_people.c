/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "app/ceremony/ceremony.h"
#include "base/text.h"
#include "base/text_alike.h"

/* The nth person of a role, from 0. */
typedef struct {
    const char *role;
    unsigned nth;
} present;

static const pc_site_person *find_in_site(const pc_ceremony *ceremony, const present *person)
{
    unsigned nth = person->nth;

    for (size_t i = 0; i < ceremony->site->people.count; i++) {
        if (strcmp(ceremony->site->people.items[i].role, person->role) == 0 && nth-- == 0) {
            return &ceremony->site->people.items[i];
        }
    }
    return NULL;
}

static pc_status ask_name(pc_ceremony *ceremony, const pc_script_step *step, const present *person,
                          pc_ceremony_answer *ret_answer, pc_error *err)
{
    const char *title = pc_script_role_title(ceremony->script, person->role);
    const pc_site_person *expected = find_in_site(ceremony, person);
    const char *known = expected ? expected->name : NULL;
    const pc_ceremony_question question = { .who = pc_ceremony_safe(ceremony, title),
                                            .name = known,
                                            .wants_name = true };

    PC_TRY(pc_ceremony_ask(ceremony, step, &question, ret_answer, err));
    if (!*ret_answer->text && known) {
        (void)snprintf(ret_answer->text, sizeof ret_answer->text, "%s", known);
    } else if (!*ret_answer->text) {
        (void)snprintf(ret_answer->text, sizeof ret_answer->text, "%s %u", title, person->nth + 1);
    }
    return PC_OK;
}

/* The key that the site announces is that of the person who was expected, not of whoever came instead. */
static const char *announced_key(const pc_ceremony *ceremony, const present *person, const char *name)
{
    const pc_site_person *expected = find_in_site(ceremony, person);

    return expected && pc_text_alike(expected->name, name) ? expected->key : NULL;
}

static pc_status take_down(pc_ceremony *ceremony, const pc_script_step *step, const present *seat, const char *name,
                           pc_error *err)
{
    pc_site_person *person = PC_PUSH(ceremony->arena, ceremony->people.items, ceremony->people.count);
    const char *key = announced_key(ceremony, seat, name);
    json_t *body = json_pack("{s:s, s:s, s:s, s:I}", "name", name, "role", seat->role, "presence", "in", "step",
                             (json_int_t)step->number);

    if (person) {
        *person = (pc_site_person){ .role = seat->role, .name = pc_arena_string(ceremony->arena, name), .key = key };
    }
    if (!person || !person->name || !body || (key && json_object_set_new(body, "key", json_string(key)) != 0)) {
        json_decref(body);
        return pc_fail_memory(err);
    }
    pc_ceremony_report(ceremony, "present: %s, %s%s%s", name, pc_script_role_title(ceremony->script, seat->role),
                       key ? ", signs with " : "", key ? key : "");
    return pc_transcript_add(ceremony->transcript, "person", body, err);
}

static pc_status refuse_place(const pc_ceremony *ceremony, const pc_site_person *there, const char *name, pc_error *err)
{
    const char *safe = pc_ceremony_safe(ceremony, name);
    const char *title = pc_script_role_title(ceremony->script, there->role);

    (void)(strcmp(there->name, name) == 0
               ? pc_fail(err, PC_E_REFUSED, "\"%s\" is already present, as %s: a person can be listed only once", safe,
                         title)
               : pc_fail(err, PC_E_REFUSED,
                         "\"%s\" looks like \"%s\", who is present as %s: a person can be listed only once", safe,
                         pc_ceremony_safe(ceremony, there->name), title));
    return pc_hint_resume(err, PC_E_REFUSED,
                          "run the command again with another person, or with a name that tells the two apart");
}

/* Whoever has a place already cannot confirm for a second one, nor by a name that reads the same. */
static pc_status check_place(const pc_ceremony *ceremony, const char *name, pc_error *err)
{
    for (size_t i = 0; i < ceremony->people.count; i++) {
        if (pc_text_alike(ceremony->people.items[i].name, name)) {
            return refuse_place(ceremony, &ceremony->people.items[i], name, err);
        }
    }
    return PC_OK;
}

static unsigned count_present(const pc_ceremony *ceremony, const char *role)
{
    unsigned count = 0;

    for (size_t i = 0; i < ceremony->people.count; i++) {
        count += strcmp(ceremony->people.items[i].role, role) == 0;
    }
    return count;
}

pc_status pc_ceremony_take_names(pc_ceremony *ceremony, const pc_script_step *step, pc_ceremony_course *ret_course,
                                 pc_error *err)
{
    for (size_t i = 0; i < step->by.count; i++) {
        const pc_script_role *role = pc_script_find_role(ceremony->script, step->by.items[i]);
        unsigned needed = role->count ? role->count : 1;

        /* After an interruption those who are in the transcript are not asked again. */
        for (unsigned j = count_present(ceremony, role->name); j < needed && *ret_course == PC_COURSE_GO_ON; j++) {
            const present person = { role->name, j };
            pc_ceremony_answer answer;

            PC_TRY(ask_name(ceremony, step, &person, &answer, err));
            *ret_course = pc_ceremony_course_of(&answer);
            PC_TRY(*ret_course == PC_COURSE_GO_ON ? check_place(ceremony, answer.text, err) : PC_OK);
            PC_TRY(*ret_course == PC_COURSE_GO_ON ? take_down(ceremony, step, &person, answer.text, err) : PC_OK);
        }
    }
    return PC_OK;
}
