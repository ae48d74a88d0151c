/* SPDX-License-Identifier: Apache-2.0 */
#include "base/outward.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define PIN_ATTRIBUTE "pin-value"
#define MOST_STARS    3u

/* The value of the first PIN, behind its sign; NULL if there is none. */
static char *find_pin(char *text)
{
    const size_t len = strlen(PIN_ATTRIBUTE);

    for (char *sign = strchr(text, '='); sign; sign = strchr(sign + 1, '=')) {
        if ((size_t)(sign - text) >= len && pc_text_equal_n(sign - len, len, PIN_ATTRIBUTE)) {
            return sign + 1;
        }
    }
    return NULL;
}

void pc_outward_hide_pins(char *text)
{
    for (char *value = find_pin(text); value; value = find_pin(value)) {
        size_t len = strcspn(value, "&\"\\\n");
        size_t stars = len < MOST_STARS ? len : MOST_STARS;

        memset(value, '*', stars);
        memmove(value + stars, value + len, strlen(value + len) + 1);
    }
}

/* The longest form of a character: a surrogate pair, for at least two bytes. */
#define LONGEST_ESCAPE 12u

static size_t write_escape(uint32_t point, char out[static LONGEST_ESCAPE + 1])
{
    const unsigned above = (unsigned)point - 0x10000u;
    int len = point < 0x10000u ? snprintf(out, LONGEST_ESCAPE + 1, "\\u%04x", (unsigned)point)
                               : snprintf(out, LONGEST_ESCAPE + 1, "\\u%04x\\u%04x", 0xd800u + (above >> 10),
                                          0xdc00u + (above & 0x3ffu));

    return len > 0 ? (size_t)len : 0;
}

char *pc_outward_json(const char *json)
{
    size_t len = strlen(json);
    char *out = len < SIZE_MAX / LONGEST_ESCAPE ? malloc(len * (LONGEST_ESCAPE / 2) + 1) : NULL;
    size_t used = 0;

    for (size_t i = 0; out && i < len;) {
        size_t taken = 1;
        uint32_t point = pc_text_decode(json + i, len - i, &taken);

        /* Below that jansson has escaped what is in a string; the line ends that remain are its own. */
        if (point >= 0x7f && pc_text_is_harmful(point)) {
            used += write_escape(point, out + used);
        } else {
            memcpy(out + used, json + i, taken);
            used += taken;
        }
        i += taken;
    }
    if (out) {
        out[used] = '\0';
        pc_outward_hide_pins(out);
    }
    return out;
}
