/* SPDX-License-Identifier: Apache-2.0 */
#include "inf/alt_text.h"

#include <string.h>

#include "inf/alt_name.h"
#include "inf/inf_value.h"
#include "base/nearest.h"
#include "inf/request_parts.h"
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
    for (pc_alt_name_kind kind = PC_ALT_DNS; kind <= PC_ALT_GUID; kind++) {
        if (pc_span_equal(key, pc_alt_name_key(kind))) {
            *ret_kind = kind;
            return true;
        }
    }
    return false;
}

static pc_status refuse_key(const char *text, pc_error *err)
{
    pc_nearest nearest = pc_nearest_to(pc_text_equal(text, "uri") ? "url" : text);

    for (pc_alt_name_kind kind = PC_ALT_DNS; kind <= PC_ALT_GUID; kind++) {
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
        for (pc_alt_name_kind kind = PC_ALT_DNS; kind <= PC_ALT_GUID; kind++) {
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

static const struct {
    pc_tagged_form tagged;
    pc_other_name_form form;
} other_forms[] = {
    { PC_TAGGED_UTF8, PC_OTHER_UTF8 },
    { PC_TAGGED_OCTET, PC_OTHER_OCTETS },
    { PC_TAGGED_DER, PC_OTHER_DER },
};

static pc_status read_other_value(pc_arena *arena, const pc_tagged *tagged, pc_alt_name *name, pc_error *err)
{
    pc_der bytes = { .at = NULL };

    if (tagged->form == PC_TAGGED_UTF8) {
        name->text = tagged->rest;
        if (!pc_text_is_utf8(tagged->rest, strlen(tagged->rest)) || tagged->rest[0] == '\0') {
            return pc_fail(err, PC_E_INPUT, "the other name %s= has no text that is UTF-8", name->oid);
        }
        return PC_OK;
    }
    PC_TRY(tagged->form == PC_TAGGED_OCTET ? pc_tagged_bytes(arena, tagged, &bytes, err)
                                           : pc_tagged_der(arena, tagged, &bytes, err));
    name->bytes = bytes.at;
    name->bytes_len = bytes.len;
    return PC_OK;
}

static pc_status add_other(pc_request *request, const char *oid, const char *value, pc_error *err)
{
    pc_alt_name name = { 0 };

    PC_TRY(pc_alt_text_other(request->arena, oid, value, &name, err));
    return pc_request_push_alt_name(request, &name, err);
}

pc_status pc_alt_text_other(pc_arena *arena, const char *oid, const char *value, pc_alt_name *ret_name, pc_error *err)
{
    pc_alt_name name = { .kind = PC_ALT_OTHER, .oid = oid, .text = value };
    pc_tagged tagged = { .rest = value };

    PC_TRY(pc_tagged_read(value, &tagged, err));
    if (value[0] != '{' || tagged.form == PC_TAGGED_TEXT || tagged.is_critical) {
        return pc_fail(err, PC_E_INPUT,
                       "the other name %s= must say what its value is: %s={utf8}text, or {octet} or "
                       "{asn} with base64, or {hex}",
                       oid, oid);
    }
    for (size_t i = 0; i < PC_COUNT(other_forms); i++) {
        name.form = other_forms[i].tagged == tagged.form ? other_forms[i].form : name.form;
    }
    PC_TRY(read_other_value(arena, &tagged, &name, err));
    *ret_name = name;
    return PC_OK;
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
    const char *key_text = pc_arena_text(request->arena, key.at, key.len);
    const char *text = pc_arena_text(request->arena, value.at, value.len);

    if (!key_text || !text) {
        return pc_fail_memory(err);
    }
    if (find_kind(key, &kind)) {
        return add(request, kind, text, err);
    }
    return pc_text_is_oid(key_text) ? add_other(request, key_text, text, err) : refuse_key(key_text, err);
}
