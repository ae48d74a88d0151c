/* SPDX-License-Identifier: Apache-2.0 */
#include "app/kit/template.h"

#include <string.h>

/* The length of a name between two '@'; 0 if there is none: PowerShell uses '@' for other purposes. */
static size_t name_length(const char *cursor)
{
    size_t len = strspn(cursor, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_");

    return cursor[len] == '@' ? len : 0;
}

static const char *find_value(const pc_kit_value *values, size_t count, const char *name, size_t len)
{
    for (size_t i = 0; i < count; i++) {
        if (strlen(values[i].name) == len && memcmp(values[i].name, name, len) == 0) {
            return values[i].value;
        }
    }
    return NULL;
}

static pc_status fill_into(FILE *out, const char *template, const pc_kit_value *values, size_t count, pc_error *err)
{
    for (const char *cursor = template; *cursor;) {
        size_t len = *cursor == '@' ? name_length(cursor + 1) : 0;

        if (!len) {
            (void)fputc(*cursor++, out);
            continue;
        }
        const char *value = find_value(values, count, cursor + 1, len);

        if (!value) {
            return pc_fail(err, PC_E_INTERNAL, "a template names %.*s, which has no value", (int)len, cursor + 1);
        }
        (void)fwrite(value, 1, strlen(value), out);
        cursor += len + 2;
    }
    return PC_OK;
}

/* More than five parameters: a list of values with its length, as the callers have it on their stack. */
pc_status pc_kit_fill(pc_arena *arena, const char *template, const pc_kit_value *values, size_t count,
                      const char **ret_text, pc_error *err)
{
    PC_AUTO(free) char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    if (!out) {
        return pc_fail_memory(err);
    }
    pc_status status = fill_into(out, template, values, count, err);

    if (fclose(out) != 0 && status == PC_OK) {
        return pc_fail_memory(err);
    }
    if (status == PC_OK) {
        *ret_text = pc_arena_string(arena, text);
    }
    return status == PC_OK && !*ret_text ? pc_fail_memory(err) : status;
}

/* The length of the single quote here, as PowerShell reads UTF-8; 0 if it is not a single quote. */
static size_t single_quote(const char *cursor)
{
    if (*cursor == '\'') {
        return 1;
    }
    /* U+2018 to U+201B */
    return cursor[0] == '\xe2' && cursor[1] == '\x80' && cursor[2] >= '\x98' && cursor[2] <= '\x9b' ? 3 : 0;
}

const char *pc_kit_quote(pc_arena *arena, const char *text)
{
    char *quoted = pc_arena_alloc(arena, strlen(text) * 2 + 3);
    char *out = quoted;

    if (!quoted) {
        return NULL;
    }
    *out++ = '\'';
    while (*text) {
        size_t quote = single_quote(text);
        size_t len = quote ? quote : 1;

        for (int times = quote ? 2 : 1; times; times--) {
            memcpy(out, text, len);
            out += len;
        }
        text += len;
    }
    *out = '\'';
    return quoted;
}

const char *pc_kit_windows_text(pc_arena *arena, const char *text)
{
    static const char mark[] = "\xef\xbb\xbf";
    char *converted = pc_arena_alloc(arena, sizeof mark + strlen(text) * 2);
    char *out = converted;

    if (!converted) {
        return NULL;
    }
    memcpy(out, mark, sizeof mark - 1);
    out += sizeof mark - 1;
    for (; *text; text++) {
        if (*text == '\n') {
            *out++ = '\r';
        }
        *out++ = *text;
    }
    return converted;
}
