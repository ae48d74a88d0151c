/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/transcript/gather.h"

#include <stdio.h>
#include <string.h>

#include "base/text_alike.h"
#include "ceremony/transcript/kinds.h"
#include "ceremony/transcript/source.h"

pc_status pc_gathered_start(pc_arena *arena, pc_gathered *ret_gathered, pc_error *err)
{
    *ret_gathered = (pc_gathered){ .keys = json_object(),
                                   .linted = json_object(),
                                   .draws = json_object(),
                                   .confirms = json_object(),
                                   .seated = json_object(),
                                   .attributes = json_object(),
                                   .recorded = json_object(),
                                   .arena = arena };
    return ret_gathered->keys && ret_gathered->linted && ret_gathered->draws && ret_gathered->confirms &&
                   ret_gathered->seated && ret_gathered->attributes && ret_gathered->recorded
               ? PC_OK
               : pc_fail_memory(err);
}

void pc_gathered_clear(pc_gathered *gathered)
{
    json_decref(gathered->keys);
    json_decref(gathered->linted);
    json_decref(gathered->draws);
    json_decref(gathered->confirms);
    json_decref(gathered->seated);
    json_decref(gathered->attributes);
    json_decref(gathered->recorded);
    *gathered = (pc_gathered){ .arena = NULL };
}

/* The arguments of a handler. */
typedef struct {
    pc_gathered *gathered;
    const pc_record *record;
    pc_ceremony_verify_result *verdict;
} intake;

#define SUBJECT_ROOM 32u

static pc_status fail_record(const intake *in, pc_error *err, const char *format, ...) PC_PRINTF(3, 4);

static pc_status fail_record(const intake *in, pc_error *err, const char *format, ...)
{
    char subject[SUBJECT_ROOM] = "";
    va_list args;

    va_start(args, format);
    const char *text = pc_arena_vformat(in->gathered->arena, format, args);

    va_end(args);
    (void)snprintf(subject, sizeof subject, "record %lld", (long long)in->record->seq);
    return text ? pc_verdict_add(in->verdict, PC_JUDGED_FAIL, err, subject, "%s", text) : pc_fail_memory(err);
}

/* A text of the body in the arena; NULL if there is none, or when out of memory. */
static const char *keep(const intake *in, const char *name, bool *is_out_of_memory)
{
    const char *text = pc_record_text(in->record, name);
    const char *kept = pc_arena_string(in->gathered->arena, text);

    *is_out_of_memory = *is_out_of_memory || (text && !kept);
    return kept;
}

static pc_status take_header(const intake *in, pc_error *err)
{
    const char *format = pc_record_text(in->record, "format");
    pc_gathered *gathered = in->gathered;
    bool lacks_memory = false;

    if (strcmp(format, PC_TRANSCRIPT_FORMAT) != 0) {
        PC_TRY(fail_record(in, err, "the format \"%s\" is not known; this is a verifier of " PC_TRANSCRIPT_FORMAT,
                           format));
    }

    gathered->mode = keep(in, "mode", &lacks_memory);
    gathered->title = keep(in, "title", &lacks_memory);
    gathered->script_file = keep(in, "script", &lacks_memory);
    if (lacks_memory) {
        return pc_fail_memory(err);
    }
    if (!gathered->script_file) {
        gathered->script_file = PC_SCRIPT_FILE;
    }
    (void)pc_sha256_from_hex(pc_record_text(in->record, "script_sha256"), &gathered->script);
    (void)pc_sha256_from_hex(pc_record_text(in->record, "site_sha256"), &gathered->site);
    (void)pc_record_number(in->record, "steps", &gathered->planned_count);
    gathered->earlier = in->record->prev;
    return PC_OK;
}

