/* SPDX-License-Identifier: Apache-2.0 */
#include "app/ca/pending/pending.h"

#include <jansson.h>
#include <string.h>

#include "app/ca/pending/spares.h"
#include "base/text.h"
#include "token/data_object.h"

#define FORMAT "p11cert-pending-1"

static const char *const state_names[] = {
    [PC_PENDING_SENDING] = "sending",
    [PC_PENDING_TAKEN] = "taken",
    [PC_PENDING_DENIED] =
        "denied", /* an earlier p11cert skips such a record; that is right, since nothing is pending */
};

static void json_release(json_t *value)
{
    json_decref(value);
}

PC_AUTO_DEFINE(json, json_t, json_release);
PC_AUTO_DEFINE(json_bytes, char, free);

const char *pc_pending_state_name(pc_pending_state state)
{
    return (size_t)state < PC_COUNT(state_names) ? state_names[state] : state_names[PC_PENDING_SENDING];
}

const char *pc_pending_to_text(const pc_pending *record, pc_arena *arena)
{
    PC_AUTO(json)
    json_t *object =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s*, s:s*}", "format", FORMAT, "state",
                  pc_pending_state_name(record->state), "protocol", record->protocol, "ca", record->ca, "request-id",
                  record->request_id, "ca-state", record->ca_state, "submitted-at", record->submitted_at,
                  "request-sha256", record->request_sha256, "request", record->request, "spki-sha256",
                  record->spki_sha256, "key-label", record->key_label, "key-id", record->key_id, "issued",
                  record->issued, "token", record->token);
    bool is_whole = object && pc_ca_spares_to_json(&record->spares, object);
    PC_AUTO(json_bytes) char *text = is_whole ? json_dumps(object, JSON_COMPACT) : NULL;

    return text ? pc_arena_string(arena, text) : NULL;
}

/* A member as text that is safe to print; NULL if it is missing, or out of memory. */
static const char *member(const json_t *object, const char *name, pc_arena *arena)
{
    const json_t *value = json_object_get(object, name);

    return json_is_string(value) ? pc_text_escape(arena, json_string_value(value), json_string_length(value)) : NULL;
}

/* Earlier versions did not write it. */
static const char *optional_member(const json_t *object, const char *name, const char *usual, pc_arena *arena)
{
    return json_object_get(object, name) ? member(object, name, arena) : usual;
}

static bool state_of(const char *name, pc_pending_state *ret_state)
{
    for (size_t i = 0; name && i < PC_COUNT(state_names); i++) {
        if (strcmp(name, state_names[i]) == 0) {
            *ret_state = (pc_pending_state)i;
            return true;
        }
    }
    return false;
}

/* A number, a GUID or hex, depending on the protocol; it becomes part of messages and of what is sent. */
bool pc_pending_is_reference(const char *text)
{
    static const char allowed[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-._{}";

    return strspn(text, allowed) == strlen(text) && strlen(text) <= PC_PENDING_REFERENCE_MAX;
}

bool pc_pending_is_protocol(const char *text)
{
    return *text && strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(text) && strlen(text) <= 16;
}

static bool is_base64(const char *text)
{
    return strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=") == strlen(text);
}

bool pc_pending_is_digest(const char *text)
{
    return strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64;
}

/* As pc_address_of_ca returns it: without a password, which `list` would show. */
bool pc_pending_is_address(const char *text)
{
    size_t scheme = pc_text_starts(text, "https://")  ? strlen("https://")
                    : pc_text_starts(text, "http://") ? strlen("http://")
                                                      : 0;

    return scheme && !memchr(text + scheme, '@', strcspn(text + scheme, "/?#"));
}

/* Its parts go into URLs, file names and searches, and programs other than p11cert may have written it. */
static bool is_sound(const pc_pending *record)
{
    return record->protocol && record->ca_state && record->ca && record->request_id && record->submitted_at &&
           record->request_sha256 && record->request && record->spki_sha256 && record->key_label && record->key_id &&
           pc_pending_is_protocol(record->protocol) && pc_pending_is_reference(record->request_id) &&
           pc_pending_is_digest(record->request_sha256) && is_base64(record->request) &&
           (!record->issued || is_base64(record->issued)) && pc_pending_is_digest(record->spki_sha256) &&
           (record->request_id[0] || record->state != PC_PENDING_TAKEN);
}

pc_status pc_pending_from_text(const char *text, size_t len, pc_arena *arena, pc_pending *ret_record, pc_error *err)
{
    PC_AUTO(json)
    json_t *object = len <= PC_DATA_OBJECT_MAX_LEN ? json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL) : NULL;
    const char *format = object ? json_string_value(json_object_get(object, "format")) : NULL;
    pc_pending record = { .where = NULL };

    if (!format || strcmp(format, FORMAT) != 0 ||
        !state_of(json_string_value(json_object_get(object, "state")), &record.state)) {
        return pc_fail(err, PC_E_INPUT, "not a record of a pending request");
    }
    record.protocol = optional_member(object, "protocol", "certsrv", arena);
    record.ca_state = optional_member(object, "ca-state", "", arena);
    record.issued = optional_member(object, "issued", NULL, arena);
    record.ca = pc_ca_address_from_json(json_object_get(object, "ca"), arena);
    record.request_id = member(object, "request-id", arena);
    record.submitted_at = member(object, "submitted-at", arena);
    record.request_sha256 = member(object, "request-sha256", arena);
    record.request = member(object, "request", arena);
    record.spki_sha256 = member(object, "spki-sha256", arena);
    record.key_label = member(object, "key-label", arena);
    record.key_id = member(object, "key-id", arena);
    record.token = member(object, "token", arena);
    if (!is_sound(&record) || !pc_ca_spares_from_json(object, record.ca, arena, &record.spares)) {
        return pc_fail(err, PC_E_INPUT, "a part of the record of a pending request is missing or malformed");
    }
    *ret_record = record;
    return PC_OK;
}
