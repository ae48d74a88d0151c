/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/print/width.h"

#include <locale.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include "base/text.h"

#define WIDTH_OF_FILES 100u
#define LEAST_WIDTH    40u
#define MOST_WIDTH     120u

unsigned pc_width_of_stream(FILE *out)
{
    struct winsize size = { .ws_col = 0 };
    const int fd = fileno(out);

    if (fd < 0 || !isatty(fd) || ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) {
        return WIDTH_OF_FILES;
    }
    return size.ws_col < LEAST_WIDTH ? LEAST_WIDTH : size.ws_col > MOST_WIDTH ? MOST_WIDTH : size.ws_col;
}

/* libc's table of widths, whatever the locale of the process; without it each character takes one column. */
static size_t width_of_point(uint32_t point, size_t byte_count)
{
    if (pc_text_is_harmful(point)) {
        return byte_count * 4;
    }
    if (point < 0x80) {
        return 1;
    }
    locale_t unicode = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);

    if (unicode == (locale_t)0) {
        return 1;
    }
    locale_t before = uselocale(unicode);
    const int width = wcwidth((wchar_t)point);

    (void)uselocale(before);
    freelocale(unicode);
    return width < 0 ? 1 : (size_t)width;
}

/* The columns of the next character, or of all printable ASCII before the next other one. */
static size_t width_of_next(const char *text, size_t len, size_t *ret_taken)
{
    *ret_taken = pc_text_plain_len(text, len);
    if (*ret_taken) {
        return *ret_taken;
    }
    const uint32_t point = pc_text_decode(text, len, ret_taken);

    return width_of_point(point, *ret_taken);
}

size_t pc_width_fitting(const char *text, size_t len, size_t columns)
{
    size_t used = 0;

    for (size_t i = 0; i < len;) {
        size_t taken = 0;
        const size_t width = width_of_next(text + i, len - i, &taken);

        if (used + width > columns) {
            return pc_text_plain_len(text + i, taken) ? i + (columns - used) : i;
        }
        used += width;
        i += taken;
    }
    return len;
}

size_t pc_width_of(const char *text, size_t len)
{
    size_t used = 0;

    for (size_t i = 0; i < len;) {
        size_t taken = 0;

        used += width_of_next(text + i, len - i, &taken);
        i += taken;
    }
    return used;
}
