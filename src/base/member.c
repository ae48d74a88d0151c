/* SPDX-License-Identifier: Apache-2.0 */
#include "base/member.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

char *pc_member_find(char *text, size_t *ret_len)
{
    for (char *quote = strchr(text, '`'); quote; quote = strchr(quote + 1, '`')) {
        size_t len = strspn(quote + 1, "abcdefghijklmnopqrstuvwxyz0123456789_");

        if (len > 0 && quote[len + 1] == '`') {
            *ret_len = len;
            return quote;
        }
    }
    return NULL;
}

static const char *other_name(const pc_member_name *names, size_t count, const char *member, size_t len)
{
    for (size_t i = 0; i < count; i++) {
        if (strlen(names[i].member) == len && memcmp(names[i].member, member, len) == 0) {
            return names[i].other;
        }
    }
    return NULL;
}

void pc_members_rename(char *text, size_t size, const pc_member_name *names, size_t count)
{
    PC_AUTO(free) char *before = strdup(text);
    size_t len = 0;
    size_t written = 0;
    char *at = before;

    if (!before) {
        return; /* the members' usual names are better than no text */
    }
    text[0] = '\0';
    for (char *quote = pc_member_find(before, &len); quote; quote = pc_member_find(quote + len + 2, &len)) {
        const char *other = other_name(names, count, quote + 1, len);

        if (other) {
            (void)snprintf(text + written, size - written, "%.*s`%s`", (int)(quote - at), at, other);
            written = strlen(text);
            at = quote + len + 2;
        }
    }
    (void)snprintf(text + written, size - written, "%s", at);
}
