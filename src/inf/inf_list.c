/* SPDX-License-Identifier: Apache-2.0 */
#include "inf/inf_list.h"

#include <string.h>

/* A field of a list may be in quotes: Policies = "A","B". */
static pc_span without_quotes(pc_span item)
{
    if (item.len && item.start[0] == '"') {
        item = (pc_span){ .start = item.start + 1, .len = item.len - 1 };
    }
    if (item.len && item.start[item.len - 1] == '"') {
        item.len--;
    }
    return pc_span_trim(item);
}

bool pc_inf_next_item(const char **list, pc_span *ret_item)
{
    while (**list) {
        size_t len = strcspn(*list, ",");
        pc_span item = without_quotes(pc_span_trim((pc_span){ .start = *list, .len = len }));

        *list += len + ((*list)[len] == ',');
        if (item.len) {
            *ret_item = item;
            return true;
        }
    }
    return false;
}
