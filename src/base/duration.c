/* SPDX-License-Identifier: Apache-2.0 */
#include "base/duration.h"

#include <stddef.h>

#include "base/cleanup.h"
#include "base/text.h"

static const struct {
    const char *name;
    int64_t sec;
} units[] = {
    { "", 0 },
    { "s", 1 },
    { "m", 60 },
    { "h", 3600 },
    { "d", PC_SECONDS_PER_DAY },
    { "w", 7 * PC_SECONDS_PER_DAY },
    { "mo", 30 * PC_SECONDS_PER_DAY },
    { "y", 365 * PC_SECONDS_PER_DAY },
};

bool pc_duration_parse(const char *text, pc_duration *ret_duration)
{
    const char *rest = text;
    int64_t number = 0;

    for (; pc_is_digit(*rest); rest++) {
        number = number * 10 + (*rest - '0');
        if (number > PC_DURATION_MAX_SEC) {
            return false;
        }
    }
    for (size_t i = 0; rest > text && i < PC_COUNT(units); i++) {
        int64_t unit_sec = units[i].sec ? units[i].sec : PC_SECONDS_PER_DAY;

        if (pc_text_equal(rest, units[i].name) && number <= PC_DURATION_MAX_SEC / unit_sec) {
            *ret_duration = (pc_duration){ .number = number, .unit = units[i].name, .unit_sec = units[i].sec };
            return true;
        }
    }
    return false;
}
