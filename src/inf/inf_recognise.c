/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/inf.h>

#include <string.h>

#include "base/text.h"

/* The file's ASCII characters, without converting it: any other character reads as '?'. */
typedef struct {
    const uint8_t *bytes;
    size_t len;
    size_t position;
    size_t unit_len;
    size_t low; /* which byte of a unit is the ASCII one */
} ascii_peeker;

static ascii_peeker peeker_at_start(const uint8_t *bytes, size_t len)
{
    if (len >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) {
        return (ascii_peeker){ .bytes = bytes, .len = len, .position = 3, .unit_len = 1, .low = 0 };
    }
    if (len >= 2 && memcmp(bytes, "\xff\xfe", 2) == 0) {
        return (ascii_peeker){ .bytes = bytes, .len = len, .position = 2, .unit_len = 2, .low = 0 };
    }
    if (len >= 2 && memcmp(bytes, "\xfe\xff", 2) == 0) {
        return (ascii_peeker){ .bytes = bytes, .len = len, .position = 2, .unit_len = 2, .low = 1 };
    }
    return (ascii_peeker){ .bytes = bytes, .len = len, .position = 0, .unit_len = 1, .low = 0 };
}

/* The next character, or '\0' at the end. */
static char next(ascii_peeker *peeker)
{
    if (peeker->len - peeker->position < peeker->unit_len) {
        return '\0';
    }
    const uint8_t *unit = peeker->bytes + peeker->position;
    uint8_t byte = unit[peeker->low];
    bool is_ascii = byte < 0x80 && (peeker->unit_len == 1 || unit[1 - peeker->low] == 0);

    peeker->position += peeker->unit_len;
    return is_ascii ? (char)byte : '?';
}

static bool ends_line(char c)
{
    return c == '\r' || c == '\n' || c == '\0';
}

/* After '[': a name that begins like one (JSON does not), then ']' on the same line. */
static bool is_header_rest(ascii_peeker *peeker)
{
    char c = next(peeker);

    while (pc_is_space(c)) {
        c = next(peeker);
    }
    if (!pc_is_alnum(c) && c != '_' && c != '%') {
        return false;
    }
    while (!ends_line(c) && c != ']' && c != ',' && c != '"') {
        c = next(peeker);
    }
    return c == ']';
}

bool pc_inf_recognise(const uint8_t *bytes, size_t len)
{
    ascii_peeker peeker = peeker_at_start(bytes, len);

    for (char c = next(&peeker); c != '\0'; c = next(&peeker)) {
        if (c == '[') {
            return is_header_rest(&peeker);
        }
        if (c == ';') {
            while (!ends_line(c)) {
                c = next(&peeker);
            }
        } else if (!pc_is_space(c) && !ends_line(c)) {
            return false;
        }
    }
    return false;
}
