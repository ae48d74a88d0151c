/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/transcript/judge_signatures.h"

#include <string.h>

#include "ceremony/transcript/sign_off.h"

#define SIGNATURE_MOST ((size_t)1024 * 1024)

typedef struct {
    const pc_ceremony_source *source;
    const pc_gathered *gathered;
    const pc_sign_off_duty *duty;
    pc_ceremony_verify_result *verdict;
    json_t *signed_by; /* identities that have signed, each with true */
} judgement;

static const pc_recorded_person *find_person(const pc_gathered *gathered, const char *identity)
{
    for (size_t i = 0; i < gathered->person_count; i++) {
        if (gathered->persons[i].key && strcmp(gathered->persons[i].key, identity) == 0) {
            return &gathered->persons[i];
        }
    }
    return NULL;
}

static bool is_named(const pc_sign_off_duty *duty, const char *identity)
{
    for (size_t i = 0; i < duty->signer_count; i++) {
        if (strcmp(duty->signers[i], identity) == 0) {
            return true;
        }
    }
    return false;
}

/* A key of the ceremony itself: one that it read back from a token. */
static const char *find_key(const pc_gathered *gathered, const char *identity)
{
    static const char prefix[] = "spki-sha256:";
    const char *label = NULL;
    json_t *spki = NULL;

    if (strncmp(identity, prefix, strlen(prefix)) != 0) {
        return NULL;
    }
    json_object_foreach(gathered->keys, label, spki)
    {
        if (strcmp(json_string_value(spki), identity + strlen(prefix)) == 0) {
            return label;
        }
    }
    return NULL;
}

static pc_status judge_signer(const judgement *judge, const char *name, const char *identity, pc_error *err)
{
    const pc_recorded_person *person = find_person(judge->gathered, identity);
    const char *label = find_key(judge->gathered, identity);

    if (json_object_set_new(judge->signed_by, identity, json_true()) != 0) {
        return pc_fail_memory(err);
    }
    if (person) {
        return pc_verdict_add(judge->verdict, PC_JUDGED_PASS, err, name, "the head is signed by %s (%s), key %s",
                              person->name, person->role, identity);
    }
    if (label) {
        return pc_verdict_add(judge->verdict, PC_JUDGED_PASS, err, name,
                              "the head is signed by the ceremony's key \"%s\", %s", label, identity);
    }
    return is_named(judge->duty, identity)
               ? pc_verdict_add(judge->verdict, PC_JUDGED_PASS, err, name, "the head is signed by key %s", identity)
               : pc_verdict_add(
                     judge->verdict, PC_JUDGED_FAIL, err, name,
                     "signed by key %s, which belongs to nobody in the transcript; if you know whose it is, name it "
                     "with --signer",
                     identity);
}

static pc_status read_signature(const judgement *judge, const char *name, pc_bytes *ret_signature, pc_error *err)
{
    PC_AUTO(pc_descriptor) int fd = -1;
    pc_part part = { .fd = -1 };

    PC_TRY(pc_ceremony_source_part(judge->source, name, &fd, &part, err));
    return pc_part_read_all(&part, SIGNATURE_MOST, judge->verdict->arena, ret_signature, err);
}

static pc_status judge_signature(const judgement *judge, const char *name, pc_error *err)
{
    char head[PC_HEAD_TEXT] = "";
    const char *identity = NULL;
    pc_sign_off signature = { .name = name };
    pc_status status = read_signature(judge, name, &signature.bytes, err);

    pc_head_to_text(judge->duty->head, head);
    if (status == PC_OK) {
        status = pc_sign_off_verify(&signature, (pc_bytes){ (const uint8_t *)head, strlen(head) },
                                    judge->verdict->arena, &identity, err);
    }
    return status == PC_OK ? judge_signer(judge, name, identity, err)
                           : pc_verdict_add_error(judge->verdict, status, name, err);
}

static pc_status judge_duty(const judgement *judge, const char *who, const char *identity, pc_error *err)
{
    return json_object_get(judge->signed_by, identity)
               ? PC_OK
               : pc_verdict_add(judge->verdict, PC_JUDGED_FAIL, err, "signatures", "%s has not signed the head: key %s",
                                who, identity);
}

static pc_status judge_duties(const judgement *judge, pc_error *err)
{
    for (size_t i = 0; i < judge->gathered->person_count; i++) {
        const pc_recorded_person *person = &judge->gathered->persons[i];

        if (person->key) {
            PC_TRY(judge_duty(judge, person->name, person->key, err));
        }
    }
    for (size_t i = 0; i < judge->duty->signer_count; i++) {
        PC_TRY(judge_duty(judge, "the owner of a key that you named", judge->duty->signers[i], err));
    }
    if (json_object_size(judge->signed_by) == 0 && strcmp(judge->gathered->mode, "PRODUCTION") == 0) {
        return pc_verdict_add(judge->verdict, PC_JUDGED_FAIL, err, "signatures",
                              "nobody has signed the head: whoever has the files could have written all of it");
    }
    return PC_OK;
}

/* People sign head.txt with other programs, so it must match the transcript. */
static pc_status judge_head_file(const judgement *judge, pc_error *err)
{
    char head[PC_HEAD_TEXT] = "";
    pc_bytes text = { NULL, 0 };

    if (!pc_ceremony_source_has(judge->source, PC_HEAD_FILE)) {
        return PC_OK;
    }
    pc_head_to_text(judge->duty->head, head);
    pc_status status = read_signature(judge, PC_HEAD_FILE, &text, err);

    if (status != PC_OK) {
        return pc_verdict_add_error(judge->verdict, status, PC_HEAD_FILE, err);
    }
    return text.len == strlen(head) && memcmp(text.data, head, text.len) == 0
               ? PC_OK
               : pc_verdict_add(judge->verdict, PC_JUDGED_FAIL, err, PC_HEAD_FILE,
                                "it is not the head of this transcript");
}

pc_status pc_judge_signatures(const pc_ceremony_source *source, const pc_gathered *gathered,
                              const pc_sign_off_duty *duty, pc_ceremony_verify_result *verdict, pc_error *err)
{
    PC_AUTO(pc_json) json_t *signed_by = json_object();
    const judgement judge = { source, gathered, duty, verdict, signed_by };

    if (!signed_by) {
        return pc_fail_memory(err);
    }
    PC_TRY(judge_head_file(&judge, err));
    for (size_t i = 0; i < source->file_count; i++) {
        if (strncmp(source->files[i].name, PC_SIGNATURES, strlen(PC_SIGNATURES)) == 0) {
            PC_TRY(judge_signature(&judge, source->files[i].name, err));
        }
    }
    return judge_duties(&judge, err);
}
