/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "app/ceremony/ceremony.h"
#include "base/text.h"
#include "ceremony/transcript/head.h"
#include "ceremony/transcript/reader.h"
#include "pair/public_key.h"
#include "token/ckr.h"
#include "x509/auto.h"
#include "x509/spki.h"

const char *pc_ceremony_path(const pc_ceremony *ceremony, const char *name)
{
    return pc_arena_format(ceremony->arena, "%s/%s", ceremony->folder, name);
}

const char *pc_ceremony_safe(const pc_ceremony *ceremony, const char *text)
{
    return text ? pc_text_escape(ceremony->arena, text, strlen(text)) : NULL;
}

void pc_ceremony_report(const pc_ceremony *ceremony, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    const char *text = pc_arena_vformat(ceremony->arena, format, args);

    va_end(args);
    const char *safe = text ? pc_text_escape(ceremony->arena, text, strlen(text)) : NULL;

    if (safe && ceremony->talk && ceremony->talk->tell) {
        ceremony->talk->tell(ceremony->talk->context, safe);
    }
}

/* A text from a token or the program; bytes that are not UTF-8 are escaped, since JSON cannot contain them. */
static json_t *safe_json(const pc_ceremony *ceremony, const char *text)
{
    const char *safe = pc_text_is_utf8(text, strlen(text)) ? text : pc_text_escape(ceremony->arena, text, strlen(text));

    return safe ? json_string(safe) : NULL;
}

pc_status pc_ceremony_intent(pc_ceremony *ceremony, const pc_script_step *step, const char *call, json_t *members,
                             pc_error *err)
{
    bool is_whole = members && json_object_set_new(members, "call", json_string(call)) == 0 &&
                    json_object_set_new(members, "step", json_integer((json_int_t)step->number)) == 0;

    if (!is_whole) {
        json_decref(members);
        return pc_fail_memory(err);
    }
    if (ceremony->progress.intent) {
        json_decref(members); /* from the interrupted run: its outcome is not known yet */
        return PC_OK;
    }
    PC_TRY(pc_transcript_intent(ceremony->transcript, members, &ceremony->progress.intent, err));
    return PC_OK;
}

static json_t *failure(const pc_ceremony *ceremony, const pc_error *err, json_t *members)
{
    json_t *reasons = json_array();

    for (unsigned i = 0; i < err->frame_count; i++) {
        (void)json_array_append_new(reasons, safe_json(ceremony, err->frames[i]));
    }
    (void)json_object_set_new(members, "result",
                              json_string(err->origin == PC_ORIGIN_PKCS11 ? pc_ckr_name(err->code)
                                                                          : pc_status_name(err->status)));
    (void)json_object_set_new(members, "because", reasons);
    return members;
}

pc_status pc_ceremony_outcome(pc_ceremony *ceremony, pc_status status, json_t *members, pc_error *err)
{
    int64_t intent = ceremony->progress.intent;
    pc_error ignored = { .status = PC_OK };

    if (!members) {
        return status == PC_OK ? pc_fail_memory(err) : status;
    }
    ceremony->progress.intent = 0;
    if (status == PC_OK) {
        (void)json_object_set_new(members, "result", json_string("CKR_OK"));
        return pc_transcript_outcome(ceremony->transcript, intent, members, err);
    }
    /* The failure of the call is reported; a failure to record it leaves the intent open, as a crash does. */
    if (pc_transcript_outcome(ceremony->transcript, intent, failure(ceremony, err, members), &ignored) != PC_OK) {
        (void)pc_note(err, status, "and the transcript could not be written");
    }
    return status;
}

static json_t *artefact_body(const pc_ceremony *ceremony, const pc_script_step *step, const pc_ceremony_file *file)
{
    const char *key = step && step->key && step->token ? pc_ceremony_key_name(ceremony, step->token, step->key) : NULL;
    json_t *body = json_pack("{s:s, s:s, s:I, s:s}", "name", file->name, "type", file->type, "size",
                             (json_int_t)file->size, "sha256", file->sha256);

    if (body && step) {
        (void)json_object_set_new(body, "step", json_integer((json_int_t)step->number));
    }
    if (body && key) {
        (void)json_object_set_new(body, "key", json_string(key));
    }
    if (body && !step) {
        (void)json_object_set_new(body, "origin", json_string("input"));
    }
    return body;
}

