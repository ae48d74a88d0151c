/* SPDX-License-Identifier: Apache-2.0 */
#include "base/duration.h"

#include "base/text.h"

/* Days in the unit; 0 for what is none. */
static int64_t days_of(char unit)
{
    switch (pc_to_lower(unit)) {
    case '\0':
    case 'd':
        return 1;
    case 'w':
        return 7;
    case 'm':
        return 30;
    case 'y':
        return 365;
    default:
        return 0;
    }
}

bool pc_duration_days(const char *text, int64_t *ret_days)
{
    const char *at = text;
    int64_t number = 0;

    for (; pc_is_digit(*at); at++) {
        number = number * 10 + (*at - '0');
        if (number > PC_DURATION_MAX_DAYS) {
            return false;
        }
    }
    int64_t unit = days_of(*at);

    if (at == text || unit == 0 || (*at && at[1]) || number * unit > PC_DURATION_MAX_DAYS) {
        return false;
    }
    *ret_days = number * unit;
    return true;
}
