/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_SECOND_TOKEN_H
#define PC_APP_SECOND_TOKEN_H

#include "token/session.h"

/** The options that name a second token, as hints spell them; NULL: there is none. */
typedef struct {
    const char *token;
    const char *module;
    const char *init_args;
    const char *pin_source;
} pc_second_token_options;

/** Those of `copy`. */
extern const pc_second_token_options pc_copy_target_options;

/** Which second token, and how it is opened. Borrowed. */
typedef struct {
    const pc_token_access *access; /**< as for pc_token_open_beside */
    pc_token_mode mode;
    const pc_second_token_options *options;
} pc_second_token;

/** As pc_token_open_beside; hints name the options of the second token. */
PC_MUST_CHECK pc_status pc_second_token_open(const pc_token *first, const pc_second_token *second, pc_token **ret_token,
                                             pc_error *err);

#endif