/* An interrupted run may have recorded it: a file has one record. */
static pc_status record_file(const pc_ceremony *ceremony, const pc_script_step *step, const pc_ceremony_file *file,
                             pc_error *err)
{
    for (size_t i = 0; i < ceremony->progress.files.count; i++) {
        const pc_ceremony_file *each = &ceremony->progress.files.items[i];

        if (strcmp(each->name, file->name) == 0) {
            return strcmp(each->sha256, file->sha256) == 0
                       ? PC_OK
                       : pc_fail(err, PC_E_VERIFY, "\"%s\" is not the file that was recorded before the interruption",
                                 file->name);
        }
    }
    return pc_transcript_add(ceremony->transcript, "artefact", artefact_body(ceremony, step, file), err);
}

static pc_status digest_file(const pc_ceremony *ceremony, pc_ceremony_file *file, pc_sha256 *ret_digest, pc_error *err)
{
    const char *path = pc_ceremony_path(ceremony, file->name);
    PC_AUTO(pc_descriptor) int fd = -1;
    pc_part part;

    if (!path) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_part_open(path, &fd, &part, err));
    PC_TRY(pc_part_digest(&part, ret_digest, err));
    pc_sha256_to_hex(ret_digest, file->sha256);
    file->size = part.len;
    return PC_OK;
}

pc_status pc_ceremony_artefact_quietly(const pc_ceremony *ceremony, const pc_script_step *step, const char *name,
                                       const char *type, pc_error *err)
{
    pc_ceremony_file file = { .name = name, .type = type };
    pc_sha256 digest;

    PC_TRY(digest_file(ceremony, &file, &digest, err));
    return record_file(ceremony, step, &file, err);
}

pc_status pc_ceremony_artefact(const pc_ceremony *ceremony, const pc_script_step *step, const char *name,
                               const char *type, pc_error *err)
{
    pc_ceremony_file file = { .name = name, .type = type };
    pc_sha256 digest;
    char spoken[PC_WORDS_TEXT];

    PC_TRY(digest_file(ceremony, &file, &digest, err));
    pc_digest_to_words(&digest, spoken);
    pc_ceremony_report(ceremony, "%s: %s, SHA-256 %s", name, type, file.sha256);
    pc_ceremony_report(ceremony, "to be read aloud: %s", spoken);
    return record_file(ceremony, step, &file, err);
}

const char *pc_ceremony_key_name(const pc_ceremony *ceremony, const char *token, const char *label)
{
    return pc_arena_format(ceremony->arena, "%s/%s", token, label);
}

const char *pc_ceremony_attribute_name(pc_key_flag flag, char name[static PC_CEREMONY_ATTRIBUTE_SIZE])
{
    const size_t len = (size_t)snprintf(name, PC_CEREMONY_ATTRIBUTE_SIZE, "CKA_%s", pc_key_flag_name(flag));

    for (size_t i = 0; i < len && i < PC_CEREMONY_ATTRIBUTE_SIZE; i++) {
        name[i] = name[i] == '-' ? '_' : name[i] >= 'a' && name[i] <= 'z' ? (char)(name[i] - 'a' + 'A') : name[i];
    }
    return name;
}

/* Null if the token does not say. */
static json_t *fact(pc_fact value)
{
    return value == PC_FACT_UNKNOWN ? json_null() : json_boolean(value == PC_FACT_TRUE);
}

