/* SPDX-License-Identifier: Apache-2.0 */
#include "app/ceremony/token_expected.h"

#include <string.h>

/* A '*' at the end stands for anything. */
static bool is_as_expected(const char *expected, const char *found)
{
    const size_t len = strlen(expected);

    return len && expected[len - 1] == '*' ? strncmp(expected, found, len - 1) == 0 : strcmp(expected, found) == 0;
}

bool pc_token_differs(const pc_script_token *expected, const pc_token_shown *shown, pc_token_difference *ret_first)
{
    const pc_token_difference rows[] = {
        { "label", expected->label, shown->label },
        { "manufacturer", expected->manufacturer, shown->manufacturer },
        { "model", expected->model, shown->model },
        { "firmware", expected->firmware, shown->firmware },
        { "serial number", expected->serial, shown->serial },
    };

    for (size_t i = 0; i < PC_COUNT(rows); i++) {
        if (rows[i].expected && rows[i].found && !is_as_expected(rows[i].expected, rows[i].found)) {
            *ret_first = rows[i];
            return true;
        }
    }
    return false;
}
