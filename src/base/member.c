/* SPDX-License-Identifier: Apache-2.0 */
#include "base/member.h"

#include <string.h>

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