/* One person in two places, or one key of two people, is one person fewer than the ceremony requires. */
static pc_status compare_persons(const intake *in, const pc_recorded_person *left, const pc_recorded_person *right,
                                 pc_error *err)
{
    const bool are_present = left->is_present && right->is_present;

    if (are_present && strcmp(left->name, right->name) == 0) {
        PC_TRY(fail_record(in, err, "\"%s\" was already recorded as present: a person can be listed only once",
                           right->name));
    } else if (are_present && pc_text_alike(left->name, right->name)) {
        PC_TRY(fail_record(in, err,
                           "\"%s\" looks like \"%s\", who was already recorded as present: a person can be listed only "
                           "once",
                           right->name, left->name));
    }
    return left->key && right->key && strcmp(left->key, right->key) == 0
               ? fail_record(in, err, "the key of \"%s\" was already announced for \"%s\"", right->name, left->name)
               : PC_OK;
}

static pc_status take_person(const intake *in, pc_error *err)
{
    pc_gathered *gathered = in->gathered;
    pc_recorded_person *person = PC_PUSH(gathered->arena, gathered->persons, gathered->person_count);
    bool lacks_memory = !person;

    if (person) {
        person->name = keep(in, "name", &lacks_memory);
        person->role = keep(in, "role", &lacks_memory);
        person->key = keep(in, "key", &lacks_memory);
        person->is_present = strcmp(pc_record_text(in->record, "presence"), "in") == 0;
    }
    if (lacks_memory) {
        return pc_fail_memory(err);
    }
    for (size_t i = 0; i + 1 < gathered->person_count; i++) {
        PC_TRY(compare_persons(in, &gathered->persons[i], person, err));
    }
    return PC_OK;
}

static pc_recorded_step *find_step(const pc_gathered *gathered, int64_t number)
{
    for (size_t i = gathered->step_count; i-- > 0;) {
        if (gathered->steps[i].step == number) {
            return &gathered->steps[i];
        }
    }
    return NULL;
}

static bool is_proving(const char *step_kind)
{
    return strcmp(step_kind, "prove") == 0 || strcmp(step_kind, "copy-check") == 0;
}

/* A step may be started again after an interruption. */
static pc_status take_step(const intake *in, pc_error *err)
{
    int64_t number = 0;
    const char *phase = pc_record_text(in->record, "phase");
    const char *outcome = pc_record_text(in->record, "outcome");

    (void)pc_record_number(in->record, "step", &number);
    pc_recorded_step *step = find_step(in->gathered, number);

    if (strcmp(phase, "end") == 0) {
        if (!step) {
            return fail_record(in, err, "the end of step %lld, which was not begun", (long long)number);
        }
        step->is_done = outcome && strcmp(outcome, "done") == 0;
        return PC_OK;
    }
    if (!step) {
        step = PC_PUSH(in->gathered->arena, in->gathered->steps, in->gathered->step_count);
    }
    if (!step) {
        return pc_fail_memory(err);
    }
    const char *kind = pc_arena_string(in->gathered->arena, pc_record_text(in->record, "step_kind"));

    *step = (pc_recorded_step){
        .step = number, .kind = kind, .proves = kind && is_proving(kind), .has_private_key = step->has_private_key
    };
    return kind ? PC_OK : pc_fail_memory(err);
}

static const char *kept(const intake *in, const char *member, bool *ret_lacks_memory)
{
    const char *text = pc_record_text(in->record, member);
    const char *copy = text ? pc_arena_string(in->gathered->arena, text) : NULL;

    *ret_lacks_memory = *ret_lacks_memory || (text && !copy);
    return copy;
}

static pc_status take_token(const intake *in, pc_error *err)
{
    pc_recorded_token *token = PC_PUSH(in->gathered->arena, in->gathered->tokens, in->gathered->token_count);
    bool lacks_memory = !token;

    if (token) {
        *token = (pc_recorded_token){
            .role = kept(in, "role", &lacks_memory),
            .label = kept(in, "label", &lacks_memory),
            .serial = kept(in, "serial", &lacks_memory),
            .manufacturer = kept(in, "manufacturer", &lacks_memory),
            .model = kept(in, "model", &lacks_memory),
            .firmware = kept(in, "firmware", &lacks_memory),
        };
        (void)pc_record_number(in->record, "step", &token->step);
    }
    return lacks_memory ? pc_fail_memory(err) : PC_OK;
}

