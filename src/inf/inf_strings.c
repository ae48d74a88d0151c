/* SPDX-License-Identifier: Apache-2.0 */
#include "inf/inf_strings.h"

#include <string.h>

#include "inf/findings.h"
#include "inf/fix.h"
#include "inf/quoted.h"

/* A short line may expand to a long one; what all lines together may expand to is limited here. */
#define ROOM ((size_t)4 * PC_INF_MAX_SIZE)

typedef struct {
    char bytes[PC_INF_MAX_LINE * 4 + 1]; /* a character of UTF-8 takes up to four */
    size_t len;
    bool is_full;
} expansion;

pc_inf_strings pc_inf_strings_for(pc_inf *inf)
{
    return (pc_inf_strings){ .inf = inf, .names = { .arena = inf->arena }, .room = ROOM };
}

pc_status pc_inf_strings_define(pc_inf_strings *strings, const char *name, const char *value)
{
    size_t number = 0;

    if (pc_name_map_find(&strings->names, pc_span_of(name), &number)) {
        return PC_OK;
    }
    number = strings->count;
    const char **slot = PC_PUSH(strings->inf->arena, strings->values, strings->count);

    if (!slot || !pc_name_map_add(&strings->names, name, number)) {
        return PC_E_MEMORY;
    }
    *slot = value;
    return PC_OK;
}

static void append(expansion *out, const char *text, size_t len)
{
    if (len > sizeof out->bytes - 1 - out->len) {
        out->is_full = true;
        return;
    }
    memcpy(out->bytes + out->len, text, len);
    out->len += len;
}

static pc_status find_undefined(pc_inf *inf, pc_span name, unsigned line)
{
    const pc_finding head = {
        .id = "inf.undefined-string",
        .severity = PC_SEVERITY_ERROR,
        .line = line,
        .fix = pc_inf_fix(inf, "define %.*s in [Strings], or write %%%% for a percent sign",
                          name.len > 64 ? 64 : (int)name.len, name.start),
    };

    return pc_inf_find(inf, &head, "%%%s%% is not defined in [Strings]; certreq leaves it unchanged",
                       pc_quote_span(name).text);
}

/* Replace what begins with the '%' at text; returns how many bytes of text that took. */
static pc_status replace_one(pc_inf_strings *strings, pc_span text, unsigned line, expansion *out, size_t *ret_taken)
{
    const char *close = memchr(text.start + 1, '%', text.len - 1);
    size_t number = 0;

    if (!close) {
        append(out, text.start, text.len);
        *ret_taken = text.len;
        return PC_OK;
    }
    pc_span name = { .start = text.start + 1, .len = (size_t)(close - text.start) - 1 };

    *ret_taken = name.len + 2;
    if (name.len == 0) {
        append(out, "%", 1);
        return PC_OK;
    }
    if (pc_name_map_find(&strings->names, name, &number)) {
        append(out, strings->values[number], strlen(strings->values[number]));
        return PC_OK;
    }
    append(out, text.start, *ret_taken);
    return find_undefined(strings->inf, name, line);
}

static pc_status replace_all(pc_inf_strings *strings, const char *text, unsigned line, expansion *out)
{
    size_t len = strlen(text);

    for (size_t position = 0; position < len && !out->is_full;) {
        size_t taken = strcspn(text + position, "%");

        append(out, text + position, taken);
        position += taken;
        if (position < len) {
            PC_TRY(
                replace_one(strings, (pc_span){ .start = text + position, .len = len - position }, line, out, &taken));
            position += taken;
        }
    }
    return PC_OK;
}

pc_status pc_inf_strings_expand(pc_inf_strings *strings, const char *text, unsigned line, const char **ret_text,
                                pc_error *err)
{
    expansion out;

    out.len = 0;
    out.is_full = false;
    if (!strchr(text, '%')) {
        *ret_text = text;
        return PC_OK;
    }
    if (replace_all(strings, text, line, &out) != PC_OK) {
        return pc_fail_memory(err);
    }
    if (out.is_full) {
        *ret_text = NULL;
        return PC_OK;
    }
    if (out.len > strings->room) {
        return pc_fail(err, PC_E_INPUT, "\"%s\": the %%strings%% expand to more than %zu MiB of text",
                       strings->inf->file, ROOM / (1024 * 1024));
    }
    strings->room -= out.len;
    *ret_text = pc_arena_text(strings->inf->arena, out.bytes, out.len);
    return *ret_text ? PC_OK : pc_fail_memory(err);
}
