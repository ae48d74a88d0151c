/* SPDX-License-Identifier: Apache-2.0 */
#include "app/copy/second_token.h"

pc_status pc_second_token_open(const pc_token *first, const pc_token_access *access, pc_token_mode mode,
                               pc_token **ret_token, pc_error *err)
{
    pc_status status = pc_token_open_beside(first, access, mode, ret_token, err);

    /* An error from a refused login has the token's code; without a code, no PIN was read. */
    return status == PC_E_AUTH && err && err->origin == PC_ORIGIN_NONE
               ? pc_hint(err, status,
                         "give `to_pin_source` file:PATH, fd:N, env:NAME, credential:NAME or |PROGRAM for the second "
                         "token; the PIN of the first is not tried on it")
               : status;
}