static pc_status check_expected(const intake *in, const json_t *values, const json_t *expected, pc_error *err)
{
    const char *name = NULL;
    json_t *value = NULL;

    json_object_foreach((json_t *)(uintptr_t)expected, name, value)
    {
        if (!json_equal(value, json_object_get(values, name))) {
            PC_TRY(fail_record(in, err, "%s was not read back as expected", name));
        }
    }
    return PC_OK;
}

/* A private key must be protected as planned: it must not be available in plaintext. */
static pc_status check_private(const intake *in, const json_t *values, pc_error *err)
{
    if (strcmp(pc_record_text(in->record, "class"), "private-key") != 0) {
        return PC_OK;
    }
    if (!json_is_false(json_object_get(values, "CKA_EXTRACTABLE"))) {
        PC_TRY(fail_record(in, err, "CKA_EXTRACTABLE of a private key was not read back as false"));
    }
    return json_is_true(json_object_get(values, "CKA_SENSITIVE"))
               ? PC_OK
               : fail_record(in, err, "CKA_SENSITIVE of a private key was not read back as true");
}

/* The private object, the public object, and a copy on another token have the same public key. */
static pc_status take_public_key(const intake *in, pc_error *err)
{
    const char *label = pc_record_text(in->record, "key");
    json_t *spki = json_object_get(in->record->body, "spki_sha256");
    const json_t *known = json_object_get(in->gathered->keys, label);

    if (!json_is_string(spki)) {
        return PC_OK;
    }
    if (known) {
        return json_equal(known, spki)
                   ? PC_OK
                   : fail_record(in, err, "the key \"%s\" has a different public key than before", label);
    }
    return json_object_set(in->gathered->keys, label, spki) == 0 ? PC_OK : pc_fail_memory(err);
}

/* In its step, while that is carried out. */
static void note_private_key(const intake *in)
{
    int64_t number = 0;
    pc_recorded_step *step = pc_record_number(in->record, "step", &number) ? find_step(in->gathered, number) : NULL;

    if (step && !step->is_done && strcmp(pc_record_text(in->record, "class"), "private-key") == 0) {
        step->has_private_key = true;
    }
}

/* A run that was interrupted may have recorded the same again. */
static pc_status keep_private(const intake *in, json_t *values, pc_error *err)
{
    json_t *attributes = in->gathered->attributes;
    int64_t step = 0;

    if (!pc_record_number(in->record, "step", &step) ||
        strcmp(pc_record_text(in->record, "class"), "private-key") != 0) {
        return PC_OK;
    }
    const char *name = pc_gathered_draw_name(in->gathered->arena, step, pc_record_text(in->record, "key"));
    json_t *before = name ? json_object_get(attributes, name) : NULL;
    json_t *kept = before && !json_equal(before, values) ? json_true() : json_deep_copy(values);

    return name && json_object_set_new(attributes, name, kept) == 0 ? PC_OK : pc_fail_memory(err);
}

static pc_status take_attributes(const intake *in, pc_error *err)
{
    json_t *values = json_object_get(in->record->body, "values");
    const json_t *expected = json_object_get(in->record->body, "expected");

    note_private_key(in);
    PC_TRY(keep_private(in, values, err));
    PC_TRY(take_public_key(in, err));
    PC_TRY(json_is_object(expected) ? check_expected(in, values, expected, err) : PC_OK);
    return check_private(in, values, err);
}

