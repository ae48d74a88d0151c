/* SPDX-License-Identifier: Apache-2.0 */
#include "app/ca/pending/spares.h"

#include <string.h>

#include "app/ca/pending/pending.h"
#include "base/text.h"
#include "enroll/http/address.h"

#define MEMBER "spares"

static void json_release(json_t *value)
{
    json_decref(value);
}

PC_AUTO_DEFINE(json, json_t, json_release);

bool pc_ca_spare_is_near(const char *address, const char *spare)
{
    bool is_on_host = false;

    return strlen(spare) <= PC_CA_SPARES_LEN_MOST &&
           pc_address_is_on_host(address, spare, &is_on_host, NULL) == PC_OK && is_on_host;
}

const char *pc_ca_address_from_json(const json_t *value, pc_arena *arena)
{
    const char *text = json_string_value(value);
    const char *safe = text ? pc_text_escape(arena, text, json_string_length(value)) : NULL;

    return safe && strcmp(safe, text) == 0 && pc_pending_is_address(safe) ? safe : NULL;
}

bool pc_ca_spares_to_json(const pc_ca_spares *spares, json_t *object)
{
    PC_AUTO(json) json_t *list = json_array();
    bool is_added = list != NULL;

    for (size_t i = 0; is_added && i < spares->count; i++) {
        is_added = json_array_append_new(list, json_string(spares->items[i])) == 0;
    }
    return is_added && (spares->count == 0 || json_object_set(object, MEMBER, list) == 0);
}

bool pc_ca_spares_from_json(const json_t *object, const char *address, pc_arena *arena, pc_ca_spares *ret_spares)
{
    const json_t *list = json_object_get(object, MEMBER);
    const size_t count = json_array_size(list);
    bool is_sound = count > 0 && count <= PC_CA_SPARES_MOST;
    const char **items = is_sound ? pc_arena_alloc(arena, count * sizeof *items) : NULL;

    *ret_spares = (pc_ca_spares){ .items = NULL };
    if (!list) {
        return true;
    }
    for (size_t i = 0; items && i < count; i++) {
        items[i] = pc_ca_address_from_json(json_array_get(list, i), arena);
        if (!items[i] || !pc_ca_spare_is_near(address, items[i])) {
            return false;
        }
    }
    *ret_spares = (pc_ca_spares){ .items = items, .count = items ? count : 0 };
    return items != NULL;
}
