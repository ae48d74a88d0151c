/* SPDX-License-Identifier: Apache-2.0 */
#include "app/retire/earlier.h"

#include <jansson.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "pair/public_key.h"
#include "token/inventory.h"
#include "x509/auto.h"
#include "x509/spki.h"

#define RECORD_MOST ((size_t)64 * 1024 * 1024) /* bytes */

static void json_release(json_t *value)
{
    json_decref(value);
}
PC_AUTO_DEFINE(json, json_t, json_release);

/** The key of a line. */
typedef struct {
    const char *label; /* escaped; NULL: no line is proof */
    const char *id;
    const char *kind;
    const char *spki_sha256; /* NULL: not known */
    const char *time;
} retired_key;

/** Which lines are about the key. */
typedef struct {
    const char *label; /* escaped; NULL: any */
    const char *id;    /* hex; NULL: any */
    const char *token_label;
    const char *token_serial;
} wanted_key;

static const char *text_in(const json_t *object, const char *member)
{
    return json_string_value(json_object_get(object, member));
}

static bool is_text(const json_t *object, const char *member, const char *text)
{
    const char *there = text_in(object, member);

    return there && strcmp(there, text) == 0;
}

static bool is_about(const json_t *line, const wanted_key *wanted)
{
    const json_t *token = json_object_get(line, "token");
    const json_t *key = json_object_get(line, "key");

    return is_text(token, "label", wanted->token_label) && is_text(token, "serial", wanted->token_serial) &&
           (!wanted->label || is_text(key, "label", wanted->label)) && (!wanted->id || is_text(key, "id", wanted->id));
}

static const char *copy_of(const json_t *object, const char *member, pc_arena *arena)
{
    const char *text = text_in(object, member);

    return text ? pc_text_escape(arena, text, strlen(text)) : NULL;
}

/* A later line supersedes this one. */
static pc_status take_line(const json_t *line, pc_arena *arena, retired_key *found, pc_error *err)
{
    const json_t *key = json_object_get(line, "key");

    *found = (retired_key){ .label = NULL };
    if (!is_text(line, "event", "done") || !text_in(key, "label") || !text_in(key, "id") || !text_in(key, "kind") ||
        !text_in(line, "time")) {
        return PC_OK;
    }
    *found = (retired_key){
        .label = copy_of(key, "label", arena),
        .id = copy_of(key, "id", arena),
        .kind = copy_of(key, "kind", arena),
        .spki_sha256 = copy_of(key, "spki_sha256", arena),
        .time = copy_of(line, "time", arena),
    };
    return found->label && found->id && found->kind && found->time ? PC_OK : pc_fail_memory(err);
}

static pc_status read_lines(pc_bytes record, const wanted_key *wanted, pc_arena *arena, retired_key *ret_found,
                            pc_error *err)
{
    const char *rest = (const char *)record.data;
    const char *end = rest + record.len;
    retired_key found = { .label = NULL };

    while (rest < end) {
        const char *line_end = memchr(rest, '\n', (size_t)(end - rest));
        const size_t len = (size_t)((line_end ? line_end : end) - rest);
        PC_AUTO(json) json_t *line = json_loadb(rest, len, JSON_REJECT_DUPLICATES, NULL);

        rest += len + 1;
        if (!line) {
            found.label = NULL; /* it may have been about this key */
        } else if (is_about(line, wanted)) {
            PC_TRY(take_line(line, arena, &found, err));
        }
    }
    *ret_found = found;
    return PC_OK;
}

/* --- the token --- */