static pc_status add_artefact(const intake *in, pc_error *err)
{
    pc_gathered *gathered = in->gathered;
    pc_recorded_artefact *artefact = PC_PUSH(gathered->arena, gathered->artefacts, gathered->artefact_count);
    const char *origin = pc_record_text(in->record, "origin");
    bool lacks_memory = !artefact;
    int64_t size = 0;
    int64_t step = 0;

    if (artefact) {
        (void)pc_record_number(in->record, "size", &size);
        (void)pc_record_number(in->record, "step", &step);
        (void)pc_sha256_from_hex(pc_record_text(in->record, "sha256"), &artefact->sha256);
        artefact->name = keep(in, "name", &lacks_memory);
        artefact->type = keep(in, "type", &lacks_memory);
        artefact->key = keep(in, "key", &lacks_memory);
        artefact->seq = in->record->seq;
        artefact->step = step;
        artefact->size = (uint64_t)size;
        artefact->is_input = origin && strcmp(origin, "input") == 0;
        artefact->is_linted = artefact->name && json_object_get(gathered->linted, artefact->name);
    }
    lacks_memory = lacks_memory || json_object_set_new(gathered->recorded, artefact->name, json_true()) != 0;
    return lacks_memory ? pc_fail_memory(err) : PC_OK;
}

static pc_status take_artefact(const intake *in, pc_error *err)
{
    const char *name = pc_record_text(in->record, "name");

    if (!pc_ceremony_name_is_valid(name)) {
        return fail_record(in, err, "\"%s\" is not a name that a file of a ceremony may have", name);
    }
    if (json_object_get(in->gathered->recorded, name)) {
        return fail_record(in, err, "\"%s\" is recorded twice: nothing is ever replaced", name);
    }
    return add_artefact(in, err);
}

static pc_status take_lint(const intake *in, pc_error *err)
{
    const char *result = pc_record_text(in->record, "result");
    const char *name = pc_record_text(in->record, "name");

    if (json_object_set_new(in->gathered->linted, name, json_deep_copy(in->record->body)) != 0) {
        return pc_fail_memory(err);
    }
    return strcmp(result, "pass") == 0 || strcmp(result, "warning") == 0
               ? PC_OK
               : fail_record(in, err, "the lint of \"%s\" has errors", name);
}

const char *pc_gathered_draw_name(pc_arena *arena, int64_t step, const char *purpose)
{
    return pc_arena_format(arena, "%lld %s", (long long)step, purpose);
}

/* A draw is recorded before it is used: while its step is carried out, and before the artefacts of the step. */
static bool is_before_use(const pc_gathered *gathered, int64_t step)
{
    const pc_recorded_step *begun = find_step(gathered, step);

    for (size_t i = 0; i < gathered->artefact_count; i++) {
        if (gathered->artefacts[i].step == step) {
            return false;
        }
    }
    return begun && !begun->is_done;
}

/* A run that was interrupted may have drawn and recorded the same again. */
static pc_status take_draw(const intake *in, pc_error *err)
{
    json_t *draws = in->gathered->draws;
    const char *value = pc_record_text(in->record, "value");
    int64_t step = 0;

    if (!pc_record_number(in->record, "step", &step)) {
        return PC_OK;
    }
    if (!is_before_use(in->gathered, step)) {
        PC_TRY(
            fail_record(in, err, "a draw of step %lld is recorded before its step or after its use", (long long)step));
    }
    const char *name = pc_gathered_draw_name(in->gathered->arena, step, pc_record_text(in->record, "purpose"));
    const json_t *before = name ? json_object_get(draws, name) : NULL;
    const bool is_other = before && (!json_is_string(before) || strcmp(json_string_value(before), value) != 0);

    return name && json_object_set_new(draws, name, is_other ? json_true() : json_string(value)) == 0
               ? PC_OK
               : pc_fail_memory(err);
}

static size_t count_present(const pc_gathered *gathered, const char *role)
{
    size_t count = 0;

    for (size_t i = 0; i < gathered->person_count; i++) {
        count += gathered->persons[i].is_present && strcmp(gathered->persons[i].role, role) == 0;
    }
    return count;
}

