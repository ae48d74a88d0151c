/* SPDX-License-Identifier: Apache-2.0 */
#include "app/ca/key_ca.h"

#include <jansson.h>
#include <string.h>

#include "app/ca/pending/pending.h"
#include "app/ca/pending/spares.h"
#include "base/text.h"
#include "token/data_object.h"
#include "token/lock.h"

#define APPLICATION "p11cert CA of a key"
#define FORMAT      "p11cert-key-ca-1"

static void json_release(json_t *value)
{
    json_decref(value);
}

PC_AUTO_DEFINE(json, json_t, json_release);
PC_AUTO_DEFINE(json_bytes, char, free);

/* --- the format -------------------------------------------------------------------------------------------------- */

const char *pc_key_ca_to_text(const pc_key_ca *ca, pc_arena *arena)
{
    PC_AUTO(json)
    json_t *object = json_pack("{s:s, s:s, s:s, s:s}", "format", FORMAT, "protocol", ca->protocol, "ca", ca->address,
                               "spki-sha256", ca->spki_sha256);
    bool is_whole = object && pc_ca_spares_to_json(&ca->spares, object);
    PC_AUTO(json_bytes) char *text = is_whole ? json_dumps(object, JSON_COMPACT) : NULL;

    return text ? pc_arena_string(arena, text) : NULL;
}

/* NULL if it is missing, or out of memory. */
static const char *member(const json_t *object, const char *name, pc_arena *arena)
{
    const json_t *value = json_object_get(object, name);

    return json_is_string(value) ? pc_text_escape(arena, json_string_value(value), json_string_length(value)) : NULL;
}

pc_status pc_key_ca_from_text(const char *text, size_t len, pc_arena *arena, pc_key_ca *ret_ca, pc_error *err)
{
    PC_AUTO(json)
    json_t *object = len <= PC_DATA_OBJECT_MAX_LEN ? json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL) : NULL;
    const char *format = object ? json_string_value(json_object_get(object, "format")) : NULL;
    pc_key_ca ca = {
        .protocol = member(object, "protocol", arena),
        .address = pc_ca_address_from_json(json_object_get(object, "ca"), arena),
        .spki_sha256 = member(object, "spki-sha256", arena),
    };

    if (!format || strcmp(format, FORMAT) != 0 || !ca.protocol || !ca.address || !ca.spki_sha256 ||
        !pc_pending_is_protocol(ca.protocol) || !pc_pending_is_digest(ca.spki_sha256) ||
        !pc_ca_spares_from_json(object, ca.address, arena, &ca.spares)) {
        return pc_fail(err, PC_E_INPUT, "not a record of the CA of a key");
    }
    *ret_ca = ca;
    return PC_OK;
}

/* --- on the token ------------------------------------------------------------------------------------------------ */

static pc_status fail_unreadable(const pc_token *token, const pc_data_object *object, pc_error *err)
{
    (void)pc_fail(err, PC_E_INPUT, "the record of a key's CA on token \"%s\" cannot be read: data object \"%s\"",
                  token->info.label, object->label);
    return pc_hint(err, PC_E_INPUT,
                   "another program changed it, or a newer p11cert wrote it: look at it with `pkcs11-tool "
                   "--read-object --type data`; name the CA with `ca` and the key with `key`, or delete the object");
}

/* Those of the key. `unreadable` is set to one that may be the key's, or NULL. */
static pc_status find_all(const pc_token *token, const char *spki_sha256, pc_arena *arena, pc_data_objects *ret_own,
                          const pc_data_object **ret_unreadable, pc_error *err)
{
    pc_data_objects objects = { .count = 0 };
    size_t count = 0;

    PC_TRY(pc_data_objects_find(token, APPLICATION, arena, &objects, err));
    for (size_t i = 0; i < objects.count; i++) {
        const pc_bytes value = objects.items[i].value;
        pc_key_ca ca;

        if (pc_key_ca_from_text((const char *)value.data, value.len, arena, &ca, NULL) != PC_OK) {
            *ret_unreadable = pc_arena_copy(arena, &objects.items[i], sizeof objects.items[i]);
            PC_TRY(*ret_unreadable ? PC_OK : pc_fail_memory(err));
        } else if (strcmp(ca.spki_sha256, spki_sha256) == 0) {
            objects.items[count++] = objects.items[i];
        }
    }
    *ret_own = (pc_data_objects){ .items = objects.items, .count = count };
    return PC_OK;
}

