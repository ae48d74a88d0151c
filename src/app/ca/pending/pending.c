/* SPDX-License-Identifier: Apache-2.0 */
#include "app/ca/pending/pending.h"

#include <string.h>

#include "base/kept_error.h"
#include "base/text.h"
#include "token/data_object.h"
#include "token/lock.h"
#include "token/uri.h"

#define APPLICATION "p11cert pending request"

static pc_status add_object(const pc_data_object *object, pc_arena *arena, pc_pending_list *list, pc_error *err)
{
    pc_pending record;
    pc_error skipped = { .status = PC_OK };
    pc_status status =
        pc_pending_from_text((const char *)object->value.data, object->value.len, arena, &record, &skipped);

    if (status == PC_E_MEMORY) {
        return pc_fail_memory(err);
    }
    if (status != PC_OK) {
        list->unreadable = pc_text_escape(arena, object->label, strlen(object->label));
        return list->unreadable ? PC_OK : pc_fail_memory(err);
    }
    pc_pending *slot = PC_PUSH(arena, list->items, list->count);

    if (!slot) {
        return pc_fail_memory(err);
    }
    record.where = "token";
    record.handle = object->handle;
    *slot = record;
    return PC_OK;
}

static pc_status find_all(const pc_token *token, pc_arena *arena, pc_pending_list *ret_list, pc_error *err)
{
    pc_data_objects objects = { .count = 0 };

    PC_TRY(pc_pending_files_find(arena, ret_list, err));
    PC_TRY(pc_data_objects_find(token, APPLICATION, arena, &objects, err));
    for (size_t i = 0; i < objects.count; i++) {
        PC_TRY(add_object(&objects.items[i], arena, ret_list, err));
    }
    return PC_OK;
}

pc_status pc_pending_hint_unreadable(pc_error *err)
{
    return pc_hint(
        err, PC_E_INPUT,
        "try again; if it stays so, another program changed it, or a newer p11cert wrote it: look at it with "
        "`pkcs11-tool --read-object --type data`, and delete it if nothing is pending at a CA");
}

/* It may be the one in question: a request would then be sent twice, or a record would stay behind. */
static pc_status fail_unreadable(const pc_token *token, const pc_pending_list *list, pc_error *err)
{
    (void)pc_fail(err, PC_E_INPUT, "the record of a request on token \"%s\" cannot be read: data object \"%s\"",
                  token->info.label, list->unreadable);
    return pc_pending_hint_unreadable(err);
}

static void warn_unreadable(const pc_token *token, const pc_pending_list *list)
{
    pc_error own = { .status = PC_OK };

    if (token->warn) {
        (void)fail_unreadable(token, list, &own);
        token->warn(own.frames[0]);
    }
}

/* A record that was denied is replaced when its key is submitted again: it counts least. */
static int rank(const pc_pending *record)
{
    static const int ranks[] = { [PC_PENDING_TAKEN] = 0, [PC_PENDING_SENDING] = 1, [PC_PENDING_DENIED] = 2 };

    return ranks[record->state];
}

/* By key, the most informative one first: with the CA's number, then the latest. */
static int compare(const void *a, const void *b)
{
    const pc_pending *left = a;
    const pc_pending *right = b;
    int order = strcmp(left->spki_sha256, right->spki_sha256);

    if (order == 0) {
        order = rank(left) - rank(right);
    }
    return order ? order : strcmp(right->submitted_at, left->submitted_at);
}

/* The files of all tokens share a folder. */
static bool is_of_another_token(const pc_pending *record, const char *token)
{
    return record->handle == 0 && record->token && strcmp(record->token, token) != 0;
}

static void warn_skipped(const pc_token *token, const pc_pending_list *list)
{
    if (list->problem && token->warn) {
        token->warn(list->problem);
    }
}

static pc_status keep_wanted(const pc_token *token, const char *spki_sha256, pc_arena *arena, pc_pending_list *ret_list,
                             pc_error *err)
{
    pc_pending_list list = *ret_list;
    const char *uri = pc_uri_of_token(&token->info, arena);
    size_t count = 0;

    if (!uri) {
        return pc_fail_memory(err);
    }
    if (list.count > 1) {
        qsort(list.items, list.count, sizeof *list.items, compare);
    }
    for (size_t i = 0; i < list.count; i++) {
        const char *own = list.items[i].spki_sha256;
        bool is_listed = count > 0 && strcmp(list.items[count - 1].spki_sha256, own) == 0;

        bool is_wanted = spki_sha256 ? strcmp(own, spki_sha256) == 0 : !is_of_another_token(&list.items[i], uri);

        if (!is_listed && is_wanted) {
            list.items[count++] = list.items[i];
        }
    }
    *ret_list = (pc_pending_list){ .items = list.items, .count = count, .unreadable = list.unreadable };
    return PC_OK;
}

