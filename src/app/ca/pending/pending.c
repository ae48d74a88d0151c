/* SPDX-License-Identifier: Apache-2.0 */
#include "app/ca/pending/pending.h"

#include <string.h>

#include "token/data_object.h"
#include "token/lock.h"

#define APPLICATION "p11cert pending request"

static pc_status take_object(const pc_data_object *object, pc_arena *arena, pc_pending **found, size_t *count,
                             pc_error *err)
{
    pc_pending record;
    pc_error passed_over = { .status = PC_OK };
    pc_status status =
        pc_pending_from_text((const char *)object->value.data, object->value.len, arena, &record, &passed_over);

    if (status == PC_E_MEMORY) {
        return pc_fail_memory(err);
    }
    if (status != PC_OK) {
        return PC_OK;
    }
    pc_pending *slot = PC_PUSH(arena, *found, *count);

    if (!slot) {
        return pc_fail_memory(err);
    }
    record.where = "token";
    record.handle = object->handle;
    *slot = record;
    return PC_OK;
}

static pc_status find_every(const pc_token *token, pc_arena *arena, pc_pending **ret_found, size_t *ret_count,
                            pc_error *err)
{
    pc_data_objects objects = { .count = 0 };
    pc_pending *found = NULL;
    size_t count = 0;

    PC_TRY(pc_pending_files_find(arena, &found, &count, err));
    PC_TRY(pc_data_objects_find(token, APPLICATION, arena, &objects, err));
    for (size_t i = 0; i < objects.count; i++) {
        PC_TRY(take_object(&objects.items[i], arena, &found, &count, err));
    }
    *ret_found = found;
    *ret_count = count;
    return PC_OK;
}

/* By key, the most telling one first: with the CA's number, then the latest. */
static int compare(const void *a, const void *b)
{
    const pc_pending *left = a;
    const pc_pending *right = b;
    int order = strcmp(left->spki_sha256, right->spki_sha256);

    if (order == 0) {
        order = (right->state == PC_PENDING_TAKEN) - (left->state == PC_PENDING_TAKEN);
    }
    return order ? order : strcmp(right->submitted_at, left->submitted_at);
}

pc_status pc_pending_find(const pc_token *token, const char *spki_sha256, pc_arena *arena, pc_pending **ret_found,
                          size_t *ret_count, pc_error *err)
{
    pc_pending *every = NULL;
    size_t every_count = 0;
    size_t count = 0;

    PC_TRY(find_every(token, arena, &every, &every_count, err));
    if (every_count > 1) {
        qsort(every, every_count, sizeof *every, compare);
    }
    for (size_t i = 0; i < every_count; i++) {
        bool is_wanted = !spki_sha256 || strcmp(every[i].spki_sha256, spki_sha256) == 0;

        if (is_wanted && (count == 0 || strcmp(every[count - 1].spki_sha256, every[i].spki_sha256) != 0)) {
            every[count++] = every[i];
        }
    }
    *ret_found = every;
    *ret_count = count;
    return PC_OK;
}

static pc_status remove_one(const pc_token *token, const pc_pending *record, pc_error *err)
{
    if (record->handle == 0) {
        return pc_pending_file_remove(record, err);
    }
    const pc_data_object object = { .handle = record->handle, .label = record->key_label };

    return pc_data_object_remove(token, &object, err);
}

/* Every record of the key but the one to keep, if any. */
static pc_status remove_others(const pc_token *token, const char *spki_sha256, const pc_pending *keep, pc_arena *arena,
                               pc_error *err)
{
    pc_pending *every = NULL;
    size_t count = 0;

    PC_TRY(find_every(token, arena, &every, &count, err));
    for (size_t i = 0; i < count; i++) {
        bool is_kept = keep && every[i].handle == keep->handle && strcmp(every[i].where, keep->where) == 0;

        if (!is_kept && strcmp(every[i].spki_sha256, spki_sha256) == 0) {
            PC_TRY(remove_one(token, &every[i], err));
        }
    }
    return PC_OK;
}

pc_status pc_pending_save(const pc_token *token, pc_pending *record, pc_arena *arena, pc_error *err)
{
    const char *text = pc_pending_to_text(record, arena);
    pc_data_object object = { .application = APPLICATION,
                              .label = pc_arena_format(arena, "request of %s", record->key_label),
                              .value = { (const uint8_t *)text, text ? strlen(text) : 0 } };
    bool is_held = false;

    if (!text || !object.label) {
        return pc_fail_memory(err);
    }
    /* Else each of two runs could remove the other's as what stood there before. */
    PC_TOKEN_LOCKED(token, "pending request");
    PC_TRY(pc_data_object_write(token, &object, arena, &is_held, err));
    if (is_held) {
        record->where = "token";
        record->handle = object.handle;
    } else {
        PC_TRY(pc_pending_file_save(record, arena, err));
    }
    return remove_others(token, record->spki_sha256, record, arena, err);
}

pc_status pc_pending_remove(const pc_token *token, const pc_pending *record, pc_arena *arena, pc_error *err)
{
    return remove_others(token, record->spki_sha256, NULL, arena, err);
}