static pc_status is_same(const pc_key *key, const retired_key *retired, pc_arena *arena, bool *ret_same, pc_error *err)
{
    PC_AUTO(EVP_PKEY) EVP_PKEY *public_key = NULL;
    const char *id = pc_text_hex(arena, key->id, '\0');
    const char *spki_sha256 = NULL;

    if (!id) {
        return pc_fail_memory(err);
    }
    *ret_same = *id && strcmp(id, retired->id) == 0;
    if (*ret_same || !retired->spki_sha256) {
        return PC_OK;
    }
    PC_TRY(pc_public_key_if_known(&key->half, &public_key, err));
    if (!public_key) {
        return PC_OK; /* a key whose public half is not known is compared by its CKA_ID alone */
    }
    PC_TRY(pc_spki_sha256(public_key, arena, &spki_sha256, err));
    *ret_same = strcmp(spki_sha256, retired->spki_sha256) == 0;
    return PC_OK;
}

static pc_status check_keys(const pc_key *keys, size_t count, const retired_key *retired, pc_arena *arena,
                            pc_error *err)
{
    for (size_t i = 0; i < count; i++) {
        bool is_there = false;

        PC_TRY(is_same(&keys[i], retired, arena, &is_there, err));
        if (is_there) {
            (void)pc_fail(err, PC_E_REFUSED,
                          "the record shows that the key \"%s\" was retired at %s, but it is on the token again, as "
                          "\"%s\"; nothing was destroyed",
                          retired->label, retired->time, keys[i].label);
            return pc_hint(err, PC_E_REFUSED, "name it by that label, or by its CKA_ID, to retire it");
        }
    }
    return PC_OK;
}

static pc_status check_token(const pc_token *token, const retired_key *retired, pc_arena *arena, pc_error *err)
{
    pc_inventory inventory;

    PC_TRY(pc_inventory_read(token, arena, &inventory, err));
    PC_TRY(check_keys(inventory.keys, inventory.key_count, retired, arena, err));
    return check_keys(inventory.publics, inventory.public_count, retired, arena, err);
}

/* --- the whole --- */

static pc_status want(const pc_token *token, const char *words, pc_arena *arena, wanted_key *ret_wanted, pc_error *err)
{
    pc_key_selector selector;

    PC_TRY(pc_key_selector_parse(token, words, arena, &selector, err));
    const wanted_key wanted = {
        .label = selector.label ? pc_text_escape(arena, selector.label, strlen(selector.label)) : NULL,
        .id = selector.id.data ? pc_text_hex(arena, selector.id, '\0') : NULL,
        .token_label = pc_text_escape(arena, token->info.label, strlen(token->info.label)),
        .token_serial = token->info.serial,
    };

    if ((selector.label && !wanted.label) || (selector.id.data && !wanted.id) || !wanted.token_label) {
        return pc_fail_memory(err);
    }
    *ret_wanted = wanted;
    return PC_OK;
}

static pc_status read_record(const char *path, pc_arena *arena, pc_bytes *ret_record, pc_error *err)
{
    pc_path_kind kind = PC_PATH_NOTHING;

    PC_TRY(pc_path_look(path, &kind, err));
    if (kind != PC_PATH_FILE) {
        *ret_record = (pc_bytes){ .len = 0 }; /* nothing has been recorded, or in a pipe */
        return PC_OK;
    }
    pc_status status = pc_file_read(arena, path, RECORD_MOST, ret_record, err);

    return status == PC_OK ? PC_OK : pc_note(err, status, "the record \"%s\" cannot be read", path);
}

pc_status pc_retire_find_earlier(const pc_token *token, const pc_retire_order *order, pc_retire_result *result,
                                 pc_error *err)
{
    pc_bytes record = { .len = 0 };
    wanted_key wanted = { .label = NULL };
    retired_key found = { .label = NULL };

    PC_TRY(want(token, order->key, result->arena, &wanted, err));
    PC_TRY(read_record(order->record, result->arena, &record, err));
    PC_TRY(read_lines(record, &wanted, result->arena, &found, err));
    if (!found.label) {
        return PC_OK;
    }
    PC_TRY(check_token(token, &found, result->arena, err));
    result->label = found.label;
    result->id = found.id;
    (void)snprintf(result->kind, sizeof result->kind, "%s", found.kind);
    result->spki_sha256 = found.spki_sha256;
    result->retired_at = found.time;
    return PC_OK;
}
