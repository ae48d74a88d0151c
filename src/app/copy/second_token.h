/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_SECOND_TOKEN_H
#define PC_APP_SECOND_TOKEN_H

#include "token/session.h"

/** As pc_token_open_beside; hints name the options of the second token. */
PC_MUST_CHECK pc_status pc_second_token_open(const pc_token *first, const pc_token_access *access, pc_token_mode mode,
                                             pc_token **ret_token, pc_error *err);

#endif
