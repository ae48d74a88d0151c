/* SPDX-License-Identifier: Apache-2.0 */
#include "app/copy/second_token.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/member.h"

/* What names the first token, and its counterpart. */
static const char *const members[][2] = {
    { "token", "to" },
    { "module", "to_module" },
    { "module_init_args", "to_module_init_args" },
    { "pin_source", "to_pin_source" },
};

static const char *counterpart(const char *name, size_t len)
{
    for (size_t i = 0; i < PC_COUNT(members); i++) {
        if (strlen(members[i][0]) == len && memcmp(members[i][0], name, len) == 0) {
            return members[i][1];
        }
    }
    return NULL;
}

/* A hint written for the only token names its members; one that becomes too long is cut off. */
static void name_members_of_second(pc_error *err)
{
    char text[sizeof err->hint];
    size_t len = 0;
    char *at = text;

    (void)snprintf(text, sizeof text, "%s", err->hint);
    err->hint[0] = '\0';
    for (char *quote = pc_member_find(text, &len); quote; quote = pc_member_find(quote + 1, &len)) {
        const char *other = counterpart(quote + 1, len);
        const size_t written = strlen(err->hint);

        if (other) {
            (void)snprintf(err->hint + written, sizeof err->hint - written, "%.*s`%s`", (int)(quote - at), at, other);
            at = quote + len + 2;
        }
        quote += len + 1; /* the closing one */
    }
    (void)snprintf(err->hint + strlen(err->hint), sizeof err->hint - strlen(err->hint), "%s", at);
}

pc_status pc_second_token_open(const pc_token *first, const pc_token_access *access, pc_token_mode mode,
                               pc_token **ret_token, pc_error *err)
{
    pc_status status = pc_token_open_beside(first, access, mode, ret_token, err);

    /* An error from a refused login has the token's code; without a code, no PIN was read. */
    if (status == PC_E_AUTH && err && err->origin == PC_ORIGIN_NONE) {
        return pc_hint(err, status,
                       "give `to_pin_source` file:PATH, fd:N, env:NAME, credential:NAME or |PROGRAM for the second "
                       "token; the PIN of the first is not tried on it");
    }
    if (status != PC_OK && err) {
        name_members_of_second(err);
    }
    return status;
}