static bool holds(const pc_data_object *object, const char *text)
{
    return object->value.len == strlen(text) && memcmp(object->value.data, text, object->value.len) == 0;
}

/* A crash in between leaves two; the next run removes the one that it does not write. */
static pc_status replace(const pc_token *token, const pc_data_objects *own, pc_data_object *record, pc_arena *arena,
                         pc_error *err)
{
    const pc_data_object *kept = NULL;
    bool is_stored = false;

    for (size_t i = 0; i < own->count && !kept; i++) {
        kept = holds(&own->items[i], (const char *)record->value.data) ? &own->items[i] : NULL;
    }
    if (!kept) {
        PC_TRY(pc_data_object_write(token, record, arena, &is_stored, err));
    }
    for (size_t i = 0; i < own->count; i++) {
        PC_TRY(&own->items[i] == kept ? PC_OK : pc_data_object_remove(token, &own->items[i], err));
    }
    return PC_OK;
}

pc_status pc_key_ca_save(const pc_token *token, const pc_key_ca *ca, const char *label, pc_arena *arena, pc_error *err)
{
    const char *text = pc_key_ca_to_text(ca, arena);
    const pc_data_object *unreadable = NULL;
    pc_data_objects own = { .count = 0 };
    pc_data_object record = { .application = APPLICATION, .label = pc_arena_format(arena, "CA of %s", label) };

    if (!text || !record.label) {
        return pc_fail_memory(err);
    }
    record.value = (pc_bytes){ (const uint8_t *)text, strlen(text) };
    PC_TOKEN_LOCKED(token, APPLICATION);
    PC_TRY(find_all(token, ca->spki_sha256, arena, &own, &unreadable, err));
    return replace(token, &own, &record, arena, err);
}

static pc_status newest(const pc_data_objects *own, pc_arena *arena, pc_key_ca *ret_ca, pc_error *err)
{
    const pc_bytes value = own->items[own->count - 1].value;

    return pc_key_ca_from_text((const char *)value.data, value.len, arena, ret_ca, err);
}

pc_status pc_key_ca_find(const pc_token *token, const char *spki_sha256, pc_arena *arena, pc_key_ca *ret_ca,
                         pc_error *err)
{
    const pc_data_object *unreadable = NULL;
    pc_data_objects own = { .count = 0 };

    *ret_ca = (pc_key_ca){ .address = NULL };
    PC_TRY(find_all(token, spki_sha256, arena, &own, &unreadable, err));
    if (own.count == 0) {
        return unreadable ? fail_unreadable(token, unreadable, err) : PC_OK;
    }
    return newest(&own, arena, ret_ca, err);
}

pc_status pc_key_ca_look(const pc_token *token, const char *spki_sha256, pc_arena *arena, pc_key_ca *ret_ca,
                         const char **ret_unreadable, pc_error *err)
{
    const pc_data_object *unreadable = NULL;
    const char *label = NULL;
    pc_data_objects own = { .count = 0 };

    PC_TRY(find_all(token, spki_sha256, arena, &own, &unreadable, err));
    if (unreadable) {
        label = pc_text_escape(arena, unreadable->label, strlen(unreadable->label));
        PC_TRY(label ? PC_OK : pc_fail_memory(err));
    }
    *ret_ca = (pc_key_ca){ .address = NULL };
    *ret_unreadable = label;
    return own.count ? newest(&own, arena, ret_ca, err) : PC_OK;
}

pc_status pc_key_ca_remove(const pc_token *token, const char *spki_sha256, pc_arena *arena, pc_error *err)
{
    const pc_data_object *unreadable = NULL;
    pc_data_objects own = { .count = 0 };

    PC_TRY(find_all(token, spki_sha256, arena, &own, &unreadable, err));
    for (size_t i = 0; i < own.count; i++) {
        PC_TRY(pc_data_object_remove(token, &own.items[i], err));
    }
    return PC_OK;
}