pc_status pc_pending_find(const pc_token *token, const char *spki_sha256, pc_arena *arena, pc_pending_list *ret_list,
                          pc_error *err)
{
    pc_pending_list list = { .items = NULL };

    PC_TRY(find_all(token, arena, &list, err));
    warn_skipped(token, &list);
    if (list.unreadable && spki_sha256) {
        return fail_unreadable(token, &list, err);
    }
    if (list.unreadable) {
        warn_unreadable(token, &list);
    }
    PC_TRY(keep_wanted(token, spki_sha256, arena, &list, err));
    *ret_list = list;
    return PC_OK;
}

pc_status pc_pending_find_in_files(const pc_token *token, pc_arena *arena, pc_pending_list *ret_list, pc_error *err)
{
    pc_pending_list list = { .items = NULL };

    PC_TRY(pc_pending_files_find(arena, &list, err));
    warn_skipped(token, &list);
    PC_TRY(keep_wanted(token, NULL, arena, &list, err));
    *ret_list = list;
    return PC_OK;
}

static pc_status remove_one(const pc_token *token, const pc_pending *record, pc_error *err)
{
    if (record->handle == 0) {
        return pc_pending_file_remove(record, err);
    }
    const pc_data_object object = { .handle = record->handle, .application = APPLICATION, .label = record->key_label };

    return pc_data_object_remove(token, &object, err);
}

/* Every record of the key except the one to keep, if any. */
static pc_status remove_others(const pc_token *token, const char *spki_sha256, const pc_pending *keep, pc_arena *arena,
                               pc_error *err)
{
    pc_pending_list list = { .items = NULL };

    PC_TRY(find_all(token, arena, &list, err));
    if (list.unreadable) {
        return fail_unreadable(token, &list, err);
    }
    for (size_t i = 0; i < list.count; i++) {
        const pc_pending *each = &list.items[i];
        bool is_kept = keep && each->handle == keep->handle && strcmp(each->where, keep->where) == 0;

        if (!is_kept && strcmp(each->spki_sha256, spki_sha256) == 0) {
            PC_TRY(remove_one(token, each, err));
        }
    }
    return PC_OK;
}

/* A longer one would not be found again, and the record that it replaces would be lost. */
static pc_status check_length(const char *text, pc_error *err)
{
    return strlen(text) <= PC_DATA_OBJECT_MAX_LEN
               ? PC_OK
               : pc_fail(err, PC_E_INPUT, "the record of a pending request would have %zu bytes, of at most %zu",
                         strlen(text), PC_DATA_OBJECT_MAX_LEN);
}

pc_status pc_pending_save(const pc_token *token, pc_pending *record, pc_arena *arena, pc_error *err)
{
    record->token = pc_uri_of_token(&token->info, arena);
    const char *text = record->token ? pc_pending_to_text(record, arena) : NULL;
    pc_data_object object = { .application = APPLICATION,
                              .label = pc_arena_format(arena, "request of %s", record->key_label),
                              .value = { (const uint8_t *)text, text ? strlen(text) : 0 } };
    bool is_stored = false;

    if (!text || !object.label) {
        return pc_fail_memory(err);
    }
    PC_TRY(check_length(text, err));
    /* Otherwise each of two runs could remove the other's record as an earlier one. */
    PC_TOKEN_LOCKED(token, "pending request");
    PC_TRY(pc_data_object_write(token, &object, arena, &is_stored, err));
    if (is_stored) {
        record->where = "token";
        record->handle = object.handle;
    } else {
        PC_TRY(pc_pending_file_save(record, arena, err));
    }
    return remove_others(token, record->spki_sha256, record, arena, err);
}

pc_status pc_pending_save_answer(const pc_token *token, pc_pending *record, pc_arena *arena, pc_error *err)
{
    pc_error why = { .status = PC_OK };
    pc_error second = { .status = PC_OK };
    pc_status status = pc_pending_save(token, record, arena, &why);
    bool is_of_token = status == PC_E_TOKEN || status == PC_E_VERIFY || status == PC_E_AUTH;
    pc_pending copy = *record;

    if (status != PC_OK) {
        pc_error_pass(err, &why);
    }
    if (!is_of_token || pc_pending_file_save(&copy, arena, &second) != PC_OK) {
        return status;
    }
    (void)pc_note(err, status, "the CA's answer could not be recorded on token \"%s\", and is kept in \"%s\"",
                  token->info.label, copy.where);
    return pc_hint_resume(err, status, "run the same command again on this machine: it continues with that answer");
}

pc_status pc_pending_remove(const pc_token *token, const pc_pending *record, pc_arena *arena, pc_error *err)
{
    return remove_others(token, record->spki_sha256, NULL, arena, err);
}
