/* SPDX-License-Identifier: Apache-2.0 */
#include "x509/show/text.h"

#include <string.h>

#include "base/text.h"

static bool write_fields(BIO *out, const pc_shown_part *part)
{
    for (size_t i = 0; i < part->field_count; i++) {
        const pc_shown_field *field = &part->fields[i];

        if (BIO_printf(out, "                %s%s%s\n", field->name, *field->name ? ": " : "", field->value) < 0) {
            return false;
        }
    }
    /* Long values are split into lines that fit a terminal. */
    for (size_t position = 0; part->field_count == 0 && part->hex[position];) {
        size_t len = strnlen(part->hex + position, 64);

        if (BIO_printf(out, "                %.*s\n", (int)len, part->hex + position) < 0) {
            return false;
        }
        position += len;
    }
    return true;
}

static bool write_list(BIO *out, const char *title, const pc_shown_part *parts, size_t count)
{
    if (count && BIO_printf(out, "        %s:\n", title) < 0) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        const pc_shown_part *part = &parts[i];

        if (BIO_printf(out, "            %s%s%s%s%s\n", part->oid, part->name ? " (" : "", part->name ? part->name : "",
                       part->name ? ")" : "", part->critical ? ": critical" : "") < 0 ||
            !write_fields(out, part)) {
            return false;
        }
    }
    return true;
}

bool pc_show_write_parts(BIO *out, const pc_shown *shown)
{
    return write_list(out, "Attributes", shown->request_attributes, shown->request_attribute_count) &&
           write_list(out, shown->is_request ? "Requested Extensions" : "Extensions", shown->extensions,
                      shown->extension_count);
}

/* Each line is escaped separately, so that OpenSSL's newlines remain newlines. */
static const char *escape_lines(const char *text, size_t len, pc_arena *arena)
{
    char *out = pc_arena_alloc(arena, len * 4 + 1);
    size_t position = 0;

    for (size_t start = 0; out && start < len;) {
        const char *end = memchr(text + start, '\n', len - start);
        size_t line_len = end ? (size_t)(end - text) - start : len - start;

        pc_text_escape_into(text + start, line_len, out + position, line_len * 4 + 1);
        position += strlen(out + position);
        if (end) {
            out[position++] = '\n';
        }
        start += line_len + 1;
    }
    return out;
}

pc_status pc_show_take_text(BIO *out, pc_arena *arena, const char **ret_text, pc_error *err)
{
    char *text = NULL;
    long len = BIO_get_mem_data(out, &text);
    const char *safe = len >= 0 ? escape_lines(text, (size_t)len, arena) : NULL;

    if (!safe) {
        return pc_fail_memory(err);
    }
    *ret_text = safe;
    return PC_OK;
}
