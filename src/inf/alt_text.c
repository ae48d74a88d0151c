/* SPDX-License-Identifier: Apache-2.0 */
#include "inf/alt_text.h"

#include <string.h>

#include "inf/alt_display.h"
#include "inf/alt_name.h"
#include "inf/inf_value.h"
#include "base/nearest.h"
#include "inf/request_parts.h"
#include "inf/run_on.h"
#include "inf/quoted.h"

bool pc_alt_text_next(const char **text, pc_span *ret_part)
{
    while (**text) {
        size_t len = strcspn(*text, "&");
        pc_span part = pc_span_trim((pc_span){ .start = *text, .len = len });

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
    pc_nearest nearest = pc_nearest_to(text);

    for (pc_alt_name_kind kind = PC_ALT_DNS; kind <= PC_ALT_GUID; kind++) {
        pc_nearest_offer(&nearest, pc_alt_name_key(kind));
    }
    return pc_fail(err, PC_E_INPUT, "\"%s=\" is not a kind of alternative name that certreq knows%s%s%s",
                   pc_quote(text).text, nearest.best ? "; did you mean \"" : "", nearest.best ? nearest.best : "",
                   nearest.best ? "=\"?" : "");
}

/* "IP Address=192.0.2.1", as Windows displays it; certreq reads another word. */
static pc_status refuse_displayed(pc_span part, size_t len, pc_alt_name_kind kind, pc_error *err)
{
    return pc_fail(err, PC_E_INPUT, "\"%s\" is not a kind of alternative name that certreq knows; write \"%s=\"",
                   pc_quote_span((pc_span){ .start = part.start, .len = len }).text, pc_alt_name_key(kind));
}

enum { NAME_PARTS_MAX = 256 }; /* more parts than a directory name may have */

/* A key of alternative names where X.500 has no place for one: not at the start and not after a separator. */
static const char *run_on_directory(pc_span name)
{
    pc_span rest = name;
    size_t count = 0;

    for (const char *key = pc_run_on_name(rest, false); key && count < NAME_PARTS_MAX;
         key = pc_run_on_name(rest, false), count++) {
        const char *before = key;

        while (before > name.start && pc_is_space(before[-1])) {
            before--;
        }
        if (before > name.start && !strchr(",;+", before[-1])) {
            return key;
        }
        const char *equals = memchr(key, '=', (size_t)(name.start + name.len - key));

        rest = (pc_span){ .start = equals + 1, .len = (size_t)(name.start + name.len - equals) - 1 };
    }
    return NULL;
}

const char *pc_alt_text_run_on(pc_span part)
{
    const char *equals = memchr(part.start, '=', part.len);
    pc_alt_name_kind kind = PC_ALT_OTHER;

    if (!equals) {
        return NULL;
    }
    pc_span key = pc_span_trim((pc_span){ .start = part.start, .len = (size_t)(equals - part.start) });
    pc_span value = { .start = equals + 1, .len = part.len - (size_t)(equals - part.start) - 1 };

    /* "Email=" is a part of directory names as well; if the next one runs on there, the directory name itself cannot be
     * read. */
    return find_kind(key, &kind) && kind == PC_ALT_DIRECTORY ? run_on_directory(value)
                                                             : pc_run_on_name(value, kind == PC_ALT_URI);
}

static pc_status fail_run_on(const char *run_on, pc_span part, pc_error *err)
{
    pc_span rest = { .start = run_on, .len = (size_t)(part.start + part.len - run_on) };
    pc_span before = pc_span_trim((pc_span){ .start = part.start, .len = (size_t)(run_on - part.start) });

    if (before.len && before.start[before.len - 1] == '=') {
        return pc_fail(err, PC_E_INPUT, "\"%s\" is followed by \"%s\" where its value is expected",
                       pc_quote_span(before).text, pc_quote_span(rest).text);
    }
    return pc_fail(err, PC_E_INPUT, "a '&' is missing before \"%s\": all of \"%s\" would be one name",
                   pc_quote_span(rest).text, pc_quote_span(part).text);
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
    pc_bytes bytes = { .len = 0 };

    if (tagged->form == PC_TAGGED_UTF8) {
        name->text = tagged->rest;
        if (!pc_text_is_utf8(tagged->rest, strlen(tagged->rest)) || tagged->rest[0] == '\0') {
            return pc_fail(err, PC_E_INPUT, "the other name %s= has no text in UTF-8", name->oid);
        }
        return PC_OK;
    }
    PC_TRY(tagged->form == PC_TAGGED_OCTET ? pc_tagged_bytes(arena, tagged, &bytes, err)
                                           : pc_tagged_der(arena, tagged, &bytes, err));
    name->bytes = bytes;
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
                       "the other name %s= must say what kind of value it has: %s={utf8}text, or {octet} or "
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
    const char *equals = memchr(part.start, '=', part.len);
    const char *run_on = pc_alt_text_run_on(part);
    pc_alt_name_kind kind = PC_ALT_DNS;
    size_t displayed_len = 0;

    if (run_on) {
        return fail_run_on(run_on, part, err);
    }
    if (pc_alt_display_kind(part, &kind, &displayed_len)) {
        return refuse_displayed(part, displayed_len, kind, err);
    }
    if (!equals) {
        return pc_fail(err, PC_E_INPUT, "\"%s\" does not say what kind of name it is; write dns=%s",
                       pc_quote_span(part).text, pc_quote_span(part).text);
    }
    pc_span key = pc_span_trim((pc_span){ .start = part.start, .len = (size_t)(equals - part.start) });
    pc_span value = pc_span_trim((pc_span){ .start = equals + 1, .len = part.len - (size_t)(equals - part.start) - 1 });
    const char *key_text = pc_arena_text(request->arena, key.start, key.len);
    const char *text = pc_arena_text(request->arena, value.start, value.len);

    if (!key_text || !text) {
        return pc_fail_memory(err);
    }
    if (find_kind(key, &kind)) {
        return pc_request_add_alt_name(request, kind, text, err);
    }
    return pc_text_is_oid(key_text) ? add_other(request, key_text, text, err) : refuse_key(key_text, err);
}
