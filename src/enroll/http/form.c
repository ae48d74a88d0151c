/* SPDX-License-Identifier: Apache-2.0 */
#include "enroll/http/form.h"

#include <string.h>

#include "base/text.h"

static char *put(char *out, const char *text)
{
    static const char digits[] = "0123456789ABCDEF";

    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;

        if (pc_is_alnum(*text) || strchr("*-._", *text)) {
            *out++ = *text;
        } else {
            *out++ = '%';
            *out++ = digits[c >> 4];
            *out++ = digits[c & 15];
        }
    }
    return out;
}

const char *pc_form_encode(pc_arena *arena, const pc_form_field *fields, size_t count)
{
    size_t room = 1;

    for (size_t i = 0; i < count; i++) {
        room += 3 * (strlen(fields[i].name) + strlen(fields[i].value)) + 2;
    }
    char *form = pc_arena_alloc(arena, room);
    char *out = form;

    for (size_t i = 0; form && i < count; i++) {
        if (i > 0) {
            *out++ = '&';
        }
        out = put(out, fields[i].name);
        *out++ = '=';
        out = put(out, fields[i].value);
    }
    return form;
}