pc_status pc_ceremony_attributes(const pc_ceremony *ceremony, const pc_script_step *step, const char *token,
                                 const pc_key *key, pc_error *err)
{
    PC_AUTO(EVP_PKEY) EVP_PKEY *public_key = NULL;
    const char *id = pc_text_hex(ceremony->arena, key->id, '\0');
    const char *key_name = pc_ceremony_key_name(ceremony, token, step->key);
    char name[PC_CEREMONY_ATTRIBUTE_SIZE];
    const char *spki = NULL;
    json_t *values = json_object();

    for (unsigned i = 0; i < PC_KEY_FLAG_COUNT; i++) {
        (void)json_object_set_new(values, pc_ceremony_attribute_name((pc_key_flag)i, name), fact(key->flags[i]));
    }
    pc_status status = pc_public_key_of(key, &public_key, err);

    status = status == PC_OK ? pc_spki_sha256(public_key, ceremony->arena, &spki, err) : status;
    if (status != PC_OK || !id || !key_name) {
        json_decref(values);
        return status != PC_OK ? status : pc_fail_memory(err);
    }
    return pc_transcript_add(ceremony->transcript, "attributes",
                             json_pack("{s:s, s:s, s:s, s:s, s:o, s:I}", "key", key_name, "id", id, "class",
                                       "private-key", "spki_sha256", spki, "values", values, "step",
                                       (json_int_t)step->number),
                             err);
}

pc_status pc_ceremony_checked(const pc_ceremony *ceremony, const pc_script_step *step, const char *what, pc_error *err)
{
    pc_ceremony_report(ceremony, "verified: %s", what);
    return pc_transcript_add(ceremony->transcript, "check",
                             json_pack("{s:o, s:s, s:I}", "what", safe_json(ceremony, what), "result", "pass", "step",
                                       (json_int_t)step->number),
                             err);
}

pc_status pc_ceremony_lint_passed(const pc_ceremony *ceremony, const pc_script_step *step, pc_text_list warnings,
                                  pc_error *err)
{
    json_t *texts = json_array();

    for (size_t i = 0; i < warnings.count; i++) {
        pc_ceremony_report(ceremony, "lint: %s", warnings.items[i]);
        (void)json_array_append_new(texts, json_string(warnings.items[i]));
    }
    return pc_transcript_add(ceremony->transcript, "lint",
                             json_pack("{s:s, s:s, s:s, s:o, s:I}", "name", step->out, "linter", PC_CEREMONY_LINTER,
                                       "result", warnings.count ? "warning" : "pass", "warnings", texts, "step",
                                       (json_int_t)step->number),
                             err);
}

pc_status pc_ceremony_deviation(pc_ceremony *ceremony, size_t step, const char *reason, const char *by, pc_error *err)
{
    ceremony->progress.deviations++;
    pc_ceremony_report(ceremony, "deviation recorded: %s", reason);
    return pc_transcript_add(ceremony->transcript, "deviation",
                             json_pack("{s:o, s:o, s:I}", "reason", safe_json(ceremony, reason), "by",
                                       safe_json(ceremony, by), "step", (json_int_t)step),
                             err);
}

/* --- reading back --------------------------------------------------------------------------------- */

static void note_step(pc_ceremony_progress *progress, const pc_record *record)
{
    const char *phase = pc_record_text(record, "phase");
    int64_t number = 0;

    if (!pc_record_number(record, "step", &number) || number < 1) {
        return;
    }
    if (strcmp(phase, "end") == 0) {
        progress->done = (size_t)number;
        progress->begun = 0;
    } else if (progress->begun != (size_t)number) {
        progress->begun = (size_t)number;
        progress->has_intent = false;
        progress->id = NULL;
        progress->draws.count = 0;
    }
}

static pc_status note_person(pc_ceremony *ceremony, const pc_record *record, pc_error *err)
{
    pc_site_person *person = PC_PUSH(ceremony->arena, ceremony->people.items, ceremony->people.count);

    if (person) {
        person->role = pc_arena_string(ceremony->arena, pc_record_text(record, "role"));
        person->name = pc_arena_string(ceremony->arena, pc_record_text(record, "name"));
    }
    return person && person->role && person->name ? PC_OK : pc_fail_memory(err);
}

static pc_status note_artefact(pc_ceremony *ceremony, const pc_record *record, pc_error *err)
{
    pc_ceremony_file *file = PC_PUSH(ceremony->arena, ceremony->progress.files.items, ceremony->progress.files.count);

    if (!file) {
        return pc_fail_memory(err);
    }
    (void)snprintf(file->sha256, sizeof file->sha256, "%s", pc_record_text(record, "sha256"));
    file->name = pc_arena_string(ceremony->arena, pc_record_text(record, "name"));
    return file->name ? PC_OK : pc_fail_memory(err);
}

