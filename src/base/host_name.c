/* SPDX-License-Identifier: Apache-2.0 */
#include "base/host_name.h"

#include <string.h>

#include "base/text.h"

enum { LABEL_MAX = 63, NAME_MAX_LEN = 253 };

static bool is_label(pc_span label, pc_host_name_rule rule)
{
    if (label.len == 0 || label.len > LABEL_MAX || label.start[0] == '-' || label.start[label.len - 1] == '-') {
        return false;
    }
    for (size_t i = 0; i < label.len; i++) {
        bool is_allowed = pc_is_alnum(label.start[i]) || label.start[i] == '-' ||
                          (label.start[i] == '_' && rule == PC_HOST_NAME_WINDOWS);

        if (!is_allowed) {
            return false;
        }
    }
    return true;
}

bool pc_is_host_name(const char *text, pc_host_name_rule rule)
{
    if (strlen(text) > NAME_MAX_LEN) {
        return false;
    }
    for (;;) {
        size_t len = strcspn(text, ".");

        if (!is_label((pc_span){ .start = text, .len = len }, rule)) {
            return false;
        }
        if (text[len] == '\0') {
            return true;
        }
        text += len + 1;
    }
}
