/* SPDX-License-Identifier: Apache-2.0 */
#include "app/copy/second_token.h"

#include "base/cleanup.h"
#include "base/member.h"

const pc_second_token_options pc_copy_target_options = {
    .token = "to",
    .module = "to_module",
    .init_args = "to_module_init_args",
    .pin_source = "to_pin_source",
};

/* A hint written for the only token names its members. */
static void name_members_of_second(const pc_second_token_options *options, pc_error *err)
{
    const pc_member_name names[] = { { "token", options->token },
                                     { "module", options->module },
                                     { "module_init_args", options->init_args },
                                     { "pin_source", options->pin_source } };

    pc_members_rename(err->hint, sizeof err->hint, names, PC_COUNT(names));
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
