/* SPDX-License-Identifier: Apache-2.0 */
#include "inf/alt_text.h"

#include <string.h>

#include "inf/alt_name.h"
#include "inf/nearest.h"
#include "inf/shown.h"

bool pc_alt_text_next(const char **text, pc_span *ret_part)
{
    while (**text) {
        size_t len = strcspn(*text, "&");
        pc_span part = pc_span_trim((pc_span){ .at = *text, .len = len });

        *text += len + ((*text)[len] == '&');
        if (part.len) {
            *ret_part = part;
            return true;
        }
    }
    return false;
}

static bool find_kind(pc_span key, pc_alt_name_kind *ret_kind)
{
    for (pc_alt_name_kind kind = PC_ALT_DNS; kind <= PC_ALT_DIRECTORY; kind++) {
        if (pc_span_equal(key, pc_alt_name_key(kind))) {
            *ret_kind = kind;
            return true;
        }
    }
    return false;
}

static pc_status refuse_key(const pc_request *request, pc_span key, pc_error *err)
{
    const char *text = pc_arena_text(request->arena, key.at, key.len);

    if (!text) {
        return pc_fail_memory(err);
    }
    if (pc_text_equal(text, "guid") || pc_text_is_oid(text)) {
        return pc_fail(err, PC_E_INPUT, "alternative names of the kind \"%s=\" are not supported here yet",
                       pc_show(text).text);
    }
    pc_nearest nearest = pc_nearest_to(pc_text_equal(text, "uri") ? "url" : text);

    for (pc_alt_name_kind kind = PC_ALT_DNS; kind <= PC_ALT_DIRECTORY; kind++) {
        pc_nearest_offer(&nearest, pc_alt_name_key(kind));
    }
    return pc_fail(err, PC_E_INPUT, "\"%s=\" is no kind of alternative name that certreq knows%s%s%s",
                   pc_show(text).text, nearest.best ? "; did you mean \"" : "", nearest.best ? nearest.best : "",
                   nearest.best ? "=\"?" : "");
}

/* Where in a value the key of another name begins ("a.example.com DNS=b"): NULL if nowhere. */
static const char *find_run_on(const char *value)
{
    for (const char *equals = strchr(value, '='); equals; equals = strchr(equals + 1, '=')) {
        for (pc_alt_name_kind kind = PC_ALT_DNS; kind <= PC_ALT_DIRECTORY; kind++) {
            size_t len = strlen(pc_alt_name_key(kind));
            const char *key = equals - len;

            if ((size_t)(equals - value) >= len && pc_text_equal_n(key, len, pc_alt_name_key(kind))) {
                return key;
            }
        }
    }
    return NULL;
}

static pc_status add(pc_request *request, pc_alt_name_kind kind, const char *value, pc_error *err)
{
    pc_status status = pc_request_add_alt_name(request, kind, value, err);
    const char *run_on = status == PC_E_INPUT ? find_run_on(value) : NULL;

    if (run_on) {
        return pc_fail(err, PC_E_INPUT, "a '&' is missing before \"%s\": all of \"%s\" would be one name",
                       pc_show(run_on).text, pc_show(value).text);
    }
    return status;
}

pc_status pc_alt_text_add(pc_request *request, pc_span part, pc_error *err)
{
    const char *equals = memchr(part.at, '=', part.len);
    pc_alt_name_kind kind = PC_ALT_DNS;

    if (!equals) {
        return pc_fail(err, PC_E_INPUT, "\"%s\" does not say what kind of name it is; write dns=%s",
                       pc_show_span(part).text, pc_show_span(part).text);
    }
    pc_span key = pc_span_trim((pc_span){ .at = part.at, .len = (size_t)(equals - part.at) });
    pc_span value = pc_span_trim((pc_span){ .at = equals + 1, .len = part.len - (size_t)(equals - part.at) - 1 });

    if (!find_kind(key, &kind)) {
        return refuse_key(request, key, err);
    }
    char *text = pc_arena_text(request->arena, value.at, value.len);

    return text ? add(request, kind, text, err) : pc_fail_memory(err);
}
