/* SPDX-License-Identifier: Apache-2.0 */
#include "app/copy/second_token.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/member.h"

const pc_second_token_options pc_copy_target_options = {
    .token = "to",
    .module = "to_module",
    .init_args = "to_module_init_args",
    .pin_source = "to_pin_source",
};

/* What the option of the first token that a hint names is called for the second one. */
static const char *counterpart(const pc_second_token_options *options, const char *name, size_t len)
{
    const char *const members[][2] = { { "token", options->token },
                                       { "module", options->module },
                                       { "module_init_args", options->init_args },
                                       { "pin_source", options->pin_source } };

    for (size_t i = 0; i < PC_COUNT(members); i++) {
        if (strlen(members[i][0]) == len && memcmp(members[i][0], name, len) == 0) {
            return members[i][1];
        }
    }
    return NULL;
}

/* A hint written for the only token names its members; one that becomes too long is cut off. */
static void name_members_of_second(const pc_second_token_options *options, pc_error *err)
{
    char text[sizeof err->hint];
    size_t len = 0;
    char *at = text;

    (void)snprintf(text, sizeof text, "%s", err->hint);
    err->hint[0] = '\0';
    for (char *quote = pc_member_find(text, &len); quote; quote = pc_member_find(quote + 1, &len)) {
        const char *other = counterpart(options, quote + 1, len);
        const size_t written = strlen(err->hint);

        if (other) {
            (void)snprintf(err->hint + written, sizeof err->hint - written, "%.*s`%s`", (int)(quote - at), at, other);
            at = quote + len + 2;
        }
        quote += len + 1; /* the closing one */
    }
    (void)snprintf(err->hint + strlen(err->hint), sizeof err->hint - strlen(err->hint), "%s", at);
}

pc_status pc_second_token_open(const pc_token *first, const pc_second_token *second, pc_token **ret_token,
                               pc_error *err)
{
    pc_status status = pc_token_open_beside(first, second->access, second->mode, ret_token, err);

    /* An error from a refused login has the token's code; without a code, no PIN was read. */
    if (status == PC_E_AUTH && err && err->origin == PC_ORIGIN_NONE) {
        return pc_hint(err, status,
                       "give `%s` file:PATH, fd:N, env:NAME, credential:NAME or |PROGRAM for the second token; the PIN "
                       "of the first is not tried on it",
                       second->options->pin_source);
    }
    if (status != PC_OK && err) {
        name_members_of_second(second->options, err);
    }
    return status;
}