static pc_status note_draw(pc_ceremony *ceremony, const pc_record *record, pc_error *err)
{
    pc_ceremony_draw *draw = PC_PUSH(ceremony->arena, ceremony->progress.draws.items, ceremony->progress.draws.count);

    if (draw) {
        draw->purpose = pc_arena_string(ceremony->arena, pc_record_text(record, "purpose"));
        draw->value = pc_arena_string(ceremony->arena, pc_record_text(record, "value"));
    }
    return draw && draw->purpose && draw->value ? PC_OK : pc_fail_memory(err);
}

static pc_status note_record(pc_ceremony *ceremony, const pc_record *record, pc_error *err)
{
    pc_ceremony_progress *progress = &ceremony->progress;

    if (strcmp(record->kind, "step") == 0) {
        note_step(progress, record);
    } else if (strcmp(record->kind, "intent") == 0) {
        const char *id = pc_record_text(record, "id");

        progress->has_intent = true;
        progress->id = id ? pc_arena_string(ceremony->arena, id) : NULL;
        return id && !progress->id ? pc_fail_memory(err) : PC_OK;
    } else if (strcmp(record->kind, "person") == 0) {
        return note_person(ceremony, record, err);
    } else if (strcmp(record->kind, "artefact") == 0) {
        return note_artefact(ceremony, record, err);
    } else if (strcmp(record->kind, "draw") == 0) {
        return note_draw(ceremony, record, err);
    } else if (strcmp(record->kind, "deviation") == 0) {
        progress->deviations++;
    } else if (strcmp(record->kind, "abort") == 0) {
        progress->was_aborted = true;
    }
    return PC_OK;
}

static pc_status compare_digest(const pc_record *header, const char *member, const pc_sha256 *digest, const char *what,
                                pc_error *err)
{
    pc_sha256 recorded;

    if (pc_sha256_from_hex(pc_record_text(header, member), &recorded) && pc_sha256_equal(&recorded, digest)) {
        return PC_OK;
    }
    (void)pc_fail(err, PC_E_REFUSED, "this folder belongs to a ceremony with another %s", what);
    return pc_hint(err, PC_E_REFUSED,
                   "a ceremony is resumed with the files that it began with; they are in its folder");
}

static pc_status check_header(const pc_ceremony *ceremony, const pc_record *header, pc_error *err)
{
    const char *mode = pc_record_text(header, "mode");

    if (strcmp(mode, pc_ceremony_mode_name(ceremony->mode)) != 0) {
        return pc_fail(err, PC_E_REFUSED, "this folder belongs to a ceremony in mode %s", mode);
    }
    PC_TRY(compare_digest(header, "script_sha256", &ceremony->script->digest, "script", err));
    return compare_digest(header, "site_sha256", &ceremony->site->digest, "site file", err);
}

pc_status pc_ceremony_read_progress(pc_ceremony *ceremony, const char *path, pc_error *err)
{
    PC_AUTO(pc_transcript_reader) pc_transcript_reader *reader = NULL;
    PC_AUTO(pc_descriptor) int fd = -1;
    pc_part part;
    bool more = true;

    PC_TRY(pc_part_open(path, &fd, &part, err));
    PC_TRY(pc_transcript_reader_open(&part, PC_TORN_SHOWN, &reader, err));
    while (more) {
        PC_AUTO(pc_record) pc_record record = { .whole = NULL };

        PC_TRY(pc_transcript_reader_next(reader, &record, &more, err));
        if (more && record.seq == 1) {
            PC_TRY(check_header(ceremony, &record, err));
        }
        if (more) {
            PC_TRY(note_record(ceremony, &record, err));
            ceremony->progress.last_time = pc_arena_string(ceremony->arena, record.at);
        }
    }
    const pc_transcript_order order = pc_transcript_reader_order(reader);

    ceremony->progress.intent = order.open_intent;
    ceremony->progress.is_closed = order.is_closed;
    return PC_OK;
}