static pc_status take_confirm(const intake *in, pc_error *err)
{
    json_t *confirms = in->gathered->confirms;
    const char *who = pc_record_text(in->record, "name");
    int64_t step = 0;

    (void)pc_record_number(in->record, "step", &step);
    const char *role = pc_record_text(in->record, "role");
    const char *name = pc_gathered_draw_name(in->gathered->arena, step, role);
    json_t *seated = json_integer((json_int_t)count_present(in->gathered, role));

    if (!name || json_object_set_new(in->gathered->seated, name, seated) != 0 ||
        (!json_object_get(confirms, name) && json_object_set_new(confirms, name, json_object()) != 0)) {
        return pc_fail_memory(err);
    }
    json_t *times = json_object_get(confirms, name);
    const json_int_t before = json_integer_value(json_object_get(times, who));

    return json_object_set_new(times, who, json_integer(before + 1)) == 0 ? PC_OK : pc_fail_memory(err);
}

static pc_status take_proof(const intake *in, pc_error *err)
{
    pc_recorded_proof *proof = PC_PUSH(in->gathered->arena, in->gathered->proofs, in->gathered->proof_count);
    bool lacks_memory = !proof;

    if (lacks_memory) {
        return pc_fail_memory(err);
    }
    (void)pc_record_number(in->record, "step", &proof->step);
    proof->challenge = keep(in, "challenge", &lacks_memory);
    proof->signature = keep(in, "signature", &lacks_memory);
    proof->public_key = keep(in, "public_key", &lacks_memory);
    proof->spki = keep(in, "spki_sha256", &lacks_memory);
    if (lacks_memory) {
        return pc_fail_memory(err);
    }
    if (!proof->challenge || !proof->signature || !proof->public_key) {
        in->gathered->proof_count--;
        return fail_record(in, err, "a proof has challenge, signature and public key, and one is missing");
    }
    return PC_OK;
}

static pc_status take_check(const intake *in, pc_error *err)
{
    const json_t *body = in->record->body;

    if (json_object_get(body, "challenge") || json_object_get(body, "signature") ||
        json_object_get(body, "public_key")) {
        PC_TRY(take_proof(in, err));
    }
    return strcmp(pc_record_text(in->record, "result"), "pass") == 0
               ? PC_OK
               : fail_record(in, err, "the check \"%s\" did not pass", pc_record_text(in->record, "what"));
}

static pc_status take_deviation(const intake *in, pc_error *err)
{
    (void)err;
    in->gathered->deviation_count++;
    return PC_OK;
}

static pc_status take_torn(const intake *in, pc_error *err)
{
    (void)err;
    in->gathered->torn_count++;
    return PC_OK;
}

static pc_status take_close(const intake *in, pc_error *err)
{
    bool lacks_memory = false;

    in->gathered->outcome = keep(in, "outcome", &lacks_memory);
    return lacks_memory ? pc_fail_memory(err) : PC_OK;
}

static const struct {
    const char *kind;
    pc_status (*take)(const intake *in, pc_error *err);
} handlers[] = {
    { "header", take_header },         { "person", take_person },       { "step", take_step },
    { "attributes", take_attributes }, { "artefact", take_artefact },   { "lint", take_lint },
    { "check", take_check },           { "deviation", take_deviation }, { "torn", take_torn },
    { "close", take_close },           { "token", take_token },         { "draw", take_draw },
    { "confirm", take_confirm },
};

/* A clock may be set: that is not a failure, but a reader should know. */
static void compare_clock(pc_gathered *gathered, const char *time, char *last)
{
    gathered->backward_count += last[0] && strcmp(time, last) < 0;
    memcpy(last, time, strlen(time) + 1);
}

pc_status pc_gather(pc_gathered *gathered, const pc_record *record, pc_ceremony_verify_result *verdict, pc_error *err)
{
    const intake in = { gathered, record, verdict };

    compare_clock(gathered, record->at, gathered->last_at);
    for (size_t i = 0; i < PC_COUNT(handlers); i++) {
        if (strcmp(record->kind, handlers[i].kind) == 0) {
            return handlers[i].take(&in, err);
        }
    }
    return PC_OK;
}
