/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_LIST_H
#define PC_APP_LIST_H

#include <p11cert/list.h>

/** As pc_list_run, in a mode: with PC_TOKEN_PUBLIC only what the token shows without a login. */
PC_MUST_CHECK pc_status pc_list_in_mode(const char *key, const pc_token_access *access, pc_token_mode mode,
                                        pc_list_result **ret_result, pc_error *err);

#endif
